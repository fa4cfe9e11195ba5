// What slaves' cards are told to let in: nothing is left in one by a daemon that dies, and nothing of
// somebody else's is taken back.
#include <gtest/gtest.h>

#include "world.h"

namespace ebond::daemon {
namespace {

using std::chrono_literals::operator""ms;

const auto kGuest = *wire::MacAddress::parse("00:00:5e:00:53:71");
const auto kGroup = *wire::MacAddress::parse("01:00:5e:00:00:fb");

struct CardLab : World {
  CardLab() {
    kernel.add_nic("eth0", 2);
    kernel.add_nic("eth1", 3);
    start();
    EXPECT_EQ(add("bond0"), "");
    EXPECT_EQ(enslave("bond0", {"eth0"}), "");
  }
  /// A macvlan on bond0, and a group that it listens to.
  void put_on_bond() {
    kernel.at("bond0").taken = {kGuest};
    kernel.at("bond0").groups = {kGroup};
    look();
  }
  void take_from_bond() {
    kernel.at("bond0").taken.clear();
    kernel.at("bond0").groups.clear();
  }
  void look() {
    hands().change_groups();
    time.pass(250ms);
  }
  bool lets_in(const std::string& card) {
    return kernel.at(card).taken.contains(kGuest) && kernel.at(card).groups.contains(kGroup);
  }
  bool lets_nothing_in(const std::string& card) {
    return kernel.at(card).taken.empty() && kernel.at(card).groups.empty();
  }
};

TEST(CardFilters, AreNotedBeforeACardIsToldSoThatADaemonThatDiesLeavesNothing) {
  CardLab counted;
  counted.script.start();
  counted.put_on_bond();
  ASSERT_TRUE(counted.lets_in("eth0"));
  for (std::size_t step = 0; step < counted.script.steps(); ++step) {
    CardLab lab;
    lab.die_in(step, [&] { lab.put_on_bond(); });
    SCOPED_TRACE("killed at step " + std::to_string(step) + ": " + lab.script.failed());
    lab.take_from_bond();
    lab.start();
    lab.look();
    EXPECT_TRUE(lab.lets_nothing_in("eth0"));
  }
}

TEST(CardFilters, AreBroughtToWhatIsWantedByTheNextDaemonWhereverTheOneBeforeDied) {
  CardLab counted;
  counted.script.start();
  counted.put_on_bond();
  for (std::size_t step = 0; step < counted.script.steps(); ++step) {
    CardLab lab;
    lab.die_in(step, [&] { lab.put_on_bond(); });
    SCOPED_TRACE("killed at step " + std::to_string(step) + ": " + lab.script.failed());
    lab.start();
    lab.look();
    EXPECT_TRUE(lab.lets_in("eth0"));
    ASSERT_EQ(lab.release("bond0", {"eth0"}), "");
    EXPECT_TRUE(lab.lets_nothing_in("eth0"));
  }
}

TEST(CardFilters, OfAnEnslavingThatWasCutShortAreTakenBack) {
  CardLab counted;
  counted.put_on_bond();
  counted.script.start();
  ASSERT_EQ(counted.enslave("bond0", {"eth1"}), "");
  ASSERT_TRUE(counted.lets_in("eth1"));
  for (std::size_t step = 0; step < counted.script.steps(); ++step) {
    CardLab lab;
    lab.put_on_bond();
    lab.die_in(step, [&] { (void)lab.enslave("bond0", {"eth1"}); });
    SCOPED_TRACE("killed at step " + std::to_string(step) + ": " + lab.script.failed());
    lab.start();
    lab.look();
    const bool is_slave = lab.slaves("bond0") == "eth0 eth1";
    EXPECT_TRUE(is_slave ? lab.lets_in("eth1") : lab.lets_nothing_in("eth1"));
  }
}

TEST(CardFilters, AreLeftAsTheyAreUntilADaemonThatIsNewHasSeenWhatStandsOnTheBond) {
  CardLab lab;
  lab.put_on_bond();
  lab.kill();
  lab.script.start();
  lab.start_daemon();
  EXPECT_TRUE(lab.lets_in("eth0"));
  EXPECT_FALSE(lab.script.place("remove group"));
}

TEST(CardFilters, AreBroughtToTheGroupsThatWereJoinedMeanwhileAtOnce) {
  CardLab lab;
  lab.kill();
  lab.kernel.at("bond0").groups = {kGroup};
  lab.start();
  EXPECT_TRUE(lab.kernel.at("eth0").groups.contains(kGroup));
}

TEST(CardFilters, OfSomebodyElsesAreNotTakenBack) {
  CardLab lab;
  lab.kernel.at("eth0").taken = {kGuest};
  lab.put_on_bond();
  EXPECT_FALSE(lab.show("bond0").told.at(0).unicast.contains(kGuest));
  ASSERT_EQ(lab.release("bond0", {"eth0"}), "");
  EXPECT_TRUE(lab.kernel.at("eth0").taken.contains(kGuest));
  EXPECT_TRUE(lab.kernel.at("eth0").groups.empty());
}

TEST(CardFilters, AreShownWithTheSlave) {
  CardLab lab;
  lab.put_on_bond();
  const core::ReceiveFilter told{.vlans = {}, .unicast = {kGuest}, .multicast = {kGroup}};
  EXPECT_EQ(lab.show("bond0").told.at(0), told);
}

}  // namespace
}  // namespace ebond::daemon
