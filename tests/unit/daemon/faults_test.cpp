// Every command, every system call it makes, every way in which that can fail, and a death at each: what is
// left is before or after, and the next daemon finds it so.
//
// A call that fails does so once. The daemon has half a second to try again what it could not do; then things
// stand as before the command, if it was refused, or as after it. A refused del or release that had begun
// ends as after, too.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <cstring>
#include <functional>
#include <ostream>

#include "rules.h"
#include "world.h"

namespace ebond::daemon {
namespace {

struct FaultLab : World {
  FaultLab() {
    for (const auto& [name, number] : {std::pair{"eth0", 2U}, {"eth1", 3U}, {"eth2", 4U}}) {
      kernel.add_nic(name, number);
    }
    start();
  }
  /// Up, with eth0 and eth1.
  void make(const control::KeyValues& options) {
    EXPECT_EQ(add("bond0", options), "");
    kernel.at("bond0").info.flags |= IFF_UP;
    hands().tell_of("bond0");
    EXPECT_EQ(enslave("bond0", {"eth0", "eth1"}), "");
    settle();
  }
  /// Half a second, and what the kernel tells meanwhile.
  void settle() {
    time.pass(std::chrono::milliseconds(500));
    if (upper != os::IfIndex{} && kernel.find(upper) == nullptr) {
      os::LinkInfo gone;
      gone.ifindex = std::exchange(upper, {});
      hands().tell({.events = {os::LinkGone{gone}}, .overrun = false});
    }
    if (const auto* bond = kernel.find("bond0")) upper = bond->info.ifindex;
  }
  os::IfIndex upper{};
};

struct FaultCase {
  std::string name;
  std::function<void(FaultLab&)> prepare;
  std::function<std::string(FaultLab&)> command;
  bool may_end_later = false;  ///< refused, and done all the same once it can be

