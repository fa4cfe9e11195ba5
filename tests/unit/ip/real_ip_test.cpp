#include "cli/ip/real_ip.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>
#include <string>

namespace ebond::cli::ip {
namespace {

namespace fs = std::filesystem;

class RealIp : public testing::Test {
 protected:
  RealIp() {
    std::string name = testing::TempDir() + "real_ip_XXXXXX";
    root = ::mkdtemp(name.data());
  }
  ~RealIp() override { fs::remove_all(root); }

  fs::path program(const std::string& directory, bool executable = true) {
    fs::create_directories(root / directory);
    const auto path = root / directory / "ip";
    std::ofstream(path) << "#!/bin/sh\n";
    if (executable) fs::permissions(path, fs::perms::owner_all);
    return path;
  }
  std::string path(std::initializer_list<const char*> directories) const {
    std::string result;
    for (const auto* each : directories) result += (result.empty() ? "" : ":") + (root / each).string();
    return result;
  }

  fs::path root;
};

TEST_F(RealIp, IsTheNextOnPathThatIsNotOurs) {
  const auto own = program("ours");
  const auto real = program("real");
  program("later");
  EXPECT_EQ(find_real_ip(path({"ours", "nothing", "real", "later"}), own), real);
}

TEST_F(RealIp, IsNotOursUnderAnotherName) {
  const auto own = program("ours");
  fs::create_directories(root / "linked");
  fs::create_symlink(own, root / "linked" / "ip");
  const auto real = program("real");
  EXPECT_EQ(find_real_ip(path({"linked", "ours", "real"}), own), real);
}

TEST_F(RealIp, CanBeRun) {
  const auto own = program("ours");
  program("plain", false);
  const auto real = program("real");
  EXPECT_EQ(find_real_ip(path({"plain", "real"}), own), real);
}

}  // namespace
}  // namespace ebond::cli::ip
