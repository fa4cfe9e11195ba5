// What `ebond apply` does, as the CLI does it, step by step, against a daemon and a kernel that refuse any
// one step: all that the file says, or nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <functional>

#include "cli/bring_up.h"
#include "world.h"

namespace ebond::daemon {
namespace {

using config::KeyValues;

/// A machine whose daemon may be killed at any step; another one is there at once, as systemd sees to it.
struct ApplyLab : World, cli::Host {
  ApplyLab() {
    for (const auto& [name, number] : {std::pair{"eth0", 2U}, {"eth1", 3U}, {"eth2", 4U}, {"eth3", 5U}}) {
      kernel.add_nic(name, number);
    }
    start();
  }

  /// False if the daemon was killed meanwhile.
  bool survives(const std::function<void()>& work) {
    try {
      work();
      if (!script.dead()) return true;
    } catch (const Script::Killed&) {
    }
    kill();
    script.start();
    start_daemon();
    return false;
  }
  cli::Step<> ask(const std::function<std::string()>& command) {
    std::string refusal;
    if (!survives([&] { refusal = command(); })) return std::unexpected(std::string("the daemon is gone"));
    if (!refusal.empty()) return std::unexpected(refusal);
    return {};
  }
  /// What the CLI asks of the kernel itself, whether there is a daemon or not.
  cli::Step<> change(const std::string& bond, const std::function<void(FakeLink&)>& how) {
    os::Result<> done;
    (void)survives([&] { done = script.change("by hand: change " + bond); });
    if (!done) return std::unexpected(done.error().message());
    auto* link = kernel.find(bond);
    if (link == nullptr) return std::unexpected(std::string("there is no such interface"));
    how(*link);
    (void)survives([&] { hands().tell_of(bond); });
    return {};
  }

  // What no file of these tests asks for: it would be refused.
  cli::Step<std::vector<cli::Card>> cards() override { return std::vector<cli::Card>{}; }
  cli::Step<> rename(const std::string&, const std::string&) override { return unforeseen(); }
  cli::Step<> add_vlan(const std::string&, std::uint16_t, const std::string&) override {
    return unforeseen();
  }
  cli::Step<> join_bridge(const std::string&, const std::string&) override { return unforeseen(); }
  cli::Step<> put_into(const std::string&, const std::string&) override { return unforeseen(); }
  cli::Step<> seek_in(const std::string&, const std::string&) override { return unforeseen(); }
  static cli::Step<> unforeseen() { return std::unexpected(std::string("no test asks for that")); }

  cli::Step<> add_bond(const std::string& bond, const KeyValues& options) override {
    return ask([&] { return add(bond, options); });
  }
  cli::Step<std::vector<std::string>> add_adopting(const std::string& bond, const KeyValues& options,
                                                   const std::string& interface) override {
    auto done = ask([&] { return World::add_adopting(bond, interface, options); });
    if (!done) return std::unexpected(done.error());
    return std::vector<std::string>{};
  }
  cli::Step<> delete_bond(const std::string& bond) override {
    auto done = ask([&] { return del(bond); });
    return show(bond).status.name.empty() ? cli::Step<>{} : done;
  }
  cli::Step<> set_bond(const std::string& bond, const KeyValues& options) override {
    return ask([&] { return set(bond, options); });
  }
  cli::Step<> release(const std::string& bond, const std::vector<std::string>& slaves) override {
    return ask([&] { return World::release(bond, slaves); });
  }
  cli::Step<> delete_address(const std::string&, const config::InterfaceAddress&) override {
    return unforeseen();
  }
  cli::Step<> delete_route(const std::string&, const config::Route&) override { return unforeseen(); }
  bool is_up(const std::string& name) override { return kernel.at(name).info.is_up(); }
  bool has_mac(const std::string& name, const wire::MacAddress& mac) override {
    return kernel.at(name).info.mac == mac;
  }
  bool has_interface(const std::string& name) override { return kernel.find(name) != nullptr; }
  cli::Step<std::vector<std::string>> enslave(const std::string& bond,
                                              const std::vector<std::string>& slaves) override {
    auto done = ask([&] { return World::enslave(bond, slaves, control::Absent::awaited); });
    if (!done) return std::unexpected(done.error());
    return std::vector<std::string>{};
  }
  cli::Step<> set_slave(const std::string& slave, const KeyValues& options) override {
    return ask([&] { return World::set_slave(slave, options); });
  }
  cli::Step<> set_mac(const std::string& bond, const wire::MacAddress& mac) override {
    return change(bond, [&](FakeLink& link) { link.info.mac = mac; });
  }
  cli::Step<> set_mtu(const std::string& bond, std::uint32_t mtu) override {
    return change(bond, [&](FakeLink& link) { link.info.mtu = mtu; });
  }
  cli::Step<> set_up(const std::string& bond) override {
    return change(bond, [](FakeLink& link) { link.info.flags |= IFF_UP; });
  }
  cli::Step<> add_address(const std::string& bond, const config::InterfaceAddress&) override {
    return change(bond, [](FakeLink& link) {
      link.addresses.push_back(
          {.ifindex = link.info.ifindex, .local = wire::Ipv4Address{192, 0, 2, 99}, .prefix_length = 24});
    });
  }
  cli::Step<> add_route(const std::string& bond, const config::Route&) override {
    return change(bond, [](FakeLink&) {});
  }

