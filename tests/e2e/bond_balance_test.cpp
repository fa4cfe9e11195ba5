// balance-tlb and balance-alb with frames: shares of the cables, what clients are told, lost cables, the next
// daemon.
#include <csignal>
#include <map>
#include <set>

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

//   server eth0 --- sw --- eth0 c0 … c5
//          eth1 ---
class SixClients : public WithEbond {
 protected:
  static constexpr unsigned kClients = 6;
  static constexpr const char* kServer = "192.0.2.1";
  Host& server = lab.host("server");
  Switch& sw = lab.switch_("sw");
  Cable& left = lab.cable(server, "eth0", sw);
  Cable& right = lab.cable(server, "eth1", sw);
  std::vector<Host*> clients;

  void SetUp() override {
    server.must_run({"ip", "link", "set", "eth0", "address", "02:00:00:00:00:01"});
    server.must_run({"ip", "link", "set", "eth1", "address", "02:00:00:00:00:02"});
    for (unsigned i = 0; i < kClients; ++i) {
      Host& client = *clients.emplace_back(&lab.host("c" + std::to_string(i)));
      lab.cable(client, "eth0", sw);
      // Even, so that in balance-tlb all of them have buckets of one slave at first.
      client.must_run(
          {"ip", "link", "set", "eth0", "address", "02:00:00:00:01:" + std::to_string(10 + 2 * i)});
      client.add_address("eth0", address(i) + "/24");
    }
  }
  static std::string address(unsigned client) { return "192.0.2." + std::to_string(10 + client); }

  void bond(const Arguments& options) {
    make_bond(server, options, std::string(kServer) + "/24");
    for (const auto* slave : {"eth0", "eth1"}) {
      EXPECT_TRUE(eventually([&] { return link_is(server, slave, "up"); }));
    }
    for (unsigned i = 0; i < kClients; ++i) {
      clients[i]->must_run({"ip", "neigh", "flush", "dev", "eth0"});  // of an earlier bond
      EXPECT_TRUE(pings(i)) << i;
    }
  }
  bool pings(unsigned client) {
    return eventually(
        [&] { return clients[client]->run({"ping", "-c", "1", "-W", "1", kServer}).exit_code == 0; });
  }
  std::string mac_of(const std::string& interface) { return server.link(interface).mac.to_string(); }
  /// The MAC this client sends to.
  std::string told(unsigned client) {
    const auto line = clients[client]->must_run({"ip", "neigh", "show", kServer, "dev", "eth0"});
    const auto at = line.find("lladdr ");
    return at == std::string::npos ? "" : line.substr(at + 7, 17);
  }
  std::map<std::string, unsigned> told_of() {
    std::map<std::string, unsigned> count;
    for (unsigned i = 0; i < kClients; ++i) ++count[told(i)];
    return count;
  }
  bool shares_are_even() {
    const auto count = told_of();
    return count.size() == 2 && count.begin()->second == kClients / 2;
  }
  std::uint64_t sent_by(const std::string& slave) { return server.link(slave).counters.tx_packets; }
  std::uint64_t received_by(const std::string& slave) { return server.link(slave).counters.rx_bytes; }
};

TEST_F(SixClients, AreToldOfBothSlavesInEqualShares) {
  bond({"mode", "balance-alb"});
  EXPECT_TRUE(eventually([&] { return shares_are_even(); }));
  EXPECT_EQ(mac_of("bond0"), "02:00:00:00:00:01");
}

