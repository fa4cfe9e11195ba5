// A bond whose bond0 stands in another namespace than its slaves: where news come from, whom they are for,
// and what goes where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include "world.h"

namespace ebond::daemon {
namespace {

using testing::HasSubstr;

//   web: bond0 is 2 there, as eth0 is here
//   here: ebl101, eth0 (2), eth1 (3)
struct ApartLab : World {
  static constexpr os::IfIndex kThere{2};

  ApartLab() {
    web.where.inode = 4026531999;
    web.label = "web";
    kernel.add_nic("eth0", 2);
    kernel.add_nic("eth1", 3);
    start();
    EXPECT_EQ(add("bond0"), "");
    kernel.at("bond0").info.flags |= IFF_UP;
    EXPECT_EQ(enslave("bond0", {"eth0", "eth1"}), "");
  }
  /// Nobody tells.
  os::LinkInfo move() {
    auto bond0 = kernel.at("bond0");
    auto told = bond0.info;
    kernel.links.erase(bond0.info.ifindex);
    bond0.info.ifindex = kThere;
    bond0.info.lower_netnsid = 0;
    bond0.info.flags &= ~IFF_UP;
    web.links.insert_or_assign(kThere, bond0);
    auto& lower = kernel.at("ebl101").info;
    lower.lower = kThere;
    lower.lower_netnsid = 1;
    told.new_netnsid = 1;
    told.new_ifindex = kThere;
    return told;
  }
  void move_and_tell() {
    hands().elsewhere = &web;
    hands().tell({.events = {os::LinkGone{move()}}, .overrun = false});
  }
  os::LinkInfo move_back() {
    auto bond0 = web.at("bond0");
    const auto told = bond0.info;
    web.links.clear();
    bond0.info.ifindex = os::IfIndex(200);
    bond0.info.lower_netnsid.reset();
    kernel.links.insert_or_assign(bond0.info.ifindex, bond0);
    auto& lower = kernel.at("ebl101").info;
    lower.lower = bond0.info.ifindex;
    lower.lower_netnsid.reset();
    return told;
  }
  /// Held, as what they tell may be that they are no longer needed.
  std::shared_ptr<FakeHands> there() { return hands().latest_there.lock(); }
  void tell_there() {
    there()->tell({.events = {os::LinkChanged{web.at("bond0").as_told()}}, .overrun = false});
  }

