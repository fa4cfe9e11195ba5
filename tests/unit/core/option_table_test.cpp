// The table itself: every option of the driver is there, with its values, defaults and order.
#include "core/options/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ebond::core {
namespace {

using testing::ElementsAre;

Mode a_mode_for(const OptionSpec& spec) {
  for (int mode = 0; mode <= 7; ++mode) {
    if (spec.fits_mode(static_cast<Mode>(mode))) return static_cast<Mode>(mode);
  }
  throw std::logic_error("an option for no mode");
}

bool is_numeric(const OptionSpec& spec) {
  return spec.kind == ValueKind::choice || spec.kind == ValueKind::flag || spec.kind == ValueKind::number ||
         spec.kind == ValueKind::milliseconds;
}

TEST(OptionTable, HoldsEveryOptionOfTheDriverAndOursInTheOrderTheyTakeEffect) {
  std::vector<std::string_view> names;
  for (const auto& spec : option_table()) names.push_back(spec.name);
  EXPECT_THAT(
      names,
      ElementsAre("mode", "active_slave", "miimon", "updelay", "downdelay", "peer_notif_delay", "use_carrier",
                  "arp_interval", "arp_ip_target", "ns_ip6_target", "arp_validate", "arp_all_targets",
                  "primary", "primary_reselect", "fail_over_mac", "xmit_hash_policy", "resend_igmp",
                  "num_grat_arp", "all_slaves_active", "min_links", "lp_interval", "packets_per_slave",
                  "lacp_active", "lacp_rate", "ad_select", "ad_actor_sys_prio", "ad_user_port_key",
                  "ad_actor_system", "tlb_dynamic_lb", "arp_missed_max", "coupled_control",
                  "broadcast_neighbor", "tx_table", "weight", "path_monitor", "path_interval",
                  "path_multiplier", "path_target", "failback", "flap_damping", "announce_behind",
                  "lacp_strict", "lacp_fallback", "bond0_device", "slaves_away"));
}

TEST(OptionTable, MarksOurOwnOptionsAndOnlyActiveSlaveAsAnAction) {
  const std::set<std::string_view> own{"tx_table",        "weight",      "path_monitor",  "path_interval",
                                       "path_multiplier", "path_target", "failback",      "flap_damping",
                                       "announce_behind", "lacp_strict", "lacp_fallback", "bond0_device",
                                       "slaves_away"};
  for (const auto& spec : option_table()) {
    EXPECT_EQ(spec.own, own.contains(spec.name)) << spec.name;
    EXPECT_EQ(spec.is_action, spec.name == "active_slave") << spec.name;
  }
}

TEST(OptionTable, HasForEveryOptionTextAndHelpAndForEveryNumericOneItsNumber) {
  for (const auto& spec : option_table()) {
    EXPECT_FALSE(spec.help.empty()) << spec.name;
    ASSERT_NE(spec.get, nullptr) << spec.name;
    EXPECT_EQ(spec.get_number != nullptr, is_numeric(spec)) << spec.name;
    EXPECT_EQ(spec.set_number != nullptr, is_numeric(spec)) << spec.name;
    EXPECT_FALSE(accepted_values(spec).empty()) << spec.name;
  }
}

TEST(OptionTable, FindsAnOptionByEachOfItsNames) {
  for (const auto& spec : option_table()) EXPECT_EQ(find_option(spec.name), &spec);
  EXPECT_EQ(find_option("num_unsol_na"), find_option("num_grat_arp"));
  EXPECT_EQ(find_option("num_peer_notif"), find_option("num_grat_arp"));
  EXPECT_EQ(find_option("peer_notify_delay"), find_option("peer_notif_delay"));
  EXPECT_EQ(find_option("ad_lacp_active"), find_option("lacp_active"));
  EXPECT_EQ(find_option("ad_lacp_rate"), find_option("lacp_rate"));
  for (auto name : {"", "Mode", "mode ", "slaves", "miimo", "ad_mode"})
    EXPECT_EQ(find_option(name), nullptr) << name;
}

TEST(OptionTable, HasTheDriversDefaultsButForMiimon) {
  const std::vector<std::pair<std::string_view, std::string>> defaults = {{"mode", "balance-rr"},
                                                                          {"active_slave", ""},
                                                                          {"miimon", "100"},
                                                                          {"updelay", "0"},
                                                                          {"downdelay", "0"},
                                                                          {"peer_notif_delay", "0"},
                                                                          {"use_carrier", "on"},
                                                                          {"arp_interval", "0"},
                                                                          {"arp_ip_target", ""},
                                                                          {"ns_ip6_target", ""},
                                                                          {"arp_validate", "none"},
                                                                          {"arp_all_targets", "any"},
                                                                          {"primary", ""},
                                                                          {"primary_reselect", "always"},
                                                                          {"fail_over_mac", "none"},
                                                                          {"xmit_hash_policy", "layer2"},
                                                                          {"resend_igmp", "1"},
                                                                          {"num_grat_arp", "1"},
                                                                          {"all_slaves_active", "off"},
                                                                          {"min_links", "0"},
                                                                          {"lp_interval", "1"},
                                                                          {"packets_per_slave", "1"},
                                                                          {"lacp_active", "on"},
                                                                          {"lacp_rate", "slow"},
                                                                          {"ad_select", "stable"},
                                                                          {"ad_actor_sys_prio", "65535"},
                                                                          {"ad_user_port_key", "0"},
                                                                          {"ad_actor_system", ""},
                                                                          {"tlb_dynamic_lb", "on"},
                                                                          {"arp_missed_max", "2"},
                                                                          {"coupled_control", "on"},
                                                                          {"broadcast_neighbor", "off"},
                                                                          {"tx_table", "modulo"},
                                                                          {"weight", "equal"},
                                                                          {"path_monitor", "off"},
                                                                          {"path_interval", "100"},
                                                                          {"path_multiplier", "3"},
                                                                          {"path_target", ""},
                                                                          {"failback", "auto"},
                                                                          {"flap_damping", "off"},
                                                                          {"announce_behind", "on"},
                                                                          {"lacp_strict", "off"},
                                                                          {"lacp_fallback", "off"},
                                                                          {"bond0_device", "auto"},
                                                                          {"slaves_away", "off"}};
  ASSERT_EQ(defaults.size(), option_table().size());
  for (const auto& [name, text] : defaults) EXPECT_EQ(find_option(name)->get(BondOptions{}), text) << name;
}

TEST(OptionTable, PrintsDefaultsThatCanBeSetAgainAndChangeNothing) {
  for (const auto& spec : option_table()) {
    BondOptions options;
    options.mode = a_mode_for(spec);
    std::vector<std::string> before;
    for (const auto& other : option_table()) before.push_back(other.get(options));

    const auto done = apply_option(options, spec.name, spec.get(options), {});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_THAT(*done, testing::IsEmpty()) << spec.name;
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(option_table()[i].get(options), before[i]) << "after " << spec.name;
    }
  }
}

