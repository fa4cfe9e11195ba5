// What is told of events once they are over: the history, which outlives the daemon.
#include <fmt/chrono.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <sstream>

#include "os/file.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;
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

}  // namespace
}  // namespace ebond::lab
