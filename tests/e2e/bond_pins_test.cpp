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

}  // namespace
}  // namespace ebond::lab
