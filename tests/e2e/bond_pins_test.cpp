// Whose pins and run directories are used, and whose are not.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Pins : public WithEbond {
 protected:
  Host& server = lab.host("server");

  static std::set<fs::path> all_pins() {
    std::set<fs::path> all;
    for (const auto& entry : fs::recursive_directory_iterator("/sys/fs/bpf/ebond")) all.insert(entry.path());
    return all;
  }
  void bond_of_one_slave() {
    server.must_run({"ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far0"});
    server.set_up("far0");
    ebond.must_run(server, {"add", "bond0", "mode", "active-backup"});
    ebond.must_run(server, {"enslave", "bond0", "eth0"});
    server.set_up("bond0");
    for (const auto& entry : fs::directory_iterator(ebond.run_dir() / "state")) {
      if (entry.path().extension() == ".json") state_file_ = entry.path();
    }
  }
  std::set<fs::path> own_pins() {
    std::set<fs::path> own;
    for (const auto& entry : fs::recursive_directory_iterator(ebond.pin_dir())) own.insert(entry.path());
    return own;
  }
  /// Of those of the only bond.
  void remove_pins(const std::set<std::string>& names) {
    for (const auto& pin : own_pins()) {
      if (pin.parent_path() != ebond.pin_dir() && names.contains(pin.filename().string())) fs::remove(pin);
    }
  }
  fs::path state_file_;  ///< of the only bond
  CommandResult another_daemon(const fs::path& run_dir) {
    return server.run({"timeout", "10", EBOND_BUILD_DIR "/ebondd", "--run-dir", run_dir.string()});
  }
};

TEST_F(Pins, AreLeftAloneByADaemonThatIsRefused) {
  const auto before = all_pins();
  const auto refused = another_daemon(ebond.run_dir() / "");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("another ebondd runs on"));
  EXPECT_EQ(all_pins(), before);
}

TEST_F(Pins, AreFoundByWhateverPathLeadsToTheRunDirectory) {
  ebond.must_run(server, {"add", "bond0", "mode", "active-backup"});
  ebond.kill(SIGKILL);
  const auto link = ebond.run_dir().parent_path() / (ebond.run_dir().filename().string() + "-link");
  fs::create_symlink(ebond.run_dir(), link);
  const auto seen = server.run({"sh", "-c",
                                EBOND_BUILD_DIR "/ebondd --run-dir $1/ & daemon=$!; sleep 1; " EBOND_BUILD_DIR
                                                "/ebond --run-dir $1 -j show; kill $daemon; wait",
                                "sh", link.string()});
  fs::remove(link);
  EXPECT_THAT(seen.output, HasSubstr("\"verdict\": \"down\""));
  ebond.start();
  EXPECT_EQ(show(server)[0]["ifname"], "bond0");
}

TEST_F(Pins, OfADirectoryOfSomebodyElsesAreNotUsed) {
  ebond.kill(SIGTERM);
  fs::create_directories(ebond.pin_dir());
  ASSERT_EQ(::chown(ebond.pin_dir().c_str(), 65534, 65534), 0);
  const auto refused = another_daemon(ebond.run_dir());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("cannot be trusted"));
  ASSERT_EQ(::chown(ebond.pin_dir().c_str(), 0, 0), 0);
  ebond.start();
}

TEST_F(Pins, AreNotUsedForARunDirectoryThatOthersMayWriteTo) {
  ebond.kill(SIGTERM);
  ASSERT_EQ(::chmod(ebond.run_dir().c_str(), 0777), 0);
  const auto refused = another_daemon(ebond.run_dir());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("others may write to"));
  ASSERT_EQ(::chmod(ebond.run_dir().c_str(), 0755), 0);
  ebond.start();
}

TEST_F(Pins, AndFilesAreNobodyElsesToWriteWhateverTheUmask) {
  const auto directory = ebond.run_dir() / "another";
  const auto ran =
      server.run({"sh", "-c",
                  "umask 0; timeout 2 " EBOND_BUILD_DIR "/ebondd --run-dir $1; stat -c '%a %n' $1 "
                  "$1/state $1/id",
                  "sh", directory.string()});
  EXPECT_THAT(ran.output, HasSubstr("755 " + directory.string() + "\n"));
  EXPECT_THAT(ran.output, HasSubstr("755 " + (directory / "state").string() + "\n"));
  EXPECT_THAT(ran.output, HasSubstr("644 " + (directory / "id").string() + "\n"));
}

TEST_F(Pins, AndStateThatOthersRemoveAreThereAgain) {
  bond_of_one_slave();
  const auto pins = own_pins();
  const auto is_whole = [&] { return own_pins() == pins && fs::exists(state_file_); };
  ASSERT_TRUE(is_whole());
  remove_pins({"bond", "counters", "turn", "loads"});
  fs::remove(state_file_);
  EXPECT_TRUE(eventually(is_whole));
  fs::remove_all(ebond.run_dir() / "state");
  EXPECT_TRUE(eventually(is_whole));
  ebond.kill(SIGKILL);
  ebond.start();
  EXPECT_EQ(show(server)[0]["slaves"].size(), 1U);
}

TEST_F(Pins, OfWhichOneIsLostWhileNoDaemonRunsAreMadeWholeByTheNext) {
  bond_of_one_slave();
  const auto pins = own_pins();
  for (const auto* name : {"bond", "counters", "turn", "loads"}) {
    ebond.kill(SIGKILL);
    remove_pins({name});
    ebond.start();
    EXPECT_EQ(show(server)[0]["slaves"].size(), 1U) << name;
    EXPECT_EQ(own_pins(), pins) << name;
  }
}

}  // namespace
}  // namespace ebond::lab
