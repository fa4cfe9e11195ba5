// What a daemon finds under the numbers that its state file names may be somebody else's by then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace ebond::daemon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// bond0 with eth0, a NIC, and veth1, which has no permanent MAC. Its daemon has died.
struct IdentityLab : World {
  IdentityLab() {
    kernel.add_nic("eth0", 2);
    kernel.add_nic("veth1", 3).info.permanent_mac.reset();
    start();
    EXPECT_EQ(add("bond0"), "");
    EXPECT_EQ(enslave("bond0", {"eth0", "veth1"}), "");
    kill();
  }
  /// Everything there is, made again by somebody else under the same numbers.
  void replace_all() {
    kernel.links.clear();
    kernel.add_nic("v0", 2).info.permanent_mac = *wire::MacAddress::parse("02:00:00:00:aa:02");
    auto& other = kernel.add_nic("v1", 3);
    other.info.permanent_mac.reset();
    other.info.mac = *wire::MacAddress::parse("02:00:00:00:aa:03");
    kernel.add("x0", 100, "veth").info.lower = os::IfIndex(101);
    auto& lower = kernel.add("ebl0", 101, "veth").info;
    lower.lower = os::IfIndex(100);
    lower.alias = "lower half of x0, 77 (ebond)";
  }
  void expect_strangers_untouched() {
    IdentityLab undisturbed;
    undisturbed.replace_all();
    undisturbed.kernel.pins.clear();
    start();
    EXPECT_EQ(kernel.describe(), undisturbed.kernel.describe());
    EXPECT_THAT(files().files, IsEmpty());
    EXPECT_EQ(show("bond0").status.name, "");
  }
};

TEST(Strangers, InANamespaceWithTheSameNumberAreNotTouched) {
  IdentityLab lab;
  lab.kernel.cookie = 6;
  lab.replace_all();
  lab.expect_strangers_untouched();
}

TEST(Identity, CardsThatTheKernelSentOnWhenTheirNamespaceEndedGetTheirOwnMacBack) {
  World lab;
  lab.kernel.add_nic("eth0", 2);
  auto& nic = lab.kernel.add_nic("eth1", 3);
  nic.info.mtu = 1400;
  const auto own = nic.info.mac;
  auto& initial = lab.namespaces.make("initial", "", lab.kernel);
  lab.initial_netns = initial.where;
  lab.start();
  ASSERT_EQ(lab.add("bond0"), "");
  ASSERT_EQ(lab.enslave("bond0", {"eth0", "eth1"}), "");
  lab.kill();
  ASSERT_NE(lab.kernel.at("eth1").info.mac, own);
  FakeNamespaces::move(lab.kernel, os::IfIndex(3), initial, os::IfIndex(3));
  lab.kernel.links.clear();
  lab.kernel.cookie = 6;
  lab.start();
  EXPECT_EQ(initial.at("eth1").info.mac, own);
  EXPECT_EQ(initial.at("eth1").info.mtu, 1400U);
  EXPECT_FALSE(initial.at("eth1").info.is_up());
  EXPECT_THAT(lab.files().files, IsEmpty());
}

TEST(Strangers, OfAnotherBootAreNotTouched) {
  IdentityLab lab;
  lab.kernel.boot_id = "the next one";
  lab.replace_all();
  lab.expect_strangers_untouched();
}

TEST(Strangers, WithTheNumbersOfPairAndSlavesAreNotTouched) {
  IdentityLab lab;
  lab.replace_all();
  lab.expect_strangers_untouched();
}

TEST(Strangers, AreToldFromABondOfAnOlderEbond) {
  IdentityLab lab;
  lab.kernel.at("ebl101").info.alias = "lower half of bond0 (ebond)";
  for (auto& [file, text] : lab.files().files) {
    const auto at = text.find("\"cookie\"");
    if (at != std::string::npos) text.replace(at, text.find('\n', at) - at, "\"cookie\": \"\",");
  }
  lab.start();
  EXPECT_EQ(lab.slaves("bond0"), "eth0 veth1");
}

TEST(Strangers, InThePlaceOfTheBondKeepTheirsAndItsSlavesGetTheirs) {
  IdentityLab lab;
  lab.kernel.at("ebl101").info.alias = "lower half of x0, 77 (ebond)";
  const auto mac = *lab.kernel.at("eth0").info.permanent_mac;
  lab.start();
  EXPECT_NE(lab.kernel.find("bond0"), nullptr);
  EXPECT_NE(lab.kernel.find("ebl101"), nullptr);
  EXPECT_EQ(lab.show("bond0").status.name, "");
  EXPECT_EQ(lab.kernel.at("eth0").info.mac, mac);
  EXPECT_EQ(lab.kernel.at("veth1").addresses.size(), 1U);
}

