// A bond that has its slaves away, in a network namespace of its own, while its interface stays with the
// host.
#include <unistd.h>

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
namespace fs = std::filesystem;

//   server bond7 ═══════╗
//   bond-bond7   its lower half, eth0 --- p1 sw p3 --- eth0 client
//                                eth1 --- p2
class AwaySlaves : public OneSwitch {
 protected:
  // Names of namespaces are the machine's, and other tests run beside this one.
  const std::string bond7 = fmt::format("b{}", ::getpid());
  const std::string own = "bond-" + bond7;

  /// A test that failed may have left it, and a daemon that runs puts its name back.
  ~AwaySlaves() override {
    ebond.kill(SIGKILL);
    (void)client.run({"ip", "netns", "del", own});
  }

  void make(const Arguments& options = {"mode", "active-backup", "miimon", "100"}) {
    Arguments add{"add", bond7, "slaves", "away"};
    add.insert(add.end(), options.begin(), options.end());
    ebond.must_run(server, add);
  }
  void bond_away(const Arguments& options = {"mode", "active-backup", "miimon", "100"}) {
    make(options);
    ebond.must_run(server, {"enslave", bond7, "eth0", "eth1"});
    server.add_address(bond7, "192.0.2.1/24");
    server.set_up(bond7);
  }
  static bool is_there(const Node& where, const std::string& interface) {
    return where.run({"ip", "link", "show", "dev", interface}).exit_code == 0;
  }
  CommandResult run_in_own(Arguments arguments) const {
    arguments.insert(arguments.begin(), {"ip", "netns", "exec", own});
    return client.run(arguments);
  }
  std::string in_own(const std::string& commands) const {
    return run_in_own({"sh", "-e", "-c", "exec 2>/dev/null; " + commands}).output;
  }
  bool own_is_there() const { return fs::exists("/run/netns/" + own); }
  /// With what only a card that was used has.
  void furnish() {
    server.add_address("eth0", "198.51.100.1/24");
    server.must_run({"ip", "link", "set", "eth0", "mtu", "1400"});
    server.set_up("eth0");
    server.must_run({"ip", "route", "add", "203.0.113.0/24", "via", "198.51.100.254", "dev", "eth0"});
  }
  bool nothing_is_left() {
    return show(server).empty() && !own_is_there() && fs::is_empty(ebond.run_dir() / "state");
  }
};

