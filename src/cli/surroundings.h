// What stands around a bond on its machine, and what `ebond doctor` finds in it: others that configure its
// slaves, filters in front of the bond's, settings of cards, the switch's frame size, connection tracking.
//
// look_around() asks the kernel, findings_around() judges and asks nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "os/ethtool.h"
#include "os/rtnetlink.h"
#include "os/tc_filters.h"
#include "views/doctor.h"

namespace ebond::cli {

/// What cannot be asked is empty.
struct SlaveSurroundings {
  std::string name;
  std::vector<std::string> addresses{};     ///< its own, not the kernel's: "192.0.2.9/24 (leased)"
  std::vector<std::string> dhcp_clients{};  ///< "dhclient (pid 812)"
  std::string managed_by{};                 ///< the file by which NetworkManager says so
  std::optional<os::TcFilter> in_front{};   ///< the first that decides about frames before the bond's
  bool sleeps_between_frames = false;
  std::optional<os::PauseFrames> pause{};
  std::string neighbour{};
  std::optional<std::uint32_t> neighbour_takes{};  ///< octets, header and FCS included
};

struct Surroundings {
  std::string bond, mode;
  std::optional<std::uint32_t> mtu{};
  std::uint64_t tracked_connections = 0;
  std::vector<SlaveSurroundings> slaves{};
};

/// Of the bond of that report (views/json.h), in the namespace that the thread is in. `root`: /.
Surroundings look_around(const nlohmann::json& report, os::Rtnetlink& links, const os::Ethtool& cards,
                         const std::filesystem::path& root);

/// The file by which NetworkManager says that it manages that interface; empty if it does not.
std::string file_of_network_manager(os::IfIndex ifindex, const std::filesystem::path& root);

std::vector<views::Finding> findings_around(const Surroundings& around);

}  // namespace ebond::cli
