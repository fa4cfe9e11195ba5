#include <gmock/gmock.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>

#include "os/rtnetlink.h"
#include "tests/e2e/os_namespace.h"

namespace ebond::os {
namespace {

using testing::fresh_namespace;
using ::testing::HasSubstr;
using testing::must;
using ::testing::SizeIs;

constexpr MacAddress kMac({0x02, 0, 0, 0, 0, 0x11});

class RtnetlinkTest : public ::testing::Test {
 protected:
  Namespace home = fresh_namespace();
  Rtnetlink net = must(Rtnetlink::open(home));

  IfIndex make_pair() {
    must(net.create_veth({.name = "eth0", .peer_name = "far0", .mac = kMac, .mtu = 1400}));
    return must(net.link("eth0")).ifindex;
  }
  IfIndex make_pair_up() {
    const auto eth0 = make_pair();
    must(net.set_up(must(net.link("far0")).ifindex, true));
    must(net.set_up(eth0, true));
    return eth0;
  }
};

TEST_F(RtnetlinkTest, MakesAVethPairWithTheMacAndMtuAskedFor) {
  const auto eth0 = make_pair();
  const auto link = must(net.link(eth0));
  EXPECT_EQ(link.name, "eth0");
  EXPECT_EQ(link.kind, "veth");
  EXPECT_EQ(link.mac, kMac);
  EXPECT_EQ(link.mtu, 1400U);
  EXPECT_EQ(link.lower, must(net.link("far0")).ifindex);
  EXPECT_FALSE(link.is_up());
  EXPECT_FALSE(link.is_loopback());
  EXPECT_THAT(must(net.links()), SizeIs(3));
}

TEST_F(RtnetlinkTest, PutsThePeerIntoAnotherNamespace) {
  const auto away = fresh_namespace();
  must(net.create_veth({.name = "eth0", .peer_name = "port1", .peer_mac = kMac, .peer_namespace = &away}));
  auto there = must(Rtnetlink::open(away));
  EXPECT_EQ(must(there.link("port1")).mac, kMac);
  EXPECT_TRUE(must(net.link("eth0")).lower_netnsid.has_value());
}

TEST_F(RtnetlinkTest, CarrierFollowsTheFarEnd) {
  const auto eth0 = make_pair_up();
  EXPECT_TRUE(must(net.link(eth0)).carrier());
  must(net.set_up(must(net.link("far0")).ifindex, false));
  EXPECT_TRUE(must(net.link(eth0)).is_up());
  EXPECT_FALSE(must(net.link(eth0)).carrier());
}

TEST_F(RtnetlinkTest, ChangesWhatItIsAskedToAndNothingElse) {
  const auto eth0 = make_pair();
  const MacAddress other({0x02, 0, 0, 0, 0, 0x22});
  must(net.set_mac(eth0, other));
  must(net.set_mtu(eth0, 1500));
  must(net.set_name(eth0, "eth0.7"));
  must(net.set_alias(eth0, "uplink"));
  must(net.set_flags(eth0, IFF_NOARP | IFF_PROMISC, IFF_NOARP | IFF_PROMISC));
  auto link = must(net.link(eth0));
  EXPECT_EQ(link.mac, other);
  EXPECT_EQ(link.mtu, 1500U);
  EXPECT_EQ(link.name, "eth0.7");
  EXPECT_EQ(link.alias, "uplink");
  EXPECT_TRUE(link.noarp());
  EXPECT_EQ(link.promiscuity, 1U);
  EXPECT_FALSE(link.is_up());
  must(net.set_flags(eth0, IFF_NOARP, 0));
  must(net.set_alias(eth0, ""));
  link = must(net.link(eth0));
  EXPECT_FALSE(link.noarp());
  EXPECT_EQ(link.promiscuity, 1U);
  EXPECT_EQ(link.alias, "");
}

TEST_F(RtnetlinkTest, BridgePortsKnowTheirMaster) {
  const auto eth0 = make_pair();
  must(net.create_bridge("br0"));
  const auto bridge = must(net.link("br0")).ifindex;
  must(net.set_master(eth0, bridge));
  EXPECT_EQ(must(net.link(eth0)).master, bridge);
  EXPECT_EQ(must(net.link(eth0)).slave_kind, "bridge");
  must(net.set_master(eth0, std::nullopt));
  EXPECT_EQ(must(net.link(eth0)).master, std::nullopt);
}

TEST_F(RtnetlinkTest, MovesALinkToAnotherNamespace) {
  const auto eth0 = make_pair();
  const auto away = fresh_namespace();
  must(net.move_to(eth0, away));
  EXPECT_EQ(net.link("eth0").error().errno_value, ENODEV);
  EXPECT_TRUE(must(Rtnetlink::open(away)).link("eth0").has_value());
}

TEST_F(RtnetlinkTest, ErrorsNameTheInterfaceTheReasonAndTheKernelsWords) {
  EXPECT_EQ(net.link("nobody").error().message(), "interface nobody: No such device");
  EXPECT_EQ(net.link("a-name-that-is-too-long").error().errno_value, ENODEV);
  const auto eth0 = make_pair();
  const auto refused = net.set_mtu(eth0, 10);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), HasSubstr("cannot give eth0 the MTU 10: Invalid argument"));
  EXPECT_THAT(refused.error().kernel_says, HasSubstr("mtu"));
  EXPECT_EQ(net.create_veth({.name = "eth0", .peer_name = "far1"}).error().errno_value, EEXIST);
}

