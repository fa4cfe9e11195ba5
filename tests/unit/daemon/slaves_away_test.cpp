// A bond that has its slaves away: in a namespace of its own, while bond0 and the bond itself stay. What goes
// where, in which order, and what is left of it whatever happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <map>

#include "world.h"

namespace ebond::daemon {
namespace {

using testing::HasSubstr;

const control::KeyValues kSlavesAway{{"mode", "active-backup"}, {"slaves_away", "on"}};
constexpr const char* kOwnNetns = "bond-bond0";

//   here: bond0, eth0 (2), eth1 (3) until they are slaves
//   bond-bond0: ebl301, the slaves
struct SlavesAwayLab : World {
  SlavesAwayLab() {
    kernel.add_nic("eth0", 2);
    kernel.add_nic("eth1", 3);
    untouched = describe();
    untouched_kernel = kernel.describe();
    start();
    EXPECT_EQ(add("bond0", kSlavesAway), "");
    kernel.at("bond0").info.flags |= IFF_UP;
    hands().tell_of("bond0");
  }
  void take_both() { ASSERT_EQ(enslave("bond0", {"eth0", "eth1"}), ""); }
  FakeKernel& own() { return *namespaces.find(kOwnNetns); }
  std::string untouched, untouched_kernel;
};

TEST(SlavesAway, TheBondStaysAndItsLowerHalfIsInANamespaceOfItsOwn) {
  SlavesAwayLab lab;
  EXPECT_NE(lab.kernel.find("bond0"), nullptr);
  EXPECT_EQ(lab.kernel.find("ebl301"), nullptr);
  EXPECT_NE(lab.own().find("ebl301"), nullptr);
  const auto shown = lab.show("bond0");
  EXPECT_FALSE(shown.away);
  EXPECT_EQ(shown.status.ifindex, lab.kernel.at("bond0").info.ifindex);
  EXPECT_EQ(shown.netns, "");
  EXPECT_TRUE(lab.files().files.contains("/run/ebond/proc/bond0"));
}

TEST(SlavesAway, SlavesGoThereAndComeBackAsTheyWere) {
  SlavesAwayLab lab;
  lab.take_both();
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  EXPECT_EQ(lab.kernel.find("eth0"), nullptr);
  EXPECT_TRUE(lab.own().at("eth0").rx);
  EXPECT_TRUE(lab.own().at("eth0").info.is_up());
  EXPECT_EQ(lab.own().at("eth0").ipv6.at("disable_ipv6"), "1");
  EXPECT_TRUE(lab.own().pins.begin()->second.bond0_is_apart);
  EXPECT_EQ(lab.own().at("eth1").info.mac, lab.kernel.at("bond0").info.mac);
  EXPECT_EQ(lab.release("bond0", {"eth1"}), "");
  EXPECT_EQ(lab.kernel.at("eth1").addresses.size(), 1U);
  EXPECT_EQ(lab.del("bond0"), "");
  lab.kill();
  EXPECT_EQ(lab.describe(), lab.untouched);
}

TEST(SlavesAway, EnslavingGoesInThisOrder) {
  SlavesAwayLab lab;
  lab.script.start();
  lab.take_both();
  const auto at = [&](const std::string& line) {
    const auto place = lab.script.place(line);
    EXPECT_TRUE(place) << line;
    return place.value_or(0);
  };
  EXPECT_LT(at("write /run/ebond/state"), at("delete address 192.0.2.2 of eth0"));
  EXPECT_LT(at("delete address 192.0.2.2 of eth0"), at("move eth0 to 'bond-bond0'"));
  EXPECT_LT(at("move eth0 to 'bond-bond0'"), at("set ipv6 disable_ipv6 of eth0 to 1"));
  EXPECT_LT(at("set ipv6 disable_ipv6 of eth0 to 1"), at("set eth0 up"));
  EXPECT_LT(at("add clsact to eth0"), at("attach rx to eth0"));
}

TEST(SlavesAway, ReleasingGoesInThisOrder) {
  SlavesAwayLab lab;
  lab.take_both();
  lab.script.start();
  ASSERT_EQ(lab.release("bond0", {"eth1"}), "");
  const auto at = [&](const std::string& line) {
    const auto place = lab.script.place(line);
    EXPECT_TRUE(place) << line;
    return place.value_or(0);
  };
  EXPECT_LT(at("write /run/ebond/state"), at("detach rx from eth1"));
  EXPECT_LT(at("detach rx from eth1"), at("set mac of eth1"));
  EXPECT_LT(at("set mac of eth1"), at("move eth1 to ''"));
  EXPECT_LT(at("move eth1 to ''"), at("set eth1 up"));
  EXPECT_LT(at("set eth1 up"), at("add address 192.0.2.3 to eth1"));
  EXPECT_LT(at("add address 192.0.2.3 to eth1"), at("add route"));
}

TEST(SlavesAway, NumbersThatAreTakenThereAreNotInTheWay) {
  SlavesAwayLab lab;
  lab.kernel.add_nic("eth9", 301);  // as the lower half is there
  const auto before = lab.kernel.at("eth9").info.mac;
  ASSERT_EQ(lab.enslave("bond0", {"eth9"}), "");
  EXPECT_NE(lab.own().at("eth9").info.ifindex, os::IfIndex(301));
  EXPECT_EQ(lab.set_slave("eth9", {{"prio", "3"}}), "");
  EXPECT_EQ(lab.release("bond0", {"eth9"}), "");
  EXPECT_EQ(lab.kernel.at("eth9").info.ifindex, os::IfIndex(301));
  EXPECT_EQ(lab.kernel.at("eth9").info.mac, before);
  ASSERT_EQ(lab.kernel.at("eth9").addresses.size(), 1U);
  EXPECT_EQ(lab.kernel.at("eth9").addresses[0].ifindex, os::IfIndex(301));
}

TEST(SlavesAway, TheNumberThatBondZeroWasMadeAsIsNoSlaves) {
  SlavesAwayLab lab;
  constexpr std::uint32_t kMadeAs = 300;
  ASSERT_NE(lab.kernel.at("bond0").info.ifindex, os::IfIndex(kMadeAs));
  lab.kernel.add_nic("eth9", kMadeAs);
  EXPECT_EQ(lab.enslave("bond0", {"eth9"}), "");
  EXPECT_NE(lab.own().at("eth9").info.ifindex, os::IfIndex(kMadeAs));
}

TEST(SlavesAway, ANumberThatIsTakenAtHomeIsAnotherThen) {
  SlavesAwayLab lab;
  lab.take_both();
  auto& other = lab.kernel.add_nic("usb0", 3);
  other.info.mac = wire::MacAddress({2, 0, 0, 0, 0, 0x55});
  other.info.permanent_mac = other.info.mac;
  EXPECT_EQ(lab.release("bond0", {"eth1"}), "");
  const auto& back = lab.kernel.at("eth1");
  EXPECT_NE(back.info.ifindex, os::IfIndex(3));
  ASSERT_EQ(back.addresses.size(), 1U);
  EXPECT_EQ(back.addresses[0].ifindex, back.info.ifindex);
  ASSERT_EQ(back.routes.size(), 1U);
  EXPECT_EQ(back.routes[0].ifindex, back.info.ifindex);
}

TEST(SlavesAway, ANameThatIsTakenAtHomeIsWaitedFor) {
  SlavesAwayLab lab;
  lab.take_both();
  lab.kernel.add_nic("eth1", 7);
  EXPECT_THAT(lab.release("bond0", {"eth1"}), HasSubstr("not everything could be put back yet"));
  EXPECT_NE(lab.own().find("eth1"), nullptr);
  lab.kernel.at("eth1").info.name = "eth7";
  lab.time.pass(std::chrono::seconds(1));
  EXPECT_EQ(lab.own().find("eth1"), nullptr);
  EXPECT_EQ(lab.kernel.at("eth1").addresses.size(), 1U);
}

TEST(SlavesAway, WhatWouldBeLostOnTheWayIsRefused) {
  SlavesAwayLab lab;
  auto& vlan = lab.kernel.add("eth0.5", 20, "vlan").info;
  vlan.lower = os::IfIndex(2);
  vlan.vlan = wire::VlanTag{.protocol = 0x8100, .id = 5};
  EXPECT_THAT(lab.enslave("bond0", {"eth0"}), HasSubstr("eth0.5 (vlan) stands on eth0"));
  lab.kernel.at("eth1").clsact = true;
  EXPECT_THAT(lab.enslave("bond0", {"eth1"}), HasSubstr("eth1 has filters of tc"));
  lab.kernel.add_nic("ebl301", 30);
  EXPECT_THAT(lab.enslave("bond0", {"ebl301"}), HasSubstr("rename one of the two"));
  EXPECT_EQ(lab.slaves("bond0"), "");
}

TEST(SlavesAway, ASlaveIsNotTakenTwice) {
  SlavesAwayLab lab;
  lab.take_both();
  EXPECT_THAT(lab.enslave("bond0", {"eth0"}), HasSubstr("eth0 is a slave of bond0 already"));
  EXPECT_THAT(lab.enslave("bond0", {"eth5"}), HasSubstr("no interface eth5"));
}

TEST(SlavesAway, ANamespaceOfThatNameIsNotTouched) {
  World world;
  world.start();
  world.namespaces.make(kOwnNetns, "somebody's", world.kernel);
  const auto before = world.describe();
  EXPECT_THAT(world.add("bond0", kSlavesAway), HasSubstr("there is a network namespace bond-bond0 already"));
  EXPECT_EQ(world.describe(), before);
}

TEST(SlavesAway, OneThatIsAwaitedIsTakenWhereItComes) {
  SlavesAwayLab lab;
  EXPECT_EQ(lab.enslave("bond0", {"eth7"}, control::Absent::awaited), "");
  lab.kernel.add_nic("eth7", 7);
  lab.hands().tell_of("eth7");
  EXPECT_EQ(lab.slaves("bond0"), "eth7");
  EXPECT_NE(lab.own().find("eth7"), nullptr);
}

TEST(SlavesAway, WhatIsSetOnBondZeroGoesToTheSlavesThere) {
  SlavesAwayLab lab;
  lab.take_both();
  lab.kernel.at("bond0").info.mtu = 1400;
  lab.hands().tell_of("bond0");
  EXPECT_EQ(lab.own().at("eth0").info.mtu, 1400U);
  lab.kernel.at("bond0").info.name = "uplink";
  lab.hands().tell_of("uplink");
  EXPECT_EQ(lab.slaves("uplink"), "eth0 eth1");
  EXPECT_EQ(lab.set("uplink", {{"active_slave", "eth1"}}), "");
  EXPECT_EQ(lab.del("uplink"), "");
  EXPECT_EQ(lab.kernel.at("eth1").info.mtu, 1500U);
}

TEST(SlavesAway, TheNextDaemonGoesOnWithThem) {
  SlavesAwayLab lab;
  lab.take_both();
  const auto before = lab.describe();
  lab.kill();
  lab.start();
  EXPECT_EQ(lab.describe(), before);
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  EXPECT_FALSE(lab.show("bond0").away);
  EXPECT_EQ(lab.release("bond0", {"eth0"}), "");
  EXPECT_EQ(lab.kernel.at("eth0").addresses.size(), 1U);
}

TEST(SlavesAway, ADeletedNameIsPutBack) {
  SlavesAwayLab lab;
  lab.take_both();
  lab.namespaces.take_name_off(lab.own());
  lab.names_changed();
  ASSERT_NE(lab.namespaces.find(kOwnNetns), nullptr);
  EXPECT_TRUE(lab.has_event("warning  the network namespace bond-bond0 of its slaves was deleted"));
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(SlavesAway, CardsOfANamespaceThatEndedAreGivenBackByTheNextDaemon) {
  SlavesAwayLab lab;
  lab.take_both();
  lab.kill();
  lab.namespaces.take_name_off(lab.own());
  lab.namespaces.end_nameless(lab.kernel);
  ASSERT_EQ(lab.kernel.find("bond0"), nullptr);
  lab.start();
  EXPECT_TRUE(lab.files().files.empty());
  lab.kill();
  EXPECT_EQ(lab.describe(), lab.untouched);
}

// The kernel sends them to the initial namespace, and calls one otherwise whose name is taken there.
TEST(SlavesAway, CardsOfANamespaceThatEndedAreBroughtHomeByTheNextDaemon) {
  SlavesAwayLab lab;
  auto& initial = lab.namespaces.make("initial", "", lab.kernel);
  lab.initial_netns = initial.where;
  initial.add("eth1", 3);
  lab.take_both();
  lab.kill();
  lab.namespaces.take_name_off(lab.own());
  lab.namespaces.end_nameless(initial);
  initial.find(os::IfIndex(4))->info.name = "dev4";
  FakeNamespaces::remove(lab.kernel, lab.kernel.at("bond0").info.ifindex, nullptr);
  lab.start();
  EXPECT_TRUE(lab.files().files.empty());
  EXPECT_EQ(initial.links.size(), 2U) << initial.describe();
  EXPECT_EQ(lab.kernel.describe(), lab.untouched_kernel);
}

// Beside cards that were never the bond's and have the same permanent MACs.
struct TwinsLab : SlavesAwayLab {
  TwinsLab() {
    initial_netns = initial.where;
    for (const auto& [name, number] : std::map<std::string, std::uint32_t>{{"usb0", 2}, {"usb1", 3}}) {
      auto& twin = initial.add_nic(name, 70 + number);
      twin.info.mac = *kernel.find(os::IfIndex(number))->info.permanent_mac;
      twin.info.permanent_mac = twin.info.mac;
    }
  }
  void end_namespace() {
    take_both();
    kill();
    namespaces.take_name_off(own());
    namespaces.end_nameless(initial);
    initial.at("eth1").info.name = "dev3";
    FakeNamespaces::remove(kernel, kernel.at("bond0").info.ifindex, nullptr);
    start();
  }
  FakeKernel& initial = namespaces.make("initial", "", kernel);
};

TEST(SlavesAway, OfTwoCardsOfOneMacTheOneOfItsNameIsBroughtHome) {
  TwinsLab lab;
  lab.end_namespace();
  EXPECT_NE(lab.kernel.find("eth0"), nullptr);
  EXPECT_EQ(lab.kernel.find("eth1"), nullptr);
  EXPECT_NE(lab.initial.find("usb0"), nullptr);
  EXPECT_NE(lab.initial.find("usb1"), nullptr);
}

TEST(SlavesAway, OfTwoCardsOfOneMacTheOneInItsPlaceIsBroughtHome) {
  TwinsLab lab;
  lab.initial.at("usb0").bus = "usb-0000:00:14.0-1";
  lab.initial.at("usb1").bus = "usb-0000:00:14.0-2";
  lab.end_namespace();
  EXPECT_EQ(lab.kernel.describe(), lab.untouched_kernel);
  EXPECT_NE(lab.initial.find("usb0"), nullptr);
  EXPECT_NE(lab.initial.find("usb1"), nullptr);
}

TEST(SlavesAway, CardsThatSomebodyHasTakenSinceStayWhereTheKernelSentThem) {
  SlavesAwayLab lab;
  auto& initial = lab.namespaces.make("initial", "", lab.kernel);
  lab.initial_netns = initial.where;
  lab.take_both();
  lab.kill();
  lab.namespaces.take_name_off(lab.own());
  lab.namespaces.end_nameless(initial);
  initial.at("eth0").info.mac = wire::MacAddress({2, 0, 0, 0, 0, 0x55});
  initial.at("eth1").info.master = os::IfIndex(70);
  const auto before = initial.describe();
  lab.start();
  EXPECT_TRUE(lab.files().files.empty());
  EXPECT_EQ(initial.describe(), before);
}

TEST(SlavesAway, DeletedBondZeroGivesThemBack) {
  SlavesAwayLab lab;
  lab.take_both();
  const auto told = lab.kernel.at("bond0").info;
  FakeNamespaces::remove(lab.kernel, told.ifindex, &lab.own());
  lab.hands().tell({.events = {os::LinkGone{told}}, .overrun = false});
  lab.time.pass(std::chrono::milliseconds(300));
  lab.kill();
  EXPECT_EQ(lab.describe(), lab.untouched);
}

TEST(SlavesAway, BondZeroThatWasDeletedWhileNoDaemonRanGivesThemBackToo) {
  SlavesAwayLab lab;
  lab.take_both();
  lab.kill();
  FakeNamespaces::remove(lab.kernel, lab.kernel.at("bond0").info.ifindex, &lab.own());
  lab.start();
  lab.kill();
  EXPECT_EQ(lab.describe(), lab.untouched);
}

TEST(SlavesAway, OneThatSomebodyMovesHomeIsTakenAgain) {
  SlavesAwayLab lab;
  lab.take_both();
  auto told = lab.own().at("eth1").info;
  FakeNamespaces::move(lab.own(), os::IfIndex(3), lab.kernel, os::IfIndex(3));
  told.new_netnsid = 0;
  told.new_ifindex = os::IfIndex(3);
  lab.hands_of(kOwnNetns).tell({.events = {os::LinkGone{told}}, .overrun = false});
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  EXPECT_EQ(lab.kernel.at("eth1").addresses.size(), 1U);
  EXPECT_NE(lab.kernel.at("eth1").info.mac, lab.kernel.at("bond0").info.mac);
  lab.time.pass(std::chrono::milliseconds(1200));
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(SlavesAway, ItEndsWithTheNamespaceThatItBelongsTo) {
  SlavesAwayLab lab;
  lab.take_both();
  lab.unused = lab.kernel.where;
  lab.kernel.label = lab.kernel.where.to_string();
  lab.names_changed();
  EXPECT_EQ(lab.kernel.at("eth0").addresses.size(), 1U);
  EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
  EXPECT_EQ(lab.namespaces.find(kOwnNetns), nullptr);
  EXPECT_TRUE(lab.files().files.empty());
}

TEST(SlavesAway, AFileOfSuchABondIsForNoOlderEbond) {
  SlavesAwayLab lab;
  bool found = false;
  for (const auto& [file, text] : lab.files().files) {
    if (file.extension() == ".json") found = text.find("\"format\": 2") != std::string::npos;
  }
  EXPECT_TRUE(found);
}

TEST(SlavesAway, ForgottenItGivesThemBack) {
  SlavesAwayLab lab;
  lab.take_both();
  EXPECT_EQ(lab.forget("bond0"), "");
  EXPECT_TRUE(lab.not_put_back.empty());
  lab.kill();
  EXPECT_EQ(lab.describe(), lab.untouched);
}

TEST(SlavesAway, OneThatCannotBeTakenOverIsForgotten) {
  SlavesAwayLab lab;
  lab.take_both();
  lab.kill();
  lab.own().pins.begin()->second.lower = os::IfIndex(77);  // maps of another bond: for good
  lab.start();
  EXPECT_THAT(lab.set("bond0", {{"miimon", "50"}}), HasSubstr("could not be taken over"));
  EXPECT_EQ(lab.forget("bond0"), "");
  lab.kill();
  EXPECT_EQ(lab.describe(), lab.untouched);
}

TEST(SlavesAway, AdoptedItHasWhatItsFirstSlaveHad) {
  World world;
  world.kernel.add_nic("eth0", 2);
  const auto untouched = world.describe();
  world.start();
  ASSERT_EQ(world.add_adopting("bond0", "eth0", kSlavesAway), "");
  EXPECT_EQ(world.kernel.at("bond0").addresses.size(), 1U);
  EXPECT_EQ(world.kernel.at("bond0").routes.size(), 1U);
  EXPECT_EQ(world.del("bond0"), "");
  world.kill();
  EXPECT_EQ(world.describe(), untouched);
}

}  // namespace
}  // namespace ebond::daemon
