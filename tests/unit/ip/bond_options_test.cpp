#include "cli/ip/bond_options.h"

#include <gmock/gmock.h>
#include <linux/if_link.h>

#include <nlohmann/json.hpp>

#include "core/options/option_table.h"
#include "views/json.h"

namespace ebond::cli::ip {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAreArray;

std::string name_of(std::uint32_t ifindex) {
  return ifindex == 3 ? "eth0" : std::string();
}

TEST(BondOptions, AreReadFromTheDriversAttributes) {
  AttributeWriter out;
  out.put_number(IFLA_BOND_MODE, std::uint8_t{4});
  out.put_number(IFLA_BOND_MIIMON, std::uint32_t{100});
  out.put_number(IFLA_BOND_AD_ACTOR_SYS_PRIO, std::uint16_t{300});
  out.put_number(IFLA_BOND_NUM_PEER_NOTIF, std::uint8_t{5});
  out.put_number(34, std::uint8_t{1});  // lacp_strict, as Linux 7.3 has it
  out.put_number(IFLA_BOND_ACTIVE_SLAVE, std::uint32_t{3});
  out.put_number(IFLA_BOND_PRIMARY, std::uint32_t{0});
  out.nest(IFLA_BOND_ARP_IP_TARGET, [](AttributeWriter& nest) {
    nest.put(0, wire::Ipv4Address{192, 0, 2, 1});
    nest.put(1, wire::Ipv4Address{192, 0, 2, 7});
  });
  out.put(IFLA_BOND_AD_ACTOR_SYSTEM, std::array<std::uint8_t, 6>{0, 0, 0x5e, 0, 0x53, 0xaa});
  EXPECT_THAT(bond_options(out.bytes(), name_of),
              ElementsAre(Pair("mode", "4"), Pair("miimon", "100"), Pair("ad_actor_sys_prio", "300"),
                          Pair("num_grat_arp", "5"), Pair("lacp_strict", "1"), Pair("active_slave", "eth0"),
                          Pair("primary", ""), Pair("arp_ip_target", "192.0.2.1,192.0.2.7"),
                          Pair("ad_actor_system", "00:00:5e:00:53:aa")));
}

TEST(BondOptions, ThatAreCutShortAreLeftOut) {
  AttributeWriter out;
  out.put_number(IFLA_BOND_MIIMON, std::uint8_t{1});
  out.put(IFLA_BOND_AD_ACTOR_SYSTEM, std::array<std::uint8_t, 3>{});
  EXPECT_THAT(bond_options(out.bytes(), name_of), IsEmpty());
}

TEST(BondOptions, OfASlaveAreReadWithTheirSigns) {
  AttributeWriter out;
  out.put_number(IFLA_BOND_SLAVE_PRIO, std::int32_t{-7});
  out.put_number(IFLA_BOND_SLAVE_QUEUE_ID, std::uint16_t{3});
  EXPECT_THAT(slave_options(out.bytes()), ElementsAre(Pair("prio", "-7"), Pair("queue_id", "3")));
}

core::BondReport bond_of_two() {
  core::BondReport view;
  auto& bond = view.status;
  bond.name = "bond0";
  bond.ifindex = core::IfIndex{9};
  bond.slaves.resize(2);
  bond.slaves[0].name = "eth0";
  bond.slaves[0].ifindex = core::IfIndex{3};
  bond.slaves[1].name = "eth1";
  bond.slaves[1].ifindex = core::IfIndex{4};
  return view;
}

nlohmann::json shown(const core::BondReport& view) {
  return nlohmann::json(views::bond_json(view));
}

TEST(BondOptions, SurviveTheWayToTheRealIpAndBack) {
  auto view = bond_of_two();
  auto& options = view.status.options;
  const control::KeyValues given = {{"mode", "active-backup"},
                                    {"miimon", "50"},
                                    {"updelay", "100"},
                                    {"downdelay", "150"},
                                    {"peer_notif_delay", "200"},
                                    {"use_carrier", "off"},
                                    {"arp_interval", "300"},
                                    {"arp_validate", "filter_backup"},
                                    {"arp_all_targets", "all"},
                                    {"primary", "eth1"},
                                    {"primary_reselect", "failure"},
                                    {"fail_over_mac", "follow"},
                                    {"xmit_hash_policy", "vlan+srcmac"},
                                    {"resend_igmp", "200"},
                                    {"num_grat_arp", "7"},
                                    {"all_slaves_active", "on"},
                                    {"min_links", "70000"},
                                    {"lp_interval", "66000"},
                                    {"ad_select", "count"},
                                    {"arp_missed_max", "9"},
                                    {"arp_ip_target", "192.0.2.1,192.0.2.7"},
                                    {"ns_ip6_target", "2001:db8::1"}};
  ASSERT_TRUE(core::apply_options(options, given, {}));
  core::BondOptions back;
  const auto read = bond_options(bond_data(shown(view)), [](std::uint32_t ifindex) {
    return ifindex == 4 ? std::string("eth1") : std::string();
  });
  for (const auto& option : core::option_table()) {
    if (!option.get || option.own || !option.fits_mode(core::Mode::active_backup)) continue;
    for (const auto& [key, value] : read) {
      if (key != option.name) continue;
      EXPECT_TRUE(core::apply_option(back, key, value, {})) << key << " " << value;
      EXPECT_EQ(option.get(back), option.get(options)) << key;
    }
  }
  EXPECT_EQ(back.arp_ip_target, options.arp_ip_target);
  EXPECT_EQ(back.ns_ip6_target, options.ns_ip6_target);
  EXPECT_EQ(back.primary, "eth1");
}

TEST(BondOptions, ShowBalanceSlbAsTheModeOfTheDriverThatIsNearestToIt) {
  auto view = bond_of_two();
  ASSERT_TRUE(core::apply_options(view.status.options, {{"mode", "balance-slb"}}, {}));
  const auto read = bond_options(bond_data(shown(view)), name_of);
  EXPECT_THAT(read, testing::IsSupersetOf({std::pair<std::string, std::string>{"mode", "2"},
                                           std::pair<std::string, std::string>{"xmit_hash_policy", "5"}}));
}

/// Every option of the driver's is there, so that a new one is not forgotten.
TEST(BondOptions, AreShownAsTheDriverShowsThem) {
  auto view = bond_of_two();
  std::set<std::string> names;
  for (const auto& [key, value] : bond_options(bond_data(shown(view)), name_of)) names.insert(key);
  const std::set<std::string> conditional = {"primary",           "arp_ip_target",    "ns_ip6_target",
                                             "ad_actor_sys_prio", "ad_user_port_key", "ad_actor_system"};
  for (const auto& option : core::option_table()) {
    if (option.own || option.is_action) continue;
    EXPECT_EQ(names.contains(std::string(option.name)), !conditional.contains(std::string(option.name)))
        << option.name;
  }
}

TEST(BondOptions, ShowTheAggregatorOfA8023adBondAndItsSlaves) {
  auto view = bond_of_two();
  auto& bond = view.status;
  bond.options.mode = core::Mode::ieee8023ad;
  bond.options.ad_user_port_key = 5;
  bond.lacp.emplace();
  bond.lacp->active_aggregator_id = 2;
  bond.lacp->number_of_ports = 1;
  bond.lacp->actor_key = 15;
  bond.lacp->partner_mac = *wire::MacAddress::parse("00:00:5e:00:53:01");
  bond.slaves[0].lacp.emplace();
  bond.slaves[0].lacp->aggregator_id = 2;
  bond.slaves[0].lacp->actor.state = 61;
  bond.slaves[0].lacp->actor_churn = "none";
  bond.slaves[0].lacp->partner_churn = "churned";
  bond.options.lacp_strict = true;
  const auto json = shown(view);
  const auto data = bond_data(json);
  const auto told = read_attributes(data);
  EXPECT_EQ(number_in<std::uint16_t>(told, IFLA_BOND_AD_USER_PORT_KEY), 5);
  constexpr std::uint16_t kLacpStrict = 34, kActorChurn = 11, kPartnerChurn = 12;  // as Linux 7.3 has them
  EXPECT_EQ(number_in<std::uint8_t>(told, kLacpStrict), 1);
  const auto info = read_attributes(find(told, IFLA_BOND_AD_INFO)->value);
  EXPECT_EQ(number_in<std::uint16_t>(info, IFLA_BOND_AD_INFO_AGGREGATOR), 2);
  EXPECT_EQ(number_in<std::uint16_t>(info, IFLA_BOND_AD_INFO_NUM_PORTS), 1);
  EXPECT_EQ(number_in<std::uint16_t>(info, IFLA_BOND_AD_INFO_ACTOR_KEY), 15);
  EXPECT_EQ(find(info, IFLA_BOND_AD_INFO_PARTNER_MAC)->value[5], 1);
  const auto slave = slave_data(json, json["slaves"][0]);
  EXPECT_EQ(number_in<std::uint8_t>(read_attributes(slave), IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE), 61);
  EXPECT_EQ(number_in<std::uint8_t>(read_attributes(slave), kActorChurn), 2);
  EXPECT_EQ(number_in<std::uint8_t>(read_attributes(slave), kPartnerChurn), 1);
  const auto idle = slave_data(json, json["slaves"][1]);
  EXPECT_FALSE(contains(read_attributes(idle), IFLA_BOND_SLAVE_AD_AGGREGATOR_ID));
}

TEST(BondOptions, AreNothingWhereTheDaemonSaysNothing) {
  EXPECT_THAT(bond_data(nlohmann::json::object()), IsEmpty());
  EXPECT_THAT(bond_data(nlohmann::json("strange")), IsEmpty());
}

}  // namespace
}  // namespace ebond::cli::ip
