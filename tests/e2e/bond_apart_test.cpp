// A bond whose interface stands in a namespace of its own, a container's, while its slaves, its monitors and
// the command line stay with the host.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "lab/leftovers.h"
#include "os/netns.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

//   web   bond0 ════════╗
//   server           its lower half, eth0 --- p1 sw p3 --- eth0 client
//                                    eth1 --- p2
class Apart : public OneSwitch {
 protected:
  Host& web = lab.host("web");

  void bond_in_web(const Arguments& options = {"mode", "active-backup", "miimon", "100"}) {
    Arguments add{"add", "bond0"};
    add.insert(add.end(), options.begin(), options.end());
    add.insert(add.end(), {"netns", web.netns_name()});
    ebond.must_run(server, add);
    ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
    inside();
  }
  void inside() {
    web.add_address("bond0", "192.0.2.1/24");
    web.set_up("bond0");
  }
  nlohmann::json away() { return show(server).at(0).at("away"); }
  bool is_away() { return !away().is_null(); }
  std::string flags_of(const Node& where, const std::string& interface) {
    return listen(where, "ip -o link show " + interface);
  }
};

TEST_F(Apart, CarriesWhatTheContainerSendsAndReceives) {
  bond_in_web();
  EXPECT_EQ(away().at("netns"), web.netns_name());
  EXPECT_EQ(away().at("ifname"), "bond0");
  EXPECT_NE(server.run({"ip", "link", "show", "bond0"}).exit_code, 0);
  EXPECT_EQ(web.link("bond0").mac, server.link("eth0").mac);
  EXPECT_TRUE(eventually([&] { return web.link("bond0").carrier(); }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  EXPECT_TRUE(pings(web, "192.0.2.2"));
  EXPECT_GT(show(server).at(0).at("traffic").at("rx_frames"), 0);
}

TEST_F(Apart, TakesForItsOwnNoFrameThatIsForAnother) {
  bond_in_web();
  ASSERT_TRUE(pings(client, "192.0.2.1"));
  // What a switch floods, as it does not know the MAC.
  client.must_run({"ip", "neighbour", "replace", "192.0.2.1", "lladdr", "02:00:00:00:be:ef", "dev", "eth0",
                   "nud", "permanent"});
  EXPECT_NE(client.run({"ping", "-c", "3", "-i", "0.2", "-W", "1", "192.0.2.1"}).exit_code, 0);
  web.must_run({"ip", "link", "set", "bond0", "address", "02:00:00:00:be:ef"});
  EXPECT_TRUE(pings(client, "192.0.2.1"));
}

TEST_F(Apart, FailsOverAndAnnouncesTheAddressesOfTheContainer) {
  bond_in_web();
  fails_over_for(web);
}

TEST_F(Apart, LosesItsCarrierWithItsLastSlave) {
  bond_in_web();
  left.pull();
  right.pull();
  EXPECT_TRUE(eventually([&] { return !web.link("bond0").carrier(); }));
  right.plug();
  EXPECT_TRUE(eventually([&] { return web.link("bond0").carrier(); }));
}

TEST_F(Apart, PassesOnToItsSlavesWhatTheContainerSets) {
  bond_in_web();
  web.must_run({"ip", "link", "set", "bond0", "mtu", "1400"});
  EXPECT_TRUE(eventually([&] { return server.link("eth0").mtu == 1400 && server.link("eth1").mtu == 1400; }));
  web.must_run({"ip", "link", "set", "bond0", "address", "02:00:00:00:be:ef"});
  EXPECT_TRUE(eventually([&] { return server.link("eth0").mac.to_string() == "02:00:00:00:be:ef"; }));
  web.must_run({"ip", "maddress", "add", "01:00:5e:01:02:03", "dev", "bond0"});
  EXPECT_TRUE(eventually([&] {
    return listen(server, "ip maddress show dev eth0").find("01:00:5e:01:02:03") != std::string::npos;
  }));
  web.must_run({"ip", "link", "set", "bond0", "promisc", "on"});
  EXPECT_TRUE(eventually([&] { return flags_of(server, "eth0").find("PROMISC") != std::string::npos; }));
  web.must_run(
      {"ip", "link", "add", "mac0", "link", "bond0", "address", "02:00:00:00:ca:fe", "type", "macvlan"});
  web.set_up("mac0");
  EXPECT_TRUE(eventually([&] {
    return listen(server, "bridge fdb show dev eth0").find("02:00:00:00:ca:fe") != std::string::npos;
  }));
}

TEST_F(Apart, IsWatchedByTheAddressesAndRoutesOfTheContainer) {
  // The primary: until bond0 has its address nobody answers, and it may be another's turn by then.
  bond_in_web({"mode", "active-backup", "primary", "eth0", "arp_interval", "50", "arp_ip_target", "192.0.2.2",
               "arp_validate", "all"});
  EXPECT_TRUE(eventually([&] { return active() == "eth0" && link_is(server, "eth0", "up"); }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  // The cable stays in: what is beyond the switch is lost.
  sw.must_run({"ip", "link", "set", "p1", "nomaster"});
  EXPECT_TRUE(eventually([&] { return active() == "eth1"; }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
}

TEST_F(Apart, LosesNoFrameAtKillsAndRestartsOfTheDaemon) {
  for (const auto* mode : {"active-backup", "balance-rr", "balance-xor"}) {
    bond_in_web({"mode", mode, "miimon", "100"});
    {
      Stream stream(web, client, "192.0.2.2", {.frames_per_second = 2000});
      for (int time = 0; time < 3; ++time) {
        ebond.kill(SIGKILL);
        stream.wait_for_arrivals(100);
        ebond.start();
        EXPECT_TRUE(is_away());
      }
      EXPECT_EQ(stream.stop().lost, 0U) << mode;
    }
    ebond.must_run(server, {"del", "bond0"});
    EXPECT_NE(web.run({"ip", "link", "show", "bond0"}).exit_code, 0);
  }
}

TEST_F(Apart, IsFollowedWhenItIsMovedByHandAndWhileNoDaemonRuns) {
  const auto before = look(server, "eth0");
  bond({"mode", "active-backup", "miimon", "100"});
  server.must_run({"ip", "link", "set", "bond0", "netns", web.netns_name()});
  EXPECT_TRUE(eventually([&] { return is_away(); }));
  inside();
  EXPECT_TRUE(pings(client, "192.0.2.1"));

  ebond.kill(SIGKILL);
  web.must_run({"ip", "link", "set", "bond0", "netns", server.netns_name()});
  ebond.start();
  EXPECT_FALSE(is_away());
  server.add_address("bond0", "192.0.2.1/24");
  server.set_up("bond0");
  EXPECT_TRUE(pings(client, "192.0.2.1"));

  ebond.kill(SIGKILL);
  server.must_run({"ip", "link", "set", "bond0", "netns", web.netns_name(), "name", "eth7"});
  ebond.start();
  EXPECT_EQ(away().at("ifname"), "eth7");
  web.add_address("eth7", "192.0.2.1/24");
  web.set_up("eth7");
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  left.pull();
  EXPECT_TRUE(eventually([&] { return active() == "eth1"; }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  left.plug();

  web.must_run({"ip", "link", "set", "eth7", "netns", server.netns_name(), "name", "bond7"});
  EXPECT_TRUE(eventually([&] { return show(server).at(0).at("ifname") == "bond7" && !is_away(); }));
  ebond.must_run(server, {"del", "bond7"});
  EXPECT_EQ(look(server, "eth0"), before);
}

TEST_F(Apart, KeepsItsNameForTheHostWhateverTheContainerCallsIt) {
  bond_in_web();
  web.must_run({"ip", "link", "set", "bond0", "down"});
  web.must_run({"ip", "link", "set", "bond0", "name", "eth0"});
  EXPECT_TRUE(eventually([&] { return away().at("ifname") == "eth0"; }));
  EXPECT_TRUE(proc_says(server, "Bonding Mode: fault-tolerance (active-backup)"));
  const auto refused = ebond.run(server, {"add", "bond0"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.output.find("already"), std::string::npos);
}

TEST_F(Apart, ThatTheContainerDeletesGivesItsSlavesBack) {
  const auto before = look(server, "eth0");
  bond_in_web();
  web.must_run({"ip", "link", "del", "bond0"});
  EXPECT_TRUE(eventually([&] { return show(server).empty(); }));
  EXPECT_EQ(look(server, "eth0"), before);
}

TEST_F(Apart, EndsWithTheNamespaceOfItsInterfaceAndGivesItsSlavesBack) {
  server.add_address("eth0", "198.51.100.1/24");
  const auto before = look(server, "eth0");
  const auto name = namespace_name("pod");
  for (const bool with_daemon : {true, false}) {
    server.must_run({"ip", "netns", "add", name});
    ebond.must_run(server, {"add", "bond0", "mode", "active-backup", "netns", name});
    ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
    if (!with_daemon) ebond.kill(SIGKILL);
    server.must_run({"ip", "netns", "del", name});
    if (!with_daemon) ebond.start();
    EXPECT_TRUE(eventually([&] { return show(server).empty(); }));
    EXPECT_TRUE(eventually([&] { return std::filesystem::is_empty(ebond.run_dir() / "state"); }));
    EXPECT_TRUE(eventually([&] { return look(server, "eth0") == before; })) << look(server, "eth0");
  }
}

TEST_F(Apart, IsExportedAndComesBackFromTheFileWhereItStood) {
  bond_in_web();
  web.must_run({"ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.2", "dev", "bond0"});
  const auto file = ebond.run_dir() / "away.toml";
  const auto exported = ebond.run(server, {"export"});
  ASSERT_EQ(exported.exit_code, 0) << exported.output;
  EXPECT_NE(exported.output.find("netns = \"" + web.netns_name() + "\""), std::string::npos);
  std::ofstream(file) << exported.output;
  EXPECT_EQ(ebond.run(server, {"apply", "--dry-run", file.native()}).output,
            "nothing to do: all is as the file says\n");

  web.must_run({"ip", "address", "del", "192.0.2.1/24", "dev", "bond0"});
  ebond.must_run(server, {"apply", file.native()});
  EXPECT_TRUE(pings(client, "192.0.2.1"));

  ebond.must_run(server, {"del", "bond0"});
  ebond.must_run(server, {"apply", file.native()});
  EXPECT_EQ(away().at("netns"), web.netns_name());
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  EXPECT_EQ(ebond.run(server, {"export"}).output, exported.output);
}

TEST_F(Apart, IsNotMadeWhereItsInterfaceCannotGo) {
  const auto refused = ebond.run(server, {"add", "bond0", "netns", "nowhere"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.output.find("netns nowhere: "), std::string::npos) << refused.output;
  web.must_run({"ip", "link", "add", "bond0", "type", "veth", "peer", "name", "other"});
  EXPECT_EQ(ebond.run(server, {"add", "bond0", "netns", web.netns_name()}).exit_code, 1);
  EXPECT_TRUE(show(server).empty());
}

}  // namespace
}  // namespace ebond::lab
