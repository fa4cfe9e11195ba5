// What stands on a bond, and what is sent out of it: announcements, memberships, learning packets, ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <net/if.h>

#include "daemon/neighbours/announcer.h"
#include "daemon/neighbours/device_stack.h"
#include "daemon/neighbours/membership.h"
#include "daemon/neighbours/teacher.h"
#include "daemon/neighbours/way_finder.h"
#include "fake_hands.h"

namespace ebond::daemon {
namespace {

using testing::ElementsAre;

/// bond0 (1) with VLAN 5 (2), on that VLAN 6 (3); a macvlan (4) on bond0; a bridge (5) that has bond0 as a
/// port and VLAN 7 (6) on it; a tunnel (7) on bond0; eth9 (9) beside them all.
class NeighboursTest : public testing::Test {
 protected:
  NeighboursTest() {
    kernel.add("bond0", 1, "veth").info.lower = os::IfIndex(8);
    kernel.add("ebl0", 8, "veth").info.lower = os::IfIndex(1);
    vlan("bond0.5", 2, 1, 5);
    vlan("bond0.5.6", 3, 2, 6);
    kernel.add("macvlan0", 4, "macvlan").info.lower = os::IfIndex(1);
    kernel.add("br0", 5, "bridge");
    kernel.at("bond0").info.master = os::IfIndex(5);
    vlan("br0.7", 6, 5, 7);
    kernel.add("vx0", 7, "vxlan").info.lower = os::IfIndex(1);
    kernel.add("eth9", 9);
    for (auto& [ifindex, link] : kernel.links) link.info.flags |= IFF_UP;
  }
  void vlan(const std::string& name, std::uint32_t ifindex, std::uint32_t lower, std::uint16_t id) {
    auto& info = kernel.add(name, ifindex, "vlan").info;
    info.lower = os::IfIndex(lower);
    info.vlan = wire::VlanTag{.protocol = 0x8100, .id = id};
  }
  void address(const std::string& name, const os::IpAddress& local, std::uint32_t flags = 0) {
    auto& link = kernel.at(name);
    link.addresses.push_back(
        {.ifindex = link.info.ifindex, .local = local, .prefix_length = 24, .flags = flags, .label = name});
  }

