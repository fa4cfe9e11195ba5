// What setting an option does beside storing it: to other options, to lists of targets, and several at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/options/option_table.h"
#include "tests/unit/core/option_tools.h"

namespace ebond::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Refusal::Kind;

std::vector<std::string> values_of_all(const BondOptions& options) {
  std::vector<std::string> texts;
  for (const auto& spec : option_table()) texts.push_back(spec.get(options));
  return texts;
}

TEST(ApplyOption, RoundsDelaysDownToMultiplesOfMiimonAndSaysSo) {
  for (std::string option : {"updelay", "downdelay", "peer_notif_delay"}) {
    BondOptions options;
    const auto done = apply_option(options, option, "250", kIdle);
    ASSERT_TRUE(done);
    EXPECT_EQ(find_option(option)->get(options), "200");
    EXPECT_THAT(*done,
                ElementsAre(option + " 250 is not a multiple of miimon (100): rounded down to 200 ms"));
  }
}

TEST(ApplyOption, RefusesDelaysWithoutMiimon) {
  for (std::string option : {"updelay", "downdelay", "peer_notif_delay"}) {
    BondOptions options;
    options.miimon = Milliseconds{0};
    const auto done = apply_option(options, option, "200", kIdle);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Kind::conflict);
    EXPECT_EQ(done.error().message,
              "option " + option +
                  " cannot be set to '200': it counts in multiples of miimon, which is 0 "
                  "(off); set miimon first");
  }
}

TEST(ApplyOption, KeepsDelaysAtTheSameMultipleOfAChangedMiimon) {
  BondOptions options;
  ASSERT_TRUE(apply_option(options, "updelay", "300", kIdle));
  ASSERT_TRUE(apply_option(options, "peer_notif_delay", "100", kIdle));
  const auto done = apply_option(options, "miimon", "50", kIdle);
  ASSERT_TRUE(done);
  EXPECT_EQ(options.updelay, Milliseconds{150});
  EXPECT_EQ(options.downdelay, Milliseconds{0});
  EXPECT_EQ(options.peer_notif_delay, Milliseconds{50});
  EXPECT_THAT(*done, ElementsAre("updelay is now 150 ms: it is kept as 3 times miimon",
                                 "peer_notif_delay is now 50 ms: it is kept as 1 times miimon"));
  ASSERT_TRUE(apply_option(options, "miimon", "0", kIdle));
  EXPECT_EQ(options.updelay, Milliseconds{0});
}

TEST(ApplyOption, KeepsRescaledDelaysInRange) {
  BondOptions options;
  ASSERT_TRUE(apply_option(options, "updelay", "1000000000", kIdle));
  ASSERT_TRUE(apply_option(options, "miimon", "2147483647", kIdle));
  EXPECT_EQ(options.updelay, Milliseconds{std::numeric_limits<std::int32_t>::max()});
}

TEST(ApplyOption, RunsLinkAndArpMonitoringSideBySide) {
  BondOptions options;
  ASSERT_TRUE(apply_option(options, "arp_ip_target", "192.0.2.1", kIdle));
  ASSERT_TRUE(apply_option(options, "arp_interval", "250", kIdle));
  EXPECT_EQ(options.miimon, Milliseconds{100});
  ASSERT_TRUE(apply_option(options, "arp_validate", "all", kIdle));
  ASSERT_TRUE(apply_option(options, "miimon", "50", kIdle));
  EXPECT_EQ(options.arp_interval, Milliseconds{250});
  EXPECT_EQ(options.arp_validate, ArpValidate::all);
}

TEST(ApplyOption, NotesAnArpIntervalWithoutTargetsAndTheLossOfTheLastOne) {
  BondOptions options;
  auto done = apply_option(options, "arp_interval", "100", kIdle);
  ASSERT_TRUE(done);
  EXPECT_THAT(*done, ElementsAre(HasSubstr("until arp_ip_target or ns_ip6_target is set")));
  EXPECT_THAT(apply_option(options, "arp_ip_target", "+192.0.2.1", kIdle).value(), IsEmpty());
  EXPECT_THAT(apply_option(options, "arp_ip_target", "-192.0.2.1", kIdle).value(),
              ElementsAre(HasSubstr("the last target is gone")));
}

TEST(ApplyOption, NotesNothingOfAnArpIntervalThatComesWithItsTargets) {
  BondOptions options;
  const auto done = apply_options(options, {{"arp_interval", "100"}, {"arp_ip_target", "192.0.2.1"}}, kIdle);
  EXPECT_THAT(done.value(), IsEmpty());
}

TEST(ApplyOption, KeepsArpMonitoringAndStartsMiimonInModesThatNeedMiimon) {
  for (std::string mode : {"802.3ad", "balance-tlb", "balance-alb"}) {
    BondOptions options;
    options.miimon = Milliseconds{0};
    options.arp_interval = Milliseconds{100};
    options.arp_validate = ArpValidate::all;
    const auto done = apply_option(options, "mode", mode, kIdle);
    ASSERT_TRUE(done);
    EXPECT_EQ(options.arp_interval, Milliseconds{100});
    EXPECT_EQ(options.miimon, Milliseconds{100});
    EXPECT_EQ(options.arp_validate, ArpValidate::none);
    EXPECT_THAT(*done, ElementsAre("miimon is now 100: mode " + mode + " needs it"));
  }
}

