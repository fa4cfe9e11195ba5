// What others set on a slave, with real devices and frames: put back within a second, and said.
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

class SetByHand : public OneSwitch {
 protected:
  void SetUp() override {
    OneSwitch::SetUp();
    bond({"mode", "active-backup"});
    ASSERT_TRUE(pings(client, "192.0.2.1"));
  }
  bool said(const std::string& what) {
    return eventually([&] { return ebond.log().find(what) != std::string::npos; }, 5s);
  }
};

TEST_F(SetByHand, MacAndMtuOfASlaveArePutBack) {
  for (const auto* slave : {"eth0", "eth1"}) {
    const auto healthy = server.link(slave);
    server.must_run({"ip", "link", "set", slave, "address", "02:00:00:00:77:01"});
    EXPECT_TRUE(eventually([&] { return server.link(slave).mac == healthy.mac; }, 1s)) << slave;
    EXPECT_TRUE(said("its MAC address was set to 02:00:00:00:77:01"));
    server.must_run({"ip", "link", "set", slave, "mtu", "1000"});
    EXPECT_TRUE(eventually([&] { return server.link(slave).mtu == healthy.mtu; }, 1s)) << slave;
    EXPECT_TRUE(said("its MTU was set to 1000"));
  }
  EXPECT_TRUE(eventually([&] { return show(server)[0]["verdict"] == "ok"; }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
}

TEST_F(SetByHand, MacOfASlaveOfBalanceAlbIsPutBack) {
  ebond.must_run(server, {"del", "bond0"});
  bond({"mode", "balance-alb"});
  const auto worn = server.link("eth1").mac;
  server.must_run({"ip", "link", "set", "eth1", "address", "02:00:00:00:77:01"});
  EXPECT_TRUE(eventually([&] { return server.link("eth1").mac == worn; }, 1s));
}

TEST_F(SetByHand, ASlaveThatAnotherProgramSetsAgainAndAgainCostsLittle) {
  const auto mac = server.link("eth1").mac;
  server.must_run({"sh", "-c", "for i in $(seq 200); do ip link set eth1 mtu 1000; done"});
  EXPECT_TRUE(eventually([&] { return server.link("eth1").mtu == 1500; }, 2s));
  EXPECT_EQ(server.link("eth1").mac, mac);
  EXPECT_TRUE(eventually([&] { return show(server)[0]["verdict"] == "ok"; }));
}

TEST_F(SetByHand, ASlaveThatIsMovedAwayAndBackIsOneAgain) {
  const auto& other = client;
  server.must_run({"ip", "link", "set", "eth1", "netns", other.netns_name()});
  EXPECT_TRUE(eventually([&] { return show(server)[0]["slaves"].size() == 1; }, 1s));
  EXPECT_EQ(show(server)[0]["verdict"], "degraded");
  other.must_run({"ip", "link", "set", "eth1", "netns", server.netns_name()});
  EXPECT_TRUE(eventually([&] { return show(server)[0]["slaves"].size() == 2; }, 2s));
}

}  // namespace
}  // namespace ebond::lab
