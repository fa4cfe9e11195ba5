// ebondd and ebond as people use them, with frames, in the lab.
#include <gmock/gmock.h>

#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "lab/ebond.h"
#include "lab/lab.h"
#include "lab/stream.h"
#include "lab/throughput.h"
#include "os/file.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class WithEbond : public ::testing::Test {
 protected:
  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};

  nlohmann::json show(const Node& where) {
    return nlohmann::json::parse(ebond.must_run(where, {"-j", "show"}));
  }
  std::string proc(const Node& where) { return ebond.must_run(where, {"show", "--proc", "bond0"}); }
  /// An interface as `ip` tells of it, without its counters.
  static std::string look(const Node& where, const std::string& interface) {
    return where.must_run({"ip", "-d", "address", "show", "dev", interface}) +
           where.must_run({"ip", "route", "show", "dev", interface}) +
           where.must_run({"tc", "qdisc", "show", "dev", interface});
  }
};

//   server eth0 --- p1 sw p3 --- eth0 client
//          eth1 --- p2
class OneSwitch : public WithEbond {
 protected:
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Switch& sw = lab.switch_("sw");
  Cable& left = lab.cable(server, "eth0", sw);
  Cable& right = lab.cable(server, "eth1", sw);
  Cable& up = lab.cable(client, "eth0", sw);

  void SetUp() override { client.add_address("eth0", "192.0.2.2/24"); }
  void bond(const Arguments& options) {
    Arguments add{"add", "bond0"};
    add.insert(add.end(), options.begin(), options.end());
    ebond.must_run(server, add);
    ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
    server.add_address("bond0", "192.0.2.1/24");
    server.set_up("bond0");
  }
};

TEST_F(OneSwitch, FiveCablePullsLoseAtMostTenFramesEachAndTwentyFiveInAll) {
  bond({"mode", "active-backup", "miimon", "100"});
  Stream stream(server, client, "192.0.2.2", {.frames_per_second = 1000});
  std::vector<std::pair<Clock::time_point, Clock::time_point>> pulls;
  for (int pull = 0; pull < 5; ++pull) {
    std::this_thread::sleep_for(700ms);
    Cable& active = proc(server).find("Currently Active Slave: eth0") != std::string::npos ? left : right;
    const auto begin = Clock::now();
    active.pull();
    std::this_thread::sleep_for(700ms);
    pulls.emplace_back(begin, Clock::now());
    active.plug();
  }
  const auto report = stream.stop();
  EXPECT_LE(report.lost, 25U);
  for (auto [begin, end] : pulls) EXPECT_LE(stream.lost_between(begin, end), 10U);
}

TEST_F(OneSwitch, KilledAndRestartedTheDaemonLosesNoFrameAndTheNextOneFailsOverAsBefore) {
  bond({"mode", "active-backup", "miimon", "100"});
  {
    Stream stream(server, client, "192.0.2.2", {.frames_per_second = 2000});
    for (int time = 0; time < 10; ++time) {
      ebond.kill(SIGKILL);
      std::this_thread::sleep_for(50ms);
      ebond.start();
    }
    EXPECT_EQ(stream.stop().lost, 0U);
  }
  EXPECT_THAT(proc(server), HasSubstr("Currently Active Slave: eth0"));
  Stream stream(server, client, "192.0.2.2", {.frames_per_second = 1000});
  left.pull();
  std::this_thread::sleep_for(500ms);
  EXPECT_LE(stream.stop().lost, 10U);
  EXPECT_THAT(proc(server), HasSubstr("Currently Active Slave: eth1"));
}

TEST_F(OneSwitch, TerminatedTheDaemonLeavesTheBondRunning) {
  bond({"mode", "active-backup"});
  ebond.kill(SIGTERM);
  EXPECT_EQ(client.run({"ping", "-c", "1", "-W", "2", "192.0.2.1"}).exit_code, 0);
  ebond.start();
  EXPECT_EQ(show(server).size(), 1U);
}