TEST_F(AwaySlaves, CarryForABondThatStays) {
  bond_away();
  EXPECT_EQ(show(server).at(0).at("slaves_netns"), own);
  EXPECT_TRUE(show(server).at(0).at("away").is_null());
  EXPECT_TRUE(is_there(server, bond7));
  EXPECT_FALSE(is_there(server, "eth0"));
  EXPECT_EQ(run_in_own({"ethtool", "eth0"}).exit_code, 0);
  EXPECT_TRUE(eventually([&] { return server.link(bond7).carrier(); }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  EXPECT_TRUE(pings(server, "192.0.2.2"));
  EXPECT_GT(show(server).at(0).at("traffic").at("rx_frames"), 0);
  EXPECT_GT(show(server).at(0).at("slaves").at(0).at("traffic").at("rx_frames"), 0);
  const auto text = ebond.must_run(server, {"show", "--proc", bond7});
  EXPECT_NE(text.find("Slave Interface: eth1\nMII Status: up"), std::string::npos) << text;
}

TEST_F(AwaySlaves, ComeBackWhereTheyWereAsTheyWere) {
  // The bond keeps the MAC of the released one, and so its link-local address: each would find it taken.
  server.must_run({"sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0"});
  furnish();
  const auto first = look(server, "eth0"), second = look(server, "eth1");
  bond_away();
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  ebond.must_run(server, {"release", bond7, "eth0"});
  EXPECT_TRUE(eventually([&] { return look(server, "eth0") == first; })) << look(server, "eth0");
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  ebond.must_run(server, {"enslave", bond7, "eth0"});
  ebond.must_run(server, {"del", bond7});
  EXPECT_TRUE(nothing_is_left());
  EXPECT_TRUE(eventually([&] { return look(server, "eth0") == first; })) << look(server, "eth0");
  EXPECT_EQ(look(server, "eth1"), second);
}

TEST_F(AwaySlaves, FailOverAndTheAddressesOfTheHostAreAnnounced) {
  bond_away();
  fails_over_for(server);
  right.pull();
  EXPECT_TRUE(eventually([&] { return !server.link(bond7).carrier(); }));
  right.plug();
  EXPECT_TRUE(eventually([&] { return server.link(bond7).carrier(); }));
}

TEST_F(AwaySlaves, LoseNoFrameAtKillsAndRestartsOfTheDaemon) {
  for (const auto* mode : {"active-backup", "balance-rr", "balance-xor"}) {
    bond_away({"mode", mode, "miimon", "100"});
    {
      Stream stream(server, client, "192.0.2.2", {.frames_per_second = 2000});
      for (int time = 0; time < 3; ++time) {
        ebond.kill(SIGKILL);
        stream.wait_for_arrivals(100);
        ebond.start();
        EXPECT_EQ(show(server).at(0).at("slaves").size(), 2U);
      }
      EXPECT_EQ(stream.stop().lost, 0U) << mode;
    }
    ebond.must_run(server, {"del", bond7});
    EXPECT_TRUE(is_there(server, "eth0"));
  }
}

TEST_F(AwaySlaves, AreGivenBackByADaemonThatDidNotTakeThem) {
  furnish();
  const auto before = look(server, "eth0");
  bond_away();
  ebond.kill(SIGKILL);
  ebond.start();
  ebond.must_run(server, {"del", bond7});
  EXPECT_TRUE(nothing_is_left());
  EXPECT_TRUE(eventually([&] { return look(server, "eth0") == before; })) << look(server, "eth0");
}

TEST_F(AwaySlaves, AreTakenWhenTheyAppearWhereTheBondIs) {
  make();
  ebond.must_run(server, {"enslave", "--wait", bond7, "late0"});
  server.must_run({"ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1"});
  EXPECT_TRUE(
      eventually([&] { return !is_there(server, "late0") && show(server).at(0).at("slaves").size() == 1; }));
  // Unplugged and plugged again.
  server.must_run({"ip", "link", "del", "late1"});
  EXPECT_TRUE(eventually([&] { return show(server).at(0).at("slaves").empty(); }));
  server.must_run({"ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1"});
  EXPECT_TRUE(eventually([&] { return show(server).at(0).at("slaves").size() == 1; }));
}

TEST_F(AwaySlaves, AreToldWhatIsSetOnTheBondAndStandsOnIt) {
  bond_away();
  server.must_run({"ip", "link", "set", bond7, "mtu", "1400"});
  EXPECT_TRUE(eventually([&] { return in_own("ip link show eth0").find("mtu 1400") != std::string::npos; }));
  server.must_run({"ip", "link", "set", bond7, "address", "02:00:00:00:be:ef"});
  EXPECT_TRUE(
      eventually([&] { return in_own("ip link show eth1").find("02:00:00:00:be:ef") != std::string::npos; }));
  server.must_run({"ip", "maddress", "add", "01:00:5e:01:02:03", "dev", bond7});
  EXPECT_TRUE(eventually(
      [&] { return in_own("ip maddress show dev eth0").find("01:00:5e:01:02:03") != std::string::npos; }));
  server.must_run({"ip", "link", "set", bond7, "promisc", "on"});
  EXPECT_TRUE(eventually([&] { return in_own("ip link show eth0").find("PROMISC") != std::string::npos; }));
  server.must_run(
      {"ip", "link", "add", "mac0", "link", bond7, "address", "02:00:00:00:ca:fe", "type", "macvlan"});
  server.set_up("mac0");
  EXPECT_TRUE(eventually(
      [&] { return in_own("bridge fdb show dev eth0").find("02:00:00:00:ca:fe") != std::string::npos; }));
}

TEST_F(AwaySlaves, AreToldOfVlansOnTheBond) {
  bond_away();
  const auto made =
      server.run({"ip", "link", "add", "link", bond7, "name", "tagged", "type", "vlan", "id", "5"});
  if (made.exit_code != 0) GTEST_SKIP() << "this kernel has no VLANs";
  EXPECT_TRUE(eventually([&] {
    return !show(server).at(0).at("slaves").at(0).at("told").at("vlans").empty();
  })) << show(server).at(0).at("slaves").at(0);
  ebond.must_run(server, {"del", bond7});
  EXPECT_TRUE(is_there(server, "eth0"));
}

TEST_F(AwaySlaves, AreWatchedByTheAddressesAndRoutesOfTheHost) {
  bond_away(
      {"mode", "active-backup", "arp_interval", "50", "arp_ip_target", "192.0.2.2", "arp_validate", "all"});
  EXPECT_TRUE(eventually([&] { return active() == "eth0"; }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  sw.must_run({"ip", "link", "set", "p1", "nomaster"});
  EXPECT_TRUE(eventually([&] { return active() == "eth1"; }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
}

TEST_F(AwaySlaves, LoseNothingWhenTheNameOfTheirNamespaceIsDeleted) {
  bond_away();
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  Stream stream(server, client, "192.0.2.2", {.frames_per_second = 1000});
  client.must_run({"ip", "netns", "del", own});
  EXPECT_TRUE(eventually([&] { return run_in_own({"ethtool", "eth0"}).exit_code == 0; }));
  stream.wait_for_arrivals(100);
  EXPECT_EQ(stream.stop().lost, 0U);
  ebond.must_run(server, {"del", bond7});
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(AwaySlaves, OfANamespaceThatEndedWhileNoDaemonRanLeaveNothingBehind) {
  bond_away();
  ebond.kill(SIGKILL);
  client.must_run({"ip", "netns", "del", own});
  // Cables that are virtual go with it, and so does the pair.
  EXPECT_TRUE(eventually([&] { return !is_there(server, bond7); }));
  ebond.start();
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(AwaySlaves, AreGivenBackWhenTheBondIsDeletedByHand) {
  furnish();
  const auto before = look(server, "eth0");
  for (const bool with_daemon : {true, false}) {
    bond_away();
    if (!with_daemon) ebond.kill(SIGKILL);
    server.must_run({"ip", "link", "del", bond7});
    if (!with_daemon) ebond.start();
    EXPECT_TRUE(eventually([&] { return nothing_is_left(); }));
    EXPECT_TRUE(eventually([&] { return look(server, "eth0") == before; })) << look(server, "eth0");
  }
}

TEST_F(AwaySlaves, StayWhenTheBondGoesToAContainer) {
  auto& web = lab.host("web");
  bond_away();
  server.must_run({"ip", "link", "set", bond7, "netns", web.netns_name()});
  EXPECT_TRUE(eventually([&] { return !show(server).at(0).at("away").is_null(); }));
  web.add_address(bond7, "192.0.2.1/24");
  web.set_up(bond7);
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  ebond.kill(SIGKILL);
  ebond.start();
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  web.must_run({"ip", "link", "set", bond7, "netns", server.netns_name()});
  EXPECT_TRUE(eventually([&] { return show(server).at(0).at("away").is_null(); }));
  ebond.must_run(server, {"del", bond7});
  EXPECT_TRUE(is_there(server, "eth0"));
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(AwaySlaves, AreExportedAndComeFromTheFileAgain) {
  bond_away();
  const auto file = ebond.run_dir() / "away.toml";
  const auto exported = ebond.run(server, {"export"});
  ASSERT_EQ(exported.exit_code, 0) << exported.output;
  EXPECT_NE(exported.output.find("slaves_away = 1"), std::string::npos) << exported.output;
  std::ofstream(file) << exported.output;
  EXPECT_EQ(ebond.run(server, {"apply", "--dry-run", file.native()}).output,
            "nothing to do: all is as the file says\n");
  server.must_run({"ip", "address", "del", "192.0.2.1/24", "dev", bond7});
  ebond.must_run(server, {"apply", file.native()});
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  ebond.must_run(server, {"del", bond7});
  const auto applied = ebond.must_run(server, {"apply", file.native()});
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  EXPECT_EQ(ebond.run(server, {"export"}).output, exported.output);
}

TEST_F(AwaySlaves, HaveTheAddressesOfTheFirstGoToTheBondThatAdoptsIt) {
  server.add_address("eth0", "192.0.2.1/24");
  server.set_up("eth0");
  server.must_run({"ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.2", "dev", "eth0"});
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  const auto before = look(server, "eth0");
  ebond.must_run(server, {"add", bond7, "mode", "active-backup", "slaves", "away", "--adopt", "eth0"});
  EXPECT_FALSE(is_there(server, "eth0"));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  EXPECT_NE(listen(server, "ip route show dev " + bond7).find("203.0.113.0/24"), std::string::npos);
  ebond.must_run(server, {"del", bond7});
  EXPECT_TRUE(eventually([&] { return look(server, "eth0") == before; })) << look(server, "eth0");
  EXPECT_TRUE(pings(client, "192.0.2.1"));
}

TEST_F(AwaySlaves, AreEnslavedByIpToo) {
  make();
  const auto compat =
      fmt::format("PATH={}/compat:$PATH EBOND_RUN_DIR={} ", EBOND_BUILD_DIR, ebond.run_dir().string());
  server.must_run(
      {"sh", "-e", "-c", compat + "ip link set eth0 down; " + compat + "ip link set eth0 master " + bond7});
  EXPECT_EQ(show(server).at(0).at("slaves").size(), 1U);
  const auto shown = server.must_run({"sh", "-e", "-c", compat + "ip -d link show " + bond7});
  EXPECT_NE(shown.find("bond mode active-backup"), std::string::npos) << shown;
}

TEST_F(AwaySlaves, AreRefusedWhereSomethingWouldBeLostOrIsInTheWay) {
  EXPECT_NE(ebond.run(server, {"add", bond7, "slaves", "away", "netns", "web"})
                .output.find("netns does not go with slaves away"),
            std::string::npos);
  client.must_run({"ip", "netns", "add", own});
  const auto taken = ebond.run(server, {"add", bond7, "slaves", "away"});
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_NE(taken.output.find("there is a network namespace " + own + " already"), std::string::npos);
  EXPECT_TRUE(own_is_there());
  client.must_run({"ip", "netns", "del", own});
  make();
  server.must_run({"tc", "qdisc", "add", "dev", "eth0", "clsact"});
  server.must_run({"tc", "filter", "add", "dev", "eth0", "ingress", "protocol", "ip", "u32", "match", "u32",
                   "0", "0", "flowid", "1:1"});
  EXPECT_NE(ebond.run(server, {"enslave", bond7, "eth0"}).output.find("eth0 has filters of tc"),
            std::string::npos);
  EXPECT_TRUE(is_there(server, "eth0"));
  const auto set = ebond.run(server, {"set", bond7, "slaves_away", "off"});
  EXPECT_NE(set.output.find("chosen when the bond is made"), std::string::npos) << set.output;
}

TEST_F(AwaySlaves, AreRefusedByADaemonWithWhichTheNameOfTheirNamespaceWouldEnd) {
  const auto directory = (ebond.run_dir() / "alone").native();
  auto daemon = server.start({"unshare", "--mount", EBOND_BUILD_DIR "/ebondd", "--run-dir", directory});
  EXPECT_TRUE(eventually(
      [&] { return server.run({EBOND_BUILD_DIR "/ebond", "--run-dir", directory, "show"}).exit_code == 0; }));
  const auto refused =
      server.run({EBOND_BUILD_DIR "/ebond", "--run-dir", directory, "add", bond7, "slaves", "away"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.output.find("would not outlive ebondd"), std::string::npos) << refused.output;
  EXPECT_FALSE(is_there(server, bond7));
  daemon.signal(SIGTERM);
  EXPECT_TRUE(daemon.wait(30s));
}

TEST_F(AwaySlaves, EndWithTheNamespaceThatTheirBondBelongsTo) {
  const auto pod = namespace_name("pod");
  const auto far = "far" + bond7;
  for (const bool with_daemon : {true, false}) {
    client.must_run({"ip", "netns", "add", pod});
    client.must_run({"ip", "link", "add", far, "type", "veth", "peer", "name", "eth0", "netns", pod});
    ebond.must_run(client, {"-n", pod, "add", bond7, "slaves", "away"});
    ebond.must_run(client, {"-n", pod, "enslave", bond7, "eth0"});
    EXPECT_TRUE(own_is_there());
    if (!with_daemon) ebond.kill(SIGKILL);
    client.must_run({"ip", "netns", "del", pod});
    if (!with_daemon) ebond.start();
    EXPECT_TRUE(eventually([&] { return !own_is_there() && fs::is_empty(ebond.run_dir() / "state"); }));
    EXPECT_TRUE(eventually([&] { return !is_there(client, far); }));
  }
}

TEST_F(AwaySlaves, AreNoReasonForTheDoctorToTakeOthersForThem) {
  bond_away();
  // With the number that a slave has where it is, if that is free here.
  server.must_run({"ip", "link", "add", "other0", "type", "veth", "peer", "name", "other1"});
  server.must_run({"ip", "link", "del", "other0"});  // what comes by itself has higher ones from now on
  bool is_made = false;
  const auto shown = show(server);
  for (const auto& slave : shown.at(0).at("slaves")) {
    const auto number = std::to_string(slave.at("ifindex").get<int>());
    if (is_made) continue;
    is_made =
        server.run({"ip", "link", "add", "other0", "index", number, "type", "veth", "peer", "name", "other1"})
            .exit_code == 0;
  }
  ASSERT_TRUE(is_made) << shown.at(0).at("slaves");
  server.add_address("other0", "203.0.113.1/24");
  const auto found = ebond.run(server, {"doctor"}).output;
  EXPECT_EQ(found.find("203.0.113.1"), std::string::npos) << found;
  // And it has another one when it comes back.
  ebond.must_run(server, {"del", bond7});
  EXPECT_TRUE(is_there(server, "eth0"));
  EXPECT_TRUE(is_there(server, "other0"));
}

//   alpha bond… ═╗
//   bond-…       eth0 ----- eth0 beta
//                eth1 ----- eth1
class AwayPorts : public TwoCables {
 protected:
  const std::string bond8 = fmt::format("c{}", ::getpid());
  ~AwayPorts() override {
    ebond.kill(SIGKILL);
    (void)beta.run({"ip", "netns", "del", "bond-" + bond8});
  }
};

TEST_F(AwayPorts, AggregateWithAPartner) {
  ebond.must_run(alpha, {"add", bond8, "mode", "802.3ad", "lacp_rate", "fast", "slaves", "away"});
  ebond.must_run(alpha, {"enslave", bond8, "eth0", "eth1"});
  alpha.add_address(bond8, "192.0.2.1/24");
  alpha.set_up(bond8);
  make_bond(beta, {"mode", "802.3ad", "lacp_rate", "fast"}, "192.0.2.2/24");
  EXPECT_TRUE(eventually([&] {
    return ebond.must_run(alpha, {"show", "--proc", bond8}).find("Number of ports: 2") != std::string::npos;
  }));
  EXPECT_TRUE(
      eventually([&] { return alpha.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; }));
  first.pull();
  EXPECT_TRUE(
      eventually([&] { return alpha.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; }));
}

}  // namespace
}  // namespace ebond::lab
