// What is told of events once they are over: the history, which outlives the daemon, and hooks.
#include <fmt/chrono.h>
#include <sys/stat.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <sstream>

#include "os/file.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class EventsTest : public OneSwitch {
 protected:
  std::string history(const Node& where, const std::string& since) {
    return ebond.must_run(where, {"events", "--since", since, "--no-follow"});
  }
};

TEST_F(EventsTest, AreToldAgainByTheNextDaemonAlsoAfterACrash) {
  bond({"mode", "active-backup"});
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
  left.pull();
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  ASSERT_THAT(history(server, "-10m"), HasSubstr("failover eth0 -> eth1"));
  ebond.kill(SIGKILL);
  ebond.start();
  const auto told = history(server, "10m");
  EXPECT_THAT(told, HasSubstr("bond0 failover eth0 -> eth1"));
  EXPECT_THAT(told, HasSubstr("bond0 adopted"));
  EXPECT_LT(told.find("failover"), told.find("adopted"));
  // As JSON, with a time; the same line that was told when it happened.
  const auto lines = lines_of(ebond.must_run(server, {"-j", "events", "--no-follow"}));
  const auto failover = std::ranges::find_if(
      lines, [](const std::string& line) { return nlohmann::json::parse(line)["kind"] == "failover"; });
  ASSERT_NE(failover, lines.end());
  const auto event = nlohmann::json::parse(*failover);
  EXPECT_EQ(event["to"], "eth1");
  EXPECT_GE(event["table_us"], 0);
  // Not those of before a time, and not those of another network namespace.
  const auto when = event["realtime_ns"].get<std::int64_t>() / 1'000'000'000 + 1;
  ASSERT_TRUE(eventually([&] { return std::time(nullptr) > when; }));  // a time to come is refused
  const auto later = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(when)));
  EXPECT_THAT(history(server, later), Not(HasSubstr("bond0 created")));
  EXPECT_EQ(history(client, "10m"), "");
}

TEST_F(EventsTest, GoOnAfterTheHistoryWithoutAGap) {
  bond({"mode", "active-backup"});
  ASSERT_TRUE(eventually([&] { return active_is(server, "eth0"); }));
  const auto file = ebond.run_dir() / "told";
  const auto follower = server.start(
      {EBOND_BUILD_DIR "/ebond", "--run-dir", ebond.run_dir().string(), "events", "--since", "1h"}, file);
  const auto told = [&] { return os::read_file(file).value_or(""); };
  ASSERT_TRUE(eventually([&] { return told().find("bond0 created") != std::string::npos; }));
  left.pull();
  EXPECT_TRUE(eventually([&] { return told().find("failover eth0 -> eth1") != std::string::npos; }));
}

TEST_F(EventsTest, AreBegunAgainIfTheirFileIsRubbishAndThatIsTold) {
  ebond.kill(SIGTERM);
  std::ofstream(ebond.run_dir() / "events", std::ios::binary) << std::string(5000, '\xfe');
  ebond.start();
  EXPECT_TRUE(
      eventually([&] { return ebond.log().find("history of events is damaged") != std::string::npos; }));
  bond({"mode", "active-backup"});
  EXPECT_THAT(history(server, "10m"), HasSubstr("bond0 created"));
}

