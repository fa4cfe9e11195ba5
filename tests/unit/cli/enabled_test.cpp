#include "cli/enabled.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace ebond::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr auto kBond = "[bond.bond0]\nslaves = [\"eth0\"]\n";

class Enabled : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(home_);
    fs::create_directories(etc());
  }
  void TearDown() override { fs::remove_all(home_); }

  fs::path etc() const { return home_ / "ebond"; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(etc() / name) << text; }
  Arguments arguments(std::vector<std::string> words) const {
    words.insert(words.end(), {"--config-dir", etc().native()});
    auto parsed = parse_arguments(words);
    if (!parsed) throw std::runtime_error(parsed.error().text);
    parsed->sysconfig = home_ / "sysconfig";
    return *parsed;
  }

 private:
  fs::path home_ = fs::temp_directory_path() / ("ebond-enabled-" + std::to_string(::getpid()));
};

TEST_F(Enabled, IsEveryTomlFileInTheOrderOfItsName) {
  write("20-storage.toml", kBond);
  write("10-lan.toml", kBond);
  write("notes.txt", "no configuration");
  const auto parts = enabled_parts(arguments({"up", "--enabled"}));
  ASSERT_TRUE(parts) << parts.error();
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ(parts->at(0).file, etc() / "10-lan.toml");
  EXPECT_EQ(parts->at(1).file, etc() / "20-storage.toml");
  EXPECT_EQ(parts->at(0).command, Command::up);
  EXPECT_EQ(enabled_parts(arguments({"down", "--enabled"}))->at(0).command, Command::down);
}

TEST_F(Enabled, IsSysconfigAlsoIfThereIsOneAndNoFormatIsNoted) {
  write("lan.toml", kBond);
  fs::create_directories(etc().parent_path() / "sysconfig/network-scripts");
  const auto parts = enabled_parts(arguments({"up", "--enabled"}));
  ASSERT_TRUE(parts) << parts.error();
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_TRUE(parts->at(1).file.empty());
}

TEST_F(Enabled, SaysWhatIsMissingIfNothingIs) {
  const auto parts = enabled_parts(arguments({"up", "--enabled"}));
  ASSERT_FALSE(parts);
  EXPECT_THAT(parts.error(), HasSubstr("no *.toml"));
  EXPECT_EQ(run_enable(arguments({"enable"})), kRefused);
}

TEST_F(Enabled, RefusesANoteThatIsNotAFormat) {
  write("from", "papyrus\n");
  const auto parts = enabled_parts(arguments({"up", "--enabled"}));
  ASSERT_FALSE(parts);
  EXPECT_THAT(parts.error(), HasSubstr("papyrus is not a format"));
}

TEST_F(Enabled, IsNotWhatIfupdownBringsUpItself) {
  auto words = arguments({"enable", "--from", "interfaces"});
  words.root = etc().parent_path() / "root";
  write("from", "interfaces\n");
  auto up = arguments({"up", "--enabled"});
  up.root = words.root;
  const auto touch = [&](const char* name, fs::perms rights) {
    fs::create_directories((words.root / name).parent_path());
    std::ofstream(words.root / name) << "#!/bin/sh\n";
    fs::permissions(words.root / name, rights);
  };
  touch("etc/network/if-pre-up.d/ebond", fs::perms::owner_all);
  touch("sbin/ifup", fs::perms::owner_all);
  EXPECT_EQ(enabled_parts(up)->size(), 1U) << "networking.service is not enabled";
  fs::create_directories(words.root / "etc/systemd/system/multi-user.target.wants");
  fs::create_symlink("/lib/systemd/system/networking.service",
                     words.root / "etc/systemd/system/multi-user.target.wants/networking.service");
  EXPECT_TRUE(enabled_parts(up)->empty());
  EXPECT_EQ(run_enabled(up), kDone);
  write("lan.toml", kBond);
  EXPECT_EQ(enabled_parts(up)->size(), 1U);
  EXPECT_EQ(run_enable(words), kDone);
  EXPECT_FALSE(fs::exists(etc() / "from"));
  touch("etc/network/if-pre-up.d/ebond", fs::perms::owner_read);
  EXPECT_EQ(enabled_parts(words)->size(), 2U);
}

TEST_F(Enabled, IsReadBeforeAnythingIsNoted) {
  write("from", "papyrus\n");
  write("broken.toml", "[bond.bond0\n");
  EXPECT_EQ(run_enable(arguments({"enable"})), kRefused);
  EXPECT_TRUE(fs::exists(etc() / "from"));
  write("broken.toml", kBond);
  EXPECT_EQ(run_enable(arguments({"enable", "--from", "papyrus"})), kRefused);
}

TEST_F(Enabled, TakesNoBondAndNoSysconfig) {
  EXPECT_EQ(parse_arguments({"up", "--enabled", "bond0"}).error().exit_code, kUsage);
  EXPECT_EQ(parse_arguments({"up", "--enabled", "--sysconfig", "/x"}).error().exit_code, kUsage);
}

}  // namespace
}  // namespace ebond::cli
