// Programs run for an event, by the real process beside this one. Needs root, for only its files are run.
#include "os/hook_runner.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "os/file.h"

namespace ebond::os {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class HookRunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root's files are run";
    char name[] = "/tmp/ebond-hooks-XXXXXX";
    place = ::mkdtemp(name);
    fs::create_directory(hooks());
    fs::permissions(hooks(), fs::perms(0755));
    fs::permissions(place, fs::perms(0755));
  }
  void TearDown() override {
    if (!place.empty()) fs::remove_all(place);
  }
  fs::path hooks() const { return place / "hooks.d"; }
  void write(const std::string& name, const std::string& script, mode_t mode = 0755) const {
    std::ofstream(hooks() / name) << "#!/bin/sh\n" << script << "\n";
    ASSERT_EQ(::chmod((hooks() / name).c_str(), mode), 0);
  }
  std::string result(const std::string& name = "result") const {
    return read_file(place / name).value_or("none");
  }
  static HookRunner started(const fs::path& directory, std::chrono::milliseconds limit) {
    auto runner = HookRunner::start(directory, limit);
    EXPECT_TRUE(runner) << runner.error().message();
    return std::move(*runner);
  }
  /// All there is to tell until the task is done.
  static std::vector<HookNews> give(const HookRunner& runner, const HookTask& task) {
    std::vector<HookNews> all;
    EXPECT_TRUE(runner.give(task));
    for (;;) {
      pollfd waits{runner.descriptor(), POLLIN, 0};
      if (::poll(&waits, 1, 20'000) <= 0) {
        ADD_FAILURE() << "no news";
        return all;
      }
      const auto news = runner.news();
      if (!news || !*news) {
        ADD_FAILURE() << "the process is gone";
        return all;
      }
      all.push_back(**news);
      if (all.back().kind == HookNews::Kind::all_done) return all;
    }
  }
  std::vector<HookNews> run(const HookTask& task, std::chrono::milliseconds limit = 10s) const {
    return give(started(hooks(), limit), task);
  }
  fs::path place;
};

TEST_F(HookRunnerTest, RunsProgramsInTheOrderOfTheirNames) {
  for (const auto* name : {"20-second", "10-first", "30-third"}) {
    write(name, "echo $(basename $0) >>" + (place / "result").string());
  }
  const auto news = run({.input = "{}\n"});
  ASSERT_EQ(news.size(), 4u);
  EXPECT_EQ(news[0].name, "10-first");
  EXPECT_EQ(news[0].kind, HookNews::Kind::ended);
  EXPECT_EQ(news[0].status, 0);
  EXPECT_EQ(news[3].status, 3);
  EXPECT_EQ(result(), "10-first\n20-second\n30-third\n");
}

TEST_F(HookRunnerTest, GivesTheEventOnStandardInputAndNothingElseOfTheDaemons) {
  ::setenv("EBOND_SECRET", "of the daemon", 1);
  const UniqueFd inherited(::open("/etc/hostname", O_RDONLY));  // without O_CLOEXEC
  write("hook", "cat >" + (place / "result").string() + "\nenv >" + (place / "env").string() +
                    "\nls -l /proc/self/fd >" + (place / "fd").string() + "\npwd >" +
                    (place / "pwd").string());
  run({.input = "{\"kind\":\"link\"}\n",
       .environment = {{"PATH", "/usr/bin:/bin"}, {"EBOND_BOND", "bond0"}}});
  ::unsetenv("EBOND_SECRET");
  EXPECT_EQ(result(), "{\"kind\":\"link\"}\n");
  EXPECT_THAT(result("env"), HasSubstr("EBOND_BOND=bond0\n"));
  EXPECT_THAT(result("env"), Not(HasSubstr("SECRET")));
  EXPECT_THAT(result("env"), Not(HasSubstr("HOME")));
  EXPECT_THAT(result("fd"), Not(HasSubstr("hostname")));
  EXPECT_THAT(result("fd"), Not(HasSubstr("socket")));
  EXPECT_EQ(result("pwd"), "/\n");
}

