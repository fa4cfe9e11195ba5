// BFD with frames: micro-BFD between two ebonds, and BFD with FRRouting's bfdd.
#include <csignal>
#include <optional>

#include "lab/frr.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

//   alpha eth0 ----- eth0 beta     micro-BFD over each cable
//         eth1 ----- eth1
class MicroBfd : public TwoCables, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    bond(GetParam());
    for (const auto& [host, far] : {std::pair{&alpha, "192.0.2.2"}, std::pair{&beta, "192.0.2.1"}}) {
      // Generous: what is asserted must hold on a busy machine too.
      ebond.must_run(*host, {"set", "bond0", "path_target", far, "path_interval", "100", "path_multiplier",
                             "5", "path_monitor", "micro_bfd"});
    }
  }
  /// Who is held out by BFD, and why.
  std::string hold_of(const Node& where, const std::string& slave) {
    const auto bonds = show(where);
    for (const auto& each : bonds[0]["slaves"]) {
      if (each["ifname"] != slave) continue;
      for (const auto& hold : each["path"]) {
        if (hold["judge"] == "bfd") return hold["why"];
      }
    }
    return {};
  }
};

TEST_P(MicroBfd, HoldsAMemberOutAtBothEndsWhoseFibreIsCutInOneDirection) {
  Stream stream(beta, alpha, "192.0.2.1");
  std::this_thread::sleep_for(3s);  // sessions up, at their pace
  ASSERT_EQ(hold_of(alpha, "eth0") + hold_of(beta, "eth0"), "");
  first.lose(Cable::Direction::to_near, 1);
  EXPECT_TRUE(eventually([&] { return !hold_of(beta, "eth0").empty(); }));
  EXPECT_TRUE(eventually([&] { return !hold_of(alpha, "eth0").empty(); }));
  EXPECT_EQ(hold_of(alpha, "eth0"), "no BFD packets from 192.0.2.2");
  EXPECT_TRUE(eventually([&] { return hold_of(alpha, "eth1") + hold_of(beta, "eth1") == ""; }));
  stream.wait_for_arrivals(100);
  first.lose_nothing();
  EXPECT_TRUE(eventually([&] { return hold_of(alpha, "eth0") + hold_of(beta, "eth0") == ""; }));
  stream.wait_for_arrivals(100);
}

/// Both ends are one daemon's here: both begin again, and hold no slave out for that.
TEST_P(MicroBfd, CallsNoPathDeadWhenTheDaemonWasKilledAndComesAgain) {
  Stream stream(beta, alpha, "192.0.2.1");
  std::this_thread::sleep_for(3s);
  ebond.kill(SIGKILL);
  stream.wait_for_arrivals(100);
  ebond.start();
  for (const auto end = Clock::now() + 4s; Clock::now() < end; std::this_thread::sleep_for(100ms)) {
    for (const auto* host : {&alpha, &beta}) {
      for (const auto* slave : {"eth0", "eth1"}) ASSERT_EQ(hold_of(*host, slave), "") << slave;
    }
  }
  // And watches on.
  first.lose(Cable::Direction::to_near, 1);
  EXPECT_TRUE(eventually([&] { return !hold_of(alpha, "eth0").empty(); }));
  stream.wait_for_arrivals(100);
}

TEST_P(MicroBfd, GoesOnHoldingADeadPathWhenTheDaemonWasKilledAndComesAgain) {
  std::this_thread::sleep_for(3s);
  first.lose(Cable::Direction::to_near, 1);
  ASSERT_TRUE(eventually([&] { return !hold_of(alpha, "eth0").empty(); }));
  ebond.kill(SIGKILL);
  ebond.start();
  for (const auto end = Clock::now() + 2s; Clock::now() < end; std::this_thread::sleep_for(100ms)) {
    ASSERT_NE(hold_of(alpha, "eth0"), "");
  }
  first.lose_nothing();
  EXPECT_TRUE(eventually([&] { return hold_of(alpha, "eth0").empty(); }));
}

