// What a daemon answers, and what reaches its bonds: every command and every kind of news.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>

#include "daemon/errors.h"
#include "world.h"

namespace ebond::daemon {
namespace {

using testing::HasSubstr;

struct PairLab : World {
  PairLab() {
    kernel.add_nic("eth0", 2);
    kernel.add_nic("eth1", 3);
    start();
    EXPECT_EQ(add("bond0"), "");
    kernel.at("bond0").info.flags |= IFF_UP;
    EXPECT_EQ(enslave("bond0", {"eth0", "eth1"}), "");
  }
  std::string active() { return show("bond0").status.active_slave; }
  os::IfIndex upper() { return kernel.at("bond0").info.ifindex; }
};

TEST(Commands, RefuseNamesThatAreNotInterfaceNames) {
  World world;
  world.start();
  for (const auto* name : {"", "a/b", "..", "a b", "a%d", "0123456789abcdef"}) {
    EXPECT_THAT(world.add(name), HasSubstr("name")) << name;
  }
  EXPECT_TRUE(world.kernel.links.empty());
  world.kernel.add("bond0", 5);
  EXPECT_THAT(world.add("bond0"), HasSubstr("exists already"));
  EXPECT_THAT(world.add("bond1", {{"mode", "8"}}), HasSubstr("mode"));
}

TEST(Commands, RefuseWhatCannotBeASlave) {
  PairLab lab;
  lab.kernel.add("lo", 1).info.flags = IFF_LOOPBACK;
  lab.kernel.add("tun0", 20).info.arptype = ARPHRD_NONE;
  lab.kernel.add("eth5", 21).info.master = os::IfIndex(22);
  const auto before = lab.describe();
  EXPECT_THAT(lab.enslave("bond0", {"lo"}), HasSubstr("loopback"));
  EXPECT_THAT(lab.enslave("bond0", {"tun0"}), HasSubstr("Ethernet"));
  EXPECT_THAT(lab.enslave("bond0", {"eth5"}), HasSubstr("port of another device"));
  EXPECT_THAT(lab.enslave("bond0", {"eth0"}), HasSubstr("a slave of bond0 already"));
  EXPECT_THAT(lab.enslave("bond0", {"bond0"}), HasSubstr("itself"));
  EXPECT_THAT(lab.enslave("bond0", {"ebl101"}), HasSubstr("lower half"));
  EXPECT_THAT(lab.enslave("bond0", {"eth7"}), HasSubstr("no interface eth7"));
  EXPECT_THAT(lab.enslave("bond9", {"eth0"}), HasSubstr("no bond bond9"));
  lab.kernel.add_nic("eth4", 24).others_program = true;
  EXPECT_THAT(lab.enslave("bond0", {"eth4"}), HasSubstr("program of another bond"));
  lab.kernel.add("bond9", 25, "veth").info.lower = os::IfIndex(26);
  lab.kernel.add("ebl9", 26, "veth").info.alias = "lower half of bond9 (ebond)";
  lab.kernel.at("ebl9").info.lower = os::IfIndex(25);
  EXPECT_THAT(lab.enslave("bond0", {"bond9"}), HasSubstr("a bond of another daemon"));
  lab.kernel.add("vlan7", 27, "vlan").info.lower = lab.kernel.at("bond0").info.ifindex;
  lab.kernel.add("br0", 28, "bridge");
  lab.kernel.at("vlan7").info.master = os::IfIndex(28);
  for (const auto* above : {"vlan7", "br0"}) {
    EXPECT_THAT(lab.enslave("bond0", {above}), HasSubstr("stands on bond0 itself")) << above;
  }
  for (const unsigned other : {24U, 25U, 27U, 28U}) lab.kernel.remove(os::IfIndex(other));
  lab.kernel.add_nic("eth6", 23);
  EXPECT_THAT(lab.enslave("bond0", {"eth6", "eth6"}), HasSubstr("named twice"));
  lab.kernel.remove(os::IfIndex(23));
  EXPECT_EQ(lab.describe(), before);
}

TEST(Commands, RefuseAnInterfaceWhoseFramesAnotherDeviceTakes) {
  PairLab lab;
  lab.kernel.add_nic("eth2", 4);
  lab.kernel.add_nic("eth2.5", 40).info.lower = os::IfIndex(4);
  lab.kernel.at("eth2.5").info.kind = "vlan";
  auto& taker = lab.kernel.add("mac0", 41, "macvlan").info;
  taker.lower = os::IfIndex(4);
  EXPECT_THAT(lab.enslave("bond0", {"eth2"}), HasSubstr("mac0 (macvlan) on eth2 takes all its frames"));
  lab.kernel.remove(os::IfIndex(41));
  FakeKernel guest;
  guest.add("tap0", 2, "ipvtap").info.lower = os::IfIndex(4);
  guest.at("tap0").info.lower_netnsid = 0;
  lab.hands().elsewhere = &guest;
  EXPECT_THAT(lab.enslave("bond0", {"eth2"}), HasSubstr("tap0 (ipvtap, in another network namespace)"));
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  guest.remove(os::IfIndex(2));
  EXPECT_EQ(lab.enslave("bond0", {"eth2"}), "");  // a VLAN takes its own alone
}

TEST(Commands, TakeAnInterfaceByAnyOfItsNames) {
  PairLab lab;
  const std::string other = "enp0s31f6-second-port";
  lab.kernel.add_nic("eth2", 4);
  lab.kernel.at("eth2").info.alternative_names = {other};
  ASSERT_EQ(lab.enslave("bond0", {other}), "");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1 eth2");
  ASSERT_EQ(lab.set("bond0", {{"primary", other}}), "");
  EXPECT_EQ(lab.active(), "eth2");
  EXPECT_EQ(lab.show("bond0").status.options.primary, "eth2");
  ASSERT_EQ(lab.set("bond0", {{"primary", ""}, {"active_slave", "eth0"}}), "");
  ASSERT_EQ(lab.set("bond0", {{"active_slave", other}}), "");
  EXPECT_EQ(lab.active(), "eth2");
  ASSERT_EQ(lab.set_slave(other, {{"prio", "3"}}), "");
  EXPECT_EQ(lab.release("bond0", {other}), "");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(Commands, KnowAPrimaryByAnotherNameOnceItIsThere) {
  PairLab lab;
  ASSERT_EQ(lab.set("bond0", {{"primary", "second-port"}}), "");
  EXPECT_EQ(lab.active(), "eth0");
  lab.kernel.add_nic("eth2", 4);
  lab.kernel.at("eth2").info.alternative_names = {"second-port"};
  ASSERT_EQ(lab.enslave("bond0", {"eth2"}), "");
  EXPECT_EQ(lab.active(), "eth2");
}

TEST(Commands, FindABondByAnyOfItsNames) {
  PairLab lab;
  lab.kernel.at("bond0").info.alternative_names = {"uplink-of-the-storage-net"};
  EXPECT_EQ(lab.show("uplink-of-the-storage-net").status.name, "bond0");
}

TEST(Commands, EnslaveWhatIsThereAndAwaitTheRest) {
  PairLab lab;
  lab.kernel.add_nic("eth2", 4);
  EXPECT_THAT(lab.enslave("bond0", {"eth2", "eth3"}), HasSubstr("no interface eth3"));
  ASSERT_EQ(lab.enslave("bond0", {"eth2", "eth3"}, control::Absent::awaited), "");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1 eth2");
  EXPECT_EQ(lab.show("bond0").awaited, std::vector<std::string>{"eth3"});
  EXPECT_NE(lab.set_slave("eth3", {{"prio", "none"}}), "");
  ASSERT_EQ(lab.set_slave("eth3", {{"prio", "7"}}), "");
  lab.kernel.add_nic("eth3", 5);
  lab.hands().tell_of("eth3");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1 eth2 eth3");
  EXPECT_EQ(lab.show("bond0").status.slaves.at(3).options.prio, 7);
  EXPECT_TRUE(lab.show("bond0").awaited.empty());
}

TEST(Commands, AwaitASlaveUnderAnyOfItsNamesAcrossDaemons) {
  PairLab lab;
  const std::string other = "enp0s31f6-second-port";
  ASSERT_EQ(lab.enslave("bond0", {other}, control::Absent::awaited), "");
  lab.kill();
  lab.kernel.add_nic("eth3", 5).info.alternative_names = {other};
  lab.start();
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1 eth3");
}

TEST(Commands, TakeAnAwaitedSlaveThatGetsItsNameWithoutNews) {
  using std::chrono_literals::operator""ms;
  PairLab lab;
  const std::string other = "enp0s31f6-second-port";
  ASSERT_EQ(lab.enslave("bond0", {other}, control::Absent::awaited), "");
  lab.kernel.add_nic("eth3", 5);
  lab.hands().tell_of("eth3");
  lab.kernel.at("eth3").info.alternative_names = {other};
  lab.time.pass(1100ms);
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1 eth3");
}

TEST(Commands, TryAnAwaitedSlaveThatCannotBeOneOnceWithoutNews) {
  using std::chrono_literals::operator""s;
  PairLab lab;
  ASSERT_EQ(lab.enslave("bond0", {"eth3"}, control::Absent::awaited), "");
  lab.kernel.add_nic("eth3", 5).largest_mtu = 1400;
  lab.kernel.at("eth3").info.mtu = 1400;
  lab.time.pass(5s);
  EXPECT_EQ(std::ranges::count_if(
                lab.events, [](const auto& event) { return event.starts_with("warning eth3 came back"); }),
            1);
}

TEST(Commands, AwaitNoLongerWhatIsReleased) {
  PairLab lab;
  ASSERT_EQ(lab.enslave("bond0", {"eth3"}, control::Absent::awaited), "");
  ASSERT_EQ(lab.release("bond0", {"eth3"}), "");
  lab.kernel.add_nic("eth3", 5);
  lab.hands().tell_of("eth3");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(Commands, EnslaveAllOrNone) {
  PairLab lab;
  lab.kernel.add_nic("eth2", 4);
  lab.kernel.add_nic("eth3", 5).largest_mtu = 1400;
  lab.kernel.at("eth3").info.mtu = 1400;
  const auto before = lab.describe();
  EXPECT_NE(lab.enslave("bond0", {"eth2", "eth3"}), "");
  EXPECT_EQ(lab.describe(), before);
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(Commands, SetAllOrNone) {
  PairLab lab;
  EXPECT_NE(lab.set("bond0", {{"primary", "eth1"}, {"miimon", "-1"}}), "");
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_EQ(lab.set("bond0", {{"primary", "eth1"}}), "");
  EXPECT_EQ(lab.active(), "eth1");
}

TEST(Commands, SetSlaveAllOrNone) {
  PairLab lab;
  EXPECT_EQ(lab.set_slave("eth1", {{"prio", "7"}}), "");
  EXPECT_NE(lab.set_slave("eth1", {{"prio", "9"}, {"queue_id", "99"}}), "");
  EXPECT_EQ(lab.show("bond0").status.slaves.at(1).options.prio, 7);
  EXPECT_THAT(lab.set_slave("eth9", {{"prio", "1"}}), HasSubstr("not a slave of any bond"));
}

TEST(Commands, ReleaseRefusesWhatIsNotASlave) {
  PairLab lab;
  lab.kernel.add_nic("eth2", 4);
  EXPECT_THAT(lab.release("bond0", {"eth0", "eth2"}), HasSubstr("eth2 is not a slave of bond0"));
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(Commands, ReleaseWarnsOfASlaveThatIsUpWithTheMacThatTheBondKeeps) {
  const std::string warning = "warning eth0 is up again with its own MAC";
  PairLab up;
  ASSERT_EQ(up.release("bond0", {"eth1"}), "");
  EXPECT_FALSE(up.has_event("warning eth1 is up again"));
  ASSERT_EQ(up.release("bond0", {"eth0"}), "");
  EXPECT_FALSE(up.has_event(warning)) << "the bond has no slave to be mistaken for";

  PairLab kept;
  ASSERT_EQ(kept.release("bond0", {"eth0"}), "");
  EXPECT_TRUE(kept.has_event(warning));
}

TEST(Commands, ShowAsksForTheDriverOfASlaveOnce) {
  PairLab lab;
  auto before = lab.hands().looks_at_drivers;
  for (int times = 0; times < 3; ++times) EXPECT_EQ(lab.show("bond0").slave_facts.at(1).driver, "fake");
  EXPECT_EQ(lab.hands().looks_at_drivers, before + 2);
  ASSERT_EQ(lab.release("bond0", {"eth1"}), "");
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  before = lab.hands().looks_at_drivers;
  EXPECT_EQ(lab.show("bond0").slave_facts.at(1).driver, "fake");
  EXPECT_EQ(lab.hands().looks_at_drivers, before + 1);
}

TEST(Commands, ShowTellsOfLayersAndOfFramesNotTaken) {
  PairLab lab;
  const auto report = lab.show("bond0");
  EXPECT_EQ(report.link_layer, "carrier hook + netlink + poll 100 ms");
  EXPECT_EQ(report.rx_inactive_dropped, (std::vector<std::uint64_t>{7, 8}));
  lab.kernel.at("bond0").info.counters.tx_dropped = 4;
  EXPECT_EQ(lab.show("bond0").tx_dropped, 7U);
}

TEST(Commands, AQueueIsOneOfThoseThatBond0Got) {
  PairLab lab;
  lab.kernel.at("bond0").info.tx_queues = 1;
  EXPECT_THAT(lab.set_slave("eth0", {{"queue_id", "2"}}),
              HasSubstr("0 (none) to 1, the bond's number of queues"));
  EXPECT_EQ(lab.set_slave("eth0", {{"queue_id", "1"}}), "");
}

TEST(Commands, TheLastDelLetsTheDaemonTakeLeaveOfTheKernel) {
  PairLab lab;
  lab.script.start();
  lab.daemon().take_leave();
  EXPECT_FALSE(lab.script.place("take leave"));
  ASSERT_EQ(lab.del("bond0"), "");
  lab.daemon().take_leave();
  EXPECT_TRUE(lab.script.place("take leave"));
}

TEST(News, ACarrierLostIsAFailoverWithItsTimes) {
  PairLab lab;
  lab.time.pass(std::chrono::milliseconds(1));
  lab.kernel.at("eth0").nic.carrier = false;
  lab.carrier_heard({.netns_inode = lab.kernel.where.inode,
                     .ifindex = os::IfIndex(2),
                     .carrier = false,
                     .when = lab.time.now - std::chrono::microseconds(50)});
  EXPECT_EQ(lab.active(), "eth1");
  const auto failover = lab.show("bond0").last_failover;
  ASSERT_TRUE(failover);
  EXPECT_EQ(failover->from, "eth0");
  EXPECT_EQ(failover->to, "eth1");
  EXPECT_EQ(failover->table_us, 50);
}

TEST(News, ACarrierThatIsBackIsAskedOfTheDevice) {
  PairLab lab;
  const auto tell = [&](bool carrier) {
    lab.carrier_heard({.netns_inode = lab.kernel.where.inode,
                       .ifindex = os::IfIndex(3),
                       .carrier = carrier,
                       .when = lab.time.now});
  };
  const auto carrier = [&] { return lab.show("bond0").status.slaves.at(1).link.carrier; };
  lab.kernel.at("eth1").nic.carrier = false;
  tell(false);
  lab.time.pass(std::chrono::milliseconds(1));
  tell(true);
  lab.hands().answer();
  EXPECT_FALSE(carrier());
  lab.kernel.at("eth1").nic.carrier = true;
  tell(true);
  EXPECT_FALSE(carrier()) << "not on the word of the hook";
  lab.hands().answer();
  EXPECT_TRUE(carrier());
}

TEST(News, ALossOfBeforeTheDeviceWasAskedIsAskedForAgain) {
  PairLab lab;
  lab.hands().answers_wait = true;
  // A card on its way up has no carrier yet, and says so; when it is enslaved it has one.
  lab.carrier_heard({.netns_inode = lab.kernel.where.inode,
                     .ifindex = os::IfIndex(2),
                     .carrier = false,
                     .when = lab.time.now - std::chrono::milliseconds(1)});
  lab.kernel.at("eth0").nic.carrier = false;
  lab.hands().tell_of("eth0");
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_EQ(lab.show("bond0").status.slaves.at(0).link_failure_count, 0U);
  lab.time.pass(std::chrono::milliseconds(1));
  lab.hands().answer();
  EXPECT_EQ(lab.active(), "eth1") << "it is lost indeed";
}

TEST(News, APollSeesALinkThatNobodyToldOf) {
  PairLab lab;
  lab.kernel.at("eth0").nic.carrier = false;
  lab.time.pass(std::chrono::milliseconds(150));
  ASSERT_TRUE(lab.hands().poll());
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(core::seen_by_name(lab.show("bond0").last_failover->seen_by), "poll");
}

TEST(News, ACarrierThatNetlinkTellsLostIsBelievedAtOnce) {
  PairLab lab;
  lab.time.pass(std::chrono::seconds(2));
  lab.hands().answers_wait = true;
  lab.kernel.at("eth0").nic.carrier = false;
  lab.hands().tell_of("eth0");
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(core::seen_by_name(lab.show("bond0").last_failover->seen_by), "netlink");
}

TEST(News, AnAnswerOlderThanACarriersLossIsNotBelieved) {
  PairLab lab;
  lab.time.pass(std::chrono::seconds(2));
  lab.hands().answers_wait = true;
  lab.kernel.at("eth0").nic.speed_mbps = 10;
  lab.hands().tell_of("eth0");  // asks
  lab.kernel.at("eth0").nic.carrier = false;
  lab.hands().tell_of("eth0");
  ASSERT_EQ(lab.active(), "eth1");
  lab.kernel.at("eth0").nic.carrier = true;
  lab.time.pass(std::chrono::milliseconds(1));
  lab.hands().answer();
  EXPECT_FALSE(lab.show("bond0").status.slaves.at(0).link.carrier) << "asked before it was lost";
  lab.time.pass(std::chrono::milliseconds(1));
  lab.hands().answer();
  EXPECT_TRUE(lab.show("bond0").status.slaves.at(0).link.carrier) << "asked again";
}

TEST(News, TheRecordCountsFromWhenTheFirstLayerSawIt) {
  PairLab lab;
  lab.time.pass(std::chrono::seconds(2));
  lab.hands().seen_lost = lab.time.now - std::chrono::seconds(17);
  lab.kernel.at("eth0").nic.carrier = false;
  lab.hands().tell_of("eth0");
  EXPECT_EQ(lab.show("bond0").last_failover->table_us, 17'000'000);
}

TEST(News, OfASlaveThatIsAsItWasCostNoCallOfTheSystem) {
  PairLab lab;
  lab.hands().tell_of("eth0");
  lab.hands().tell_of("bond0");
  lab.script.start();
  for (int i = 0; i < 100; ++i) {
    lab.kernel.at("eth0").info.tx_queue_length = 1000 + i;
    lab.hands().tell_of("eth0");
    lab.hands().tell_of("bond0");
  }
  EXPECT_EQ(lab.script.steps(), 0U);
}

TEST(News, ThatComeTogetherAreWrittenOnce) {
  PairLab lab;
  lab.script.start();
  std::vector<os::LinkEvent> events;
  for (const auto* name : {"eth0", "eth1"}) {
    auto& link = lab.kernel.at(name);
    link.info.name = name + std::string("x");
    events.emplace_back(os::LinkChanged{link.as_told()});
  }
  lab.hands().tell({.events = events, .overrun = false});
  EXPECT_EQ(lab.slaves("bond0"), "eth0x eth1x");
  const auto lines = lab.script.lines();
  EXPECT_EQ(std::ranges::count_if(lines, [](const auto& line) { return line.contains(".json"); }), 1);
}

TEST(News, ASlavesNewNameIsItsName) {
  PairLab lab;
  lab.kernel.at("eth1").info.name = "lan1";
  lab.hands().tell_of("lan1");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 lan1");
}

TEST(News, TheBondsNewNameMovesItsProcText) {
  PairLab lab;
  lab.kernel.at("bond0").info.name = "uplink";
  lab.hands().tell_of("uplink");
  EXPECT_EQ(lab.show("uplink").status.name, "uplink");
  EXPECT_FALSE(lab.files().files.contains("/run/ebond/proc/bond0"));
  EXPECT_TRUE(lab.files().files.contains("/run/ebond/proc/uplink"));
}

TEST(News, TheBondsMtuAndMacGoOnToItsSlaves) {
  PairLab lab;
  const auto mac = *wire::MacAddress::parse("02:aa:00:00:00:01");
  lab.kernel.at("bond0").info.mtu = 9000;
  lab.kernel.at("bond0").info.mac = mac;
  lab.hands().tell_of("bond0");
  for (const auto* name : {"eth0", "eth1", "ebl101"}) EXPECT_EQ(lab.kernel.at(name).info.mtu, 9000U) << name;
  for (const auto* name : {"eth0", "eth1"}) EXPECT_EQ(lab.kernel.at(name).info.mac, mac) << name;
}

TEST(News, GroupsJoinedOnTheBondAreHeardOnItsSlaves) {
  PairLab lab;
  const auto group = *wire::MacAddress::parse("01:00:5e:00:00:fb");
  lab.kernel.at("bond0").groups = {group};
  lab.hands().change_groups();
  lab.time.pass(std::chrono::milliseconds(250));
  EXPECT_TRUE(lab.kernel.at("eth1").groups.contains(group));
  ASSERT_EQ(lab.release("bond0", {"eth1"}), "");
  EXPECT_TRUE(lab.kernel.at("eth1").groups.empty());
}

TEST(News, OfGroupsLeaveThoseToBeLookedForThatOthersJoin) {
  PairLab lab;
  lab.hands().looks_at_groups = 0;
  lab.time.pass(std::chrono::seconds(10));
  EXPECT_GE(lab.hands().looks_at_groups, 49U);
  lab.hands().hears_of_groups_too = true;
  lab.hands().looks_at_groups = 0;
  lab.time.pass(std::chrono::seconds(10));
  EXPECT_EQ(lab.hands().looks_at_groups, 0U);
  const auto group = *wire::MacAddress::parse("01:00:5e:00:00:fb"),
             others = *wire::MacAddress::parse("01:00:5e:00:00:fc");
  lab.kernel.at("bond0").groups = {group};
  const auto bond = lab.kernel.at("bond0").info.ifindex;
  lab.hands().tell({.events = {os::GroupsChanged{bond}}, .overrun = false});
  EXPECT_TRUE(lab.kernel.at("eth1").groups.contains(group));
  lab.kernel.at("bond0").groups.insert(others);
  lab.time.pass(std::chrono::milliseconds(250));
  EXPECT_TRUE(lab.kernel.at("eth1").groups.contains(others)) << "with the look at what it takes";
}

TEST(News, OfGroupsAreNotUndoneByALookThatIsOlder) {
  PairLab lab;
  lab.kernel.at("bond0").groups = {};
  lab.hands().looks_wait = true;
  lab.kernel.at("bond0").taken = {*wire::MacAddress::parse("00:00:5e:00:53:71")};
  lab.time.pass(std::chrono::milliseconds(250));
  const auto group = *wire::MacAddress::parse("01:00:5e:00:00:fb");
  lab.kernel.at("bond0").groups = {group};
  const auto bond = lab.kernel.at("bond0").info.ifindex;
  lab.hands().tell({.events = {os::GroupsChanged{bond}}, .overrun = false});
  lab.hands().answer_looks();
  EXPECT_TRUE(lab.kernel.at("eth1").groups.contains(group));
}

const auto kMacvlan = *wire::MacAddress::parse("00:00:5e:00:53:71");

/// A VLAN on bond0, as netlink tells of it.
os::LinkInfo vlan_on_bond0(PairLab& lab, std::uint16_t id) {
  lab.kernel.add_nic("bond0.v", 90);
  auto& info = lab.kernel.at("bond0.v").info;
  info.kind = "vlan";
  info.lower = lab.kernel.at("bond0").info.ifindex;
  info.vlan = wire::VlanTag{.id = id};
  return info;
}

TEST(News, OfWhatStandsOnManyBondsAreLookedForInTurn) {
  PairLab lab;
  for (int i = 1; i < 15; ++i) ASSERT_EQ(lab.add("bond" + std::to_string(i)), "");
  lab.hands().looks_at_devices.clear();
  lab.kernel.at("bond0").taken = {kMacvlan};
  lab.time.pass(std::chrono::milliseconds(650));
  EXPECT_EQ(lab.hands().looks_at_devices.size(), 15U);
  for (const auto& [bond, looks] : lab.hands().looks_at_devices) {
    EXPECT_EQ(looks, 2U) << "of " << std::to_underlying(bond) << ", ten at a time";
  }
  EXPECT_TRUE(lab.kernel.at("eth0").taken.contains(kMacvlan));
}

TEST(News, OfABondAtRestAreLookedForInItsAddressesMostOfTheTime) {
  PairLab lab;
  lab.time.pass(std::chrono::seconds(2));
  lab.hands().looks_at_devices.clear();
  lab.hands().looks_at_all_of_one = 0;
  lab.time.pass(std::chrono::seconds(10));
  EXPECT_EQ(lab.hands().looks_at_devices.at(lab.upper()), 50U);
  EXPECT_EQ(lab.hands().looks_at_all_of_one, 5U);
}

TEST(News, AddressesThatStandOnTheBondAreTakenByItsSlaves) {
  PairLab lab;
  lab.kernel.at("bond0").taken = {kMacvlan};
  lab.time.pass(std::chrono::milliseconds(250));
  EXPECT_TRUE(lab.kernel.at("eth0").taken.contains(kMacvlan));
  EXPECT_TRUE(lab.kernel.at("eth1").taken.contains(kMacvlan));
  EXPECT_TRUE(lab.show("bond0").told.at(0).unicast.contains(kMacvlan));
  ASSERT_EQ(lab.release("bond0", {"eth1"}), "");
  EXPECT_TRUE(lab.kernel.at("eth1").taken.empty());
  lab.kernel.at("bond0").taken.clear();
  lab.time.pass(std::chrono::milliseconds(250));
  EXPECT_TRUE(lab.kernel.at("eth0").taken.empty());
}

TEST(News, VlansThatStandOnTheBondAreLetInByItsSlaves) {
  PairLab lab;
  const auto vlan = vlan_on_bond0(lab, 100);
  lab.hands().tell_of("bond0.v");
  EXPECT_EQ(lab.kernel.at("eth1").vlans_in, std::set<core::VlanKey>{{.id = 100}});
  lab.kernel.remove(vlan.ifindex);
  lab.hands().tell({.events = {os::LinkGone{vlan}}, .overrun = false});
  EXPECT_TRUE(lab.kernel.at("eth1").vlans_in.empty());
}

TEST(News, AVlanThatLeftForAnotherNamespaceIsLetInForAsLongAsItIsThere) {
  using std::chrono_literals::operator""s;
  PairLab lab;
  FakeKernel guest;
  auto vlan = vlan_on_bond0(lab, 100);
  lab.hands().tell_of("bond0.v");
  lab.kernel.remove(vlan.ifindex);
  vlan.new_netnsid = 1;
  lab.hands().tell({.events = {os::LinkGone{vlan}}, .overrun = false});
  auto& there = guest.add("bond0.v", 2, "vlan").info;
  there.lower = vlan.lower;
  there.lower_netnsid = 0;
  there.vlan = vlan.vlan;
  lab.hands().elsewhere = &guest;
  lab.time.pass(11s);
  EXPECT_FALSE(lab.kernel.at("eth1").vlans_in.empty());
  guest.remove(os::IfIndex(2));
  lab.time.pass(11s);
  EXPECT_TRUE(lab.kernel.at("eth1").vlans_in.empty());
}

TEST(News, AVlanMadeInAnotherNamespaceIsLetIn) {
  using std::chrono_literals::operator""s;
  PairLab lab;
  FakeKernel guest;
  auto& there = guest.add("uplink", 2, "vlan").info;
  there.lower = lab.upper();
  there.lower_netnsid = 0;
  there.vlan = wire::VlanTag{.id = 100};
  lab.hands().elsewhere = &guest;
  lab.time.pass(6s);
  EXPECT_EQ(lab.kernel.at("eth1").vlans_in, std::set<core::VlanKey>{{.id = 100}});
}

TEST(News, WhatWasToldIsTakenBackByTheNextDaemon) {
  PairLab lab;
  lab.kernel.at("bond0").taken = {kMacvlan};
  lab.time.pass(std::chrono::milliseconds(250));
  lab.kill();
  lab.kernel.at("bond0").taken.clear();
  lab.start();
  EXPECT_TRUE(lab.kernel.at("eth0").taken.empty());
}

// As the kernel does it: what an address more or less makes of promiscuity it tells nobody, all else it does.
TEST(News, ABondThatIsPromiscuousOnlyForItsAddressesMakesNoSlaveSo) {
  PairLab lab;
  const auto is_promiscuous = [&] { return (lab.kernel.at("eth0").info.flags & IFF_PROMISC) != 0; };
  auto& bond = lab.kernel.at("bond0");
  const auto lets_all_in = [&] { return lab.kernel.pins.begin()->second.bond0_lets_all_in; };
  EXPECT_FALSE(lets_all_in());
  const auto told = [&](std::uint32_t promiscuity) {
    bond.info.promiscuity = promiscuity;
    lab.hands().tell_of("bond0");
  };
  const auto untold = [&](const std::set<wire::MacAddress>& taken, std::uint32_t promiscuity) {
    bond.taken = taken;
    bond.info.promiscuity = promiscuity;
    lab.time.pass(std::chrono::milliseconds(250));
  };
  untold({kMacvlan}, 1);
  EXPECT_FALSE(is_promiscuous());
  EXPECT_TRUE(lets_all_in());
  told(2);
  EXPECT_TRUE(is_promiscuous());
  untold({}, 1);
  EXPECT_TRUE(is_promiscuous());
  untold({kMacvlan}, 2);
  EXPECT_TRUE(is_promiscuous());
  told(1);
  EXPECT_FALSE(is_promiscuous());
  EXPECT_TRUE(lets_all_in());
  untold({}, 0);
  EXPECT_FALSE(lets_all_in());
}

TEST(News, ThatOthersWantAllGroupsOfTheBondIsFoundWithinTwoSecondsUntold) {
  PairLab lab;
  const auto takes_all = [&] { return (lab.kernel.at("eth0").info.flags & IFF_ALLMULTI) != 0; };
  lab.kernel.at("bond0").info.allmulti = 1;
  lab.time.pass(std::chrono::milliseconds(2050));
  EXPECT_TRUE(takes_all());
  lab.kernel.at("bond0").info.allmulti = 0;
  lab.time.pass(std::chrono::milliseconds(2050));
  EXPECT_FALSE(takes_all());
}

TEST(News, ANewVlanOnABackupDoesNotInheritThatArpIsOff) {
  PairLab lab;
  ASSERT_NE(lab.kernel.at("eth1").info.flags & IFF_NOARP, 0U);
  lab.kernel.add_nic("eth1.23", 91);
  auto& vlan = lab.kernel.at("eth1.23").info;
  vlan.kind = "vlan";
  vlan.lower = lab.kernel.at("eth1").info.ifindex;
  vlan.vlan = wire::VlanTag{.id = 23};
  vlan.flags |= IFF_NOARP;
  lab.hands().tell_of("eth1.23");
  EXPECT_EQ(vlan.flags & IFF_NOARP, 0U);
  vlan.flags |= IFF_NOARP;  // somebody wants it so
  lab.hands().tell_of("eth1.23");
  EXPECT_NE(vlan.flags & IFF_NOARP, 0U);
}

TEST(News, TheBondSendsNoLargerPiecesThanItsSlavesTake) {
  PairLab lab;
  const auto pieces = [&] { return lab.kernel.at("bond0").info.gso; };
  EXPECT_EQ(pieces(), os::GsoLimits{});
  lab.kernel.add_nic("eth2", 4).info.gso = {.size = 30000, .segments = 64};
  ASSERT_EQ(lab.enslave("bond0", {"eth2"}), "");
  EXPECT_EQ(pieces(), (os::GsoLimits{.size = 30000, .segments = 64}));
  lab.kernel.at("eth1").info.gso.size = 20000;
  lab.hands().tell_of("eth1");
  EXPECT_EQ(pieces(), (os::GsoLimits{.size = 20000, .segments = 64}));
  ASSERT_EQ(lab.release("bond0", {"eth1", "eth2"}), "");
  EXPECT_EQ(pieces(), os::GsoLimits{});
}

TEST(News, ASlaveMergesNothingWhileItIsOne) {
  PairLab lab;
  lab.kernel.add_nic("eth2", 4).lro = true;
  ASSERT_EQ(lab.enslave("bond0", {"eth2"}), "");
  EXPECT_FALSE(lab.kernel.at("eth2").lro);
  lab.kill();
  lab.start();
  ASSERT_EQ(lab.release("bond0", {"eth2"}), "");
  EXPECT_TRUE(lab.kernel.at("eth2").lro);
}

TEST(News, ABondWhoseInterfaceCannotBeFollowedLeavesNothingBehind) {
  PairLab lab;
  auto upper = lab.kernel.at("bond0").info;
  lab.kernel.links.erase(upper.ifindex);
  upper.new_netnsid = 1;
  lab.hands().tell({.events = {os::LinkGone{upper}}, .overrun = false});
  EXPECT_EQ(lab.kernel.find("ebl101"), nullptr);
  EXPECT_FALSE(lab.kernel.at("eth0").rx);
  EXPECT_TRUE(lab.kernel.pins.empty());
}

TEST(News, ABondThatIsDeletedByHandGivesItsSlavesBack) {
  PairLab lab;
  const auto upper = lab.kernel.at("bond0").info;
  lab.kernel.remove(upper.ifindex);
  lab.hands().tell({.events = {os::LinkGone{upper}}, .overrun = false});
  EXPECT_EQ(lab.show("bond0").status.name, "");
  EXPECT_EQ(lab.kernel.at("eth1").addresses.size(), 1U);
  EXPECT_TRUE(lab.files().files.empty());
}

TEST(News, ASlaveThatWentToAnotherNamespaceGetsItsMacBackThere) {
  PairLab lab;
  FakeKernel elsewhere;
  auto moved = lab.kernel.at("eth1");
  const auto own = *moved.info.permanent_mac;
  lab.kernel.links.erase(os::IfIndex(3));
  auto there = moved;
  there.info.ifindex = os::IfIndex(12);
  elsewhere.links.emplace(os::IfIndex(12), there);
  lab.hands().elsewhere = &elsewhere;
  moved.info.new_netnsid = 1;
  moved.info.new_ifindex = os::IfIndex(12);
  lab.hands().tell({.events = {os::LinkGone{moved.info}}, .overrun = false});
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  EXPECT_EQ(elsewhere.at("eth1").info.mac, own);
}

TEST(News, AReturnedSlaveHasTheOptionsItHad) {
  PairLab lab;
  ASSERT_EQ(lab.set_slave("eth1", {{"prio", "7"}, {"queue_id", "3"}}), "");
  const auto link = lab.kernel.at("eth1").info;
  lab.kernel.remove(os::IfIndex(3));
  lab.hands().tell({.events = {os::LinkGone{link}}, .overrun = false});
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  lab.kernel.add_nic("eth1", 3);
  lab.hands().tell_of("eth1");
  ASSERT_EQ(lab.slaves("bond0"), "eth0 eth1");
  EXPECT_EQ(lab.show("bond0").status.slaves.at(1).options.prio, 7);
  EXPECT_EQ(lab.show("bond0").status.slaves.at(1).options.queue_id, 3);
  EXPECT_TRUE(lab.has_event("returned eth1"));
  // What came back by itself may be asked for once more.
  EXPECT_EQ(lab.enslave("bond0", {"eth1"}), "");
}

TEST(News, AnAbsentSlaveCanBeReleased) {
  PairLab lab;
  const auto link = lab.kernel.at("eth1").info;
  lab.kernel.remove(os::IfIndex(3));
  lab.hands().tell({.events = {os::LinkGone{link}}, .overrun = false});
  EXPECT_EQ(lab.release("bond0", {"eth1"}), "");
  lab.kernel.add_nic("eth1", 3);
  lab.hands().tell_of("eth1");
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
}

TEST(News, AnOverrunHasEverythingLookedAtAnew) {
  PairLab lab;
  lab.kernel.at("bond0").info.mtu = 1400;
  lab.kernel.remove(os::IfIndex(3));
  lab.hands().tell({.events = {}, .overrun = true});
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  EXPECT_EQ(lab.kernel.at("eth0").info.mtu, 1400U);
}

TEST(News, AProgramThatOthersTookAwayIsPutBack) {
  PairLab lab;
  lab.kernel.at("eth0").rx.reset();
  lab.hands().tell({.events = {os::FiltersChanged{os::IfIndex(2)}}, .overrun = false});
  EXPECT_TRUE(lab.kernel.at("eth0").rx);
  EXPECT_TRUE(lab.has_event("warning eth0 its program was gone and is put back"));
}

TEST(News, AProgramThatOthersTookAwayIsToldWithWhomTheKernelNames) {
  PairLab lab;
  for (const auto& [port, who] :
       {std::pair{4711U, "netlink port 4711, tc"}, std::pair{12U, "netlink port 12"}}) {
    lab.kernel.at("eth0").rx.reset();
    lab.hands().tell({.events = {os::FiltersChanged{os::IfIndex(2), port}}, .overrun = false});
    EXPECT_TRUE(lab.has_event(
        fmt::format("warning eth0 its program was gone and is put back ({} changed filters)", who)));
  }
}

TEST(News, AVlanOnASlaveKeepsItsFrames) {
  PairLab lab;
  auto& vlan = lab.kernel.add("eth0.5", 40, "vlan").info;
  vlan.lower = os::IfIndex(2);
  vlan.vlan = wire::VlanTag{.protocol = 0x8100, .id = 5};
  lab.hands().tell_of("eth0.5");
  EXPECT_EQ(lab.kernel.at("eth0").own_vlans, 1U);
  const auto gone = vlan;
  lab.kernel.remove(os::IfIndex(40));
  lab.hands().tell({.events = {os::LinkGone{gone}}, .overrun = false});
  EXPECT_EQ(lab.kernel.at("eth0").own_vlans, 0U);
}

TEST(News, ANamespaceThatNobodyHoldsIsGivenUpWithItsBonds) {
  PairLab lab;
  lab.kernel.label = lab.kernel.where.to_string();
  lab.namespace_is_used = false;
  lab.names_changed();
  EXPECT_EQ(lab.show("bond0").status.name, "");
  EXPECT_TRUE(lab.files().files.empty());
  // Cards go on to the initial one.
  EXPECT_EQ(lab.kernel.at("eth1").info.mac, lab.kernel.at("eth1").info.permanent_mac);
}

TEST(News, ANamespaceIsNotGivenUpOnTheWordOfACallThatFailed) {
  for (const auto* call : {"label", "is it used"}) {
    PairLab lab;
    lab.kernel.label = lab.kernel.where.to_string();
    lab.namespace_is_used = false;
    lab.script.refuse(call, EMFILE);
    lab.names_changed();
    EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1") << call;
  }
  // Nor if it fails at the second time alone.
  PairLab lab;
  lab.kernel.label = lab.kernel.where.to_string();
  lab.namespace_is_used = false;
  lab.script.start();
  lab.script.fail_at(2, EMFILE);
  lab.names_changed();
  EXPECT_EQ(lab.script.failed(), "is it used");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(News, ANamespacesNewNameMovesProcTexts) {
  PairLab lab;
  lab.kernel.label = "web";
  lab.names_changed();
  EXPECT_TRUE(lab.files().files.contains("/run/ebond/netns/web/proc/bond0"));
  EXPECT_FALSE(lab.files().files.contains("/run/ebond/proc/bond0"));
}

TEST(News, AnAddressOnTheBondChangesTheWayToATarget) {
  PairLab lab;
  const wire::Ipv4Address own{192, 0, 2, 1};
  ASSERT_EQ(lab.set("bond0", {{"arp_interval", "100"}, {"arp_ip_target", "192.0.2.254"}}), "");
  lab.kernel.at("bond0").addresses.push_back({.ifindex = lab.upper(), .local = own, .prefix_length = 24});
  lab.hands().next_hops["192.0.2.254"] = {
      .ifindex = lab.upper(), .gateway = {}, .source = os::IpAddress(own)};
  lab.hands().tell_of("bond0");
  lab.hands().tell(
      {.events = {os::AddressChanged{.added = true, .address = lab.kernel.at("bond0").addresses.at(0)}},
       .overrun = false});
  lab.script.start();
  lab.time.pass(std::chrono::milliseconds(150));
  EXPECT_TRUE(lab.script.place("send out of eth0"));
}

TEST(News, FramesOfASlaveReachTheCore) {
  World world;
  world.kernel.add_nic("eth0", 2);
  world.start();
  ASSERT_EQ(world.add("bond0", {{"mode", "802.3ad"}}), "");
  ASSERT_EQ(world.enslave("bond0", {"eth0"}), "");
  world.hands().hear(os::IfIndex(2), wire::Bytes(60));  // means nothing; nothing happens
  EXPECT_EQ(world.slaves("bond0"), "eth0");
}

TEST(Errors, KeepTheirKind) {
  EXPECT_EQ(to_control(os::Error{ENODEV, "x"}).kind, control::Error::Kind::no_such_interface);
  EXPECT_EQ(to_control(os::Error{EEXIST, "x"}).kind, control::Error::Kind::conflict);
  EXPECT_EQ(to_control(os::Error{EPERM, "x"}).kind, control::Error::Kind::permission);
  EXPECT_EQ(to_control(os::Error{EOPNOTSUPP, "x"}).kind, control::Error::Kind::unsupported);
  EXPECT_EQ(to_control(os::Error{EIO, "x"}).kind, control::Error::Kind::system);
  EXPECT_EQ(to_control(core::Refusal{core::Refusal::Kind::not_now, "x", {}}).kind,
            control::Error::Kind::not_now);
}

}  // namespace
}  // namespace ebond::daemon