TEST(ApplyOption, LeavesMonitoringAloneInTheOtherModesButForgetsArpValidate) {
  for (auto mode : {"0", "1", "2", "3"}) {
    BondOptions options;
    options.miimon = Milliseconds{0};
    options.arp_interval = Milliseconds{100};
    options.arp_validate = ArpValidate::backup;
    ASSERT_TRUE(apply_option(options, "mode", mode, kIdle));
    EXPECT_EQ(options.arp_interval, Milliseconds{100});
    EXPECT_EQ(options.miimon, Milliseconds{0});
    EXPECT_EQ(options.arp_validate, ArpValidate::none);
  }
}

TEST(ApplyOption, SetsTlbDynamicLbWithBalanceAlbAndClearsBroadcastNeighborWithAnyMode) {
  BondOptions options = in_mode(Mode::balance_tlb);
  ASSERT_TRUE(apply_option(options, "tlb_dynamic_lb", "0", kIdle));
  ASSERT_TRUE(apply_option(options, "mode", "802.3ad", kIdle));
  EXPECT_FALSE(options.tlb_dynamic_lb);
  ASSERT_TRUE(apply_option(options, "broadcast_neighbor", "1", kIdle));
  ASSERT_TRUE(apply_option(options, "mode", "balance-alb", kIdle));
  EXPECT_TRUE(options.tlb_dynamic_lb);
  EXPECT_FALSE(options.broadcast_neighbor);
}

// ---- Target lists.

TEST(ApplyOption, ReplacesTargetsWithAPlainListAndEditsThemWithSigns) {
  BondOptions options;
  const auto set = [&options](std::string_view value) {
    const auto done = apply_option(options, "arp_ip_target", value, kIdle);
    return done ? find_option("arp_ip_target")->get(options) : done.error().message;
  };
  EXPECT_EQ(set("192.0.2.1,192.0.2.2,192.0.2.3"), "192.0.2.1,192.0.2.2,192.0.2.3");
  EXPECT_EQ(set("-192.0.2.2"), "192.0.2.1,192.0.2.3");
  EXPECT_EQ(set("+192.0.2.2"), "192.0.2.1,192.0.2.3,192.0.2.2");
  EXPECT_EQ(set("-192.0.2.1,+192.0.2.9"), "192.0.2.3,192.0.2.2,192.0.2.9");
  EXPECT_EQ(set("198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(set("+198.51.100.1"),
            "option arp_ip_target cannot be set to '+198.51.100.1': 198.51.100.1 is in the list already");
  EXPECT_EQ(set("-198.51.100.2"),
            "option arp_ip_target cannot be set to '-198.51.100.2': 198.51.100.2 is not in the list");
  EXPECT_EQ(set(""), "");
}

TEST(ApplyOption, HoldsSixteenTargetsOfEachFamilyAndNoMore) {
  std::string v4;
  std::string v6;
  for (int i = 1; i <= 16; ++i) {
    v4 += (i > 1 ? "," : "") + std::string("192.0.2.") + std::to_string(i);
    v6 += (i > 1 ? "," : "") + std::string("2001:db8::") + std::to_string(i);
  }
  BondOptions options;
  ASSERT_TRUE(apply_option(options, "arp_ip_target", v4, kIdle));
  ASSERT_TRUE(apply_option(options, "ns_ip6_target", v6, kIdle));
  EXPECT_EQ(options.arp_ip_target.size(), 16u);
  EXPECT_EQ(options.ns_ip6_target.size(), 16u);
  for (auto [option, one_more] :
       {std::pair{"arp_ip_target", "+192.0.2.17"}, std::pair{"ns_ip6_target", "+2001:db8::17"}}) {
    const auto done = apply_option(options, option, one_more, kIdle);
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("there may be 16 at most"));
  }
  EXPECT_FALSE(apply_option(options, "arp_ip_target", v4 + ",192.0.2.17", kIdle));
  EXPECT_EQ(find_option("arp_ip_target")->get(options), v4);
}

// ---- Several at once.

TEST(ApplyOptions, AppliesInTheTablesOrderWhateverTheOrderGiven) {
  BondOptions options;
  options.miimon = Milliseconds{0};
  const auto done = apply_options(
      options, {{"updelay", "200"}, {"lacp_rate", "fast"}, {"miimon", "100"}, {"mode", "4"}}, kIdle);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(options.mode, Mode::ieee8023ad);
  EXPECT_EQ(options.updelay, Milliseconds{200});
  EXPECT_EQ(options.lacp_rate, LacpRate::fast);
}

TEST(ApplyOptions, ChangesNothingIfOneIsRefused) {
  BondOptions options;
  const auto before = values_of_all(options);
  auto done = apply_options(options, {{"miimon", "50"}, {"mode", "1"}, {"lacp_rate", "fast"}}, kIdle);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().option, "lacp_rate");
  EXPECT_EQ(values_of_all(options), before);
  done = apply_options(options, {{"miimon", "50"}, {"bogus", "1"}}, kIdle);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Kind::unknown_option);
  EXPECT_EQ(values_of_all(options), before);
}

TEST(ApplyOptions, LetsTheLastOfRepeatedOptionsWinAndAddsRepeatedTargetsInTurn) {
  BondOptions options;
  const auto done = apply_options(options,
                                  {{"num_grat_arp", "2"},
                                   {"arp_ip_target", "+192.0.2.2"},
                                   {"num_unsol_na", "3"},
                                   {"arp_ip_target", "+192.0.2.1"},
                                   {"updelay", "150"}},
                                  kIdle);
  ASSERT_TRUE(done);
  EXPECT_EQ(options.num_peer_notif, 3);
  EXPECT_EQ(find_option("arp_ip_target")->get(options), "192.0.2.2,192.0.2.1");
  EXPECT_THAT(*done, ElementsAre(HasSubstr("updelay 150")));
}

}  // namespace
}  // namespace ebond::core
