#include "cli/leave_alone.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "config/formats/networkd.h"

namespace ebond::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class LeaveAlone : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(root_);
    fs::create_directories(root_ / "run/systemd/system");
    fs::create_directories(root_ / "etc/NetworkManager");
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string text_of(const char* name) const {
    std::ifstream in(root_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  LeaveAloneNews write(const OurInterfaces& ours) const {
    const auto changes = write_leave_alone(ours, root_);
    if (changes) return *changes;
    ADD_FAILURE() << changes.error();
    return {};
  }

  fs::path root_ = fs::temp_directory_path() / ("ebond-leave-alone-" + std::to_string(::getpid()));
  static constexpr auto kNetwork = "run/systemd/network/00-00-ebond.network";
  static constexpr auto kNetdev = "run/systemd/network/10-bond0.netdev.d/ebond.conf";
  static constexpr auto kManager = "run/NetworkManager/conf.d/00-ebond.conf";
  OurInterfaces ours_{
      .bonds = {"bond0"}, .hands_off = {"eth0", "eth1"}, .netdevs = {"/etc/systemd/network/10-bond0.netdev"}};
};

TEST_F(LeaveAlone, TellsNetworkdOfSlavesAndOfBondsThatItIsNotToMake) {
  EXPECT_TRUE(write(ours_).networkd);
  EXPECT_THAT(text_of(kNetwork), HasSubstr("[Match]\nName=eth0 eth1\n\n[Link]\nUnmanaged=yes\n"));
  EXPECT_THAT(text_of(kNetdev), HasSubstr("[Match]\nKernelCommandLine=bonds-by-networkd\n"));
}

TEST_F(LeaveAlone, TellsNetworkManagerOfSlaves) {
  EXPECT_TRUE(write(ours_).network_manager);
  EXPECT_THAT(text_of(kManager),
              HasSubstr("match-device=interface-name:=eth0,interface-name:=eth1\nmanaged=0\n"));
  EXPECT_THAT(text_of(kManager), Not(HasSubstr("bond0")));
}

TEST_F(LeaveAlone, HasNetworkManagerManageABondThatAProfileForACardNames) {
  const auto profiles = root_ / "etc/NetworkManager/system-connections";
  fs::create_directories(profiles);
  const auto profile = [&](const char* type) {
    std::ofstream(profiles / "bond0.nmconnection")
        << "[connection]\ntype=" << type << "\ninterface-name=bond0\n";
  };
  profile("bond");
  write(ours_);
  EXPECT_THAT(text_of(kManager), Not(HasSubstr("bond0")));
  profile("ethernet");
  const auto news = write(ours_);
  EXPECT_TRUE(news.network_manager);
  EXPECT_THAT(news.managed, ElementsAre("bond0"));
  EXPECT_THAT(text_of(kManager), HasSubstr("match-device=interface-name:=bond0\nmanaged=1\n"));
}

TEST_F(LeaveAlone, ChangesNothingTheSecondTimeAndRemovesWhatIsNotNeededAnyMore) {
  write(ours_);
  const auto again = write(ours_);
  EXPECT_FALSE(again.networkd || again.network_manager);
  const auto after = write({});
  EXPECT_TRUE(after.networkd && after.network_manager);
  for (const auto* file : {kNetwork, kNetdev, kManager}) EXPECT_FALSE(fs::exists(root_ / file)) << file;
}

TEST_F(LeaveAlone, TellsNobodyWhoIsNotThere) {
  fs::remove_all(root_);
  fs::create_directories(root_);
  const auto changes = write(ours_);
  EXPECT_FALSE(changes.networkd || changes.network_manager);
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(LeaveAlone, IsNothingThatEbondItselfReadsAsAFile) {
  write({.bonds = {"bond0"}, .hands_off = {"eth0"}, .netdevs = {}});
  const auto directory = root_ / "run/systemd/network";
  std::ofstream(directory / "10-bond0.netdev") << "[NetDev]\nName=bond0\nKind=bond\n";
  std::ofstream(directory / "20-eth0.network") << "[Match]\nName=eth0\n[Network]\nBond=bond0\n";
  const auto read = config::read_networkd({directory});
  ASSERT_TRUE(read);
  ASSERT_EQ(read->bonds.size(), 1U);
  EXPECT_EQ(read->bonds.front().slaves.size(), 1U);
  EXPECT_TRUE(read->notes.empty()) << read->notes.front().to_string();
}

}  // namespace
}  // namespace ebond::cli