TEST_F(EventsTest, OfATimeThatIsNoneAreRefused) {
  const auto refused = ebond.run(server, {"events", "--since", "yesterday"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("--since 'yesterday' is not a time"));
}

// Hooks

class HooksTest : public testing::Test {
 protected:
  HooksTest() {
    char name[] = "/tmp/ebond-hooks-XXXXXX";
    place = ::mkdtemp(name);
    fs::create_directory(place / "hooks.d");
    fs::permissions(place, fs::perms(0755));
    fs::permissions(place / "hooks.d", fs::perms(0755));
  }
  ~HooksTest() override { fs::remove_all(place); }
  void write(const std::string& name, const std::string& script) const {
    const auto file = place / "hooks.d" / name;
    std::ofstream(file) << "#!/bin/sh\n" << script << "\n";
    ::chmod(file.c_str(), 0755);
  }
  std::string result() const { return os::read_file(place / "result").value_or(""); }
  Arguments options() const { return {"--hooks-dir", place / "hooks.d", "--hook-time", "1"}; }

  fs::path place;
  Lab lab;
  Host& server = lab.host("server");
  Host& peer = lab.host("peer");
  Cable& left = lab.cable(server, "eth0", peer, "eth0");
  Cable& right = lab.cable(server, "eth1", peer, "eth1");
};

TEST_F(HooksTest, AreToldOfAFailoverByADaemonThatMayRunNoProgramItself) {
  write("10-record", "[ \"$EBOND_EVENT\" = failover ] && cat >>" + (place / "result").string() + "; exit 0");
  write("20-fails", "[ \"$EBOND_EVENT\" = failover ] || exit 0; echo no such mailbox >&2; exit 3");
  Ebond ebond{EBOND_BUILD_DIR, options()};
  ASSERT_THAT(ebond.log(), HasSubstr("system calls are restricted"));
  ebond.must_run(server, {"add", "bond0", "mode", "active-backup"});
  ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
  server.set_up("bond0");
  const auto active = [&](const std::string& slave) {
    return eventually([&] {
      const auto shown = nlohmann::json::parse(ebond.must_run(server, {"-j", "show"}));
      return shown[0]["active_slave"] == slave;
    });
  };
  ASSERT_TRUE(active("eth0"));
  left.pull();
  const auto pulled = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return result().find("\"to\"") != std::string::npos; }));
  RecordProperty("ms_until_the_hook_told", static_cast<int>((std::chrono::steady_clock::now() - pulled) /
                                                            std::chrono::milliseconds(1)));
  const auto event = nlohmann::json::parse(lines_of(result()).at(0));
  EXPECT_EQ(event["from"], "eth0");
  EXPECT_EQ(event["to"], "eth1");
  EXPECT_EQ(event["bond"], "bond0");
  EXPECT_TRUE(eventually([&] {
    return ebond.log().find("hook 20-fails: exit status 3 (failover of bond0): no such mailbox") !=
           std::string::npos;
  })) << ebond.log();
}

TEST_F(HooksTest, ThatHangHoldUpNothingAreKilledAndWhatTheyMissIsCounted) {
  write("10-hangs", "sleep 60 & sleep 60");
  Ebond ebond{EBOND_BUILD_DIR, options()};
  ebond.must_run(server, {"add", "bond0", "mode", "active-backup"});
  ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    const std::string value = i % 2 == 0 ? "2" : "3";
    ebond.must_run(server,
                   {"set", "bond0", "num_grat_arp", value, "resend_igmp", value, "lp_interval", value});
  }
  // A hook that held up each of these for its second would make it five minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::minutes(1));
  EXPECT_TRUE(eventually([&] {
    const auto log = ebond.log();
    return log.find("hook 10-hangs: killed, for it took longer than") != std::string::npos &&
           log.find("hooks are too slow: they were not told of") != std::string::npos;
  })) << ebond.log();
  EXPECT_THAT(ebond.must_run(server, {"show"}), HasSubstr("bond0"));
}

TEST_F(HooksTest, AreRunBesideADaemonThatEndsAndLeaveNothing) {
  write("10-slow", "sleep 0.5; echo $EBOND_EVENT >>" + (place / "result").string());
  {
    Ebond ebond{EBOND_BUILD_DIR, options()};
    ebond.must_run(server, {"add", "bond0"});
    ebond.must_run(server, {"del", "bond0"});
    ebond.kill(SIGKILL);
    ebond.start();
    EXPECT_THAT(ebond.must_run(server, {"show"}), HasSubstr("no bonds"));
  }
  EXPECT_TRUE(
      eventually([&] { return std::system("pgrep -f '^sleep 0.5$' >/dev/null") != 0 && !result().empty(); }));
}

}  // namespace
}  // namespace ebond::lab