TEST_F(OneSwitch, ReleasedSlavesAreAsTheyWereFound) {
  server.add_address("eth0", "198.51.100.1/24");
  server.must_run({"ip", "route", "add", "203.0.113.0/24", "via", "198.51.100.2"});
  server.must_run({"ip", "link", "set", "eth1", "mtu", "1400"});
  const auto first = look(server, "eth0"), second = look(server, "eth1");
  bond({"mode", "active-backup"});
  EXPECT_NE(look(server, "eth0"), first);
  ebond.must_run(server, {"del", "bond0"});
  EXPECT_EQ(look(server, "eth0"), first);
  EXPECT_EQ(look(server, "eth1"), second);
}

TEST_F(OneSwitch, ADaemonKilledWhileItEnslavesLeavesNoHalfEnslavedCard) {
  const auto before = look(server, "eth1");
  for (int delay_ms = 0; delay_ms < 40; delay_ms += 5) {
    ebond.must_run(server, {"add", "bond0", "mode", "active-backup"});
    std::thread enslaving([&] { (void)ebond.run(server, {"enslave", "bond0", "eth1"}); });
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    ebond.kill(SIGKILL);
    enslaving.join();
    ebond.start();
    const bool enslaved = proc(server).find("Slave Interface: eth1") != std::string::npos;
    if (!enslaved) {
      EXPECT_EQ(look(server, "eth1"), before) << delay_ms;
    }
    ebond.must_run(server, {"del", "bond0"});
    EXPECT_EQ(look(server, "eth1"), before) << delay_ms;
  }
}

TEST_F(OneSwitch, ManyLivesOfABondLeaveNothingBehind) {
  const auto links = server.must_run({"ip", "-o", "link"});
  const auto programs = [&] { return server.must_run({"bpftool", "prog", "list"}); };
  const auto descriptors = [&] {
    const auto of_daemon = std::filesystem::path("/proc") / std::to_string(ebond.pid()) / "fd";
    return std::distance(std::filesystem::directory_iterator(of_daemon),
                         std::filesystem::directory_iterator());
  };
  const auto live = [&] {
    ebond.must_run(server, {"add", "bond0", "mode", "active-backup"});
    ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
    ebond.must_run(server, {"release", "bond0", "eth0"});
    ebond.must_run(server, {"del", "bond0"});
  };
  live();
  const auto before_descriptors = descriptors();
  const auto count = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  const auto before_programs = count(programs());
  const char* lives = std::getenv("EBOND_LIVES");  // 1000 for the long run
  for (int life = lives != nullptr ? std::atoi(lives) : 10; life > 0; --life) live();
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(descriptors(), before_descriptors);
  EXPECT_LE(count(programs()), before_programs);
  EXPECT_EQ(server.must_run({"ip", "-o", "link"}).size(), links.size());
  const auto pins = std::distance(std::filesystem::directory_iterator(ebond.pin_dir()),
                                  std::filesystem::directory_iterator());
  EXPECT_LE(pins, 4);  // links, and the carrier hook's own
  EXPECT_TRUE(std::filesystem::is_empty(ebond.run_dir() / "state"));
}

TEST_F(OneSwitch, UpBringsUpTheArticlesFilesAndDownUndoesIt) {
  const std::string files = EBOND_SOURCE_DIR "/tests/unit/config/data/article";
  const auto first = look(server, "eth0"), second = look(server, "eth1");
  EXPECT_THAT(ebond.must_run(server, {"up", "--sysconfig", files}),
              HasSubstr("Bringing up interface bond0:  [  OK  ]"));
  EXPECT_THAT(server.must_run({"ip", "-4", "address", "show", "bond0"}),
              HasSubstr("172.16.248.50/16 brd 172.16.255.255"));
  EXPECT_THAT(proc(server), HasSubstr("Bonding Mode: fault-tolerance (active-backup)"));
  EXPECT_THAT(proc(server), HasSubstr("MII Polling Interval (ms): 100"));
  const auto again = ebond.run(server, {"up", "--sysconfig", files});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.output, HasSubstr("[FAILED]"));
  ebond.must_run(server, {"down", "--sysconfig", files});
  EXPECT_EQ(look(server, "eth0"), first);
  EXPECT_EQ(look(server, "eth1"), second);
}