  friend std::ostream& operator<<(std::ostream& out, const FaultCase& each) { return out << each.name; }
};

FaultCase setting(const std::string& name, const control::KeyValues& made,
                  const control::KeyValues& changes) {
  return {name, [made](FaultLab& lab) { lab.make(made); },
          [changes](FaultLab& lab) { return lab.set("bond0", changes); }};
}

std::vector<FaultCase> all_cases() {
  const auto make = [](const control::KeyValues& options) {
    return [options](FaultLab& lab) { lab.make(options); };
  };
  const auto backup = make({{"mode", "active-backup"}});
  const control::KeyValues xor_mode{{"mode", "balance-xor"}}, alb{{"mode", "balance-alb"}},
      active_backup{{"mode", "active-backup"}}, away{{"mode", "active-backup"}, {"slaves_away", "on"}};
  return {
      {"Add", [](FaultLab&) {}, [](FaultLab& lab) { return lab.add("bond7"); }},
      {"AddAdopting",
       [](FaultLab& lab) {
         lab.kernel.at("eth2").neighbours = {{.ifindex = os::IfIndex(4),
                                              .address = wire::Ipv4Address{192, 0, 2, 77},
                                              .mac = wire::MacAddress({2, 0, 0, 0, 0, 0x77})}};
         lab.kernel.rules = {rule_by("eth2")};
       },
       [](FaultLab& lab) { return lab.add_adopting("bond0", "eth2"); }},
      {"DelOfAdopted", [](FaultLab& lab) { EXPECT_EQ(lab.add_adopting("bond0", "eth2"), ""); },
       [](FaultLab& lab) { return lab.del("bond0"); }, true},
      {"ReleaseOfAdopted", [](FaultLab& lab) { EXPECT_EQ(lab.add_adopting("bond0", "eth2"), ""); },
       [](FaultLab& lab) { return lab.release("bond0", {"eth2"}); }, true},
      {"Del", backup, [](FaultLab& lab) { return lab.del("bond0"); }, true},
      {"DelOfBalanceAlb", make(alb), [](FaultLab& lab) { return lab.del("bond0"); }, true},
      {"Forget", backup, [](FaultLab& lab) { return lab.forget("bond0"); }},
      {"Enslave", backup, [](FaultLab& lab) { return lab.enslave("bond0", {"eth2"}); }},
      {"EnslaveToBalanceAlb", make(alb), [](FaultLab& lab) { return lab.enslave("bond0", {"eth2"}); }},
      {"EnslaveTheFirst", [](FaultLab& lab) { EXPECT_EQ(lab.add("bond0"), ""); },
       [](FaultLab& lab) { return lab.enslave("bond0", {"eth0"}); }},
      {"EnslaveTwo", [](FaultLab& lab) { EXPECT_EQ(lab.add("bond0"), ""); },
       [](FaultLab& lab) { return lab.enslave("bond0", {"eth0", "eth1"}); }},
      {"Await", backup,
       [](FaultLab& lab) { return lab.enslave("bond0", {"eth9"}, control::Absent::awaited); }},
      {"Release", backup, [](FaultLab& lab) { return lab.release("bond0", {"eth1"}); }, true},
      {"ReleaseTheActiveOne", backup, [](FaultLab& lab) { return lab.release("bond0", {"eth0"}); }, true},
      {"ReleaseBoth", make(alb), [](FaultLab& lab) { return lab.release("bond0", {"eth0", "eth1"}); }, true},
      setting("SetNumbers", active_backup, {{"miimon", "50"}, {"num_grat_arp", "3"}}),
      setting("SetPolicy", xor_mode, {{"xmit_hash_policy", "layer3+4"}}),
      setting("SetPolicyAndDelay", xor_mode, {{"xmit_hash_policy", "layer3+4"}, {"downdelay", "200"}}),
      setting("SetActiveSlave", active_backup, {{"active_slave", "eth1"}}),
      setting("SetActiveSlaveOfBalanceAlb", alb, {{"active_slave", "eth1"}}),
      setting("SetPrimaryOfFollow", {{"mode", "active-backup"}, {"fail_over_mac", "follow"}},
              {{"primary", "eth1"}}),
      setting("SetPrimaryOfActive", {{"mode", "active-backup"}, {"fail_over_mac", "active"}},
              {{"primary", "eth1"}}),
      setting("SetDelay", active_backup, {{"downdelay", "200"}}),
      setting("SetArpMonitor", active_backup, {{"arp_interval", "100"}, {"arp_ip_target", "192.0.2.254"}}),
      {"SetMode", [](FaultLab& lab) { EXPECT_EQ(lab.add("bond0"), ""); },
       [](FaultLab& lab) { return lab.set("bond0", {{"mode", "802.3ad"}}); }},
      {"SetSlaveQueue", backup, [](FaultLab& lab) { return lab.set_slave("eth1", {{"queue_id", "2"}}); }},
      {"SetSlavePrio", backup,
       [](FaultLab& lab) { return lab.set_slave("eth1", {{"prio", "5"}, {"queue_id", "2"}}); }},
      {"SetAbsentSlave",
       [](FaultLab& lab) {
         lab.make({{"mode", "active-backup"}});
         EXPECT_EQ(lab.enslave("bond0", {"eth9"}, control::Absent::awaited), "");
         lab.settle();
       },
       [](FaultLab& lab) { return lab.set_slave("eth9", {{"prio", "5"}}); }},
      {"AddWithSlavesAway", [](FaultLab&) {}, [away](FaultLab& lab) { return lab.add("bond7", away); }},
      {"AddAdoptingWithSlavesAway", [](FaultLab&) {},
       [away](FaultLab& lab) { return lab.add_adopting("bond0", "eth2", away); }},
      {"DelOfAdoptedWithSlavesAway",
       [away](FaultLab& lab) { EXPECT_EQ(lab.add_adopting("bond0", "eth2", away), ""); },
       [](FaultLab& lab) { return lab.del("bond0"); }, true},
      {"DelWithSlavesAway", make(away), [](FaultLab& lab) { return lab.del("bond0"); }, true},
      {"ForgetWithSlavesAway", make(away), [](FaultLab& lab) { return lab.forget("bond0"); }},
      {"EnslaveAway", make(away), [](FaultLab& lab) { return lab.enslave("bond0", {"eth2"}); }},
      {"EnslaveTwoAway", [away](FaultLab& lab) { EXPECT_EQ(lab.add("bond0", away), ""); },
       [](FaultLab& lab) { return lab.enslave("bond0", {"eth0", "eth1"}); }},
      {"ReleaseOfOneAway", make(away), [](FaultLab& lab) { return lab.release("bond0", {"eth1"}); }, true},
      {"ReleaseBothAway", make(away), [](FaultLab& lab) { return lab.release("bond0", {"eth0", "eth1"}); },
       true},
  };
}

/// How things stand before and after a run without a fault, and how many calls it makes.
struct Undisturbed {
  std::string before, after, later;  ///< half a minute later what lasts a moment is over
  std::size_t steps = 0;
};

Undisturbed run_undisturbed(const FaultCase& command) {
  Undisturbed run;
  FaultLab lab;
  command.prepare(lab);
  lab.settle();
  run.before = lab.describe_all();
  lab.script.start();
  EXPECT_EQ(command.command(lab), "");
  run.steps = lab.script.steps();
  lab.settle();
  run.after = lab.describe_all();
  EXPECT_NE(run.before, run.after);
  lab.time.pass(std::chrono::seconds(30));
  run.later = lab.describe_all();
  return run;
}

class Faults : public testing::TestWithParam<FaultCase> {};

std::string by_name(const testing::TestParamInfo<FaultCase>& info) {
  return info.param.name;
}

TEST_P(Faults, OfAnyCallLeaveBeforeOrAfter) {
  const auto& command = GetParam();
  const auto undisturbed = run_undisturbed(command);
  ASSERT_GT(undisturbed.steps, 1U);
  for (const int fault : {EMFILE, ENOMEM, ENOBUFS, EACCES, ENOSPC, EROFS, EINTR, EIO}) {
    for (std::size_t step = 0; step < undisturbed.steps; ++step) {
      FaultLab lab;
      command.prepare(lab);
      lab.settle();
      lab.script.start();
      lab.script.fail_at(step, fault);
      const auto message = command.command(lab);
      SCOPED_TRACE(fmt::format("step {}, {}: {}; answered: {}", step, strerrorname_np(fault),
                               lab.script.failed(), message));
      lab.settle();
      const auto now = lab.describe_all();
      const bool is_after = message.empty() || (command.may_end_later && now != undisturbed.before);
      ASSERT_EQ(now, is_after ? undisturbed.after : undisturbed.before);
      // And so it is for the next daemon.
      lab.kill();
      lab.start();
      lab.settle();
      ASSERT_EQ(lab.describe_all(), now);
    }
  }
}

TEST_P(Faults, ThatLastAWhileLeaveBeforeOrAfter) {
  const auto& command = GetParam();
  const auto undisturbed = run_undisturbed(command);
  for (std::size_t step = 0; step < undisturbed.steps; ++step) {
    FaultLab lab;
    command.prepare(lab);
    lab.settle();
    lab.script.start();
    lab.script.fail_from(step, EMFILE);
    const auto message = command.command(lab);
    SCOPED_TRACE(fmt::format("from step {} on; answered: {}", step, message));
    lab.time.pass(std::chrono::seconds(5));
    const auto not_put_back = lab.not_put_back;
    lab.script.start();
    lab.time.pass(std::chrono::seconds(20));
    lab.settle();
    if (!not_put_back.empty()) continue;  // `ebond forget` says what it leaves
    const auto now = lab.describe_all();
    const bool is_after = message.empty() || (command.may_end_later && now != undisturbed.before);
    ASSERT_EQ(now, is_after ? undisturbed.later : undisturbed.before);
    lab.kill();
    lab.start();
    lab.settle();
    ASSERT_EQ(lab.describe_all(), now);
  }
}

TEST_P(Faults, ThatKillTheDaemonLeaveBeforeOrAfter) {
  const auto& command = GetParam();
  const auto undisturbed = run_undisturbed(command);
  for (std::size_t step = 0; step < undisturbed.steps; ++step) {
    FaultLab lab;
    command.prepare(lab);
    lab.settle();
    lab.die_in(step, [&] { (void)command.command(lab); });
    SCOPED_TRACE(fmt::format("killed at step {}: {}", step, lab.script.failed()));
    lab.start();
    lab.settle();
    const auto now = lab.describe_all();
    if (now != undisturbed.before) {
      ASSERT_EQ(now, undisturbed.after);
    }
    lab.kill();
    lab.start();
    lab.settle();
    ASSERT_EQ(lab.describe_all(), now);
  }
}

// A daemon that takes over

struct TakenOverLab : FaultLab {
  explicit TakenOverLab(bool slaves_away) {
    make({{"mode", "active-backup"}, {"slaves_away", slaves_away ? "on" : "off"}});
    before = describe_all();
    kill();
  }
  std::string before;
};

std::size_t steps_of_a_start(bool slaves_away) {
  TakenOverLab lab(slaves_away);
  lab.script.start();
  lab.start_daemon();
  return lab.script.steps();
}

class FaultsOfATakeover : public testing::TestWithParam<bool> {};

TEST_P(FaultsOfATakeover, ThatAreOverLeaveTheBondAsItWas) {
  const auto steps = steps_of_a_start(GetParam());
  for (const int fault : {EMFILE, ENOMEM, ENOBUFS, EACCES, ENOSPC, EROFS, EINTR, EIO}) {
    for (std::size_t step = 0; step < steps; ++step) {
      TakenOverLab lab(GetParam());
      lab.script.start();
      lab.script.fail_at(step, fault);
      lab.start_daemon();
      SCOPED_TRACE(fmt::format("step {}, {}: {}", step, strerrorname_np(fault), lab.script.failed()));
      lab.settle();
      ASSERT_EQ(lab.describe_all(), lab.before);
    }
  }
}

TEST_P(FaultsOfATakeover, ThatLastAWhileLeaveTheBondAsItWas) {
  const auto steps = steps_of_a_start(GetParam());
  for (std::size_t step = 0; step < steps; ++step) {
    TakenOverLab lab(GetParam());
    lab.script.start();
    lab.script.fail_from(step, EMFILE);
    lab.start_daemon();
    SCOPED_TRACE(fmt::format("from step {} on", step));
    lab.time.pass(std::chrono::seconds(5));
    lab.script.start();
    lab.time.pass(std::chrono::seconds(20));
    ASSERT_EQ(lab.describe_all(), lab.before);
  }
}

INSTANTIATE_TEST_SUITE_P(SlavesAway, FaultsOfATakeover, testing::Bool());
INSTANTIATE_TEST_SUITE_P(Commands, Faults, testing::ValuesIn(all_cases()), by_name);

}  // namespace
}  // namespace ebond::daemon
