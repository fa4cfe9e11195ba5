// What people do with a bond all day: tools on it, files for it, delays, restarts of other versions.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "bpf/abi.h"
#include "lab/throughput.h"
#include "os/file.h"
#include "os/pinned_map.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Tools : public OneSwitch {
 protected:
  /// A program of build/compat, told of this lab's run directory.
  Arguments compat(const char* program, Arguments arguments) const {
    arguments.insert(arguments.begin(), {"env", "EBOND_RUN_DIR=" + ebond.run_dir().string(),
                                         std::string(EBOND_BUILD_DIR "/compat/") + program});
    return arguments;
  }
  bool slaves_are_promiscuous(bool wanted) {
    return eventually([&] {
      return server.link("eth0").promiscuity == (wanted ? 1U : 0U) &&
             server.link("eth1").promiscuity == (wanted ? 1U : 0U);
    });
  }
};

TEST_F(Tools, TcpdumpSeesTheBondsFramesAndMakesItsSlavesPromiscuousForAsLong) {
  bond({"mode", "active-backup"});
  const auto log = ebond.run_dir() / "tcpdump";
  auto tcpdump = server.start({"tcpdump", "-nli", "bond0", "icmp"}, log);
  EXPECT_TRUE(slaves_are_promiscuous(true));
  EXPECT_TRUE(eventually([&] {
    (void)client.run({"ping", "-c", "1", "-W", "1", "192.0.2.1"});
    const auto seen = os::read_file(log).value_or("");
    return seen.find("echo request") != std::string::npos && seen.find("echo reply") != std::string::npos;
  }));
  tcpdump.signal(SIGTERM);
  EXPECT_TRUE(slaves_are_promiscuous(false));
}

TEST_F(Tools, Iperf3RunsThroughTheBondBothWays) {
  bond({"mode", "active-backup"});
  auto service = client.start({"iperf3", "-s"}, ebond.run_dir() / "iperf3");
  for (const Arguments& direction : {Arguments{}, Arguments{"-R"}}) {
    Arguments command{"iperf3", "-c", "192.0.2.2", "-t", "1"};
    command.insert(command.end(), direction.begin(), direction.end());
    CommandResult result;
    EXPECT_TRUE(eventually([&] {
      result = server.run(command);
      return result.exit_code == 0;
    })) << result.output;
  }
}

TEST_F(Tools, ApplyMakesWhatTheFileDescribesAllOfItOrNothing) {
  const auto file = ebond.run_dir() / "bonds.toml";
  std::ofstream(file)
      << "[bond.bond0]\nmode = \"active-backup\"\nmiimon = 50\nslaves = [\"eth1\", \"eth0\"]\n"
         "addresses = [\"192.0.2.1/24\"]\ngateways = [\"192.0.2.254\"]\nmtu = 1400\n"
         "[slave.eth0]\nprio = 7\n";
  ebond.must_run(server, {"apply", file.string()});
  const auto bond0 = show(server).at(0);
  EXPECT_EQ(server.link("eth0").mtu, 1400U);
  EXPECT_THAT(proc(server), HasSubstr("MII Polling Interval (ms): 50"));
  EXPECT_THAT(server.must_run({"ip", "route"}), HasSubstr("default via 192.0.2.254 dev bond0"));
  EXPECT_TRUE(pings(server, "192.0.2.2"));
  // lo is there already and no bond: of what comes before it in the file nothing stays either.
  std::ofstream(file, std::ios::app) << "[bond.aaa]\nmode = \"balance-rr\"\n[bond.lo]\n";
  EXPECT_EQ(ebond.run(server, {"apply", file.string()}).exit_code, 1);
  EXPECT_EQ(show(server).size(), 1U);
}

