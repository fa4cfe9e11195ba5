// What others do to a bond's device behind the daemon's back, seen and put right.
#include <gtest/gtest.h>
#include <net/if.h>

#include <algorithm>

#include "world.h"

namespace ebond::daemon {
namespace {

struct MendingLab : World {
  MendingLab() {
    kernel.add_nic("eth0", 2);
    start();
    EXPECT_EQ(add("bond0"), "");
    EXPECT_EQ(enslave("bond0", {"eth0"}), "");
    kernel.at("bond0").info.flags |= IFF_UP;
    hands().tell_of("bond0");
    EXPECT_TRUE(lower().is_up());
    events.clear();
  }
  os::LinkInfo& lower() { return kernel.at("ebl101").info; }
};

TEST(LowerHalf, ThatIsSetDownIsSetUpAgain) {
  MendingLab lab;
  lab.lower().flags &= ~static_cast<std::uint32_t>(IFF_UP);
  lab.hands().tell_of("ebl101");
  EXPECT_TRUE(lab.lower().is_up());
  EXPECT_TRUE(lab.has_event("warning  its lower half was set down, and is put right"));
  // And so by a daemon that finds it down.
  lab.kill();
  lab.lower().flags &= ~static_cast<std::uint32_t>(IFF_UP);
  lab.start();
  EXPECT_TRUE(lab.lower().is_up());
}

TEST(LowerHalf, OfABondWithoutCarrierIsNotSetUpByOthers) {
  MendingLab lab;
  lab.kernel.at("eth0").nic.carrier = false;
  lab.hands().tell_of("eth0");
  ASSERT_FALSE(lab.lower().is_up());
  lab.lower().flags |= IFF_UP;
  lab.hands().tell_of("ebl101");
  EXPECT_FALSE(lab.lower().is_up());
}

TEST(LowerHalf, KeepsTheBondsMtuAndItsSilence) {
  MendingLab lab;
  lab.lower().mtu = 1000;
  lab.lower().flags &= ~static_cast<std::uint32_t>(IFF_NOARP);
  lab.hands().tell_of("ebl101");
  EXPECT_EQ(lab.lower().mtu, 1500U);
  EXPECT_TRUE(lab.lower().noarp());
  EXPECT_TRUE(lab.has_event("warning  its lower half got MTU 1000"));
}

TEST(LowerHalf, IsNotTouchedForNewsOfTheDaemonsOwnDoing) {
  MendingLab lab;
  const auto news = lab.kernel.at("ebl101").as_told();
  lab.kernel.at("eth0").nic.carrier = false;
  lab.hands().tell_of("eth0");
  lab.events.clear();
  lab.hands().tell({.events = {os::LinkChanged{news}}, .overrun = false});  // from before
  EXPECT_FALSE(lab.lower().is_up());
  EXPECT_TRUE(lab.events.empty());
}

// What is taken from under the daemon's feet

std::filesystem::path only_state_file(World& world) {
  for (const auto& [file, text] : world.files().files) {
    if (file.extension() == ".json") return file;
  }
  return {};
}

TEST(StateFile, ThatOthersRemoveOrChangeIsThereAgainWithinASecond) {
  MendingLab lab;
  const auto file = only_state_file(lab);
  const auto text = lab.files().files.at(file);
  lab.time.pass(std::chrono::seconds(2));
  EXPECT_TRUE(lab.events.empty());
  lab.files().files.erase(file);
  lab.time.pass(std::chrono::seconds(1));
  EXPECT_EQ(lab.files().files[file], text);
  EXPECT_TRUE(lab.has_event("warning  its state file was removed or changed"));
  lab.files().files[file] = "{}";
  lab.time.pass(std::chrono::seconds(1));
  EXPECT_EQ(lab.files().files[file], text);
}

TEST(StateFile, ThatCannotBeReadIsNotTakenForLost) {
  MendingLab lab;
  lab.script.refuse("read /run/ebond/state", EMFILE);
  lab.time.pass(std::chrono::seconds(2));
  EXPECT_TRUE(lab.events.empty());
}

TEST(PinsOfABond, ThatOthersRemoveAreThereAgainWithinASecond) {
  MendingLab lab;
  lab.kernel.pins.clear();
  lab.time.pass(std::chrono::seconds(1));
  EXPECT_EQ(lab.kernel.pins.size(), 1U);
  EXPECT_TRUE(lab.has_event("warning  its maps were unpinned"));
}

TEST(PinsOfABond, ThatIsBeingDeletedAreNotMadeAgain) {
  MendingLab lab;
  lab.script.refuse("delete bond0", EBUSY);
  EXPECT_NE(lab.del("bond0"), "");
  lab.kernel.pins.clear();
  lab.time.pass(std::chrono::milliseconds(1500));
  EXPECT_TRUE(lab.kernel.pins.empty());
  lab.script.refuse("", 0);
  lab.time.pass(std::chrono::seconds(20));
  EXPECT_TRUE(lab.kernel.pins.empty());
}

TEST(Slave, ThatIsPutIntoABridgeIsTakenOut) {
  MendingLab lab;
  lab.kernel.add("br0", 30, "bridge");
  lab.kernel.at("eth0").info.master = os::IfIndex(30);
  lab.hands().tell_of("eth0");
  EXPECT_FALSE(lab.kernel.at("eth0").info.master);
  EXPECT_TRUE(lab.has_event("warning eth0 was made a port of another device"));
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
}

// What is set on a slave by hand

/// eth0 is active, eth1 a backup, and no daemon is behind.
struct SlavesLab : MendingLab {
  SlavesLab() {
    kernel.add_nic("eth1", 3);
    EXPECT_EQ(enslave("bond0", {"eth1"}), "");
    EXPECT_EQ(show("bond0").status.active_slave, "eth0");
    healthy = kernel.describe();
    events.clear();
  }
  os::LinkInfo& slave(const std::string& name) { return kernel.at(name).info; }
  std::string healthy;
};

const wire::MacAddress kOther({2, 0, 0, 0, 0x77, 1});

TEST(SlaveSetByHand, MacIsPutBack) {
  for (const auto* name : {"eth0", "eth1"}) {
    SlavesLab lab;
    lab.slave(name).mac = kOther;
    lab.hands().tell_of(name);
    EXPECT_EQ(lab.kernel.describe(), lab.healthy);
    EXPECT_TRUE(lab.has_event(std::string("warning ") + name +
                              " its MAC address was set to 02:00:00:00:77:01, and is "));
    EXPECT_TRUE(lab.show("bond0").undone.empty());
  }
}

TEST(SlaveSetByHand, MacOfFailOverMacActiveIsItsOwn) {
  SlavesLab lab;
  ASSERT_EQ(lab.release("bond0", {"eth0", "eth1"}), "");
  ASSERT_EQ(lab.set("bond0", {{"fail_over_mac", "active"}}), "");
  ASSERT_EQ(lab.enslave("bond0", {"eth0", "eth1"}), "");
  const auto healthy = lab.kernel.describe();
  lab.slave("eth1").mac = kOther;
  lab.hands().tell_of("eth1");
  EXPECT_EQ(lab.kernel.describe(), healthy);
}

TEST(SlaveSetByHand, MtuIsPutBack) {
  SlavesLab lab;
  lab.slave("eth1").mtu = 1000;
  lab.hands().tell_of("eth1");
  EXPECT_EQ(lab.kernel.describe(), lab.healthy);
  EXPECT_TRUE(lab.has_event("warning eth1 its MTU was set to 1000, and is 1500 again"));
}

TEST(SlaveSetByHand, ArpOfABackupIsSwitchedOffAgain) {
  SlavesLab lab;
  lab.slave("eth1").flags &= ~static_cast<std::uint32_t>(IFF_NOARP);
  lab.slave("eth0").flags |= IFF_NOARP;
  for (const auto* name : {"eth0", "eth1"}) lab.hands().tell_of(name);
  lab.time.pass(std::chrono::milliseconds(300));
  EXPECT_EQ(lab.kernel.describe(), lab.healthy);
}

TEST(SlaveSetByHand, IsPutBackByADaemonThatFindsItSo) {
  SlavesLab lab;
  lab.kill();
  lab.slave("eth0").mtu = 1000;
  lab.slave("eth1").mac = kOther;
  lab.start();
  EXPECT_EQ(lab.kernel.describe(), lab.healthy);
}

TEST(SlaveSetByHand, IsShownForAsLongAsItCannotBePutBack) {
  SlavesLab lab;
  lab.slave("eth0").mac = kOther;
  lab.script.refuse("set mac of eth0", EIO);
  lab.hands().tell_of("eth0");
  ASSERT_EQ(lab.show("bond0").undone.size(), 1U);
  EXPECT_TRUE(lab.show("bond0").undone[0].starts_with("cannot set the MAC address of eth0: "));
  lab.time.pass(std::chrono::seconds(30));
  EXPECT_EQ(lab.events.size(), 1U) << "said once, however often it is tried";
  lab.script.refuse("", 0);
  lab.time.pass(std::chrono::seconds(11));
  EXPECT_TRUE(lab.show("bond0").undone.empty());
  EXPECT_EQ(lab.kernel.describe(), lab.healthy);
}

TEST(SlaveSetByHand, AgainAndAgainIsAnsweredSomeTimesASecond) {
  SlavesLab lab;
  lab.script.start();
  for (int i = 0; i < 1000; ++i) {
    lab.slave("eth1").mtu = 1000;
    lab.hands().tell_of("eth1");
    lab.time.pass(std::chrono::milliseconds(1));
  }
  const auto mendings = std::ranges::count_if(
      lab.script.lines(), [](const auto& line) { return line == "set mtu of eth1 to 1500"; });
  EXPECT_LE(mendings, 6);
  lab.time.pass(std::chrono::milliseconds(200));
  EXPECT_EQ(lab.kernel.describe(), lab.healthy);
}

TEST(SlaveSetByHand, IsNotTouchedForNewsOfTheDaemonsOwnDoing) {
  SlavesLab lab;
  const auto backup = lab.kernel.at("eth1").as_told();
  ASSERT_EQ(lab.set("bond0", {{"active_slave", "eth1"}}), "");
  lab.events.clear();
  lab.script.start();
  lab.hands().tell({.events = {os::LinkChanged{backup}}, .overrun = false});  // from before
  EXPECT_TRUE(lab.events.empty());
  EXPECT_TRUE(lab.script.lines().empty());
}

TEST(Overrun, OfWhichNotEverythingCanBeLookedAtIsLookedAtAgain) {
  SlavesLab lab;
  lab.kernel.remove(os::IfIndex(3));
  lab.script.start();
  lab.script.fail_from(0, ENOBUFS);
  lab.hands().tell({.events = {}, .overrun = true});
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  EXPECT_FALSE(lab.show("bond0").undone.empty());
  lab.script.start();
  lab.time.pass(std::chrono::milliseconds(200));
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  EXPECT_TRUE(lab.show("bond0").undone.empty());
}

TEST(Overrun, HasWhatOthersSetMeanwhilePutBack) {
  SlavesLab lab;
  lab.slave("eth0").mtu = 1000;
  lab.slave("eth1").mac = kOther;
  lab.kernel.at("eth1").rx.reset();
  lab.lower().flags &= ~static_cast<std::uint32_t>(IFF_UP);
  lab.hands().tell({.events = {}, .overrun = true});
  EXPECT_EQ(lab.kernel.describe(), lab.healthy);
}

TEST(Overrun, OfABondThatIsGoneAndOfWhichASlaveCannotBeGivenBackEndsLater) {
  SlavesLab lab;
  lab.script.start();
  lab.script.refuse("detach rx from eth0", ENOMEM);
  lab.kernel.remove(lab.kernel.at("bond0").info.ifindex);
  lab.hands().tell({.events = {}, .overrun = true});
  EXPECT_NE(lab.set("bond0", {{"miimon", "50"}}), "");
  lab.script.refuse("", 0);
  lab.time.pass(std::chrono::seconds(1));
  EXPECT_EQ(lab.show("bond0").status.name, "");
  EXPECT_FALSE(lab.kernel.at("eth0").rx);
  EXPECT_EQ(lab.kernel.at("eth0").addresses.size(), 1U);
  EXPECT_TRUE(lab.files().files.empty());
}

TEST(Slave, ThatWasRenamedGetsItsAddressesBackUnderItsNewName) {
  MendingLab lab;
  lab.kernel.at("eth0").info.name = "lan0";
  lab.hands().tell_of("lan0");
  EXPECT_EQ(lab.release("bond0", {"lan0"}), "");
  ASSERT_EQ(lab.kernel.at("lan0").addresses.size(), 1U);
  EXPECT_EQ(lab.kernel.at("lan0").addresses[0].label, "lan0");
}

TEST(Overrun, ShowsThatTheBondsDeviceIsGone) {
  MendingLab lab;
  const auto addresses = lab.kernel.at("eth0").addresses.size();
  lab.kernel.remove(lab.kernel.at("bond0").info.ifindex);
  lab.hands().tell({.events = {}, .overrun = true});
  EXPECT_EQ(lab.show("bond0").status.name, "");
  EXPECT_EQ(lab.kernel.at("eth0").addresses.size(), addresses + 1);
  EXPECT_FALSE(lab.kernel.at("eth0").rx);
  EXPECT_TRUE(lab.files().files.empty());
}

TEST(Overrun, ShowsThatAnotherInterfaceHasASlavesNumber) {
  MendingLab lab;
  lab.kernel.remove(os::IfIndex(2));
  lab.kernel.add_nic("eth7", 2).info.permanent_mac = *wire::MacAddress::parse("02:00:00:00:aa:07");
  lab.hands().tell({.events = {}, .overrun = true});
  EXPECT_EQ(lab.slaves("bond0"), "");
  EXPECT_EQ(lab.kernel.at("eth7").addresses.size(), 1U);
}

}  // namespace
}  // namespace ebond::daemon
