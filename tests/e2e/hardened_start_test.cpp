// A daemon that cannot start leaves nothing behind.
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FailedStart : public testing::Test {
 protected:
  Lab lab;
  Host& server = lab.host("server");
  fs::path directory = fs::temp_directory_path() / ("ebond-start-" + std::to_string(::getpid()));

  ~FailedStart() override { fs::remove_all(directory); }
  /// Other daemons may run beside.
  static std::set<fs::path> pins_of(const fs::path& run_dir) {
    std::set<fs::path> all;
    std::error_code none;
    for (const auto& entry : fs::recursive_directory_iterator("/sys/fs/bpf/ebond", none)) {
      if (entry.path().string().find(run_dir.filename()) != std::string::npos) all.insert(entry.path());
    }
    return all;
  }
  CommandResult start(const Arguments& how) {
    Arguments command{"timeout", "10"};
    command.insert(command.end(), how.begin(), how.end());
    return server.run(command);
  }
};

TEST_F(FailedStart, ForASocketThatCannotBeMadeLeavesNoPins) {
  fs::create_directories(directory / "ebond.sock" / "in the way");
  const auto failed = start({EBOND_BUILD_DIR "/ebondd", "--run-dir", directory.string()});
  EXPECT_EQ(failed.exit_code, 1) << failed.output;
  EXPECT_TRUE(pins_of(directory).empty()) << failed.output;
}

TEST_F(FailedStart, ForAGroupThatIsNotThereLeavesNoPins) {
  const auto failed =
      start({EBOND_BUILD_DIR "/ebondd", "--run-dir", directory.string(), "--socket-group", "no-such-group"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.output, HasSubstr("there is no such group"));
  EXPECT_TRUE(pins_of(directory).empty());
}

TEST_F(FailedStart, WithoutTheRightToLoadProgramsLeavesNoPins) {
  const auto failed =
      start({"setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-bpf,-perfmon,-sys_admin", "--",
             EBOND_BUILD_DIR "/ebondd", "--run-dir", directory.string()});
  EXPECT_EQ(failed.exit_code, 1) << failed.output;
  EXPECT_TRUE(pins_of(directory).empty()) << failed.output;
}

TEST_F(FailedStart, LeavesThePinsOfBondsThatAreThere) {
  Ebond ebond{EBOND_BUILD_DIR};
  ebond.must_run(server, {"add", "bond0", "mode", "active-backup"});
  ebond.kill(SIGKILL);
  const auto of_bond0 = pins_of(ebond.run_dir());
  ASSERT_GT(of_bond0.size(), 3U);
  fs::remove(ebond.run_dir() / "ebond.sock");
  fs::create_directories(ebond.run_dir() / "ebond.sock" / "in the way");
  EXPECT_EQ(start({EBOND_BUILD_DIR "/ebondd", "--run-dir", ebond.run_dir().string()}).exit_code, 1);
  EXPECT_EQ(pins_of(ebond.run_dir()), of_bond0);
  fs::remove_all(ebond.run_dir() / "ebond.sock");
  ebond.start();
  EXPECT_EQ(ebond.run(server, {"del", "bond0"}).exit_code, 0);
}

}  // namespace
}  // namespace ebond::lab