TEST_F(RtnetlinkTest, AnAddressComesBackAsItWasTakenAway) {
  const auto eth0 = make_pair_up();
  must(net.add_address({.ifindex = eth0,
                        .local = wire::Ipv4Address{192, 0, 2, 1},
                        .prefix_length = 24,
                        .broadcast = wire::Ipv4Address{192, 0, 2, 255},
                        .label = "eth0:web"}));
  must(net.add_address({.ifindex = eth0,
                        .local = *wire::parse_ipv6("2001:db8::1"),
                        .prefix_length = 64,
                        .flags = 0x02}));  // IFA_F_NODAD: permanent at once
  const auto global = [&] {
    auto all = must(net.addresses(eth0));
    std::erase_if(all, [](const Address& a) { return a.is_kernel_made(); });
    return all;
  };
  const auto before = global();
  ASSERT_THAT(before, SizeIs(2));
  EXPECT_EQ(before[0].label, "eth0:web");
  for (const auto& address : before) must(net.delete_address(address));
  EXPECT_THAT(global(), SizeIs(0));
  for (const auto& address : before) must(net.add_address(address));
  EXPECT_EQ(global(), before);
  EXPECT_EQ(net.add_address(before[0]).error().errno_value, EEXIST);
}

TEST_F(RtnetlinkTest, PointToPointAddressesKeepTheirPeer) {
  const auto eth0 = make_pair_up();
  must(net.add_address({.ifindex = eth0,
                        .local = wire::Ipv4Address{192, 0, 2, 1},
                        .prefix_length = 32,
                        .peer = wire::Ipv4Address{192, 0, 2, 9}}));
  auto all = must(net.addresses(eth0));
  std::erase_if(all, [](const Address& a) { return a.is_ipv6(); });
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].local, IpAddress(wire::Ipv4Address{192, 0, 2, 1}));
  EXPECT_EQ(all[0].peer, IpAddress(wire::Ipv4Address{192, 0, 2, 9}));
}

TEST_F(RtnetlinkTest, ARouteComesBackAsItWasTakenAway) {
  const auto eth0 = make_pair_up();
  must(net.add_address({.ifindex = eth0, .local = wire::Ipv4Address{192, 0, 2, 1}, .prefix_length = 24}));
  must(net.add_route({.gateway = wire::Ipv4Address{192, 0, 2, 254}, .ifindex = eth0, .metric = 50}));
  must(net.add_route({.destination = wire::Ipv4Address{198, 51, 100, 0},
                      .prefix_length = 24,
                      .ifindex = eth0,
                      .table = 1000,
                      .scope = RT_SCOPE_LINK,
                      .preferred_source = wire::Ipv4Address{192, 0, 2, 1}}));
  const auto ours = [&] {
    auto all = must(net.routes(eth0));
    std::erase_if(all, [](const Route& r) { return r.protocol == RTPROT_KERNEL || r.ipv6; });
    return all;
  };
  const auto before = ours();
  ASSERT_THAT(before, SizeIs(2));
  for (const auto& route : before) must(net.delete_route(route));
  EXPECT_THAT(ours(), SizeIs(0));
  for (const auto& route : before) must(net.add_route(route));
  EXPECT_EQ(ours(), before);
  EXPECT_EQ(
      net.add_route({.gateway = wire::Ipv4Address{203, 0, 113, 1}, .ifindex = eth0}).error().errno_value,
      ENETUNREACH);
}