INSTANTIATE_TEST_SUITE_P(Modes, MicroBfd, ::testing::Values("active-backup", "balance-xor", "802.3ad"),
                         [](const auto& mode) {
                           std::string name = mode.param;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

//   server eth0 --- p1 sw p3 --- eth0 client: zebra and bfdd
//          eth1 --- p2
class BfdWithFrr : public OneSwitch {
 protected:
  void SetUp() override {
    OneSwitch::SetUp();
    bfdd.emplace(client, "192.0.2.1", Bfdd::Pace{.interval_ms = 100, .multiplier = 3});
  }
  std::string vtysh(const std::vector<std::string>& commands) const { return bfdd->vtysh(commands); }
  /// As FRR sees its one session.
  nlohmann::json session() const {
    const auto told = nlohmann::json::parse(vtysh({"show bfd peers json"}), nullptr, false);
    return told.is_array() && !told.empty() ? told[0] : nlohmann::json::object();
  }
  bool frr_says(const std::string& status) const { return session().value("status", "") == status; }
  void watch() {
    bond({"mode", "active-backup"});
    ebond.must_run(server, {"set", "bond0", "path_target", "192.0.2.2", "path_interval", "100",
                            "path_multiplier", "3", "path_monitor", "bfd"});
  }

  std::optional<Bfdd> bfdd;
};

TEST_F(BfdWithFrr, ComesUpAndAgreesOnThePace) {
  watch();
  ASSERT_TRUE(eventually([&] { return frr_says("up"); })) << vtysh({"show bfd peers"});
  EXPECT_TRUE(eventually([&] { return session().value("remote-transmit-interval", 0) == 100; }))
      << vtysh({"show bfd peers"});
  EXPECT_EQ(session().value("remote-receive-interval", 0), 100);
  EXPECT_EQ(session().value("remote-detect-multiplier", 0), 3);
}

TEST_F(BfdWithFrr, LeavesTheSlaveItHearsNothingThroughAnyMore) {
  watch();
  ASSERT_TRUE(eventually([&] { return frr_says("up"); }));
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
  left.lose(Cable::Direction::to_near, 1);
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  EXPECT_TRUE(eventually([&] { return frr_says("up"); })) << "through the other slave";
}

TEST_F(BfdWithFrr, SeesThatBfddWasKilledAndKeepsTheTrafficGoing) {
  watch();
  ASSERT_TRUE(eventually([&] { return frr_says("up"); }));
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
  bfdd->signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  EXPECT_TRUE(pings(server, "192.0.2.2"));
  EXPECT_TRUE(eventually([&] { return link_is(server, "eth0", "up"); })) << "it answers ARP";
}

TEST_F(BfdWithFrr, DoesNotTakeAnAdministrativelyDownPeerForAFailure) {
  watch();
  ASSERT_TRUE(eventually([&] { return frr_says("up"); }));
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
  vtysh({"configure terminal", "bfd", "peer 192.0.2.1", "shutdown"});
  EXPECT_TRUE(eventually([&] { return frr_says("shutdown"); }));
  std::this_thread::sleep_for(2s);
  EXPECT_TRUE(active_is(server, "eth0"));
  EXPECT_TRUE(link_is(server, "eth0", "up") && link_is(server, "eth1", "up"));
  vtysh({"configure terminal", "bfd", "peer 192.0.2.1", "no shutdown"});
  EXPECT_TRUE(eventually([&] { return frr_says("up"); }));
}

class BfdOverIpv6WithFrr : public BfdWithFrr {
 protected:
  void SetUp() override {
    OneSwitch::SetUp();
    client.must_run({"ip", "address", "add", "2001:db8::2/64", "dev", "eth0", "nodad"});
    bfdd.emplace(client, "2001:db8::1", Bfdd::Pace{.interval_ms = 100, .multiplier = 3});
    bond({"mode", "active-backup"});
    server.must_run({"ip", "address", "add", "2001:db8::1/64", "dev", "bond0", "nodad"});
    ebond.must_run(server, {"set", "bond0", "path_target", "2001:db8::2", "path_interval", "100",
                            "path_multiplier", "3", "path_monitor", "bfd"});
  }
};

TEST_F(BfdOverIpv6WithFrr, ComesUpAndLeavesTheSlaveItHearsNothingThroughAnyMore) {
  ASSERT_TRUE(eventually([&] { return frr_says("up"); })) << vtysh({"show bfd peers"});
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
  left.lose(Cable::Direction::to_near, 1);
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  EXPECT_TRUE(eventually([&] { return frr_says("up"); })) << "through the other slave";
}

}  // namespace
}  // namespace ebond::lab
