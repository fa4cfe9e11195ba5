// What doctor finds around a bond: each finding provoked by itself, and none if all is as it should be.
#include "cli/surroundings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ebond::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using views::Gravity;

Surroundings in_order() {
  return {.bond = "bond0",
          .mode = "balance-xor",
          .mtu = 1500,
          .tracked_connections = 7,
          .slaves = {{.name = "eth0", .pause = os::PauseFrames{.obeyed = true, .sent = true}},
                     {.name = "eth1", .pause = os::PauseFrames{.obeyed = true}, .neighbour_takes = 1522}}};
}

/// The one finding there is.
views::Finding finding_in(const Surroundings& around) {
  const auto found = findings_around(around);
  EXPECT_EQ(found.size(), 1U);
  return found.empty() ? views::Finding{} : found.front();
}

TEST(DoctorAround, FindsNothingIfAllIsInOrder) {
  EXPECT_THAT(findings_around(in_order()), IsEmpty());
}

TEST(DoctorAround, FindsAddressesOfASlave) {
  auto around = in_order();
  around.slaves[1].addresses = {"192.0.2.9/24 (leased)"};
  const auto found = finding_in(around);
  EXPECT_EQ(found.gravity, Gravity::risk);
  EXPECT_EQ(found.what, "something gives eth1 addresses of its own");
  EXPECT_THAT(found.evidence, HasSubstr("192.0.2.9/24 (leased)"));
}

TEST(DoctorAround, FindsADhcpClient) {
  auto around = in_order();
  around.slaves[0].dhcp_clients = {"dhclient (pid 812)"};
  EXPECT_EQ(finding_in(around).what, "a DHCP client is at work on eth0");
}

TEST(DoctorAround, FindsASlaveThatNetworkManagerManages) {
  const auto root = std::filesystem::temp_directory_path() / ("ebond-around-" + std::to_string(::getpid()));
  const auto devices = root / "run/NetworkManager/devices";
  std::filesystem::create_directories(devices);
  std::ofstream(devices / "3") << "[device]\nmanaged=true\n";
  std::ofstream(devices / "4") << "[device]\nmanaged=false\n";
  EXPECT_EQ(file_of_network_manager(os::IfIndex{3}, root), (devices / "3").string());
  EXPECT_EQ(file_of_network_manager(os::IfIndex{4}, root), "");
  EXPECT_EQ(file_of_network_manager(os::IfIndex{5}, root), "");
  std::filesystem::remove_all(root);

  auto around = in_order();
  around.slaves[0].managed_by = "/run/NetworkManager/devices/3";
  const auto found = finding_in(around);
  EXPECT_EQ(found.what, "NetworkManager manages eth0");
  EXPECT_THAT(found.evidence, HasSubstr("devices/3"));
}

TEST(DoctorAround, FindsAFilterThatDecidesFirst) {
  auto around = in_order();
  around.slaves[0].in_front = os::TcFilter{.priority = 7, .kind = "u32"};
  EXPECT_EQ(finding_in(around).evidence, "tc filter show dev eth0 ingress: u32 at priority 7");
}

TEST(DoctorAround, FindsALinkThatSleeps) {
  auto around = in_order();
  around.slaves[1].sleeps_between_frames = true;
  EXPECT_EQ(finding_in(around).what, "the link of eth1 sleeps between frames");
}

TEST(DoctorAround, FindsAnMtuThatTheSwitchDoesNotTake) {
  auto around = in_order();
  around.mtu = 9000;
  around.slaves[1].neighbour = "sw1";
  const auto found = finding_in(around);
  EXPECT_EQ(found.gravity, Gravity::broken);
  EXPECT_EQ(found.evidence, "MTU 9000 makes frames of 9018 octets, and sw1 says that it takes 1522");
  EXPECT_THAT(found.remedy, HasSubstr("ip link set bond0 mtu 1504"));
  around.mtu = 1504;
  EXPECT_THAT(findings_around(around), IsEmpty());
}

TEST(DoctorAround, FindsSlavesOfWhichSomeObeyPauseFrames) {
  auto around = in_order();
  around.slaves[0].pause->obeyed = false;
  EXPECT_EQ(finding_in(around).evidence, "ethtool --show-pause: RX is on for eth1, off for eth0");
  around.slaves[1].pause.reset();
  EXPECT_THAT(findings_around(around), IsEmpty()) << "of one that does not say nothing is known";
}

TEST(DoctorAround, FindsTrackedConnectionsWhereFramesOvertakeEachOther) {
  auto around = in_order();
  around.mode = "balance-rr";
  EXPECT_EQ(finding_in(around).evidence, "nf_conntrack_count is 7");
  around.tracked_connections = 0;
  EXPECT_THAT(findings_around(around), IsEmpty());
}

}  // namespace
}  // namespace ebond::cli