TEST(OptionTable, NamesModesAndPoliciesByTheirNumbers) {
  EXPECT_EQ(mode_name(Mode::ieee8023ad), "802.3ad");
  EXPECT_EQ(mode_name(Mode::balance_alb), "balance-alb");
  EXPECT_EQ(parse_mode("1"), Mode::active_backup);
  EXPECT_EQ(parse_mode("active-backup"), Mode::active_backup);
  EXPECT_EQ(mode_name(Mode::balance_slb), "balance-slb");
  for (auto text : {"", "8", "-1", "01", "Active-Backup", "802.3AD", "802"})
    EXPECT_EQ(parse_mode(text), std::nullopt) << text;
  EXPECT_EQ(xmit_hash_policy_name(XmitHashPolicy::layer34), "layer3+4");
  EXPECT_EQ(xmit_hash_policy_name(XmitHashPolicy::vlan_srcmac), "vlan+srcmac");
}

TEST(OptionTable, TellsAcceptedValuesInWords) {
  EXPECT_EQ(accepted_values(*find_option("lacp_rate")), "slow (0) or fast (1)");
  EXPECT_EQ(accepted_values(*find_option("ad_select")),
            "stable (0), bandwidth (1), count (2) or actor_port_prio (3)");
  EXPECT_EQ(accepted_values(*find_option("arp_missed_max")), "1 to 255");
  EXPECT_EQ(accepted_values(*find_option("peer_notif_delay")), "0 to 300000 ms");
}

}  // namespace
}  // namespace ebond::core
