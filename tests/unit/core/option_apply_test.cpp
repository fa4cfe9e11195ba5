// Setting options: every value an option takes, every class of value it refuses, in which modes and when it
// may change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/options/option_table.h"
#include "tests/unit/core/option_tools.h"

namespace ebond::core {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Kind = Refusal::Kind;
using Texts = std::vector<std::string>;

constexpr OptionContext kWithSlaves{.has_slaves = true, .admin_up = false};
constexpr OptionContext kUp{.has_slaves = false, .admin_up = true};

Texts names_and_values(const BondOptions& options) {
  Texts texts;
  for (const auto& spec : option_table()) texts.push_back(std::string(spec.name) + " " + spec.get(options));
  return texts;
}

/// What each option takes and refuses, in a mode it is for.
struct OptionCase {
  std::string option;
  Mode mode;
  std::vector<std::pair<std::string, std::string>> good;  ///< given, and read back
  Texts bad;
};

const Texts kNotNumbers = {"", "abc", "-1", "1.5", "+1", "0x10", "1 2", "99999999999999999999999"};

Texts bad_numbers(const Texts& more) {
  Texts all = kNotNumbers;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// Any number up to INT_MAX.
OptionCase any_int(std::string option, Mode mode) {
  return {std::move(option),
          mode,
          {{"0", "0"},
           {"off", "0"},
           {"1", "1"},
           {" 7\n", "7"},
           {"2147483647", "2147483647"},
           {"maxval", "2147483647"}},
          bad_numbers({"2147483648", "4294967295", "minval"})};
}

OptionCase on_off(std::string option, Mode mode) {
  return {std::move(option),
          mode,
          {{"0", "off"}, {"off", "off"}, {"1", "on"}, {"on", "on"}, {"01", "on"}},
          {"", "2", "-1", "yes", "true", "On", "on off", "ON"}};
}

std::vector<OptionCase> every_case() {
  const auto rr = Mode::balance_rr;
  const auto ab = Mode::active_backup;
  const auto lacp = Mode::ieee8023ad;
  const Texts bad_words = {"", "-1", "99", "nonsense", "Always", "0.0"};
  const Texts bad_names = {"a/b", std::string(128, 'n'), "eth 0", "eth0:1", ".", ".."};
  return {
      {"mode",
       rr,
       {{"0", "balance-rr"},
        {"balance-rr", "balance-rr"},
        {"1", "active-backup"},
        {"active-backup", "active-backup"},
        {"2", "balance-xor"},
        {"balance-xor", "balance-xor"},
        {"3", "broadcast"},
        {"broadcast", "broadcast"},
        {"4", "802.3ad"},
        {"802.3ad", "802.3ad"},
        {"5", "balance-tlb"},
        {"balance-tlb", "balance-tlb"},
        {"6", "balance-alb"},
        {"balance-alb", "balance-alb"},
        {"7", "balance-slb"},
        {"balance-slb", "balance-slb"},
        {"default", "balance-rr"}},
       {"", "8", "-1", "256", "8023ad", "Balance-rr", "active_backup", "balance-rr 1"}},
      {"active_slave", ab, {{"eth1", ""}, {"", ""}}, bad_names},
      any_int("miimon", rr),
      {"updelay",
       rr,
       {{"0", "0"}, {"off", "0"}, {"200", "200"}, {"default", "0"}},
       bad_numbers({"2147483648"})},
      {"downdelay",
       rr,
       {{"0", "0"}, {"off", "0"}, {"1000", "1000"}, {"default", "0"}},
       bad_numbers({"2147483648"})},
      {"peer_notif_delay",
       rr,
       {{"0", "0"}, {"off", "0"}, {"300000", "300000"}, {"maxval", "300000"}},
       bad_numbers({"300001"})},
      on_off("use_carrier", rr),
      any_int("arp_interval", rr),
      {"arp_ip_target",
       rr,
       {{"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1,192.0.2.2", "192.0.2.1,192.0.2.2"},
        {"192.0.2.1, 192.0.2.9", "192.0.2.1,192.0.2.9"},
        {"+192.0.2.3", "192.0.2.3"},
        {"+192.0.2.3,+192.0.2.4", "192.0.2.3,192.0.2.4"},
        {"", ""}},
       {"0.0.0.0", "255.255.255.255", "192.0.2", "192.0.2.256", "host", "2001:db8::1", "192.0.2.1,192.0.2.1",
        "-192.0.2.1", "192.0.2.1,", ",192.0.2.1", ",", "+", "-", "+192.0.2.1,192.0.2.2",
        "192.0.2.1,+192.0.2.2", "192.0.2.1 192.0.2.2", "++192.0.2.1"}},
      {"ns_ip6_target",
       rr,
       {{"2001:db8::1", "2001:db8::1"},
        {"2001:DB8:0::1,2001:db8::2", "2001:db8::1,2001:db8::2"},
        {"+fe80::1", "fe80::1"},
        {"", ""}},
       {"::", "::1", "ff02::1", "192.0.2.1", "2001:db8", "2001:db8::1,2001:db8::1", "-2001:db8::1",
        "2001:db8::1,", "+", "2001:db8::1%eth0"}},
      {"arp_validate",
       rr,
       {{"none", "none"},
        {"0", "none"},
        {"active", "active"},
        {"1", "active"},
        {"backup", "backup"},
        {"2", "backup"},
        {"all", "all"},
        {"3", "all"},
        {"filter", "filter"},
        {"4", "filter"},
        {"filter_active", "filter_active"},
        {"5", "filter_active"},
        {"filter_backup", "filter_backup"},
        {"6", "filter_backup"},
        {"default", "none"}},
       {"", "7", "-1", "any", "Filter"}},
      {"arp_all_targets",
       lacp,
       {{"any", "any"}, {"0", "any"}, {"all", "all"}, {"1", "all"}},
       {"", "2", "none"}},
      {"primary",
       ab,
       {{"eth0", "eth0"},
        {"a-name-longer-than-15", "a-name-longer-than-15"},
        {"not-enslaved", "not-enslaved"},
        {"", ""}},
       bad_names},
      {"primary_reselect",
       rr,
       {{"always", "always"},
        {"0", "always"},
        {"better", "better"},
        {"1", "better"},
        {"failure", "failure"},
        {"2", "failure"}},
       bad_words},
      {"fail_over_mac",
       rr,
       {{"none", "none"},
        {"0", "none"},
        {"active", "active"},
        {"1", "active"},
        {"follow", "follow"},
        {"2", "follow"}},
       bad_words},
      {"xmit_hash_policy",
       rr,
       {{"layer2", "layer2"},
        {"0", "layer2"},
        {"layer3+4", "layer3+4"},
        {"1", "layer3+4"},
        {"layer2+3", "layer2+3"},
        {"2", "layer2+3"},
        {"encap2+3", "encap2+3"},
        {"3", "encap2+3"},
        {"encap3+4", "encap3+4"},
        {"4", "encap3+4"},
        {"vlan+srcmac", "vlan+srcmac"},
        {"5", "vlan+srcmac"},
        {"default", "layer2"}},
       {"", "6", "-1", "layer3", "layer34", "Layer2"}},
      {"resend_igmp",
       rr,
       {{"0", "0"}, {"off", "0"}, {"255", "255"}, {"maxval", "255"}, {"default", "1"}},
       bad_numbers({"256"})},
      {"num_grat_arp",
       rr,
       {{"0", "0"}, {"off", "0"}, {"255", "255"}, {"maxval", "255"}, {"default", "1"}},
       bad_numbers({"256"})},
      on_off("all_slaves_active", rr),
      any_int("min_links", rr),
      {"lp_interval",
       rr,
       {{"1", "1"}, {"minval", "1"}, {"2147483647", "2147483647"}, {"default", "1"}},
       bad_numbers({"0", "off", "2147483648"})},
      {"packets_per_slave",
       rr,
       {{"0", "0"}, {"1", "1"}, {"65535", "65535"}, {"maxval", "65535"}, {"default", "1"}},
       bad_numbers({"65536", "off"})},
      on_off("lacp_active", lacp),
      {"lacp_rate", lacp, {{"slow", "slow"}, {"0", "slow"}, {"fast", "fast"}, {"1", "fast"}}, bad_words},
      {"ad_select",
       rr,
       {{"stable", "stable"},
        {"0", "stable"},
        {"bandwidth", "bandwidth"},
        {"1", "bandwidth"},
        {"count", "count"},
        {"2", "count"},
        {"actor_port_prio", "actor_port_prio"},
        {"3", "actor_port_prio"}},
       bad_words},
      {"ad_actor_sys_prio",
       lacp,
       {{"1", "1"}, {"minval", "1"}, {"65535", "65535"}, {"default", "65535"}},
       bad_numbers({"0", "65536"})},
      {"ad_user_port_key", lacp, {{"0", "0"}, {"1023", "1023"}, {"maxval", "1023"}}, bad_numbers({"1024"})},
      {"ad_actor_system",
       lacp,
       {{"02:00:00:00:00:0A", "02:00:00:00:00:0a"}, {"00:00:00:00:00:00", ""}, {"", ""}},
       {"01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00", "02:00:00:00:00:01:02", "none", "1"}},
      on_off("tlb_dynamic_lb", Mode::balance_tlb),
      {"arp_missed_max", rr, {{"1", "1"}, {"255", "255"}, {"default", "2"}}, bad_numbers({"0", "256"})},
      on_off("coupled_control", lacp),
      on_off("broadcast_neighbor", lacp),
      {"tx_table",
       Mode::balance_xor,
       {{"modulo", "modulo"}, {"0", "modulo"}, {"resilient", "resilient"}, {"1", "resilient"}},
       bad_words},
      {"weight",
       Mode::balance_xor,
       {{"equal", "equal"}, {"0", "equal"}, {"speed", "speed"}, {"1", "speed"}},
       bad_words},
      {"path_monitor",
       Mode::active_backup,
       {{"icmp", "icmp"}, {"bfd", "bfd"}, {"micro_bfd", "micro_bfd"}, {"1", "icmp"}, {"off", "off"}},
       {"arp", "4", "-1", ""}},
      {"path_interval", Mode::balance_rr, {{"3", "3"}, {"60000", "60000"}}, {"2", "60001", "10ms", ""}},
      {"path_multiplier", Mode::balance_rr, {{"2", "2"}, {"255", "255"}}, {"1", "256", ""}},
      {"path_target",
       Mode::balance_rr,
       {{"192.0.2.1", "192.0.2.1"}, {"2001:db8::1,192.0.2.9", "2001:db8::1,192.0.2.9"}, {"", ""}},
       {"0.0.0.0", "::", "ff02::1", "gateway", "192.0.2.1,192.0.2.1", "192.0.2.1,", "192.0.2.1/24"}},
      {"failback",
       Mode::active_backup,
       {{"auto", "auto"}, {"proof", "proof"}, {"immediate", "immediate"}},
       {"never", "3"}},
      {"flap_damping", Mode::balance_rr, {{"on", "on"}, {"0", "off"}}, {"2", "yes"}},
      on_off("announce_behind", Mode::active_backup),
      on_off("lacp_strict", lacp),
      on_off("lacp_fallback", lacp),
      {"bond0_device",
       rr,
       {{"auto", "auto"},
        {"0", "auto"},
        {"netkit", "netkit"},
        {"1", "netkit"},
        {"veth", "veth"},
        {"2", "veth"}},
       bad_words},
      on_off("slaves_away", rr),
  };
}

TEST(ApplyOption, IsTestedHereForEveryOptionOfTheTable) {
  const auto cases = every_case();
  ASSERT_EQ(cases.size(), option_table().size());
  for (std::size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(cases[i].option, option_table()[i].name);
}

TEST(ApplyOption, TakesEveryGoodValueAndPrintsItInItsOneForm) {
  for (const auto& test : every_case()) {
    for (const auto& [given, read_back] : test.good) {
      BondOptions options = in_mode(test.mode);
      const auto done = apply_option(options, test.option, given, kIdle);
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_EQ(find_option(test.option)->get(options), read_back) << test.option << " " << given;
    }
  }
}

TEST(ApplyOption, RefusesEveryBadValueNamingOptionValueAndWhatIsAcceptedAndChangesNothing) {
  for (const auto& test : every_case()) {
    for (const auto& bad : test.bad) {
      BondOptions options = in_mode(test.mode);
      const auto before = names_and_values(options);
      const auto done = apply_option(options, test.option, bad, kIdle);
      ASSERT_FALSE(done) << test.option << " took '" << bad << "'";
      EXPECT_EQ(done.error().kind, Kind::bad_value) << test.option << " '" << bad << "'";
      EXPECT_EQ(done.error().option, test.option);
      EXPECT_THAT(done.error().message, AllOf(HasSubstr(test.option), HasSubstr("'" + bad + "'")));
      EXPECT_EQ(names_and_values(options), before) << test.option << " '" << bad << "'";
    }
    const auto spec = *find_option(test.option);
    BondOptions options = in_mode(test.mode);
    if (const auto done = apply_option(options, test.option, "no such/value", kIdle); !done) {
      EXPECT_THAT(done.error().message, HasSubstr(accepted_values(spec)));
    } else {
      ADD_FAILURE() << test.option;
    }
  }
}

TEST(ApplyOption, WhatIsChosenWhenTheBondIsMadeMayOnlyBeSaidAgain) {
  const OptionContext existing{.exists = true};
  BondOptions options;
  ASSERT_TRUE(apply_option(options, "bond0_device", "netkit", kIdle));
  EXPECT_TRUE(apply_option(options, "bond0_device", "1", existing));
  const auto done = apply_option(options, "bond0_device", "veth", existing);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Kind::not_now);
  EXPECT_THAT(done.error().message, HasSubstr("chosen when the bond is made"));
  EXPECT_EQ(options.bond0_device, Bond0Device::netkit);
  ASSERT_TRUE(apply_option(options, "slaves_away", "on", kIdle));
  EXPECT_TRUE(apply_option(options, "slaves_away", "on", existing));
  EXPECT_FALSE(apply_option(options, "slaves_away", "off", existing));
  EXPECT_TRUE(options.slaves_away);
}

TEST(ApplyOption, NetkitAndBalanceAlbDoNotGoTogetherWhicheverIsSaidFirst) {
  BondOptions netkit;
  ASSERT_TRUE(apply_option(netkit, "bond0_device", "netkit", kIdle));
  const auto mode = apply_option(netkit, "mode", "balance-alb", kIdle);
  ASSERT_FALSE(mode);
  EXPECT_EQ(mode.error().kind, Kind::conflict);
  EXPECT_TRUE(apply_option(netkit, "mode", "balance-tlb", kIdle));

  auto alb = in_mode(Mode::balance_alb);
  const auto device = apply_option(alb, "bond0_device", "netkit", kIdle);
  ASSERT_FALSE(device);
  EXPECT_THAT(device.error().message, HasSubstr("veth or auto"));
  EXPECT_TRUE(apply_option(alb, "bond0_device", "veth", kIdle));
  EXPECT_TRUE(apply_option(alb, "bond0_device", "auto", kIdle));
}

/// As in the driver's table but for path monitoring, which is for all modes here: the modes each option is
/// for, all if none are named.
const std::vector<std::pair<std::string, std::vector<int>>> kOnlyInModes = {
    {"active_slave", {1, 5, 6, 7}},
    {"primary", {1, 5, 6, 7}},
    {"packets_per_slave", {0}},
    {"lacp_active", {4}},
    {"lacp_rate", {4}},
    {"ad_actor_sys_prio", {4}},
    {"ad_user_port_key", {4}},
    {"ad_actor_system", {4}},
    {"coupled_control", {4}},
    {"broadcast_neighbor", {4}},
    {"tlb_dynamic_lb", {5, 6}},
    {"tx_table", {2, 4, 5}},
    {"weight", {2, 4, 5, 7}},
    {"lacp_strict", {4}},
    {"lacp_fallback", {4}},
    {"announce_behind", {1, 7}},
    {"all_slaves_active", {0, 1, 2, 3, 4, 5, 6}},
    {"xmit_hash_policy", {0, 1, 2, 3, 4, 5, 6}},
    {"path_monitor", {0, 1, 2, 3, 4, 5, 6}}};

TEST(ApplyOption, RefusesAnOptionOutsideItsModesAndSaysWhichModesThoseAre) {
  for (const auto& spec : option_table()) {
    std::vector<int> modes = {0, 1, 2, 3, 4, 5, 6, 7};
    for (const auto& [name, only] : kOnlyInModes) {
      if (spec.name == name) modes = only;
    }
    for (int mode = 0; mode <= 7; ++mode) {
      BondOptions options = in_mode(static_cast<Mode>(mode));
      const std::string value = spec.get(options);
      const auto done = apply_option(options, spec.name, value, kIdle);
      const bool fits = std::ranges::find(modes, mode) != modes.end();
      ASSERT_EQ(done.has_value(), fits) << spec.name << " in mode " << mode;
      if (fits) continue;
      EXPECT_EQ(done.error().kind, Kind::not_in_mode);
      EXPECT_THAT(done.error().message,
                  AllOf(HasSubstr(std::string(spec.name)), HasSubstr("'" + value + "'"),
                        HasSubstr(std::string(mode_name(static_cast<Mode>(mode)))),
                        HasSubstr(std::string(mode_name(static_cast<Mode>(modes[0]))))));
    }
  }
}

TEST(ApplyOption, RefusesWithSlavesOrWhileUpWhatTheDriverRefusesThenEvenForTheSameValue) {
  const Texts not_with_slaves = {"mode", "fail_over_mac"};
  const Texts not_while_up = {"mode",           "lacp_active",      "lacp_rate",
                              "ad_select",      "ad_user_port_key", "tlb_dynamic_lb",
                              "coupled_control"};
  const auto contains = [](const Texts& texts, std::string_view name) {
    return std::ranges::find(texts, name) != texts.end();
  };
  for (const auto& test : every_case()) {
    for (const auto& [context, refused] :
         {std::pair{kWithSlaves, &not_with_slaves}, std::pair{kUp, &not_while_up}}) {
      BondOptions options = in_mode(test.mode);
      const auto done = apply_option(options, test.option, find_option(test.option)->get(options), context);
      ASSERT_EQ(done.has_value(), !contains(*refused, test.option)) << test.option;
      if (done) continue;
      EXPECT_EQ(done.error().kind, Kind::not_now);
      EXPECT_THAT(done.error().message,
                  HasSubstr(context.admin_up ? "set it down first" : "release them first"));
    }
  }
}

TEST(ApplyOption, RefusesAnUnknownOptionAndGuessesWhatWasMeant) {
  BondOptions options;
  auto done = apply_option(options, "mimon", "100", kIdle);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Kind::unknown_option);
  EXPECT_EQ(done.error().message, "there is no bond option 'mimon'; did you mean 'miimon'?");
  EXPECT_EQ(apply_option(options, "flux_capacitor", "1", kIdle).error().message,
            "there is no bond option 'flux_capacitor'");
  EXPECT_EQ(apply_option(options, "", "1", kIdle).error().kind, Kind::unknown_option);
}

TEST(ApplyOption, WritesRefusalsAsWholeSentences) {
  BondOptions options;
  EXPECT_EQ(apply_option(options, "miimon", "soon", kIdle).error().message,
            "option miimon cannot be set to 'soon': accepted is 0 to 2147483647 ms");
  EXPECT_EQ(apply_option(options, "lacp_rate", "fast", kIdle).error().message,
            "option lacp_rate cannot be set to 'fast': it is not for mode balance-rr, only for 802.3ad (4)");
  EXPECT_EQ(
      apply_option(options, "mode", "4", kWithSlaves).error().message,
      "option mode cannot be set to '4': it cannot change while the bond has slaves; release them first");
}

TEST(ApplyOptions, SaysWhatAPathMonitorStillLacks) {
  BondOptions options;
  auto notes = apply_options(options, {{"path_monitor", "icmp"}}, kIdle);
  ASSERT_TRUE(notes);
  EXPECT_THAT(*notes,
              testing::ElementsAre("path_monitor icmp has nothing to probe until path_target is set"));
  notes =
      apply_options(options, {{"path_monitor", "micro_bfd"}, {"path_target", "192.0.2.1,192.0.2.2"}}, kIdle);
  ASSERT_TRUE(notes);
  EXPECT_THAT(*notes, testing::ElementsAre(HasSubstr("192.0.2.1: the other targets are not used")));
  notes = apply_options(options, {{"path_target", "192.0.2.1"}}, kIdle);
  ASSERT_TRUE(notes);
  EXPECT_THAT(*notes, testing::IsEmpty());
}

TEST(ApplyOption, KnowsNumGratArpAndNumUnsolNaAsOneNumber) {
  BondOptions options;
  ASSERT_TRUE(apply_option(options, "num_unsol_na", "7", kIdle));
  EXPECT_EQ(find_option("num_grat_arp")->get(options), "7");
  EXPECT_EQ(options.num_peer_notif, 7);
}

}  // namespace
}  // namespace ebond::core