TEST_F(Tools, AnMtuThatASlaveCannotTakeIsToldToWhoAskedForIt) {
  bond({"mode", "active-backup"});
  server.must_run({"ip", "link", "add", "base0", "type", "veth", "peer", "name", "base1"});
  server.must_run({"ip", "link", "add", "link", "base0", "name", "narrow0", "type", "macvlan"});
  ebond.must_run(server, {"enslave", "bond0", "narrow0"});
  const auto refused = server.run(compat("ip", {"link", "set", "bond0", "mtu", "9000"}));
  EXPECT_EQ(refused.exit_code, 2) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("a slave of bond0 cannot take MTU 9000: it stays at 1500"));
  EXPECT_EQ(server.link("eth0").mtu, 1500U);
  EXPECT_EQ(server.run(compat("ip", {"link", "set", "bond0", "mtu", "1400"})).exit_code, 0);
}

TEST_F(Tools, IfenslaveStartsADaemonWhereNoneRuns) {
  bond({"mode", "active-backup"});
  ebond.must_run(server, {"release", "bond0", "eth1"});
  ebond.kill(SIGTERM);
  const auto result = server.run(compat("ifenslave", {"bond0", "eth1"}));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(proc(server), HasSubstr("Slave Interface: eth1"));
  // It is nobody's child here: found by its run directory, the older of its two processes, ended, and the
  // lab's own goes on.
  server.must_run({"sh", "-c", "kill $(pgrep -o -f '[e]bondd --run-dir " + ebond.run_dir().string() + "')"});
  EXPECT_TRUE(eventually([&] { return ebond.run(server, {"show"}).exit_code == 3; }));
  ebond.start();
  EXPECT_THAT(proc(server), HasSubstr("Slave Interface: eth1"));
}

TEST_F(Tools, IfenslaveShowsOneBondAndAllInterfaces) {
  bond({"mode", "active-backup"});
  const auto all = server.must_run(compat("ifenslave", {"-a"}));
  for (const auto* interface : {"lo", "bond0", "eth0", "eth1"}) EXPECT_THAT(all, HasSubstr(interface));
  EXPECT_THAT(server.must_run(compat("ifenslave", {"bond0"})), HasSubstr("eth1"));
}