TEST(Strangers, WithTheNumberOfASlaveAreNoSlave) {
  for (const auto* slave : {"eth0", "veth1"}) {
    IdentityLab lab;
    const auto card = lab.kernel.at(slave).info;
    lab.kernel.remove(card.ifindex);
    auto& other = lab.kernel.add_nic("other", std::to_underlying(card.ifindex));
    other.info.mac = *wire::MacAddress::parse("02:00:00:00:aa:09");
    if (card.permanent_mac) other.info.permanent_mac = other.info.mac;
    lab.start();
    SCOPED_TRACE(slave);
    EXPECT_THAT(lab.slaves("bond0"), testing::Not(HasSubstr(slave)));
    EXPECT_THAT(lab.slaves("bond0"), testing::Not(HasSubstr("other")));
    EXPECT_EQ(lab.kernel.at("other").addresses.size(), 1U);
    EXPECT_FALSE(lab.kernel.at("other").rx);
    EXPECT_EQ(lab.kernel.at("other").info.mac.to_string(), "02:00:00:00:aa:09");
    // The one that is gone is waited for.
    auto& back = lab.kernel.add_nic(slave, 30);
    back.info.permanent_mac = card.permanent_mac;
    lab.hands().tell_of(slave);
    EXPECT_THAT(lab.slaves("bond0"), HasSubstr(slave));
    EXPECT_EQ(lab.del("bond0"), "");
    EXPECT_EQ(lab.kernel.at("other").addresses.size(), 1U);
  }
}

TEST(Halves, OfWhichOneWasMovedAwayGoWhileNoDaemonRuns) {
  IdentityLab lab;
  lab.kernel.links.erase(os::IfIndex(101));
  lab.kernel.at("bond0").info.lower_netnsid = 4;
  lab.kernel.at("bond0").info.lower = os::IfIndex(7);
  lab.start();
  EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
  EXPECT_EQ(lab.kernel.at("eth0").addresses.size(), 1U);
  EXPECT_THAT(lab.files().files, IsEmpty());

  IdentityLab other;
  other.kernel.links.erase(os::IfIndex(100));
  other.start();
  EXPECT_EQ(other.kernel.find("ebl101"), nullptr);
  EXPECT_EQ(other.kernel.at("eth0").addresses.size(), 1U);
}

TEST(Halves, OfWhichOneIsMovedAwayGo) {
  for (const auto* moved : {"bond0", "ebl101"}) {
    IdentityLab lab;
    lab.start();
    const auto link = lab.kernel.at(moved).info;
    lab.kernel.links.erase(link.ifindex);
    lab.hands().tell({.events = {os::LinkGone{link}}, .overrun = false});
    EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
    EXPECT_EQ(lab.kernel.find("ebl101"), nullptr);
    EXPECT_EQ(lab.kernel.at("eth0").addresses.size(), 1U);
    EXPECT_TRUE(lab.has_event("deleted  half of the interface was moved"));
  }
}

TEST(Slaves, ThatCannotBeLookedAtAreNotGone) {
  IdentityLab lab;
  lab.kernel.at("veth1").info.mac = *wire::MacAddress::parse("02:00:00:00:aa:09");
  lab.start_refusing("programs on veth1", EMFILE);
  EXPECT_EQ(lab.slaves("bond0"), "eth0 veth1");
  lab.time.pass(std::chrono::milliseconds(500));
  EXPECT_EQ(lab.slaves("bond0"), "eth0 veth1");
  EXPECT_EQ(lab.kernel.at("veth1").info.mac, lab.kernel.at("bond0").info.mac);
  EXPECT_TRUE(lab.show("bond0").undone.empty());
}

TEST(Births, AreUndoneWhereTheyWereAndNowhereElse) {
  IdentityLab lab;
  lab.replace_all();
  lab.files().files.clear();
  lab.files().files["/run/ebond/state/4026531840-x0.adding"] = "4 4026531840 x0 12 5\n";
  lab.start();
  EXPECT_NE(lab.kernel.find("x0"), nullptr) << "another cookie";
  lab.kill();
  lab.files().files["/run/ebond/state/4026531840-x0.adding"] = "4 4026531840 x0 77 4\n";
  lab.start();
  EXPECT_NE(lab.kernel.find("x0"), nullptr) << "another namespace";
  lab.kill();
  lab.files().files["/run/ebond/state/4026531840-x0.adding"] = "4 4026531840 x0 77 5\n";
  lab.start();
  EXPECT_EQ(lab.kernel.find("x0"), nullptr);
}

}  // namespace
}  // namespace ebond::daemon
