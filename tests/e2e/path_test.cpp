// The path monitor icmp with frames: what lies beyond the links is cut while every link stays up.
#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/e2e/two_switches.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

class IcmpThroughTwoSwitches : public TwoSwitchLab {
 protected:
  void bond(const std::string& mode, const std::string& target = "192.0.2.254") {
    make_bond(server, {"mode", mode, "path_monitor", "icmp", "path_target", target}, "192.0.2.1/24");
    server.must_run({"sysctl", "-qw", "net.ipv6.conf.bond0.accept_dad=0"});
    server.add_address("bond0", "2001:db8::1/64");
  }
};

TEST_F(IcmpThroughTwoSwitches, ActiveBackupLeavesASwitchWhoseUplinkIsCutAndKnowsWhenItIsBack) {
  bond("active-backup");
  ASSERT_TRUE(eventually([&] { return all_up() && show().at("active_slave") == "eth0"; }));
  Stream stream(server, router, "192.0.2.254", {.frames_per_second = 1000});
  std::this_thread::sleep_for(1s);
  // Neither a backup's probes nor their answers move the bond's MAC.
  EXPECT_EQ(show().at("active_slave"), "eth0");
  left_up.pull();
  EXPECT_TRUE(eventually([&] { return show().at("active_slave") == "eth1"; }));
  std::this_thread::sleep_for(500ms);
  RecordProperty("gap_ms", std::to_string(stream.stop().longest_gap_ms));
  EXPECT_EQ(slave("eth0").at("link_status"), "UP");
  left_up.plug();
  EXPECT_TRUE(eventually([&] { return all_up(); }));
  right_up.pull();
  EXPECT_TRUE(eventually([&] { return show().at("active_slave") == "eth0"; }));
}

TEST_F(IcmpThroughTwoSwitches, ProbingABackupCostsTheActiveSlaveNoFrame) {
  bond("active-backup");
  ASSERT_TRUE(eventually([&] { return all_up(); }));
  Stream stream(server, router, "192.0.2.254", {.frames_per_second = 1000});
  std::this_thread::sleep_for(2s);
  right_up.pull();
  EXPECT_TRUE(eventually([&] { return !is_up("eth1"); }));
  right_up.plug();
  EXPECT_TRUE(eventually([&] { return all_up(); }));
  EXPECT_EQ(stream.stop().lost, 0U);
  EXPECT_EQ(show().at("active_slave"), "eth0");
}

class IcmpBalancing : public IcmpThroughTwoSwitches, public ::testing::WithParamInterface<const char*> {};

