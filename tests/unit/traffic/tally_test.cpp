#include "cli/traffic/tally.h"

#include <nlohmann/json.hpp>

#include "tests/unit/traffic/samples.h"

namespace ebond::cli::traffic {
namespace {

using core::Mode;
using core::XmitHashPolicy;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// So many frames of each of so many flows, from one host to one other.
Sampled traffic(int flows, int frames_each, std::uint32_t length = 1000) {
  Sampled sampled{.seconds = 2};
  for (int flow = 0; flow < flows; ++flow) {
    const auto text = fmt::format("udp 192.0.2.1:{} > 192.0.2.2:53", 10'000 + flow);
    for (int i = 0; i < frames_each; ++i) sampled.frames.push_back({frame_of(flow_between(text)), length});
  }
  return sampled;
}

const Scheme& scheme_of(const Balance& balance, const std::string& name) {
  return *std::ranges::find(balance.policies, name, &Scheme::name);
}

TEST(Evenness, IsOneIfAllCarryTheSameAndAnNthIfOneCarriesAll) {
  EXPECT_DOUBLE_EQ(evenness({5, 5, 5}), 1);
  EXPECT_DOUBLE_EQ(evenness({9, 0, 0}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(evenness({0, 0}), 1);
  EXPECT_DOUBLE_EQ(evenness({}), 1);
}

TEST(Balance, TellsHowTrafficIsSharedAndWouldBe) {
  const auto balance = balance_of(foresight_of(Mode::balance_xor, XmitHashPolicy::layer2), traffic(100, 3));
  EXPECT_EQ(balance.all, (Share{.frames = 300, .bytes = 300'000, .flows = 100}));
  ASSERT_TRUE(balance.now);
  EXPECT_EQ(balance.now->name, "layer2");
  const auto& now = balance.now->shares;
  EXPECT_TRUE(now[0].frames == 0 || now[1].frames == 0) << "two MACs: one slave";
  EXPECT_EQ(now[0].flows + now[1].flows, 100U);
  EXPECT_EQ(scheme_of(balance, "layer2").shares, now);
  EXPECT_THAT(scheme_of(balance, "layer3+4").shares,
              ElementsAre(Share{.frames = 150, .bytes = 150'000, .flows = 50},
                          Share{.frames = 150, .bytes = 150'000, .flows = 50}));
  EXPECT_EQ(balance.policies.size(), 6U);
}

TEST(Balance, WeighsBytesAndNotOnlyFrames) {
  auto sampled = traffic(2, 10, 100);
  for (std::size_t i = 0; i < 10; ++i) sampled.frames[i].length = 900;
  // Ports 10000 and 10002 differ in the bit that counts.
  auto other = traffic(3, 10, 100);
  std::copy(other.frames.begin() + 20, other.frames.end(), sampled.frames.begin() + 10);
  const auto balance = balance_of(foresight_of(Mode::balance_xor), sampled);
  EXPECT_NEAR(evenness({9000, 1000}), 0.61, 0.01);
  EXPECT_THAT(text_of(balance), HasSubstr("0.61"));
}

TEST(Balance, ComparesPoliciesAlsoInModesThatHaveNone) {
  const auto dealt = balance_of(foresight_of(Mode::balance_rr), traffic(8, 1));
  EXPECT_FALSE(dealt.now) << "a frame has no slave";
  EXPECT_EQ(scheme_of(dealt, "layer3+4").shares[0].flows, 4U);
  const auto one = balance_of(foresight_of(Mode::active_backup), traffic(8, 1));
  EXPECT_EQ(one.now->shares[0].frames, 8U);
  EXPECT_EQ(scheme_of(one, "layer3+4").shares[1].flows, 4U);
  const auto copies = balance_of(foresight_of(Mode::broadcast), traffic(8, 1));
  EXPECT_EQ(copies.now->shares[0].frames, 8U);
  EXPECT_EQ(copies.now->shares[1].frames, 8U);
}

TEST(Balance, CountsWhatIsNoIpToo) {
  auto sampled = traffic(1, 1);
  sampled.frames.push_back({wire::Bytes(60), 60});
  sampled.frames.push_back({wire::Bytes(5), 5});
  const auto balance = balance_of(foresight_of(Mode::active_backup), sampled);
  EXPECT_EQ(balance.all.frames, 3U);
  EXPECT_EQ(balance.now->shares[0].frames, 2U) << "five octets are no frame";
}

TEST(Balance, IsATableForPeople) {
  auto sampled = traffic(100, 1);
  sampled.counted = {{.frames = 100, .bytes = 100'000, .flows = 0}, {}};
  sampled.missed = 3;
  const auto text = text_of(balance_of(foresight_of(Mode::balance_xor), sampled));
  EXPECT_THAT(text, testing::StartsWith("bond0 (balance-xor): 100 frames, 100.0 kB, 100 flows in 2.0 s\n"));
  EXPECT_THAT(text, HasSubstr("3 frames came too fast"));
  EXPECT_THAT(text, HasSubstr("                      EVEN  eth0             eth1\n"));
  EXPECT_THAT(text, HasSubstr("  now: layer3+4       1.00  50/50/50 %       50/50/50 %\n"));
  EXPECT_THAT(text, HasSubstr("  slaves' counters    0.50  100/100/- %      0/0/- %\n"));
  EXPECT_THAT(text_of(balance_of(foresight_of(Mode::balance_xor), {})), HasSubstr("nothing was sent"));
}

TEST(Balance, IsJsonAsWell) {
  const auto json = json_of(balance_of(foresight_of(Mode::balance_xor), traffic(4, 1)));
  EXPECT_EQ(json["flows"], 4);
  EXPECT_EQ(json["now"]["evenness"]["bytes"], 1.0);
  EXPECT_EQ(json["now"]["slaves"]["eth0"]["frames"], 2);
  EXPECT_EQ(json["counted"], nullptr);
  EXPECT_EQ(json["policies"].size(), 6U);
}

}  // namespace
}  // namespace ebond::cli::traffic