TEST_F(OneSwitch, PromiscuityAndMulticastGroupsOfTheBondFollowToItsSlavesAndBack) {
  bond({"mode", "active-backup"});
  const auto heard = [&](const char* interface) {
    return server.must_run({"ip", "maddress", "show", "dev", interface});
  };
  server.must_run({"ip", "link", "set", "bond0", "promisc", "on"});
  server.must_run({"ip", "maddress", "add", "01:00:5e:00:00:42", "dev", "bond0"});
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(server.link("eth0").promiscuity, 1U);
  EXPECT_THAT(heard("eth1"), HasSubstr("01:00:5e:00:00:42"));
  server.must_run({"ip", "link", "set", "bond0", "promisc", "off"});
  server.must_run({"ip", "maddress", "del", "01:00:5e:00:00:42", "dev", "bond0"});
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(server.link("eth0").promiscuity, 0U);
  EXPECT_THAT(heard("eth1"), Not(HasSubstr("01:00:5e:00:00:42")));
}

TEST_F(OneSwitch, ASecondCarrierChangeWithinASecondIsSeenByThePoll) {
  bond({"mode", "active-backup", "miimon", "100"});
  std::this_thread::sleep_for(1200ms);  // netlink's rate limit starts fresh
  left.pull();
  std::this_thread::sleep_for(50ms);
  EXPECT_THAT(proc(server), HasSubstr("Currently Active Slave: eth1"));
  left.plug();
  std::this_thread::sleep_for(250ms);
  right.pull();
  std::this_thread::sleep_for(300ms);
  EXPECT_THAT(proc(server), HasSubstr("Currently Active Slave: eth0"));
}

TEST_F(OneSwitch, ABridgeCarriesTheBondAsAPort) {
  bond({"mode", "active-backup"});
  server.must_run({"ip", "address", "flush", "dev", "bond0"});
  server.must_run({"ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0"});
  server.must_run({"ip", "link", "set", "bond0", "master", "br0"});
  server.must_run({"ip", "link", "set", "br0", "up"});
  server.add_address("br0", "192.0.2.1/24");
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(server.run({"ping", "-c", "2", "-i", "0.2", "-W", "2", "192.0.2.2"}).exit_code, 0);
}

TEST_F(OneSwitch, AStateOfAnotherFormatIsSaidAndLeftUntouched) {
  bond({"mode", "active-backup"});
  ebond.kill(SIGTERM);
  const auto file = std::filesystem::directory_iterator(ebond.run_dir() / "state")->path();
  const auto ours = os::read_file(file).value();
  auto foreign = ours;
  foreign.replace(foreign.find("\"format\": 1"), 11, "\"format\": 9");
  ASSERT_TRUE(os::write_file_atomically(file, foreign));
  ebond.start();
  EXPECT_THAT(ebond.log(), HasSubstr("is of format 9 where this ebond knows 1"));
  EXPECT_TRUE(show(server).empty());
  EXPECT_EQ(os::read_file(file).value(), foreign);
  EXPECT_EQ(server.run({"ping", "-c", "1", "-W", "2", "192.0.2.2"}).exit_code, 0);
  ebond.kill(SIGTERM);
  ASSERT_TRUE(os::write_file_atomically(file, ours));
  ebond.start();
  EXPECT_EQ(show(server).size(), 1U);
}

TEST_F(OneSwitch, IfenslaveTakesGivesBackAndChangesTheActiveSlave) {
  ebond.must_run(server, {"add", "bond0", "mode", "active-backup"});
  const auto ifenslave = [&](Arguments arguments) {
    Arguments whole{"env", "EBOND_RUN_DIR=" + ebond.run_dir().string(), EBOND_BUILD_DIR "/compat/ifenslave"};
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    return server.run(whole);
  };
  EXPECT_EQ(ifenslave({"bond0", "eth0", "eth1"}).exit_code, 0);
  EXPECT_THAT(proc(server), HasSubstr("Currently Active Slave: eth0"));
  EXPECT_EQ(ifenslave({"-c", "bond0", "eth1"}).exit_code, 0);
  EXPECT_THAT(proc(server), HasSubstr("Currently Active Slave: eth1"));
  EXPECT_EQ(ifenslave({"-d", "bond0", "eth1"}).exit_code, 0);
  EXPECT_THAT(proc(server), Not(HasSubstr("Slave Interface: eth1")));
  EXPECT_EQ(ifenslave({"bond0", "eth9"}).exit_code, 1);
}

