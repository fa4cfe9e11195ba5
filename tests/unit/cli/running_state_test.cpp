#include "cli/running_state.h"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>

#include <nlohmann/json.hpp>

#include "config/toml.h"
#include "config/toml_writer.h"

namespace ebond::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// As `ebond -j show` prints a bond, as far as it is looked at.
nlohmann::json report() {
  return nlohmann::json::parse(R"({
    "ifname": "bond0", "address": "02:00:00:00:00:01",
    "options": {"mode": {"name": "active-backup", "number": 1}, "miimon": 50, "updelay": 0, "use_carrier": true,
                "all_slaves_active": true, "primary": "eth1", "arp_ip_target": ["192.0.2.1", "192.0.2.2"],
                "ns_ip6_target": [], "ad_actor_system": null, "arp_validate": {"name": "none", "number": 0},
                "lacp_rate": {"name": "slow", "number": 0}},
    "slaves": [{"ifname": "eth0", "perm_hwaddr": "02:00:00:00:00:01", "prio": 0, "queue_id": 2, "actor_port_prio": 255},
               {"ifname": "eth1", "perm_hwaddr": "02:00:00:00:00:02", "prio": -5, "queue_id": 0,
                "actor_port_prio": 255}],
    "awaited": ["eth2"], "away": null})");
}

TEST(RunningState, HasTheOptionsThatAreNotAtTheirDefaults) {
  const auto bond = bond_of_report(report());
  EXPECT_EQ(bond.name, "bond0");
  EXPECT_THAT(bond.options, ElementsAre(Pair("mode", "active-backup"), Pair("miimon", "50"),
                                        Pair("arp_ip_target", "192.0.2.1,192.0.2.2"), Pair("primary", "eth1"),
                                        Pair("all_slaves_active", "1")));
}

TEST(RunningState, HasSlavesAndThoseThatAreWaitedFor) {
  const auto bond = bond_of_report(report());
  EXPECT_THAT(bond.slaves, ElementsAre(config::SlaveConfig{.name = "eth0", .options = {{"queue_id", "2"}}},
                                       config::SlaveConfig{.name = "eth1", .options = {{"prio", "-5"}}},
                                       config::SlaveConfig{.name = "eth2"}));
}

TEST(RunningState, SaysTheMacOnlyIfItIsNotTheFirstSlavesOwn) {
  EXPECT_EQ(bond_of_report(report()).mac, std::nullopt);
  auto changed = report();
  changed["address"] = "02:00:00:00:00:99";
  EXPECT_EQ(bond_of_report(changed).mac, wire::MacAddress({2, 0, 0, 0, 0, 0x99}));
}

TEST(RunningState, SaysTheNamespaceThatTheInterfaceStandsIn) {
  EXPECT_EQ(bond_of_report(report()).netns, "");
  auto away = report();
  away["away"] = {{"netns", "web"}, {"ifname", "bond0"}, {"ifindex", 2}};
  EXPECT_EQ(bond_of_report(away).netns, "web");
}

os::Address address(const char* text, std::uint8_t length) {
  os::Address result;
  result.local = *config::parse_ip(text);
  result.prefix_length = length;
  result.flags = 0x80;  // IFA_F_PERMANENT
  return result;
}

TEST(RunningState, LeavesOutWhatTheKernelRoutersAndDhcpMade) {
  RunningInterface interface;
  interface.link.mtu = 9000;
  auto own = address("192.0.2.1", 24);
  own.broadcast = wire::Ipv4Address{192, 0, 2, 255};
  auto leased = address("198.51.100.7", 24);
  leased.valid_lifetime = 3600;
  auto link_local = address("fe80::1", 64);
  link_local.scope = RT_SCOPE_LINK;
  interface.addresses = {own, leased, link_local};
  os::Route kernel{.destination = *config::parse_ip("192.0.2.0"),
                   .prefix_length = 24,
                   .scope = RT_SCOPE_LINK,
                   .protocol = RTPROT_KERNEL};
  os::Route by_default{.gateway = *config::parse_ip("192.0.2.254"), .metric = 7};
  os::Route learned{.ipv6 = true, .gateway = *config::parse_ip("fe80::2"), .protocol = 9};
  interface.routes = {kernel, by_default, learned};
  interface.master = "br0";
  config::BondConfig bond;
  add_running_network(bond, interface, {});
  ASSERT_EQ(bond.addresses.size(), 1U);
  EXPECT_EQ(bond.addresses[0], (config::InterfaceAddress{*config::parse_prefix("192.0.2.1/24"), {}}));
  EXPECT_TRUE(bond.dhcp4);
  EXPECT_FALSE(bond.dhcp6);
  ASSERT_EQ(bond.routes.size(), 1U);
  config::Route route;
  route.gateway = config::parse_ip("192.0.2.254");
  route.metric = 7;
  EXPECT_EQ(bond.routes[0], route);
  EXPECT_EQ(bond.mtu, 9000U);
  EXPECT_EQ(bond.bridge, "br0");
}

TEST(RunningState, HasVlansByNumberAndGoesThroughToml) {
  auto bond = bond_of_report(report());
  RunningInterface interface;
  interface.link.mtu = 1500;
  RunningInterface twenty;
  twenty.link.name = "storage";
  twenty.link.mtu = 1400;
  twenty.link.vlan = wire::VlanTag{.id = 20};
  twenty.addresses = {address("203.0.113.1", 24)};
  RunningInterface ten;
  ten.link.name = "bond0.10";
  ten.link.mtu = 1500;
  ten.link.vlan = wire::VlanTag{.id = 10};
  add_running_network(bond, interface, {twenty, ten});
  ASSERT_EQ(bond.vlans.size(), 2U);
  EXPECT_EQ(bond.vlans[0], (config::VlanConfig{.id = 10, .name = "bond0.10"}));
  EXPECT_EQ(bond.vlans[1].mtu, 1400U);
  const auto again = config::parse_toml(config::to_toml({bond}), "export");
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_TRUE(again->bonds.at(0) == bond);
  EXPECT_THAT(again->notes, IsEmpty());
}

}  // namespace
}  // namespace ebond::cli