TEST_F(RtnetlinkTest, ARouteThatRunsOutTellsWhenAndIsMadeSo) {
  const auto eth0 = make_pair_up();
  must(net.add_route({.ipv6 = true,
                      .destination = *wire::parse_ipv6("2001:db8:5::"),
                      .prefix_length = 64,
                      .ifindex = eth0,
                      .expires = 600}));
  const auto all = must(net.routes(eth0));
  const auto found =
      std::ranges::find(all, IpAddress(*wire::parse_ipv6("2001:db8:5::")), &Route::destination);
  ASSERT_NE(found, all.end());
  EXPECT_LE(found->expires, 600U);
  EXPECT_GE(found->expires, 590U);
}

TEST_F(RtnetlinkTest, WrittenNeighboursAndProxiesComeBackAsTheyWereTakenAway) {
  const auto eth0 = make_pair_up();
  must(net.add_neighbour({.ifindex = eth0, .address = wire::Ipv4Address{192, 0, 2, 9}, .mac = kMac}));
  must(net.add_neighbour({.ifindex = eth0, .address = *wire::parse_ipv6("2001:db8::9"), .mac = kMac}));
  must(net.add_neighbour({.ifindex = eth0, .address = wire::Ipv4Address{192, 0, 2, 8}, .proxy = true}));
  const auto before = must(net.written_neighbours(eth0));
  ASSERT_THAT(before, SizeIs(3));
  for (const auto& each : before) must(net.delete_neighbour(each));
  EXPECT_THAT(must(net.written_neighbours(eth0)), SizeIs(0));
  for (const auto& each : before) must(net.add_neighbour(each));
  EXPECT_EQ(must(net.written_neighbours(eth0)), before);
  EXPECT_EQ(net.add_neighbour(before[0]).error().errno_value, EEXIST);
}

TEST_F(RtnetlinkTest, RulesThatNameAnInterfaceCanNameAnotherOne) {
  make_pair_up();
  testing::run_inside(home,
                      "ip rule add iif eth0 fwmark 0x5/0xff table 700 priority 90; "
                      "ip -6 rule add from 2001:db8::/64 oif eth0 table 800 priority 91; "
                      "ip rule add iif far0 table 900 priority 92");
  const auto rules = must(net.rules_naming("eth0"));
  ASSERT_THAT(rules, SizeIs(2));
  for (const auto& rule : rules) {
    must(net.add_rule(rule.renamed("eth0", "bond0")));
    must(net.delete_rule(rule));
  }
  EXPECT_THAT(must(net.rules_naming("eth0")), SizeIs(0));
  EXPECT_THAT(must(net.rules_naming("far0")), SizeIs(1));
  const auto moved = must(net.rules_naming("bond0"));
  ASSERT_THAT(moved, SizeIs(2));
  EXPECT_EQ(net.add_rule(moved[0]).error().errno_value, EEXIST);
  for (const auto& rule : moved) {
    must(net.add_rule(rule.renamed("bond0", "eth0")));
    must(net.delete_rule(rule));
  }
  const auto back = must(net.rules_naming("eth0"));
  ASSERT_THAT(back, SizeIs(2));
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(back[i].packed, rules[i].packed);
}

TEST_F(RtnetlinkTest, RoutesWithSeveralNextHopsAreCountedForEachOfThem) {
  const auto eth0 = make_pair_up();
  testing::run_inside(home,
                      "ip address add 192.0.2.1/24 dev eth0; ip address add 198.51.100.1/24 dev far0; "
                      "ip route add 203.0.113.0/24 nexthop via 192.0.2.9 nexthop via 198.51.100.9");
  EXPECT_EQ(must(net.count_shared_routes(eth0)), 1U);
  EXPECT_EQ(must(net.count_shared_routes(must(net.link("lo")).ifindex)), 0U);
}

}  // namespace
}  // namespace ebond::os
