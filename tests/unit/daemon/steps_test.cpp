// The order of the daemon's steps, and what is left when one of them fails: each command, each step, counted
// and then failed in turn.
#include <gtest/gtest.h>

#include <functional>

#include "world.h"

namespace ebond::daemon {
namespace {

/// bond0 with eth0, and eth1 beside it.
struct StepsLab : World {
  StepsLab() {
    kernel.add_nic("eth0", 2);
    kernel.add_nic("eth1", 3);
    start();
    EXPECT_EQ(add("bond0"), "");
    kernel.at("bond0").info.flags |= 1U;  // ip link set bond0 up
    EXPECT_EQ(enslave("bond0", {"eth0"}), "");
  }
};

void expect_in_order(const Script& script, const std::vector<std::string>& beginnings) {
  std::size_t from = 0;
  for (const auto& beginning : beginnings) {
    bool found = false;
    for (; from < script.lines().size() && !found; ++from)
      found = script.lines()[from].starts_with(beginning);
    std::string all;
    for (const auto& line : script.lines()) all += line + "\n";
    ASSERT_TRUE(found) << "'" << beginning << "' does not follow in\n" << all;
  }
}

TEST(Steps, EnslavingGoesInThisOrder) {
  StepsLab lab;
  lab.script.start();
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  expect_in_order(lab.script,
                  {"write /run/ebond/state", "add clsact to eth1", "delete address 192.0.2.3 of eth1",
                   "set ipv6 disable_ipv6 of eth1 to 1", "set mac of eth1", "attach rx to eth1", "watch eth1",
                   "publish", "set eth1 up", "write /run/ebond/state", "write /run/ebond/proc/bond0"});
}

TEST(Steps, TheStateFileTellsOfASlaveBeforeAnythingOfItIsChanged) {
  StepsLab lab;
  lab.script.start();
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  const auto written = lab.script.place("write /run/ebond/state");
  for (const auto* change :
       {"add clsact", "delete address", "set ipv6", "set mac", "set flags", "attach rx", "set eth1 up"}) {
    EXPECT_LT(written, lab.script.place(change)) << change;
  }
}

TEST(Steps, ASlaveIsHeardBeforeItIsUp) {
  StepsLab lab;
  ASSERT_EQ(
      lab.set("bond0", {{"arp_interval", "100"}, {"arp_ip_target", "192.0.2.254"}, {"arp_validate", "all"}}),
      "");
  lab.script.start();
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  ASSERT_TRUE(lab.script.place("hear eth1"));
  EXPECT_LT(lab.script.place("hear eth1"), lab.script.place("set eth1 up"));
}

TEST(Steps, ASlaveThatWasFoundDownIsHeardNoMoreBeforeItIsSetDown) {
  StepsLab lab;
  ASSERT_EQ(
      lab.set("bond0", {{"arp_interval", "100"}, {"arp_ip_target", "192.0.2.254"}, {"arp_validate", "all"}}),
      "");
  lab.kernel.at("eth1").info.flags &= ~1U;  // ip link set eth1 down
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  lab.script.start();
  ASSERT_EQ(lab.release("bond0", {"eth1"}), "");
  expect_in_order(lab.script, {"hear no more of eth1", "set eth1 down"});
}

TEST(Steps, CarriersAreWatchedBeforeTheTableNamesTheSlave) {
  StepsLab lab;
  lab.script.start();
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  ASSERT_TRUE(lab.script.place("watch eth1"));
  EXPECT_LT(lab.script.place("watch eth1"), lab.script.place("publish"));
}

TEST(Steps, ReleasingGoesInThisOrder) {
  StepsLab lab;
  lab.script.start();
  ASSERT_EQ(lab.release("bond0", {"eth0"}), "");
  expect_in_order(lab.script, {"write /run/ebond/state", "publish", "unwatch eth0", "detach rx from eth0",
                               "set ipv6 disable_ipv6 of eth0 to 0", "add address 192.0.2.2 to eth0",
                               "add route 198.51.100.0 by eth0", "write /run/ebond/state"});
}

TEST(Steps, AddingGoesInThisOrder) {
  World world;
  world.start();
  world.script.start();
  ASSERT_EQ(world.add("bond0"), "");
  expect_in_order(world.script,
                  {"write /run/ebond/state/4026531840-bond0.adding", "create bond0",
                   "create programs on ebl101", "write /run/ebond/state/4026531840-100.json",
                   "write /run/ebond/proc/bond0", "remove /run/ebond/state/4026531840-bond0.adding"});
}

TEST(Steps, DeletingGoesInThisOrder) {
  StepsLab lab;
  lab.script.start();
  ASSERT_EQ(lab.del("bond0"), "");
  expect_in_order(
      lab.script,
      {"write /run/ebond/state", "detach rx from eth0", "add address 192.0.2.2 to eth0", "delete bond0",
       "unpin", "remove /run/ebond/proc/bond0", "remove /run/ebond/state/4026531840-100.json"});
}

// A failure at every step

/// Runs `command` in fresh labs, once to count its calls of the system, then with each of them refused in
/// turn. `check` is told what was there before and after a run without failure.
struct Outcome {
  std::string before, after;  ///< of a run without failure
  std::string now;            ///< with one
  std::string failed;         ///< the call that failed
  std::string message;        ///< what the command answered
};
void fail_each_step(const std::function<std::string(StepsLab&)>& command,
                    const std::function<void(StepsLab&, const Outcome&)>& check) {
  Outcome outcome;
  std::size_t steps = 0;
  {
    StepsLab lab;
    outcome.before = lab.describe();
    lab.script.start();
    ASSERT_EQ(command(lab), "");
    steps = lab.script.steps();
    outcome.after = lab.describe();
  }
  ASSERT_GT(steps, 5U);
  for (std::size_t step = 0; step < steps; ++step) {
    StepsLab lab;
    lab.script.start();
    lab.script.fail_at(step);
    outcome.message = command(lab);
    outcome.failed = lab.script.failed();
    outcome.now = lab.describe();
    SCOPED_TRACE("step " + std::to_string(step) + ": " + outcome.failed);
    check(lab, outcome);
  }
}

TEST(StepFailures, AnEnslavingThatIsRefusedHasChangedNothing) {
  fail_each_step([](StepsLab& lab) { return lab.enslave("bond0", {"eth1"}); },
                 [](StepsLab& lab, const Outcome& outcome) {
                   if (outcome.message.empty()) {
                     EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
                   } else {
                     EXPECT_EQ(outcome.now, outcome.before);
                     EXPECT_EQ(lab.slaves("bond0"), "eth0");
                   }
                 });
}

TEST(StepFailures, AReleaseThatCouldNotPutEverythingBackIsFinishedByASecondOne) {
  fail_each_step([](StepsLab& lab) { return lab.release("bond0", {"eth0"}); },
                 [](StepsLab& lab, const Outcome& outcome) {
                   if (outcome.now == outcome.before) {
                     EXPECT_NE(outcome.message, "");
                     EXPECT_EQ(lab.slaves("bond0"), "eth0");
                     return;
                   }
                   EXPECT_EQ(lab.slaves("bond0"), "");
                   lab.script.start();
                   if (!outcome.message.empty()) {
                     EXPECT_EQ(lab.release("bond0", {"eth0"}), "");
                   }
                   lab.time.pass(std::chrono::milliseconds(200));
                   EXPECT_EQ(lab.describe(), outcome.after) << outcome.message;
                 });
}

TEST(StepFailures, AnAddThatIsRefusedLeavesNothing) {
  fail_each_step([](StepsLab& lab) { return lab.add("bond7"); },
                 [](StepsLab& lab, const Outcome& outcome) {
                   if (!outcome.message.empty()) {
                     EXPECT_EQ(outcome.now, outcome.before);
                   } else {
                     EXPECT_EQ(lab.show("bond7").status.name, "bond7");
                   }
                 });
}

TEST(StepFailures, ADelEndsTheBondAtOnceOrSaysThatItIsUnderWayAndEndsItThen) {
  fail_each_step([](StepsLab& lab) { return lab.del("bond0"); },
                 [](StepsLab& lab, const Outcome& outcome) {
                   const bool there = lab.show("bond0").status.name == "bond0";
                   EXPECT_EQ(there, !outcome.message.empty());
                   if (there) {
                     EXPECT_NE(lab.enslave("bond0", {"eth1"}), "");
                   }
                   lab.time.pass(std::chrono::milliseconds(500));
                   EXPECT_EQ(lab.describe(), outcome.after);
                   EXPECT_EQ(lab.show("bond0").status.name, "");
                 });
}

TEST(StepFailures, AnAdoptionTakesTheBondOverOrTouchesNothing) {
  std::size_t steps = 0;
  std::string before;
  {
    StepsLab lab;
    lab.kill();
    before = lab.describe();
    lab.start();
    steps = lab.script.steps();
    ASSERT_EQ(lab.slaves("bond0"), "eth0");
    EXPECT_EQ(lab.describe(), before);
  }
  for (std::size_t step = 0; step < steps; ++step) {
    StepsLab lab;
    lab.kill();
    lab.start(step);
    SCOPED_TRACE("step " + std::to_string(step) + ": " + lab.script.failed());
    EXPECT_EQ(lab.describe(), before);
    const auto bond = lab.show("bond0");
    if (bond.status.name.empty() || !bond.failed.empty()) continue;
    EXPECT_EQ(lab.slaves("bond0"), "eth0");
  }
}

// What one slave refuses

TEST(Refusals, OfAnMtuLeaveTheBondAtTheOneItHad) {
  StepsLab lab;
  lab.kernel.at("eth1").largest_mtu = 1500;
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  lab.kernel.at("bond0").info.mtu = 9000;
  lab.hands().tell_of("bond0");
  for (const auto* name : {"bond0", "eth0", "eth1"}) EXPECT_EQ(lab.kernel.at(name).info.mtu, 1500U) << name;
  EXPECT_TRUE(lab.has_event("warning  cannot take MTU 9000 and stays at 1500"));
}

TEST(Refusals, OfTheBondsMtuByANewSlaveRefuseTheSlave) {
  StepsLab lab;
  lab.kernel.at("eth1").largest_mtu = 1500;
  lab.kernel.at("bond0").info.mtu = 9000;
  lab.hands().tell_of("bond0");
  const auto before = lab.describe();
  EXPECT_NE(lab.enslave("bond0", {"eth1"}), "");
  EXPECT_EQ(lab.describe(), before);
}

TEST(Refusals, OfTheBondsMacRefuseTheSlave) {
  for (const int refusal : {EOPNOTSUPP, EPERM}) {
    StepsLab lab;
    lab.kernel.at("eth1").mac_errno = refusal;
    const auto before = lab.describe();
    EXPECT_NE(lab.enslave("bond0", {"eth1"}), "");
    EXPECT_EQ(lab.describe(), before);
    EXPECT_EQ(lab.slaves("bond0"), "eth0");
  }
}

TEST(Refusals, OfAnyMacByTheFirstSlaveOfActiveBackupHaveTheBondFollowItsSlaves) {
  StepsLab lab;
  ASSERT_EQ(lab.release("bond0", {"eth0"}), "");
  lab.kernel.at("eth1").mac_errno = EOPNOTSUPP;
  EXPECT_EQ(lab.enslave("bond0", {"eth1"}), "");
  EXPECT_EQ(lab.show("bond0").status.options.fail_over_mac, core::FailOverMac::active);
  EXPECT_EQ(lab.kernel.at("bond0").info.mac, lab.kernel.at("eth1").info.mac);
  EXPECT_EQ(lab.enslave("bond0", {"eth0"}), "");
}

TEST(Refusals, OfAnyMacByTheFirstSlaveOfAnotherModeRefuseIt) {
  StepsLab lab;
  ASSERT_EQ(lab.add("bond1", {{"mode", "balance-rr"}}), "");
  lab.kernel.at("eth1").mac_errno = EOPNOTSUPP;
  const auto before = lab.describe();
  EXPECT_NE(lab.enslave("bond1", {"eth1"}), "");
  EXPECT_EQ(lab.describe(), before);
}

TEST(Refusals, AfterFailOverMacWasSetPutItBack) {
  StepsLab lab;
  ASSERT_EQ(lab.release("bond0", {"eth0"}), "");
  lab.kernel.at("eth1").mac_errno = EOPNOTSUPP;
  lab.kernel.at("eth0").info.mtu = 1400;
  lab.kernel.at("eth0").largest_mtu = 1400;
  EXPECT_NE(lab.enslave("bond0", {"eth1", "eth0"}), "");
  EXPECT_EQ(lab.show("bond0").status.options.fail_over_mac, core::FailOverMac::none);
}

TEST(Refusals, OfAMacWhileItIsUpAreGotAroundByADownAndUp) {
  StepsLab lab;
  lab.kernel.at("eth1").mac_needs_down = true;
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  expect_in_order(lab.script, {"set eth1 down", "set mac of eth1", "set eth1 up"});
  EXPECT_EQ(lab.kernel.at("eth1").info.mac, lab.kernel.at("bond0").info.mac);
}

TEST(Refusals, OfAFlagAreSaid) {
  StepsLab lab;
  lab.kernel.at("eth0").fixed_flags = 0x100;  // IFF_PROMISC
  lab.kernel.at("bond0").info.promiscuity = 1;
  lab.hands().tell_of("bond0");
  EXPECT_TRUE(lab.has_event("warning  cannot pass on promiscuity"));
}

TEST(Adoption, TakesASlaveThatWentMeanwhileForOneThatIsAbsent) {
  StepsLab lab;
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  lab.kill();
  lab.kernel.remove(os::IfIndex(3));
  lab.start();
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  // It comes back with its old name and address.
  lab.kernel.add_nic("eth1", 3);
  lab.hands().tell_of("eth1");
  EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
}

TEST(Adoption, GivesBackWhatABondThatIsGoneHadTaken) {
  StepsLab lab;
  const auto original = lab.kernel.at("eth1").info.mac;
  ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
  lab.kill();
  lab.kernel.remove(lab.kernel.at("bond0").info.ifindex);
  lab.start();
  EXPECT_EQ(lab.show("bond0").status.name, "");
  EXPECT_EQ(lab.kernel.at("eth1").info.mac, original);
  EXPECT_EQ(lab.kernel.at("eth1").addresses.size(), 1U);
  EXPECT_FALSE(lab.kernel.at("eth1").rx);
  EXPECT_TRUE(lab.files().files.empty());
  EXPECT_TRUE(lab.kernel.pins.empty());
}

// A death at every step

/// Kills the daemon at each of the command's calls of the system, and starts another one: what is left is
/// before or after.
template <class Lab>
void die_at_each_step_of(const std::function<std::string(Lab&)>& command) {
  Lab counted;
  const auto before = counted.describe();
  counted.script.start();
  ASSERT_EQ(command(counted), "");
  const auto after = counted.describe();
  ASSERT_GT(counted.script.steps(), 2U);
  for (std::size_t step = 0; step < counted.script.steps(); ++step) {
    Lab lab;
    lab.die_in(step, [&] { (void)command(lab); });
    SCOPED_TRACE("killed at step " + std::to_string(step) + ": " + lab.script.failed());
    lab.start();
    const auto now = lab.describe();
    EXPECT_TRUE(now == before || now == after) << now;
    // Nor is there anything left to do for the daemon after that.
    lab.kill();
    lab.start();
    EXPECT_EQ(lab.describe(), now);
  }
}

void die_at_each_step(const std::function<std::string(StepsLab&)>& command) {
  die_at_each_step_of<StepsLab>(command);
}

/// Two veths, which are known by what they wear alone, and a bond that has had no slave yet.
struct FirstSlavesLab : World {
  FirstSlavesLab() {
    for (const auto& [name, number] : {std::pair{"eth0", 2U}, std::pair{"eth1", 3U}}) {
      kernel.add_nic(name, number).info.permanent_mac.reset();
    }
    start();
    EXPECT_EQ(add("bond0"), "");
  }
};

TEST(Deaths, InAnEnslavingOfTheFirstTwoLeaveBeforeOrAfter) {
  die_at_each_step_of<FirstSlavesLab>([](auto& lab) { return lab.enslave("bond0", {"eth0", "eth1"}); });
}

TEST(Deaths, InAnEnslavingLeaveBeforeOrAfter) {
  die_at_each_step([](StepsLab& lab) { return lab.enslave("bond0", {"eth1"}); });
}

TEST(Deaths, InAnEnslavingOfTwoThatIsRefusedLeaveNothing) {
  const auto refused = [](StepsLab& lab) {
    lab.kernel.add_nic("eth2", 4).largest_mtu = 1400;
    lab.kernel.at("eth2").info.mtu = 1400;
    return lab.enslave("bond0", {"eth1", "eth2"});
  };
  StepsLab counted;
  counted.script.start();
  ASSERT_NE(refused(counted), "");
  const auto before = counted.describe();
  for (std::size_t step = 0; step < counted.script.steps(); ++step) {
    StepsLab lab;
    lab.die_in(step, [&] { (void)refused(lab); });
    SCOPED_TRACE("killed at step " + std::to_string(step) + ": " + lab.script.failed());
    lab.start();
    // Two commands as far as a crash is concerned: eth1 may be a slave, but not half of one.
    if (lab.slaves("bond0") == "eth0 eth1") {
      ASSERT_EQ(lab.release("bond0", {"eth1"}), "");
    }
    lab.hands().tell_of("bond0");
    EXPECT_EQ(lab.describe(), before);
  }
}

TEST(Deaths, InAReleaseLeaveBeforeOrAfter) {
  die_at_each_step([](StepsLab& lab) { return lab.release("bond0", {"eth0"}); });
}

TEST(Deaths, InADelLeaveBeforeOrAfter) {
  die_at_each_step([](StepsLab& lab) { return lab.del("bond0"); });
}

TEST(Deaths, InAnAddLeaveBeforeOrAfter) {
  die_at_each_step([](StepsLab& lab) { return lab.add("bond7"); });
}

TEST(Deaths, InASetLeaveBeforeOrAfter) {
  die_at_each_step([](StepsLab& lab) { return lab.set("bond0", {{"miimon", "50"}, {"num_grat_arp", "3"}}); });
}

TEST(Deaths, InAnAdoptionAreNoticedByNobody) {
  StepsLab counted;
  ASSERT_EQ(counted.enslave("bond0", {"eth1"}), "");
  const auto before = counted.describe();
  counted.kill();
  counted.start();
  for (std::size_t step = 0; step < counted.script.steps(); ++step) {
    StepsLab lab;
    ASSERT_EQ(lab.enslave("bond0", {"eth1"}), "");
    lab.kill();
    lab.die_in(step, [&] { lab.start_daemon(); });
    SCOPED_TRACE("killed at step " + std::to_string(step) + ": " + lab.script.failed());
    lab.start();
    EXPECT_EQ(lab.describe(), before);
    EXPECT_EQ(lab.slaves("bond0"), "eth0 eth1");
  }
}

TEST(Deaths, InTheMiddleOfAWriteLeaveNoDraft) {
  StepsLab lab;
  lab.kill();
  lab.files().files["/run/ebond/state/4026531840-100.json.77.tmp"] = "{";
  lab.start();
  EXPECT_FALSE(lab.files().files.contains("/run/ebond/state/4026531840-100.json.77.tmp"));
}

// What others took away while no daemon ran

TEST(Adoption, PutsBackProgramAndQdiscOfASlave) {
  StepsLab lab;
  lab.kill();
  lab.kernel.at("eth0").rx.reset();
  lab.kernel.at("eth0").clsact = false;
  lab.start();
  EXPECT_TRUE(lab.kernel.at("eth0").rx);
  ASSERT_EQ(lab.release("bond0", {"eth0"}), "");
  EXPECT_FALSE(lab.kernel.at("eth0").clsact);
}

// A state that cannot be saved

TEST(FullDisk, RefusesEnslaveReleaseSetAndAddBeforeAnythingIsChanged) {
  StepsLab lab;
  const auto before = lab.describe();
  lab.files().write_errno = ENOSPC;
  const std::vector<std::function<std::string()>> commands = {
      [&] { return lab.enslave("bond0", {"eth1"}); }, [&] { return lab.release("bond0", {"eth0"}); },
      [&] { return lab.set("bond0", {{"miimon", "50"}}); }, [&] { return lab.add("bond7"); }};
  for (const auto& command : commands) {
    const auto message = command();
    EXPECT_NE(message, "");
    EXPECT_EQ(lab.describe(), before) << message;
  }
  EXPECT_EQ(lab.slaves("bond0"), "eth0");
  EXPECT_EQ(lab.show("bond0").status.options.miimon.count(), 100);
  lab.files().write_errno = 0;
  EXPECT_EQ(lab.enslave("bond0", {"eth1"}), "");
}

TEST(FullDisk, KeepsNoBondFromBeingDeleted) {
  StepsLab lab;
  lab.files().write_errno = ENOSPC;
  EXPECT_EQ(lab.del("bond0"), "");
  EXPECT_EQ(lab.kernel.find("bond0"), nullptr);
  EXPECT_TRUE(lab.files().files.empty());
}

}  // namespace
}  // namespace ebond::daemon
