// bond0 as a netkit device, on kernels that have them: what is asked of any bond0, where it could come out
// otherwise than with a veth. Elsewhere these are skipped.
#include <csignal>
#include <filesystem>
#include <string>

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

class Netkit : public OneSwitch {
 protected:
  Host& web = lab.host("web");

  void SetUp() override {
    OneSwitch::SetUp();
    if (server.run({"ip", "link", "add", "probe", "type", "netkit"}).exit_code != 0) {
      GTEST_SKIP() << "this kernel has no netkit devices";
    }
    server.must_run({"ip", "link", "del", "probe"});
  }
  void netkit_bond(const std::string& mode) {
    bond({"mode", mode, "miimon", "100", "bond0_device", "netkit"});
    ASSERT_EQ(show(server).at(0).at("device"), "netkit");
  }
  /// The pin of the link that its program hangs on.
  std::filesystem::path link_pin() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(ebond.pin_dir())) {
      if (entry.path().filename() == "tx") return entry.path();
    }
    return {};
  }
  os::LinkCounters counted(const std::string& interface) { return server.link(interface).counters; }
};

TEST_F(Netkit, CarriesFramesBothWaysInEachModeAndCountsThem) {
  for (const auto* mode : {"balance-rr", "active-backup", "balance-xor", "broadcast", "balance-tlb"}) {
    netkit_bond(mode);
    EXPECT_TRUE(pings(client, "192.0.2.1")) << mode;
    EXPECT_TRUE(pings(server, "192.0.2.2")) << mode;
    EXPECT_GT(counted("bond0").rx_packets, 1U) << mode;
    EXPECT_GT(counted("bond0").tx_packets, 1U) << mode;
    EXPECT_EQ(counted("bond0").tx_dropped, 0U) << mode;
    ebond.must_run(server, {"del", "bond0"});
    EXPECT_EQ(link_pin(), "");
  }
}

TEST_F(Netkit, IsWhatAutoChoosesUnlessTheModeNeedsAVeth) {
  bond({"mode", "active-backup"});
  EXPECT_EQ(show(server).at(0).at("device"), "netkit");
  EXPECT_EQ(ebond.run(server, {"set", "bond0", "bond0_device", "veth"}).exit_code, 1);
  ebond.must_run(server, {"del", "bond0"});
  bond({"mode", "balance-alb"});
  EXPECT_EQ(show(server).at(0).at("device"), "veth");
  EXPECT_TRUE(pings(client, "192.0.2.1"));
}

TEST_F(Netkit, LosesNoFrameAtKillsAndRestartsOfTheDaemon) {
  for (const auto* mode : {"active-backup", "balance-rr"}) {
    netkit_bond(mode);
    EXPECT_NE(link_pin(), "");
    EXPECT_TRUE(pings(server, "192.0.2.2"));
    Stream stream(server, client, "192.0.2.2", {.frames_per_second = 500});
    for (int time = 0; time < 3; ++time) {
      ebond.kill(SIGKILL);
      stream.wait_for_arrivals(100);
      ebond.start();
      stream.wait_for_arrivals(100);
    }
    EXPECT_EQ(stream.stop().lost, 0U) << mode;
    EXPECT_EQ(show(server).at(0).at("device"), "netkit");
    ebond.must_run(server, {"del", "bond0"});
  }
}

TEST_F(Netkit, FailsOver) {
  netkit_bond("active-backup");
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  left.pull();
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  right.pull();
  EXPECT_TRUE(eventually([&] { return !server.link("bond0").carrier(); }));
}

TEST_F(Netkit, CannotBeTakenApartByTcAndGetsBackALinkThatIsTaken) {
  netkit_bond("active-backup");
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  (void)server.run(
      {"sh", "-c", "tc qdisc del dev $(ip -o link show type netkit | grep -o 'ebl[0-9]*' | head -1) clsact"});
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  // Nobody runs who would put it back.
  ebond.kill(SIGKILL);
  std::filesystem::remove_all(ebond.pin_dir());
  EXPECT_NE(server.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code, 0);
  ebond.start();
  EXPECT_TRUE(pings(server, "192.0.2.2"));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  EXPECT_NE(link_pin(), "");
}

TEST_F(Netkit, HonoursTheQueueThatAFilterChose) {
  netkit_bond("active-backup");
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
  if (server.link("bond0").tx_queues == 1) {  // Linux 7
    const auto refused = ebond.run(server, {"set-slave", "eth1", "queue_id", "2"});
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(refused.output, testing::HasSubstr("0 (none) to 1, the bond's number of queues"));
    return;
  }
  ebond.must_run(server, {"set-slave", "eth1", "queue_id", "2"});
  EXPECT_TRUE(pings(server, "192.0.2.2"));
  server.must_run({"tc", "qdisc", "add", "dev", "bond0", "clsact"});
  server.must_run({"tc", "filter", "add", "dev", "bond0", "egress", "protocol", "ip", "u32", "match", "ip",
                   "protocol", "1", "0xff", "action", "skbedit", "queue_mapping", "2"});
  const auto sent = [&] { return counted("eth1").tx_packets; };
  const auto before = sent();
  (void)server.run({"ping", "-c", "3", "-i", "0.2", "-W", "1", "192.0.2.2"});
  EXPECT_GE(sent(), before + 3);
}

TEST_F(Netkit, CarriesVlansAndIsABridgesPort) {
  netkit_bond("active-backup");
  if (server.run({"ip", "link", "add", "link", "bond0", "name", "v7", "type", "vlan", "id", "7"}).exit_code !=
      0) {
    GTEST_SKIP() << "this kernel has no VLANs";
  }
  client.must_run({"ip", "link", "add", "link", "eth0", "name", "v7", "type", "vlan", "id", "7"});
  for (auto* host : {&server, &client}) host->set_up("v7");
  server.add_address("v7", "198.51.100.1/24");
  client.add_address("v7", "198.51.100.2/24");
  EXPECT_TRUE(pings(client, "198.51.100.1"));
  EXPECT_TRUE(pings(server, "198.51.100.2"));
}

TEST_F(Netkit, StandsInAnotherNamespaceAndComesHome) {
  ebond.must_run(
      server, {"add", "bond0", "mode", "active-backup", "bond0_device", "netkit", "netns", web.netns_name()});
  ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
  web.add_address("bond0", "192.0.2.1/24");
  web.set_up("bond0");
  EXPECT_EQ(show(server).at(0).at("device"), "netkit");
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  EXPECT_TRUE(pings(web, "192.0.2.2"));
  ebond.kill(SIGKILL);
  EXPECT_TRUE(pings(web, "192.0.2.2"));
  web.must_run({"ip", "link", "set", "bond0", "netns", server.netns_name()});
  ebond.start();
  server.add_address("bond0", "192.0.2.1/24");
  server.set_up("bond0");
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  EXPECT_TRUE(pings(server, "192.0.2.2"));
}

}  // namespace
}  // namespace ebond::lab