  bool apply() {
    const auto bond = [](const std::string& name, const std::string& first, const std::string& second) {
      config::BondConfig each;
      each.name = name;
      each.options = {{"mode", "active-backup"}, {"miimon", "50"}};
      each.mtu = 1400;
      each.slaves.resize(2);
      each.slaves[0].name = first;
      each.slaves[1].name = second;
      each.slaves[1].options = {{"prio", "7"}};
      each.addresses.resize(1);
      return each;
    };
    const cli::Printer quiet{[](const std::string&) {},
                             [this](const std::string& line) { said += line + "\n"; }};
    const bool done = cli::bring_up_all_or_none(
        *this, {bond("bond0", "eth0", "eth1"), bond("bond1", "eth2", "eth3")}, quiet);
    for (int i = 0; i < 2; ++i) (void)survives([this] { time.pass(std::chrono::milliseconds(500)); });
    return done;
  }
  std::string said;
};

struct Applied {
  std::string before, after;
  std::size_t steps = 0;
};

Applied apply_undisturbed() {
  ApplyLab lab;
  Applied run;
  run.before = lab.describe_all();
  lab.script.start();
  EXPECT_TRUE(lab.apply()) << lab.said;
  run.steps = lab.script.steps();
  run.after = lab.describe_all();
  return run;
}

TEST(Apply, DoesAllOrNothingWhicheverCallFails) {
  const auto undisturbed = apply_undisturbed();
  for (const int fault : {EMFILE, ENOMEM, ENOBUFS, EACCES, ENOSPC, EROFS, EINTR}) {
    for (std::size_t step = 0; step < undisturbed.steps; ++step) {
      ApplyLab lab;
      lab.script.start();
      lab.script.fail_at(step, fault);
      const bool done = lab.apply();
      SCOPED_TRACE(
          fmt::format("step {}, {}: {}; {}", step, strerrorname_np(fault), lab.script.failed(), lab.said));
      ASSERT_EQ(lab.describe_all(), done ? undisturbed.after : undisturbed.before);
      lab.kill();
      lab.start();
      ASSERT_EQ(lab.describe_all(), done ? undisturbed.after : undisturbed.before);
    }
  }
}

TEST(Apply, DoesAllOrNothingWhereverTheDaemonIsKilled) {
  const auto undisturbed = apply_undisturbed();
  for (std::size_t step = 0; step < undisturbed.steps; ++step) {
    ApplyLab lab;
    lab.script.start();
    lab.script.die_at(step);
    const bool done = lab.apply();
    SCOPED_TRACE(fmt::format("killed at step {}: {}", step, lab.said));
    ASSERT_EQ(lab.describe_all(), done ? undisturbed.after : undisturbed.before);
  }
}

}  // namespace
}  // namespace ebond::daemon