TEST_F(HookRunnerTest, GivesALongInputWholeAlsoToOneThatReadsLateOrNever) {
  write("10-never", "exit 3");
  write("20-late", "sleep 0.1; wc -c >" + (place / "result").string());
  const auto news = run({.input = std::string(130'000, 'x')});
  ASSERT_EQ(news.size(), 3u);
  EXPECT_EQ(news[0].status, 3);
  EXPECT_EQ(result(), "130000\n");
}

TEST_F(HookRunnerTest, TellsHowAProgramEndedAndItsFirstWords) {
  write("10-fails", "echo no such mailbox >&2; exit 7");
  write("20-dies", "kill -TERM $$");
  write("30-chatters", "yes | head -c 300000; exit 0");
  std::ofstream(hooks() / "40-broken") << "#!/no/such/interpreter\n";
  ::chmod((hooks() / "40-broken").c_str(), 0755);
  const auto news = run({.input = "{}"});
  ASSERT_EQ(news.size(), 5u);
  EXPECT_EQ(news[0].status, 7);
  EXPECT_EQ(news[0].words, "no such mailbox\n");
  EXPECT_EQ(news[1].kind, HookNews::Kind::killed);
  EXPECT_EQ(news[1].status, SIGTERM);
  EXPECT_EQ(news[2].status, 0);
  EXPECT_EQ(news[2].words.size(), 512u);
  EXPECT_EQ(news[3].status, 127);
  EXPECT_THAT(news[3].words, HasSubstr("cannot run it: No such file"));
}

TEST_F(HookRunnerTest, KillsOneThatTakesTooLongWithAllThatItStarted) {
  write("10-hangs", "setsid sh -c 'sleep 601 & sleep 602' &\nsleep 603 & trap '' TERM INT\nsleep 604");
  write("20-next", "echo still >" + (place / "result").string());
  const auto began = std::chrono::steady_clock::now();
  const auto news = run({.input = "{}"}, 300ms);
  ASSERT_EQ(news.size(), 3u);
  EXPECT_EQ(news[0].kind, HookNews::Kind::timed_out);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
  EXPECT_EQ(result(), "still\n");
  for (const auto* span : {"601", "602", "603", "604"}) {
    EXPECT_NE(std::system((std::string("pgrep -f '^sleep ") + span + "$' >/dev/null").c_str()), 0) << span;
  }
}

TEST_F(HookRunnerTest, KillsWhatOneLeavesRunning) {
  write("10-leaves", "setsid sleep 611 >/dev/null 2>&1 </dev/null & exit 0");
  const auto news = run({.input = "{}"});
  ASSERT_EQ(news.size(), 2u);
  EXPECT_EQ(news[0].kind, HookNews::Kind::ended);
  EXPECT_NE(std::system("pgrep -f '^sleep 611$' >/dev/null"), 0);
}

TEST_F(HookRunnerTest, RunsOnlyWhatRootAloneMayHavePutThere) {
  write("10-group", "true", 0775);
  ASSERT_EQ(::chown((hooks() / "10-group").c_str(), 0, 12345), 0);
  ::chmod((hooks() / "10-group").c_str(), 0775);
  write("20-all", "true", 0757);
  write("30-foreign", "true");
  ASSERT_EQ(::chown((hooks() / "30-foreign").c_str(), 12345, 0), 0);
  fs::create_symlink("/bin/true", hooks() / "40-link");
  const auto news = run({.input = "{}"});
  std::vector<std::string> why;
  for (const auto& each : news) {
    if (each.kind == HookNews::Kind::refused) why.push_back(each.name + ": " + each.words);
  }
  EXPECT_THAT(why, UnorderedElementsAre("10-group: others than root may write to it: chmod go-w",
                                        "20-all: others than root may write to it: chmod go-w",
                                        "30-foreign: it does not belong to root: chown 0:0",
                                        "40-link: it is a symbolic link: put the program itself there"));
  EXPECT_EQ(news.back().status, 0);
}

TEST_F(HookRunnerTest, RunsNothingOfADirectoryThatOthersMayWriteTo) {
  write("hook", "true");
  fs::permissions(hooks(), fs::perms(0777));
  const auto news = run({.input = "{}"});
  ASSERT_EQ(news.size(), 2u);
  EXPECT_EQ(news[0].kind, HookNews::Kind::refused);
  EXPECT_THAT(news[0].words, HasSubstr("others than root may write to " + hooks().string()));
  fs::permissions(hooks(), fs::perms(0755));
  ASSERT_EQ(::chown(place.c_str(), 12345, 0), 0);
  EXPECT_EQ(run({.input = "{}"})[0].kind, HookNews::Kind::refused);
  ASSERT_EQ(::chown(place.c_str(), 0, 0), 0);
}

TEST_F(HookRunnerTest, LeavesOutWhatIsNoHook) {
  write("README", "true", 0644);
  for (const auto* name : {".hidden", "hook~", "hook.dpkg-old", "hook.rpmsave", "#hook#", "hook.bak"}) {
    write(name, "true");
  }
  fs::create_directory(hooks() / "folder");
  const auto news = run({.input = "{}"});
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].status, 0);
}

TEST_F(HookRunnerTest, HasNothingToDoWithoutADirectory) {
  const auto runner = started(place / "none", 1s);
  EXPECT_EQ(give(runner, {.input = "{}"}).size(), 1u);
}

TEST_F(HookRunnerTest, SeesProgramsThatAreAddedLater) {
  const auto runner = started(hooks(), 1s);
  EXPECT_EQ(give(runner, {.input = "{}"}).back().status, 0);
  write("hook", "true");
  EXPECT_EQ(give(runner, {.input = "{}"}).back().status, 1);
}

TEST_F(HookRunnerTest, EndsWithItsStarterAndLetsTheHookThatRunsFinish) {
  write("hook", "sleep 0.3; echo done >" + (place / "result").string());
  {
    const auto runner = started(hooks(), 5s);
    ASSERT_TRUE(runner.give({.input = "{}"}));
    std::this_thread::sleep_for(100ms);
  }
  for (int i = 0; i < 100 && result() != "done\n"; ++i) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(result(), "done\n");
}

}  // namespace
}  // namespace ebond::os