TEST_F(OneSwitch, OnlyRootChangesABond) {
  ebond.must_run(server, {"add", "bond0"});
  std::filesystem::permissions(ebond.run_dir(),
                               std::filesystem::perms::others_exec | std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const auto result =
      server.run({"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                  EBOND_BUILD_DIR "/ebond", "--run-dir", ebond.run_dir().string(), "del", "bond0"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("root"));
  EXPECT_EQ(show(server).size(), 1U);
}

TEST_F(OneSwitch, BackupsAreNoarpAndAllWearTheBondsAddress) {
  bond({"mode", "active-backup"});
  const auto mac = server.link("bond0").mac;
  EXPECT_EQ(server.link("eth0").mac, mac);
  EXPECT_EQ(server.link("eth1").mac, mac);
  EXPECT_FALSE(server.link("eth0").noarp());
  EXPECT_TRUE(server.link("eth1").noarp());
}

TEST_F(OneSwitch, MtuAndMacOfTheBondFollowToItsSlaves) {
  bond({"mode", "active-backup"});
  server.must_run({"ip", "link", "set", "bond0", "mtu", "1400"});
  server.must_run({"ip", "link", "set", "bond0", "address", "02:00:5e:00:53:01"});
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(server.link("eth0").mtu, 1400U);
  EXPECT_EQ(server.link("eth1").mtu, 1400U);
  EXPECT_EQ(server.link("eth0").mac.to_string(), "02:00:5e:00:53:01");
  EXPECT_EQ(server.link("eth1").mac.to_string(), "02:00:5e:00:53:01");
}

TEST_F(OneSwitch, AnUnpluggedCardIsNewsAndComesBackByItself) {
  bond({"mode", "active-backup"});
  server.must_run({"ip", "link", "del", "eth1"});
  std::this_thread::sleep_for(300ms);
  EXPECT_THAT(proc(server), Not(HasSubstr("Slave Interface: eth1")));
  lab.cable(server, "eth1", sw);
  std::this_thread::sleep_for(500ms);
  EXPECT_THAT(proc(server), HasSubstr("Slave Interface: eth1"));
  EXPECT_EQ(ebond.run(server, {"enslave", "bond0", "eth1"}).exit_code, 0);
}

TEST_F(OneSwitch, EveryBadInputIsRefusedAndLeavesNothingBehind) {
  const auto before = server.must_run({"ip", "-d", "link"});
  const auto refused = [&](const Arguments& arguments, const std::string& reason) {
    const auto result = ebond.run(server, arguments);
    EXPECT_EQ(result.exit_code, 1) << result.output;
    EXPECT_THAT(result.output, HasSubstr(reason));
  };
  refused({"add", "bond0", "mode", "fastest"}, "mode");
  refused({"add", "bond0", "mode", "balance-rr", "primary", "eth0"}, "primary");
  refused({"add", "a-name-far-too-long"}, "characters");
  refused({"add", "eth0"}, "exists already");
  EXPECT_EQ(server.must_run({"ip", "-d", "link"}), before);
  ebond.must_run(server, {"add", "bond0"});
  refused({"enslave", "bond0", "eth9"}, "no interface eth9");
  refused({"enslave", "bond0", "bond0"}, "itself");
  refused({"enslave", "bond0", "lo"}, "loopback");
  refused({"enslave", "bond0", "eth0", "eth9"}, "no interface eth9");
  ebond.must_run(server, {"enslave", "bond0", "eth0"});
  refused({"enslave", "bond0", "eth0"}, "already");
  ebond.must_run(server, {"del", "bond0"});
  EXPECT_EQ(server.must_run({"ip", "-o", "link"}).find("bond0"), std::string::npos);
  EXPECT_EQ(ebond.run(server, {"add", "bond0", "mode"}).exit_code, 2);
  ebond.kill(SIGTERM);
  EXPECT_EQ(ebond.run(server, {"show"}).exit_code, 3);
}

//   alpha eth0 ----- eth0 beta
//         eth1 ----- eth1
class TwoCables : public WithEbond {
 protected:
  Host& alpha = lab.host("alpha");
  Host& beta = lab.host("beta");
  Cable& first = lab.cable(alpha, "eth0", beta, "eth0");
  Cable& second = lab.cable(alpha, "eth1", beta, "eth1");

  void bond(const std::string& mode) {
    for (auto [host, address] : {std::pair{&alpha, "192.0.2.1/24"}, std::pair{&beta, "192.0.2.2/24"}}) {
      ebond.must_run(*host, {"add", "bond0", "mode", mode});
      ebond.must_run(*host, {"enslave", "bond0", "eth0", "eth1"});
      host->add_address("bond0", address);
      host->set_up("bond0");
    }
  }
};

TEST_F(TwoCables, RoundRobinSplitsFramesEvenlyAndSurvivesTheLossOfACable) {
  bond("balance-rr");
  const auto count = [&](const char* interface) { return alpha.link(interface).counters.tx_packets; };
  const auto left = count("eth0"), right = count("eth1");
  {
    Stream stream(alpha, beta, "192.0.2.2", {.frames_per_second = 1000});
    std::this_thread::sleep_for(1s);
    EXPECT_EQ(stream.stop().lost, 0U);
  }
  const double share = static_cast<double>(count("eth0") - left) /
                       static_cast<double>(count("eth0") - left + count("eth1") - right);
  EXPECT_NEAR(share, 0.5, 0.05);
  first.pull();
  std::this_thread::sleep_for(300ms);
  Stream stream(alpha, beta, "192.0.2.2", {.frames_per_second = 1000});
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(stream.stop().lost, 0U);
}

TEST_F(TwoCables, TheBondsCountersAreTheSumOfItsSlaves) {
  bond("balance-rr");
  const auto sent = [&](const char* interface) { return alpha.link(interface).counters.tx_packets; };
  const auto received = [&](const char* interface) { return alpha.link(interface).counters.rx_packets; };
  const auto of_slaves = [](auto count) { return count("eth0") + count("eth1"); };
  // What the cards counted before they were slaves is theirs.
  const auto sent_before = of_slaves(sent) - sent("bond0"),
             received_before = of_slaves(received) - received("bond0");
  alpha.must_run({"ping", "-c", "20", "-i", "0.02", "192.0.2.2"});
  std::this_thread::sleep_for(100ms);
  EXPECT_GE(sent("bond0"), 20U);
  EXPECT_EQ(of_slaves(sent) - sent("bond0"), sent_before);
  EXPECT_EQ(of_slaves(received) - received("bond0"), received_before);
}

TEST_F(TwoCables, BroadcastSendsACopyOnEverySlave) {
  bond("broadcast");
  Stream stream(alpha, beta, "192.0.2.2", {.frames_per_second = 200});
  std::this_thread::sleep_for(500ms);
  const auto report = stream.stop();
  EXPECT_EQ(report.lost, 0U);
  EXPECT_EQ(report.duplicates, report.received);
}

TEST_F(TwoCables, XorKeepsAFlowOnOneSlaveAndFailsOver) {
  bond("balance-xor");
  Stream stream(alpha, beta, "192.0.2.2", {.frames_per_second = 500});
  std::this_thread::sleep_for(500ms);
  const auto report = stream.stop();
  EXPECT_EQ(report.lost + report.reordered + report.duplicates, 0U);
  first.pull();
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(alpha.run({"ping", "-c", "1", "-W", "2", "192.0.2.2"}).exit_code, 0);
}

}  // namespace
}  // namespace ebond::lab
