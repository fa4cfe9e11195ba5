// Ways back, in virtual time: what a change that nobody confirms comes to.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <net/if.h>

#include "core/options/option_table.h"
#include "world.h"

namespace ebond::daemon {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct WayBackLab : World {
  WayBackLab() {
    for (const auto& [name, number] : {std::pair{"eth0", 2U}, {"eth1", 3U}, {"eth2", 4U}}) {
      kernel.add_nic(name, number);
    }
    start();
  }
  /// Up, with an address, a route, eth0 and eth1.
  void make() {
    ASSERT_EQ(
        add("bond0", {{"mode", "active-backup"}, {"arp_interval", "200"}, {"arp_ip_target", "192.0.2.254"}}),
        "");
    auto& bond = kernel.at("bond0");
    bond.info.flags |= IFF_UP;
    bond.addresses.push_back(
        {.ifindex = bond.info.ifindex, .local = wire::Ipv4Address{192, 0, 2, 99}, .prefix_length = 24});
    bond.routes.push_back({.destination = wire::Ipv4Address{203, 0, 113, 0},
                           .prefix_length = 24,
                           .gateway = wire::Ipv4Address{192, 0, 2, 254},
                           .ifindex = bond.info.ifindex});
    hands().tell_of("bond0");
    ASSERT_EQ(enslave("bond0", {"eth0", "eth1"}), "");
    time.pass(500ms);
  }
  /// All that a file may change of a bond that runs.
  void change() {
    EXPECT_EQ(
        set("bond0", {{"primary", "eth2"}, {"num_grat_arp", "3"}, {"arp_ip_target", "192.0.2.1,192.0.2.2"}}),
        "");
    EXPECT_EQ(enslave("bond0", {"eth2"}), "");
    EXPECT_EQ(release("bond0", {"eth0"}), "");
    EXPECT_EQ(set_slave("eth1", {{"prio", "7"}}), "");
    auto& bond = kernel.at("bond0");
    bond.addresses = {
        {.ifindex = bond.info.ifindex, .local = wire::Ipv4Address{192, 0, 2, 98}, .prefix_length = 24}};
    bond.routes.clear();
    bond.info.mtu = 1400;
    hands().tell_of("bond0");
    time.pass(500ms);
  }
  /// But for the order of slaves, and what a slot had for number.
  std::string state() {
    std::string text;
    const auto report = show("bond0");
    for (const auto& [option, value] : shown_options(report)) text += option + " " + value + "\n";
    for (const auto* name : {"eth0", "eth1", "eth2", "bond0"}) {
      const auto* link = kernel.find(name);
      if (link == nullptr) continue;
      text += fmt::format("{} {} mtu {}", name, link->rx.has_value(), link->info.mtu);
      for (const auto& address : link->addresses) text += " " + os::to_string(address.local);
      for (const auto& route : link->routes) text += " " + os::to_string(*route.destination);
      text += "\n";
    }
    for (const auto& slave : report.status.slaves) {
      if (slave.name == "eth1") text += fmt::format("eth1 prio {}\n", slave.options.prio);
    }
    return text;
  }
  static control::KeyValues shown_options(const core::BondReport& report) {
    control::KeyValues options;
    for (const auto& spec : core::option_table()) {
      if (spec.get && !spec.is_action) options.emplace_back(spec.name, spec.get(report.status.options));
    }
    return options;
  }
};

TEST(WayBack, IsTakenWhenNobodyConfirmsInTime) {
  WayBackLab lab;
  lab.make();
  const auto before = lab.state();
  ASSERT_EQ(lab.checkpoint({"bond0", "bond1"}, 60s), "");
  lab.change();
  ASSERT_EQ(lab.add("bond1"), "");
  EXPECT_NE(lab.state(), before);
  lab.time.pass(58s);
  EXPECT_NE(lab.state(), before);
  lab.time.pass(3s);
  EXPECT_EQ(lab.state(), before);
  EXPECT_EQ(lab.kernel.find("bond1"), nullptr);
  EXPECT_THAT(lab.confirm(), HasSubstr("nothing to confirm"));
}

TEST(WayBack, IsTakenByTheNextDaemonAtTheSameTimeOrLater) {
  for (const auto dead_for : {1s, 100s}) {
    WayBackLab lab;
    lab.make();
    const auto before = lab.state();
    ASSERT_EQ(lab.checkpoint({"bond0", "bond1"}, 60s), "");
    lab.change();
    ASSERT_EQ(lab.add_adopting("bond1", "eth0"), "");
    lab.kill();
    lab.time.now += dead_for;
    lab.start();
    lab.time.pass(dead_for == 1s ? 57s : 0s);
    if (dead_for == 1s) {
      EXPECT_NE(lab.state(), before);
    }
    lab.time.pass(3s);
    EXPECT_EQ(lab.state(), before);
    EXPECT_EQ(lab.kernel.find("bond1"), nullptr);
  }
}

TEST(WayBack, IsForgottenWhenItIsConfirmed) {
  WayBackLab lab;
  lab.make();
  ASSERT_EQ(lab.checkpoint({"bond0"}, 60s), "");
  lab.change();
  const auto after = lab.state();
  ASSERT_EQ(lab.confirm(), "");
  lab.time.pass(100s);
  EXPECT_EQ(lab.state(), after);
  lab.kill();
  lab.start();
  lab.time.pass(100s);
  EXPECT_EQ(lab.state(), after);
}

TEST(WayBack, IsTakenAtOnceIfThatIsAskedFor) {
  WayBackLab lab;
  lab.make();
  const auto before = lab.state();
  ASSERT_EQ(lab.checkpoint({"bond0"}, 60s), "");
  lab.change();
  ASSERT_EQ(lab.roll_back(), "");
  EXPECT_EQ(lab.state(), before);
  EXPECT_THAT(lab.roll_back(), HasSubstr("nothing to take back"));
}

TEST(WayBack, ThereIsOneAtATime) {
  WayBackLab lab;
  lab.make();
  ASSERT_EQ(lab.checkpoint({"bond0"}, 60s), "");
  EXPECT_THAT(lab.checkpoint({"bond0"}, 60s), HasSubstr("not confirmed yet"));
  EXPECT_THAT(lab.checkpoint({"bond0"}, 0s), HasSubstr("1 s to"));
}

TEST(WayBack, IsTriedAgainWhileTheSystemRefusesIt) {
  WayBackLab lab;
  lab.make();
  const auto before = lab.state();
  ASSERT_EQ(lab.checkpoint({"bond0"}, 60s), "");
  lab.change();
  lab.script.start();
  lab.script.refuse("add address", ENOBUFS);
  lab.time.pass(65s);
  EXPECT_NE(lab.state(), before);
  lab.script.refuse("", 0);
  lab.time.pass(30s);
  EXPECT_EQ(lab.state(), before);
}

TEST(WayBack, DoesNotOutliveTheBoot) {
  WayBackLab lab;
  ASSERT_EQ(lab.checkpoint({"bond0"}, 60s), "");
  lab.kill();
  lab.kernel.boot_id = "another boot";
  lab.start();
  ASSERT_EQ(lab.add("bond0"), "");
  lab.time.pass(100s);
  EXPECT_NE(lab.kernel.find("bond0"), nullptr);
}

}  // namespace
}  // namespace ebond::daemon