TEST_F(SixClients, ReachTheServerThroughTheSlaveTheyWereToldOf) {
  bond({"mode", "balance-alb"});
  ASSERT_TRUE(eventually([&] { return shares_are_even(); }));
  for (unsigned i = 0; i < kClients; ++i) {
    const std::string slave = told(i) == mac_of("eth0") ? "eth0" : "eth1";
    const auto before = received_by(slave);
    Stream stream(*clients[i], server, kServer, {.frames_per_second = 500, .payload = 1000});
    stream.wait_for_arrivals(100);
    EXPECT_EQ(stream.stop().duplicates, 0U);
    EXPECT_GT(received_by(slave) - before, 100'000U) << i << " by " << slave;
  }
}

TEST_F(SixClients, OfALostSlaveAreToldOfTheOtherAndGetTheirShareBackWhenItReturns) {
  bond({"mode", "balance-alb"});
  ASSERT_TRUE(eventually([&] { return shares_are_even(); }));
  for (Cable* cable : {&right, &left}) {
    Stream stream(*clients[0], server, kServer);
    cable->pull();
    EXPECT_TRUE(eventually(
        [&] { return told_of() == std::map<std::string, unsigned>{{mac_of("bond0"), kClients}}; }));
    const auto moved = Clock::now();
    stream.wait_for_arrivals(200);
    const auto end = Clock::now();
    stream.stop();
    EXPECT_EQ(stream.lost_between(moved, end), 0U);
    for (unsigned i = 0; i < kClients; ++i) EXPECT_TRUE(pings(i)) << i;
    cable->plug();
    EXPECT_TRUE(eventually([&] { return shares_are_even(); }));
    for (unsigned i = 0; i < kClients; ++i) EXPECT_TRUE(pings(i)) << i;
  }
}

TEST_F(SixClients, SeeNoMacMoveWhenTheDaemonIsKilledAndAnotherTakesOver) {
  bond({"mode", "balance-alb"});
  left.pull();
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  left.plug();
  ASSERT_TRUE(eventually([&] { return link_is(server, "eth0", "up") && shares_are_even(); }));
  const auto macs = std::set{mac_of("bond0"), mac_of("eth0"), mac_of("eth1")};
  const auto first = mac_of("eth0"), second = mac_of("eth1");
  const auto before = told_of();
  Stream stream(*clients[0], server, kServer, {.frames_per_second = 2000});
  for (int time = 0; time < 5; ++time) {
    ebond.kill(SIGKILL);
    stream.wait_for_arrivals(100);
    ebond.start();
    EXPECT_EQ(mac_of("eth0"), first);
    EXPECT_EQ(mac_of("eth1"), second);
  }
  EXPECT_EQ(stream.stop().lost, 0U);
  EXPECT_EQ(told_of(), before);
  EXPECT_EQ(macs.size(), 2U) << "the active slave wears the bond's, the other one another";
  EXPECT_TRUE(active_is(server, "eth1"));
}

TEST_F(SixClients, AreSentToByBothSlavesInBalanceTlbAndByOneAfterAPull) {
  bond({"mode", "balance-tlb", "xmit_hash_policy", "layer2+3"});
  const auto spread = [&] {
    const auto first = sent_by("eth0"), second = sent_by("eth1");
    for (unsigned i = 0; i < kClients; ++i) EXPECT_TRUE(pings(i)) << i;
    return std::pair{sent_by("eth0") - first, sent_by("eth1") - second};
  };
  EXPECT_TRUE(eventually([&] {
    const auto [first, second] = spread();
    return first > 0 && second > 0;
  }));
  EXPECT_EQ(told_of().size(), 1U) << "all clients know one MAC, the bond's";
  left.pull();
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  for (unsigned i = 0; i < kClients; ++i) EXPECT_TRUE(pings(i)) << i;
  EXPECT_EQ(told(0), mac_of("bond0"));
}

TEST_F(SixClients, AreMovedApartByTheirLoadInBalanceTlb) {
  bond({"mode", "balance-tlb"});
  // By layer2 all their buckets are even ones: one slave has them all.
  std::vector<std::unique_ptr<Stream>> streams;
  for (unsigned i = 0; i < 4; ++i) {
    streams.push_back(std::make_unique<Stream>(server, *clients[i], address(i),
                                               StreamOptions{.frames_per_second = 250, .payload = 1000}));
  }
  EXPECT_TRUE(eventually(
      [&] {
        const auto first = sent_by("eth0"), second = sent_by("eth1");
        streams[0]->wait_for_sent(100);
        const auto by_first = sent_by("eth0") - first, by_second = sent_by("eth1") - second;
        return by_first * 3 > by_second && by_second * 3 > by_first;
      },
      60s));
}

TEST_F(SixClients, LeaveTheSlavesWithTheirOwnMacsOnRelease) {
  for (const auto* mode : {"balance-alb", "balance-tlb"}) {
    bond({"mode", mode});
    left.pull();
    ASSERT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
    left.plug();
    ebond.must_run(server, {"release", "bond0", "eth1"});
    EXPECT_EQ(mac_of("eth1"), "02:00:00:00:00:02") << mode;
    EXPECT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
    for (unsigned i = 0; i < kClients; ++i) EXPECT_TRUE(pings(i)) << i << mode;
    ebond.must_run(server, {"del", "bond0"});
    EXPECT_EQ(mac_of("eth0"), "02:00:00:00:00:01") << mode;
  }
}

}  // namespace
}  // namespace ebond::lab