  FakeKernel web;
};

TEST(Apart, BondZeroIsFollowedToWhereItWasMoved) {
  ApartLab lab;
  lab.move_and_tell();
  const auto shown = lab.show("bond0");
  ASSERT_TRUE(shown.away);
  EXPECT_EQ(shown.away->netns, "web");
  EXPECT_EQ(shown.away->interface, "bond0");
  EXPECT_EQ(shown.away->ifindex, ApartLab::kThere);
  EXPECT_EQ(shown.status.ifindex, os::IfIndex{});
  EXPECT_FALSE(shown.status.admin_up);
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  EXPECT_TRUE(lab.kernel.at("eth0").rx);
  EXPECT_TRUE(lab.has_event("moved"));
  EXPECT_TRUE(lab.kernel.pins.begin()->second.bond0_is_apart);
}

TEST(Apart, ItsNewsAreNotTakenForThoseOfASlaveWithItsNumber) {
  ApartLab lab;
  lab.move_and_tell();
  lab.web.at("bond0").info.mtu = 1400;
  lab.web.at("bond0").info.flags |= IFF_UP;
  lab.tell_there();
  EXPECT_EQ(lab.kernel.at("eth0").info.mtu, 1400U);
  EXPECT_EQ(lab.kernel.at("ebl101").info.mtu, 1400U);
  EXPECT_TRUE(lab.show("bond0").status.admin_up);
  EXPECT_EQ(lab.show("bond0").status.mac, lab.web.at("bond0").info.mac);
  // And the other way round: here, 2 is eth0.
  lab.kernel.at("eth0").info.mtu = 9000;
  lab.hands().tell_of("eth0");
  EXPECT_EQ(lab.kernel.at("eth0").info.mtu, 1400U);
  EXPECT_EQ(lab.web.at("bond0").info.mtu, 1400U);
}

TEST(Apart, WhatTheContainerSetsGoesToTheSlavesHere) {
  ApartLab lab;
  lab.move_and_tell();
  const auto mac = *wire::MacAddress::parse("02:00:00:00:be:ef");
  lab.web.at("bond0").info.mac = mac;
  lab.tell_there();
  EXPECT_EQ(lab.kernel.at("eth0").info.mac, mac);
  const auto taken = *wire::MacAddress::parse("02:00:00:00:ca:fe");
  lab.web.at("bond0").taken = {taken};
  lab.time.pass(std::chrono::milliseconds(250));
  EXPECT_TRUE(lab.kernel.at("eth1").taken.contains(taken));
  EXPECT_FALSE(lab.web.at("bond0").taken.empty());
}

TEST(Apart, TheContainersNameForItIsItsOwn) {
  ApartLab lab;
  lab.move_and_tell();
  lab.web.at("bond0").info.name = "eth0";
  lab.web.at("eth0").info.flags |= IFF_UP;
  lab.there()->tell({.events = {os::LinkChanged{lab.web.at("eth0").as_told()}}, .overrun = false});
  EXPECT_EQ(lab.show("bond0").away->interface, "eth0");
  EXPECT_THAT(lab.add("bond0"), HasSubstr("already"));
}

TEST(Apart, ADaemonFindsItWhereAnEarlierOneLeftIt) {
  ApartLab lab;
  lab.move_and_tell();
  lab.kill();
  const auto before = lab.kernel.describe();
  lab.script.start();
  lab.start_where(lab.web);
  ASSERT_TRUE(lab.show("bond0").away);
  EXPECT_TRUE(lab.kernel.pins.begin()->second.bond0_is_apart);
  EXPECT_EQ(lab.kernel.describe(), before);
}

TEST(Apart, ADaemonFindsItWhereItWasMovedWhileNoneRan) {
  ApartLab lab;
  lab.kill();
  (void)lab.move();
  lab.start_where(lab.web);
  ASSERT_TRUE(lab.show("bond0").away);
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(Apart, WhereItCannotBeLookedForNowItIsLookedForAgain) {
  ApartLab lab;
  lab.hands().elsewhere = &lab.web;
  lab.script.refuse("hands where", EMFILE);
  lab.hands().tell({.events = {os::LinkGone{lab.move()}}, .overrun = false});
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  EXPECT_FALSE(lab.show("bond0").undone.empty());
  lab.script.refuse("", 0);
  lab.time.pass(std::chrono::milliseconds(300));
  EXPECT_TRUE(lab.show("bond0").away);
  EXPECT_TRUE(lab.show("bond0").undone.empty());
}

TEST(Apart, ItComesHomeUnderAnotherNumber) {
  ApartLab lab;
  lab.move_and_tell();
  lab.there()->tell({.events = {os::LinkGone{lab.move_back()}}, .overrun = false});
  EXPECT_FALSE(lab.show("bond0").away);
  EXPECT_FALSE(lab.kernel.pins.begin()->second.bond0_is_apart);
  EXPECT_EQ(lab.show("bond0").status.ifindex, os::IfIndex(200));
  lab.time.pass(std::chrono::milliseconds(250));
  EXPECT_TRUE(lab.hands().latest_there.expired());  // and lets the other namespace go
  EXPECT_EQ(lab.del("bond0"), "");
  EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
  EXPECT_TRUE(lab.files().files.empty());
}

TEST(Apart, DeletedInTheContainerItGivesItsSlavesBack) {
  ApartLab lab;
  lab.move_and_tell();
  const auto upper = lab.web.at("bond0").info;
  lab.web.links.clear();
  lab.kernel.links.erase(os::IfIndex(101));
  lab.there()->tell({.events = {os::LinkGone{upper}}, .overrun = false});
  EXPECT_FALSE(lab.kernel.at("eth0").rx);
  EXPECT_EQ(lab.kernel.at("eth0").addresses.size(), 1U);
  EXPECT_TRUE(lab.files().files.empty());
  EXPECT_EQ(lab.show("bond0").status.name, "");
  lab.time.pass(std::chrono::milliseconds(250));
  EXPECT_TRUE(lab.hands().latest_there.expired());
}

TEST(Apart, ItEndsWithTheNamespaceThatItStandsIn) {
  ApartLab lab;
  lab.move_and_tell();
  lab.unused = lab.web.where;
  lab.web.label = lab.web.where.to_string();
  lab.names_changed();
  EXPECT_TRUE(lab.has_event("deleted  the network namespace of its interface"));
  EXPECT_FALSE(lab.kernel.at("eth1").rx);
  EXPECT_EQ(lab.kernel.find("ebl101"), nullptr);
  EXPECT_TRUE(lab.files().files.empty());
  EXPECT_TRUE(lab.hands().latest_there.expired());
}

}  // namespace
}  // namespace ebond::daemon