TEST_F(Tools, TheProcTextOnDiskIsTheOneShown) {
  bond({"mode", "active-backup"});
  const auto file = ebond.run_dir() / "netns" / server.netns_name() / "proc/bond0";
  EXPECT_EQ(os::read_file(file).value_or(""), proc(server));
  left.pull();
  EXPECT_TRUE(eventually([&] {
    return os::read_file(file).value_or("").find("Currently Active Slave: eth1") != std::string::npos;
  }));
  ebond.must_run(server, {"del", "bond0"});
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(Tools, DowndelayHoldsALostLinkAndUpdelayARestoredOneForAsLongAsTheySay) {
  bond({"mode", "active-backup", "miimon", "50", "downdelay", "300", "updelay", "600"});
  const auto pulled = Clock::now();
  left.pull();
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  EXPECT_GE(Clock::now() - pulled, 300ms);
  EXPECT_TRUE(link_is(server, "eth0", "down"));
  const auto plugged = Clock::now();
  left.plug();
  EXPECT_TRUE(eventually([&] { return link_is(server, "eth0", "up"); }));
  EXPECT_GE(Clock::now() - plugged, 600ms);
  EXPECT_THAT(proc(server), HasSubstr("Link Failure Count: 1"));
}

TEST_F(Tools, IpKnowsBondsFromADirectoryWithABlankInItsName) {
  bond({"mode", "active-backup"});
  const auto place = ebond.run_dir() / "a blank: here";
  fs::copy(EBOND_BUILD_DIR "/compat", place, fs::copy_options::recursive);
  const auto shown = server.must_run({"env", "EBOND_RUN_DIR=" + ebond.run_dir().string(),
                                      (place / "ip").string(), "-d", "link", "show", "dev", "bond0"});
  EXPECT_THAT(shown, HasSubstr("bond mode active-backup"));
}

/// `ip link xstats` asks for the same, and is not tried: iproute2 6.1 and 6.15 end with SIGABRT whenever they
/// are answered, also by the driver, for they write beyond an array of their own.
TEST_F(Tools, IpTellsTheCountersOfLacp) {
  lab.cable(server, "eth2", client, "eth2");
  lab.cable(server, "eth3", client, "eth3");
  for (auto* host : {&server, &client}) {
    ebond.must_run(*host, {"add", "bond1", "mode", "802.3ad", "lacp_rate", "fast"});
    ebond.must_run(*host, {"enslave", "bond1", "eth2", "eth3"});
    host->set_up("bond1");
  }
  const std::string indent(20, ' ');
  const auto expect_counters = [&](const std::string& told) {
    EXPECT_THAT(told, HasSubstr(indent + "LACPDU Rx "));
    EXPECT_THAT(told, Not(HasSubstr(indent + "LACPDU Rx 0\n")));
    for (const auto* none :
         {"LACPDU Unknown type Rx 0\n", "LACPDU Illegal Rx 0\n", "Marker Rx 0\n", "Marker Tx 0\n",
          "Marker response Rx 0\n", "Marker response Tx 0\n", "Marker unknown type Rx 0\n"}) {
      EXPECT_THAT(told, HasSubstr(indent + none));
    }
  };
  const auto stats = [&](const char* interface, const char* group) {
    return server.must_run(
        compat("ip", {"stats", "show", "dev", interface, "group", group, "subgroup", "bond"}));
  };
  ASSERT_TRUE(
      eventually([&] { return stats("bond1", "xstats").find("LACPDU Rx 0\n") == std::string::npos; }));
  expect_counters(stats("bond1", "xstats"));
  ASSERT_TRUE(
      eventually([&] { return stats("eth2", "xstats_slave").find("LACPDU Rx 0\n") == std::string::npos; }));
  expect_counters(stats("eth2", "xstats_slave"));
}

TEST_F(Tools, MapsOfAnotherLayoutAreSaidAndLeftUntouched) {
  bond({"mode", "active-backup"});
  ebond.kill(SIGTERM);
  fs::path pin;
  for (const auto& entry : fs::directory_iterator(ebond.pin_dir())) {
    if (entry.is_directory()) pin = entry.path() / "bond";
  }
  auto map = os::PinnedValue<ebond_bond>::open(pin);
  ASSERT_TRUE(map.has_value());
  const auto ours = (*map)->layout;
  (*map)->layout = 9999;
  const auto head = (*map)->head;
  ebond.start();
  EXPECT_THAT(ebond.log(), HasSubstr("has layout 9999, but this ebond knows"));
  ASSERT_EQ(show(server).size(), 1U);
  EXPECT_EQ(show(server)[0]["verdict"], "failed");
  EXPECT_THAT(show(server)[0]["verdict_why"], HasSubstr("has layout 9999"));
  EXPECT_EQ((*map)->head, head);
  EXPECT_TRUE(pings(server, "192.0.2.2"));
  ebond.kill(SIGTERM);
  (*map)->layout = ours;
  ebond.start();
  EXPECT_EQ(show(server).size(), 1U);
}

// A sender that is not let run leaves cables idle: the best of some measurements counts.
TEST_F(TwoCables, RoundRobinOverTwoCablesIsWorthAlmostTwo) {
  first.shape(50);
  second.shape(50);
  bond("balance-rr");
  double most = 0;
  for (int attempt = 0; attempt < 5 && most < 95; ++attempt) {
    most = std::max(most, measure_udp(alpha, beta, "192.0.2.2", 1s).mbps);
  }
  first.pull();
  EXPECT_TRUE(eventually([&] { return link_is(alpha, "eth0", "down") && link_is(beta, "eth0", "down"); }));
  double one = 0;
  for (int attempt = 0; attempt < 5 && one < 47; ++attempt) {
    one = std::max(one, measure_udp(alpha, beta, "192.0.2.2", 1s).mbps);
  }
  EXPECT_GE(most, 1.9 * one);
}

}  // namespace
}  // namespace ebond::lab
