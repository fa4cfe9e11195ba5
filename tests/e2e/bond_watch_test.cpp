// `ebond watch` on a terminal of its own (tmux), by what the screen shows.
#include <chrono>
#include <csignal>

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// A tmux server of its own, with one window in which a command runs. It all goes with the object.
class Screen {
 public:
  Screen(const Host& where, const Ebond& ebond, const std::string& arguments, int columns = 80, int rows = 24)
      : where_(where),
        socket_(ebond.run_dir() / "tmux"),
        server_(where.start({"env", "-u", "TMUX", "LC_ALL=C.UTF-8", "tmux", "-u", "-D", "-S",
                             socket_.string(), "-f", "/dev/null"},
                            ebond.run_dir() / "tmux.log")) {
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(socket_); })) << "tmux did not start";
    const auto command = fmt::format("{}/ebond --run-dir {} watch {}; echo ended with $?; exec sleep 1000",
                                     EBOND_BUILD_DIR, ebond.run_dir().string(), arguments);
    tmux(
        {"new-session", "-d", "-s", "w", "-x", std::to_string(columns), "-y", std::to_string(rows), command});
  }
  ~Screen() { (void)where_.run(words({"kill-server"})); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  std::string text() const { return tmux({"capture-pane", "-p", "-t", "w"}); }
  void press(const std::string& key) const { tmux({"send-keys", "-t", "w", key}); }
  void resize(int columns, int rows) const {
    tmux({"resize-window", "-t", "w", "-x", std::to_string(columns), "-y", std::to_string(rows)});
  }
  /// To what runs in the window.
  void signal(const std::string& name) const {
    auto shell = tmux({"list-panes", "-t", "w", "-F", "#{pane_pid}"});
    while (!shell.empty() && shell.back() == '\n') shell.pop_back();
    where_.must_run({"pkill", "-" + name, "-P", shell});
  }
  bool comes_to_show(const std::string& regex, std::chrono::milliseconds within = 30s) const {
    const bool shown = eventually([&] { return ::testing::Matches(ContainsRegex(regex))(text()); }, within);
    if (!shown) ADD_FAILURE() << regex << " is not on the screen:\n" << text();
    return shown;
  }

 private:
  Arguments words(const Arguments& arguments) const {
    Arguments all{"tmux", "-S", socket_.string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  std::string tmux(const Arguments& arguments) const { return where_.must_run(words(arguments)); }

  const Host& where_;
  std::filesystem::path socket_;
  Process server_;
};

class Watching : public OneSwitch {
 protected:
  void SetUp() override {
    OneSwitch::SetUp();
    bond({"mode", "active-backup"});
    EXPECT_TRUE(eventually([&] { return link_is(server, "eth1", "up") && link_is(server, "eth0", "up"); }));
  }
};

TEST_F(Watching, ShowsBondsSlavesAndRates) {
  const Screen screen(server, ebond, "");
  ASSERT_TRUE(screen.comes_to_show("> +bond0 +ok +active-backup +eth0"));
  EXPECT_THAT(screen.text(), AllOf(ContainsRegex("> +eth0 +ACTIVE +up"), ContainsRegex(" +eth1 +BACKUP +up"),
                                   HasSubstr("EVENTS"), HasSubstr("q quit")));
  Stream stream(server, client, "192.0.2.2", {.frames_per_second = 1000});
  EXPECT_TRUE(screen.comes_to_show("eth0 [^\n]*█ +[0-9.]+k"));
  EXPECT_EQ(stream.stop().lost, 0U);
}

TEST_F(Watching, SeesACableThatIsPulled) {
  const Screen screen(server, ebond, "bond0");
  ASSERT_TRUE(screen.comes_to_show("> +eth0 +ACTIVE +up"));
  const auto pulled = std::chrono::steady_clock::now();
  left.pull();
  const auto shows = [&](const std::string& regex) {
    EXPECT_TRUE(eventually([&] { return ::testing::Matches(ContainsRegex(regex))(screen.text()); }))
        << regex << " is not in\n"
        << screen.text();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - pulled);
  };
  const auto event = shows("bond0 eth0 link up -> down");
  const auto state = shows("> +eth0 +BACKUP +down");
  fmt::print("a pulled cable is on the screen after {} ms, the slave's state after {} ms\n", event.count(),
             state.count());
  RecordProperty("event_ms", std::to_string(event.count()));
  EXPECT_LT(event, 2s) << "the machine is busy, but so long?";
  EXPECT_TRUE(screen.comes_to_show("bond0 +degraded +active-backup +eth1"));
  EXPECT_THAT(screen.text(), AllOf(HasSubstr("eth0: no carrier"), HasSubstr("failover eth0 -> eth1")));
  plug_and_wait(left);
  EXPECT_TRUE(screen.comes_to_show("eth0 link [a-z ]*-> up"));
}

TEST_F(Watching, DrainsByKeyAfterAQuestion) {
  const Screen screen(server, ebond, "");
  ASSERT_TRUE(screen.comes_to_show("> +eth0 +ACTIVE +up"));
  screen.press("d");
  ASSERT_TRUE(screen.comes_to_show("Take eth0 of bond0 out of use\\? y/n"));
  screen.press("n");
  ASSERT_TRUE(screen.comes_to_show("q quit"));
  EXPECT_TRUE(active_is(server, "eth0"));
  screen.press("d");
  screen.press("y");
  EXPECT_TRUE(screen.comes_to_show("> +eth0 +BACKUP +up, drained"));
  EXPECT_TRUE(active_is(server, "eth1"));
  screen.press("Down");
  screen.press("d");
  screen.press("y");
  EXPECT_TRUE(screen.comes_to_show("--force")) << "the last one is refused, and the screen says why";
  EXPECT_TRUE(active_is(server, "eth1"));
  screen.press("k");
  screen.press("u");
  screen.press("y");
  EXPECT_TRUE(screen.comes_to_show("eth0 is let back"));
  EXPECT_TRUE(screen.comes_to_show("eth0 +[A-Z]+ +up  "));
}

TEST_F(Watching, FollowsTheSizeOfItsTerminal) {
  const Screen screen(server, ebond, "");
  ASSERT_TRUE(screen.comes_to_show("> +eth0 +ACTIVE +up"));
  screen.resize(120, 30);
  EXPECT_TRUE(screen.comes_to_show("PORT"));
  screen.resize(60, 12);
  EXPECT_TRUE(screen.comes_to_show("ebond watch needs 80 x 24, and this terminal is 60 x 12"));
  EXPECT_THAT(screen.text(), HasSubstr("bond0 ok"));
  screen.resize(80, 24);
  EXPECT_TRUE(screen.comes_to_show("> +eth0 +ACTIVE +up"));
}

TEST_F(Watching, GivesTheTerminalBackHoweverItEnds) {
  for (const std::string end : {"q", "C-c", "TERM", "HUP"}) {
    SCOPED_TRACE(end);
    const Screen screen(server, ebond, "");
    ASSERT_TRUE(screen.comes_to_show("> +eth0 +ACTIVE +up"));
    if (end == "q" || end == "C-c") {
      screen.press(end);
    } else {
      screen.signal(end);
    }
    EXPECT_TRUE(screen.comes_to_show("ended with 0"));
    EXPECT_THAT(screen.text(), ::testing::Not(HasSubstr("EVENTS"))) << "what stood there before is back";
  }
}

TEST_F(Watching, SaysThatTheDaemonIsGoneAndFindsTheNextOne) {
  const Screen screen(server, ebond, "");
  ASSERT_TRUE(screen.comes_to_show("> +eth0 +ACTIVE +up"));
  ebond.kill(SIGKILL);
  EXPECT_TRUE(screen.comes_to_show("no ebondd runs on .*trying again"));
  EXPECT_THAT(screen.text(), ContainsRegex("> +eth0 +ACTIVE +up")) << "what was known last stays";
  ebond.start();
  EXPECT_TRUE(eventually([&] { return screen.text().find("trying again") == std::string::npos; }));
  left.pull();
  EXPECT_TRUE(screen.comes_to_show("bond0 eth0 link up -> down")) << "and hears events again";
}

TEST_F(Watching, NeedsATerminalThatItKnows) {
  const auto piped = ebond.run(server, {"watch"});
  EXPECT_EQ(piped.exit_code, 1);
  EXPECT_THAT(piped.output, HasSubstr("watch needs a terminal"));
  const auto command = fmt::format("TERM=nothing-like-it {}/ebond --run-dir {} watch; echo ended with $?",
                                   EBOND_BUILD_DIR, ebond.run_dir().string());
  const auto strange = server.run({"script", "-qec", command, "/dev/null"});
  EXPECT_THAT(strange.output, AllOf(HasSubstr("'nothing-like-it'"), HasSubstr("ended with 1")));
}

}  // namespace
}  // namespace ebond::lab
