// The MACs that speak through a bond, found among bridges and devices, and taught once traffic has moved.
#include "daemon/neighbours/behind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include "fake_hands.h"
#include "world.h"

namespace ebond::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

wire::MacAddress guest(std::uint8_t number) {
  return wire::MacAddress({0x52, 0x54, 0, 0, 0, number});
}
wire::MacAddress mac_of_link(std::uint8_t ifindex) {
  return wire::MacAddress({2, 0, 0, 0, 0, ifindex});
}

/// bond0 (1), a port of br0 (5), which has tap1 (7) as another.
class BehindTest : public testing::Test {
 protected:
  BehindTest() {
    kernel.add("bond0", 1, "veth").info.lower = os::IfIndex(8);
    kernel.add("ebl0", 8, "veth").info.lower = os::IfIndex(1);
    kernel.add("br0", 5, "bridge");
    kernel.add("tap1", 7, "tun").info.master = os::IfIndex(5);
    kernel.at("bond0").info.master = os::IfIndex(5);
  }
  os::LinkInfo& stand(const std::string& name, std::uint32_t ifindex, const std::string& kind,
                      std::uint32_t lower) {
    auto& info = kernel.add(name, ifindex, kind).info;
    info.lower = os::IfIndex(lower);
    return info;
  }
  void vlan(const std::string& name, std::uint32_t ifindex, std::uint32_t lower, std::uint16_t id) {
    stand(name, ifindex, "vlan", lower).vlan = wire::VlanTag{.id = id};
  }
  void learned(const wire::MacAddress& mac, std::uint32_t port, std::optional<std::uint16_t> vlan = {},
               std::uint32_t bridge = 5) {
    kernel.forwarding.push_back(
        {.device = os::IfIndex(port), .bridge = os::IfIndex(bridge), .mac = mac, .vlan = vlan});
  }
  void local(const wire::MacAddress& mac, std::uint32_t port, std::optional<std::uint16_t> vlan = {}) {
    learned(mac, port, vlan);
    kernel.forwarding.back().is_local = true;
  }
  void in_own_list(std::uint32_t device, const wire::MacAddress& mac) {
    kernel.forwarding.push_back({.device = os::IfIndex(device), .mac = mac, .is_local = true});
  }
  static std::vector<std::string> lines(const std::vector<core::MacBehind>& macs) {
    std::vector<std::string> lines;
    for (const auto& each : macs) {
      auto line = each.mac.to_string();
      for (const auto& tag : each.tags) line += " " + std::to_string(tag.id);
      lines.push_back(line + (each.is_own ? " own" : ""));
    }
    return lines;
  }
  static void set_up(FakeKernel& all) {
    for (auto& [ifindex, link] : all.links) link.info.flags |= IFF_UP;
  }
  /// "MAC 7 9" in tags 7 and 9, "MAC own".
  std::vector<std::string> found() {
    set_up(kernel);
    const auto macs = macs_behind(hands, os::IfIndex(1));
    return macs ? lines(*macs) : std::vector<std::string>{"error"};
  }
  /// The same in another namespace, where `uplink` stands on bond0.
  std::vector<std::string> found_in(FakeKernel& there, os::LinkInfo& uplink) {
    uplink.lower = os::IfIndex(1);
    uplink.lower_netnsid = 0;
    set_up(there);
    hands.elsewhere = &there;
    std::vector<std::string> all;
    macs_behind_elsewhere(hands, os::IfIndex(1),
                          [&](const auto& macs) { std::ranges::copy(lines(macs), std::back_inserter(all)); });
    return all;
  }

  Script script;
  FakeKernel kernel;
  FakeTime time;
  FakeHands hands{script, kernel, time};
};