TEST_P(IcmpBalancing, SendsNothingMoreThroughASwitchWhoseUplinkIsCut) {
  bond(GetParam());
  ASSERT_TRUE(eventually([&] { return all_up(); }));
  for (auto [uplink, name] : {std::pair{&left_up, "eth0"}, std::pair{&right_up, "eth1"}}) {
    uplink->pull();
    EXPECT_TRUE(eventually([&, which = name] { return !is_up(which); }));
    uplink->plug();
    ASSERT_TRUE(eventually([&] { return all_up(); }));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, IcmpBalancing, ::testing::Values("balance-xor", "balance-tlb", "balance-alb"),
                         [](const auto& mode) { return std::string(mode.param).substr(8); });

TEST_F(IcmpThroughTwoSwitches, WatchesAnIpv6TargetToo) {
  bond("active-backup", "2001:db8::fe");
  ASSERT_TRUE(eventually([&] { return all_up(); }));
  std::this_thread::sleep_for(1s);
  EXPECT_TRUE(all_up()) << show().dump(1);
  left_up.pull();
  EXPECT_TRUE(eventually([&] { return show().at("active_slave") == "eth1"; }));
  left_up.plug();
  EXPECT_TRUE(eventually([&] { return all_up(); }));
}

TEST_F(IcmpThroughTwoSwitches, AKilledDaemonsSuccessorKeepsOutWhoWasLostAndGoesOnWatching) {
  bond("active-backup");
  ASSERT_TRUE(eventually([&] { return all_up(); }));
  left_up.pull();
  ASSERT_TRUE(eventually([&] { return show().at("active_slave") == "eth1"; }));
  for (int time = 0; time < 3; ++time) {
    ebond.kill(SIGKILL);
    ebond.start();
    EXPECT_FALSE(is_up("eth0"));
    EXPECT_EQ(show().at("active_slave"), "eth1");
  }
  left_up.plug();
  EXPECT_TRUE(eventually([&] { return all_up(); }));
}

// On a veth, which does not filter, a MAC more makes it promiscuous.
TEST_F(IcmpThroughTwoSwitches, ASlaveThatWasFoundDownTakesNoOthersFramesOnceItIsReleased) {
  server.must_run({"ip", "link", "set", "eth1", "down"});
  bond("active-backup");
  ASSERT_TRUE(eventually([&] { return all_up() && server.link("eth1").promiscuity > 0; }));
  ebond.must_run(server, {"release", "bond0", "eth1"});
  EXPECT_EQ(server.link("eth1").promiscuity, 0U);
}

// A switch's port has a link before it forwards: a primary used at once would lose frames for that long.
TEST_F(IcmpThroughTwoSwitches, APrimaryThatReturnsLosesNoFrameForItProvesItsPathFirst) {
  bond("active-backup");
  ebond.must_run(server, {"set", "bond0", "primary", "eth0"});
  ASSERT_TRUE(eventually([&] { return all_up() && show().at("active_slave") == "eth0"; }));
  for (int time = 0; time < 3; ++time) {
    left_down.pull();
    ASSERT_TRUE(eventually([&] { return show().at("active_slave") == "eth1"; }));
    Stream stream(server, router, "192.0.2.254", {.frames_per_second = 1000});
    left_down.plug();
    EXPECT_TRUE(eventually([&] { return show().at("active_slave") == "eth0"; }));
    stream.wait_for_arrivals(200);
    EXPECT_EQ(stream.stop().lost, 0U);
  }
}

TEST_F(IcmpThroughTwoSwitches, ALinkThatFlapsIsHeldOutAndShowSaysForHowLong) {
  ebond.must_run(server, {"add", "bond0", "mode", "active-backup", "primary", "eth0", "flap_damping", "on"});
  ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
  server.set_up("bond0");
  ASSERT_TRUE(eventually([&] { return all_up() && show().at("active_slave") == "eth0"; }));
  for (int time = 0; time < 5; ++time) {
    left_down.pull();
    ASSERT_TRUE(eventually([&] { return slave("eth0").at("link_status") == "DOWN"; }));
    left_down.plug();
    ASSERT_TRUE(eventually([&] { return slave("eth0").at("link_status") == "UP"; }));
  }
  EXPECT_EQ(show().at("active_slave"), "eth1");
  EXPECT_THAT(ebond.must_run(server, {"show"}), ::testing::HasSubstr("lost its link 5 times in a row"));
  EXPECT_TRUE(eventually([&] { return show().at("active_slave") == "eth0"; }));
}

//   server eth0 --- left ---- right --- eth0 client     each watches the other
//          eth1 ---                 --- eth1
class WatchedFromBothEnds : public WithEbond, public ::testing::WithParamInterface<Arguments> {
 protected:
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Switch& left = lab.switch_("left");
  Switch& right = lab.switch_("right");
  Cable& trunk = lab.cable(left, "up", right);

  void SetUp() override {
    left.adopt("up");
    for (const auto* name : {"eth0", "eth1"}) {
      lab.cable(server, name, left);
      lab.cable(client, name, right);
    }
    bond(server, 1, 2);
    bond(client, 2, 1);
  }
  bool both_carry() {
    return show(server).at(0).at("carrier") == true && show(client).at(0).at("carrier") == true;
  }
  bool neither_carries() {
    return show(server).at(0).at("carrier") == false && show(client).at(0).at("carrier") == false;
  }

 private:
  void bond(Host& host, int ours, int theirs) {
    auto options = GetParam();
    options.back() += std::to_string(theirs);
    make_bond(host, options, fmt::format("192.0.2.{}/24", ours));
    host.must_run({"sysctl", "-qw", "net.ipv6.conf.bond0.accept_dad=0"});
    host.add_address("bond0", fmt::format("2001:db8::{}/64", ours));
  }
};

TEST_P(WatchedFromBothEnds, TheyComeBackWhenThePathDoes) {
  ASSERT_TRUE(eventually([&] { return both_carry(); }));
  Stream(server, client, "192.0.2.2").wait_for_arrivals(10);
  trunk.pull();
  ASSERT_TRUE(eventually([&] { return neither_carries(); }));
  trunk.plug();
  EXPECT_TRUE(eventually([&] { return both_carry(); }));
  Stream(server, client, "192.0.2.2").wait_for_arrivals(10);
}

INSTANTIATE_TEST_SUITE_P(
    Monitors, WatchedFromBothEnds,
    ::testing::Values(Arguments{"mode", "active-backup", "path_monitor", "icmp", "path_target", "192.0.2."},
                      Arguments{"mode", "active-backup", "path_monitor", "icmp", "path_target", "2001:db8::"},
                      Arguments{"mode", "active-backup", "path_monitor", "bfd", "path_target", "192.0.2."},
                      Arguments{"mode", "active-backup", "arp_interval", "100", "arp_validate", "all",
                                "ns_ip6_target", "2001:db8::"}));

}  // namespace
}  // namespace ebond::lab
