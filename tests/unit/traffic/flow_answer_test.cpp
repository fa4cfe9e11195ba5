#include "cli/traffic/flow_answer.h"

#include <nlohmann/json.hpp>

#include "tests/unit/traffic/samples.h"

namespace ebond::cli::traffic {
namespace {

using core::Mode;
using core::XmitHashPolicy;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kFlow = "udp 192.0.2.1:1 > 192.0.2.2:2";

FlowAnswer answered(core::Foresight foresight, const std::string& text = kFlow) {
  const Paths paths(std::move(foresight));
  return answer(paths, flow_between(text), {.source_mac = "given", .destination_mac = "given"}).value();
}

TEST(FlowAnswer, NamesTheSlaveNowAndAfterEachLoss) {
  const auto told = answered(foresight_of(Mode::active_backup));
  EXPECT_THAT(told.now, ElementsAre("eth0"));
  ASSERT_EQ(told.losses.size(), 2U);
  EXPECT_THAT(told.losses[0].takes, ElementsAre("eth1"));
  EXPECT_THAT(told.losses[1].takes, ElementsAre("eth0"));
  EXPECT_EQ(text_of(told),
            "udp 192.0.2.1:1 > 192.0.2.2:2 by bond0 (active-backup)\n"
            "  now           eth0\n"
            "  without eth0  eth1\n"
            "  without eth1  eth0\n");
}

TEST(FlowAnswer, SharesFlowsOutByTheirPorts) {
  std::map<std::string, int> count;
  const Paths paths(foresight_of(Mode::balance_xor));
  for (int port = 1; port <= 100; ++port) {
    const auto flow = flow_between(fmt::format("tcp 192.0.2.1:{} > 192.0.2.2:443", 40000 + port));
    const auto told = answer(paths, flow, {}).value();
    ASSERT_EQ(told.now.size(), 1U);
    ++count[told.now[0]];
    for (const auto& loss : told.losses) EXPECT_THAT(loss.takes, ElementsAre(Not(loss.slave)));
  }
  EXPECT_EQ(count["eth0"], 50);
  EXPECT_EQ(count["eth1"], 50);
}

TEST(FlowAnswer, SaysIfNoSlaveCanBeToldBeforehand) {
  const auto dealt = answered(foresight_of(Mode::balance_rr));
  EXPECT_THAT(dealt.now, ElementsAre("eth0", "eth1"));
  EXPECT_THAT(dealt.losses[0].takes, ElementsAre("eth1"));
  EXPECT_THAT(text_of(dealt), HasSubstr("no fixed slave: each frame takes the next in turn"));
  const auto copied = answered(foresight_of(Mode::broadcast));
  EXPECT_THAT(copied.now, ElementsAre("eth0", "eth1"));
  EXPECT_THAT(text_of(copied), HasSubstr("each of them gets a copy"));
  EXPECT_THAT(text_of(answered(foresight_of(Mode::balance_tlb))), HasSubstr("the load may move it"));
  EXPECT_THAT(text_of(answered(foresight_of(Mode::balance_xor, XmitHashPolicy::encap34))),
              HasSubstr("a hash of its own"));
}

TEST(FlowAnswer, ObeysWhatIsNotBalancedInBalanceAlb) {
  EXPECT_THAT(answered(foresight_of(Mode::balance_alb), "icmp 192.0.2.1 > 192.0.2.2").now,
              AnyOf(ElementsAre("eth0"), ElementsAre("eth1")));
}

TEST(FlowAnswer, ShowsTheMacsThatCount) {
  EXPECT_THAT(text_of(answered(foresight_of(Mode::balance_xor, XmitHashPolicy::layer2))),
              HasSubstr("  MACs          02:00:00:00:00:b0 (given) > 02:00:00:00:00:99 (given)\n"));
  EXPECT_THAT(text_of(answered(foresight_of(Mode::balance_slb))), HasSubstr("MACs"));
  EXPECT_THAT(text_of(answered(foresight_of(Mode::balance_xor))), Not(HasSubstr("MACs")));
}

TEST(FlowAnswer, SaysWhichMacIsNeededAndHowToGiveIt) {
  auto flow = flow_between(kFlow);
  flow.destination_mac.reset();
  EXPECT_TRUE(answer(Paths(foresight_of(Mode::balance_xor)), flow, {}));
  EXPECT_TRUE(answer(Paths(foresight_of(Mode::balance_xor, XmitHashPolicy::vlan_srcmac)), flow, {}));
  const auto refused = answer(Paths(foresight_of(Mode::balance_xor, XmitHashPolicy::layer23)), flow, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error(),
      "xmit_hash_policy layer2+3 of bond0 looks at the destination's MAC address, which is not known here of "
      "192.0.2.2: ping it, or its router, once, or say it: 'udp 192.0.2.1:1 > 192.0.2.2:2 dst-mac MAC'");
  flow.source_mac.reset();
  EXPECT_FALSE(answer(Paths(foresight_of(Mode::balance_slb)), flow, {}));
}

TEST(FlowAnswer, SaysIfNothingIsLeftToSendBy) {
  auto options = core::BondLab::unpolled(Mode::balance_xor);
  const auto told = answered(foresight_of(options, 1));
  EXPECT_THAT(text_of(told), HasSubstr("without eth0  none: no slave can send\n"));
}

TEST(FlowAnswer, IsJsonAsWell) {
  const auto json = json_of(answered(foresight_of(Mode::active_backup)));
  EXPECT_EQ(json["flow"], kFlow);
  EXPECT_EQ(json["choice"], "fixed");
  EXPECT_EQ(json["now"], nlohmann::ordered_json::array({"eth0"}));
  EXPECT_EQ(json["without"]["eth0"], nlohmann::ordered_json::array({"eth1"}));
  EXPECT_EQ(json["xmit_hash_policy"], nullptr);
}

}  // namespace
}  // namespace ebond::cli::traffic