TEST_F(BehindTest, WhatABridgeLearnedAtOtherPortsIsBehindItAndTheBridgeItself) {
  learned(guest(1), 7);
  learned(guest(9), 1);  // outside
  local(mac_of_link(7), 7);
  local(mac_of_link(5), 5);
  EXPECT_THAT(found(), ElementsAre("02:00:00:00:00:01 own", "02:00:00:00:00:05", "52:54:00:00:00:01"));
}

TEST_F(BehindTest, WhatIsSentToComesBeforeWhatIsIdle) {
  for (std::uint8_t each = 1; each <= 3; ++each) {
    learned(guest(each), 7);
    kernel.forwarding.back().idle = core::Milliseconds(each == 2 ? 10 : 20'000 + each);
  }
  EXPECT_THAT(found(), ElementsAre("02:00:00:00:00:01 own", "02:00:00:00:00:05", "52:54:00:00:00:02",
                                   "52:54:00:00:00:01", "52:54:00:00:00:03"));
}

TEST_F(BehindTest, ABridgeThatWearsTheBondsMacHasItsOwnTaught) {
  kernel.at("br0").info.mac = mac_of_link(1);
  EXPECT_THAT(found(), ElementsAre("02:00:00:00:00:01"));
}

TEST_F(BehindTest, WhatABridgeKnowsThatIsNotOverTheBondIsNot) {
  kernel.add("br9", 9, "bridge");
  learned(guest(1), 10, {}, 9);
  EXPECT_THAT(found(), Not(Contains("52:54:00:00:00:01")));
}

TEST_F(BehindTest, ABridgeOverAVlanHasItsTag) {
  vlan("bond0.6", 2, 1, 6);
  kernel.at("bond0").info.master.reset();
  kernel.at("bond0.6").info.master = os::IfIndex(5);
  learned(guest(1), 7);
  EXPECT_THAT(found(), ElementsAre("02:00:00:00:00:01 own", "02:00:00:00:00:02 6 own", "02:00:00:00:00:05 6",
                                   "52:54:00:00:00:01 6"));
}

TEST_F(BehindTest, ABridgeThatFiltersVlansSendsEachMacInItsVlanIfTheBondIsInIt) {
  kernel.at("br0").info.filters_vlans = wire::ethertype::kVlan;
  kernel.port_vlans[os::IfIndex(1)] = {{1, true}, {7, false}};
  learned(guest(1), 7, 1);
  learned(guest(2), 7, 7);
  learned(guest(3), 7, 8);
  learned(guest(4), 1, 7);  // outside
  local(mac_of_link(5), 5, 7);
  local(mac_of_link(7), 7, 7);
  EXPECT_THAT(found(), ElementsAre("02:00:00:00:00:01 own", "52:54:00:00:00:01", "52:54:00:00:00:02 7",
                                   "02:00:00:00:00:05 7"));
}

TEST_F(BehindTest, VlansOfABridgeThatDoesNotFilterAreNotAskedFor) {
  script.refuse("VLANs of ports", EIO);
  EXPECT_THAT(found(), Not(Contains("error")));
  kernel.at("br0").info.filters_vlans = wire::ethertype::kVlan;
  EXPECT_THAT(found(), ElementsAre("error"));
}

TEST_F(BehindTest, MacvlansAreBehindTheBondAlsoThoseOfOtherNamespaces) {
  kernel.at("bond0").info.master.reset();
  stand("macvlan0", 4, "macvlan", 1);
  in_own_list(1, mac_of_link(4));
  in_own_list(1, guest(1));  // its macvlan is elsewhere
  EXPECT_THAT(found(), ElementsAre("02:00:00:00:00:01 own", "02:00:00:00:00:04", "52:54:00:00:00:01"));
}

TEST_F(BehindTest, AMacvlanOnAVlanSpeaksInThatVlanAlone) {
  kernel.at("bond0").info.master.reset();
  vlan("bond0.6", 2, 1, 6);
  stand("macvlan0", 4, "macvlan", 2);
  in_own_list(2, mac_of_link(4));
  in_own_list(1, mac_of_link(2));  // the VLAN's own
  in_own_list(1, mac_of_link(4));  // passed on by the VLAN
  EXPECT_THAT(found(),
              ElementsAre("02:00:00:00:00:01 own", "02:00:00:00:00:02 6 own", "02:00:00:00:00:04 6"));
}

TEST_F(BehindTest, WhatGoesThroughATunnelIsNotSeenOutside) {
  kernel.at("bond0").info.master.reset();
  stand("vxlan0", 4, "vxlan", 1).master = os::IfIndex(5);
  learned(guest(1), 7);
  EXPECT_THAT(found(), ElementsAre("02:00:00:00:00:01 own"));
}

TEST_F(BehindTest, ABridgeOnAVlanInAnotherNamespaceSpeaksInThatVlan) {
  FakeKernel guests;
  auto& vlan6 = guests.add("vlan6", 20, "vlan").info;
  vlan6.vlan = wire::VlanTag{.id = 6};
  vlan6.master = os::IfIndex(21);
  guests.add("br0", 21, "bridge");
  guests.forwarding.push_back({.device = os::IfIndex(22), .bridge = os::IfIndex(21), .mac = guest(3)});
  EXPECT_THAT(found_in(guests, vlan6),
              ElementsAre("02:00:00:00:00:14 6 own", "02:00:00:00:00:15 6", "52:54:00:00:00:03 6"));
}

TEST_F(BehindTest, AMacvlanInAnotherNamespaceStandsInTheBondsListAndItsVlansDoNot) {
  FakeKernel guests;
  auto& uplink = guests.add("uplink", 20, "macvlan").info;
  auto& vlan7 = guests.add("uplink.7", 21, "vlan").info;
  vlan7.vlan = wire::VlanTag{.id = 7};
  vlan7.lower = os::IfIndex(20);
  EXPECT_THAT(found_in(guests, uplink), ElementsAre("02:00:00:00:00:15 7 own"));
}

TEST_F(BehindTest, WhatCannotBeReadIsAnErrorAndABondThatIsGoneHasNothingBehindIt) {
  script.refuse("forwarding entries", ENOBUFS);
  EXPECT_THAT(found(), ElementsAre("error"));
  kernel.remove(os::IfIndex(1));
  EXPECT_THAT(found(), IsEmpty());
}

TEST(Behind, IsTaughtByFramesOutOfTheBondOnceItsCableIsPulledAndNoLongerThanTheyTake) {
  World world;
  world.kernel.add_nic("eth0", 2);
  world.kernel.add_nic("eth1", 3);
  world.start();
  world.add("bond0", {{"mode", "active-backup"}, {"num_grat_arp", "0"}, {"resend_igmp", "0"}});
  world.enslave("bond0", {"eth0", "eth1"});
  auto& bond0 = world.kernel.at("bond0").info;
  bond0.flags |= IFF_UP;
  world.hands().tell_of("bond0");
  world.kernel.add("br0", 50, "bridge").info.flags = IFF_UP;
  bond0.master = os::IfIndex(50);
  for (std::uint8_t i = 0; i < 100; ++i) {
    world.kernel.forwarding.push_back(
        {.device = os::IfIndex(51), .bridge = os::IfIndex(50), .mac = guest(i)});
  }
  const auto sent = [&] { return std::ranges::count(world.script.lines(), "send out of bond0"); };
  world.script.start();
  world.kernel.at("eth0").nic.carrier = false;
  world.hands().tell_of("eth0");
  EXPECT_EQ(sent(), 64);
  EXPECT_TRUE(world.has_event("announce  101 MACs behind the bond"));
  world.time.pass(std::chrono::seconds(1));
  EXPECT_EQ(sent(), 101);
  world.time.pass(std::chrono::seconds(5));
  EXPECT_EQ(sent(), 101);
}

}  // namespace
}  // namespace ebond::daemon