  Script script;
  FakeKernel kernel;
  FakeTime time;
  FakeHands hands{script, kernel, time};
  const os::IfIndex bond{1};
  Home home{hands};
  UpperHalf upper{hands, home, bond};
};

TEST_F(NeighboursTest, TheStackIsTheBondAndAllThatStandsOnItNearerOnesFirst) {
  const auto stack = stack_on(hands, bond);
  ASSERT_TRUE(stack);
  std::vector<std::string> names;
  for (const auto& device : *stack) {
    names.push_back(device.link.name + (device.answers_through_bond ? " v" : " -") +
                    std::to_string(device.distance) + " " + std::to_string(device.tags.size()));
  }
  EXPECT_THAT(names, ElementsAre("bond0 v0 0", "bond0.5 v1 1", "macvlan0 v1 0", "br0 v1 0", "vx0 -1 0",
                                 "bond0.5.6 v2 2", "br0.7 v2 1"));
}

TEST_F(NeighboursTest, TheStackOfABondThatIsGoneIsEmptyAndOneThatCannotBeSeenIsAnError) {
  EXPECT_TRUE(stack_on(hands, os::IfIndex(77))->empty());
  script.refuse("links", ENOMEM);
  EXPECT_FALSE(stack_on(hands, bond));
}

TEST_F(NeighboursTest, AnAnnouncementTellsOfEachAddressReachedThroughTheBondThatIsProvedUnique) {
  address("bond0", wire::Ipv4Address{192, 0, 2, 1});
  address("bond0", *wire::parse_ipv6("2001:db8::1"));
  address("bond0", *wire::parse_ipv6("2001:db8::2"), IFA_F_TENTATIVE);
  address("bond0.5", wire::Ipv4Address{198, 51, 100, 1});
  address("macvlan0", wire::Ipv4Address{203, 0, 113, 1});
  address("br0.7", wire::Ipv4Address{203, 0, 113, 65});
  address("vx0", wire::Ipv4Address{203, 0, 113, 129});
  const auto sent = announce(hands, bond);
  ASSERT_TRUE(sent);
  EXPECT_EQ(*sent, 5);
  EXPECT_THAT(script.lines(), ElementsAre("send out of bond0", "send out of bond0", "send out of bond0.5",
                                          "send out of macvlan0", "send out of br0.7"));
}

TEST_F(NeighboursTest, WhatStandsOnTheBondInAnotherNamespaceIsAnnouncedThere) {
  FakeKernel guest;
  auto& device = guest.add("uplink", 2, "macvlan");
  device.info.lower = bond;
  device.info.lower_netnsid = 0;
  device.info.flags = IFF_UP;
  device.addresses.push_back({.ifindex = os::IfIndex(2), .local = wire::Ipv4Address{192, 0, 2, 7}});
  hands.elsewhere = &guest;
  hands.joined.ipv4.push_back({.address = wire::Ipv4Address{233, 252, 0, 1}, .only_from = {}});
  announce_elsewhere(hands, bond);
  resend_memberships_elsewhere(hands, bond);
  EXPECT_THAT(script.lines(), ElementsAre("send out of uplink", "send out of uplink"));
  announce_elsewhere(hands, os::IfIndex(9));
  EXPECT_THAT(script.lines(), testing::SizeIs(2));
}

TEST_F(NeighboursTest, AnAnnouncementThatCannotSeeAddressesSaysSo) {
  script.refuse("addresses of bond0", ENOBUFS);
  EXPECT_FALSE(announce(hands, bond));
}

TEST_F(NeighboursTest, MembershipsAreSaidWhereverTheyAreHeardThroughTheBond) {
  hands.joined.ipv4.push_back({.address = wire::Ipv4Address{233, 252, 0, 1}, .only_from = {}});
  const auto sent = resend_memberships(hands, bond);
  ASSERT_TRUE(sent);
  EXPECT_EQ(*sent, 6);
  EXPECT_THAT(script.lines(), ElementsAre("send out of bond0", "send out of bond0.5", "send out of macvlan0",
                                          "send out of br0", "send out of bond0.5.6", "send out of br0.7"));
}

TEST_F(NeighboursTest, LessonsAreTaughtUntaggedInEachVlanOnTheBondAndForItsMacvlans) {
  const wire::MacAddress mac = kernel.at("bond0").info.mac;
  ASSERT_TRUE(
      teach(hands, bond, hands, {.lessons = {{.slave = os::IfIndex(9), .mac = mac, .macvlans = true}}}));
  EXPECT_THAT(script.lines(), ElementsAre("send out of eth9", "send out of eth9", "send out of eth9"));
}

TEST_F(NeighboursTest, AWayByAVlanHasItsTagAndTheSourceTheKernelChose) {
  const wire::Ipv4Address own{198, 51, 100, 1}, target{198, 51, 100, 9}, other{192, 0, 2, 9};
  address("bond0.5", own);
  hands.next_hops["198.51.100.9"] = {.ifindex = os::IfIndex(2), .gateway = {}, .source = os::IpAddress(own)};
  hands.next_hops["192.0.2.9"] = {.ifindex = os::IfIndex(9), .gateway = {}, .source = {}};
  WayFinder finder(upper);
  const auto around = finder.look({.ipv4 = {target, other}, .ipv6 = {}, .paths = {target}});
  ASSERT_EQ(around.ipv4.size(), 2U);
  EXPECT_EQ(around.ipv4[0].kind, core::WayKind::bond);
  EXPECT_EQ(around.ipv4[0].source, own);
  ASSERT_EQ(around.ipv4[0].tags.size(), 1U);
  EXPECT_EQ(around.ipv4[0].tags[0].id, 5);
  EXPECT_EQ(around.ipv4[1].kind, core::WayKind::elsewhere);
  EXPECT_TRUE(around.paths.at(0).is_usable());
}

TEST_F(NeighboursTest, AWayInAVrfIsTheOneThatItsRoutesLead) {
  const wire::Ipv4Address own{192, 0, 2, 1}, target{192, 0, 2, 9}, beyond{198, 51, 100, 9};
  kernel.add("red", 12, "vrf");
  kernel.at("bond0").info.master = os::IfIndex(12);
  address("bond0", own);
  hands.next_hops["192.0.2.9"] = {.ifindex = os::IfIndex(9), .gateway = {}, .source = {}};
  hands.next_hops["192.0.2.9 by red"] = {.ifindex = bond, .gateway = {}, .source = os::IpAddress(own)};
  hands.next_hops["198.51.100.9 by red"] = {
      .ifindex = bond, .gateway = os::IpAddress(target), .source = os::IpAddress(own)};
  WayFinder finder(upper);
  const auto around = finder.look({.ipv4 = {target}, .ipv6 = {}, .paths = {beyond}});
  EXPECT_EQ(around.ipv4.at(0).kind, core::WayKind::bond);
  EXPECT_EQ(around.ipv4.at(0).source, own);
  EXPECT_TRUE(around.paths.at(0).is_usable());
}

TEST_F(NeighboursTest, DevicesAndAddressesAreRememberedUntilSaidOtherwise) {
  WayFinder finder(upper);
  EXPECT_TRUE(finder.concerns(os::IfIndex(9)));  // nothing is known yet
  EXPECT_TRUE(finder.look({}).own_ipv4.empty());
  EXPECT_TRUE(finder.concerns(os::IfIndex(3)));
  EXPECT_FALSE(finder.concerns(os::IfIndex(9)));
  address("bond0", wire::Ipv4Address{192, 0, 2, 1});
  EXPECT_TRUE(finder.look({}).own_ipv4.empty());
  finder.forget();
  EXPECT_EQ(finder.look({}).own_ipv4.size(), 1U);
}

}  // namespace
}  // namespace ebond::daemon
