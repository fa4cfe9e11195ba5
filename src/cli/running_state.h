// The running state as a configuration: what the daemon says of a bond and the kernel of its addresses,
// routes, VLANs and bridge, as the BondConfig that would make it so. For `ebond export`. Changes nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "config/bond_config.h"
#include "os/rtnetlink_types.h"

namespace ebond::cli {

/// One interface as the kernel has it.
struct RunningInterface {
  os::LinkInfo link{};
  std::vector<os::Address> addresses{};
  std::vector<os::Route> routes{};
  std::string master{};  ///< name of the bridge it is a port of; empty: none
};

/// Options that are not at their defaults, slaves and those that are waited for, out of `ebond -j show`. Its
/// MAC address if it is not simply its first slave's.
config::BondConfig bond_of_report(const nlohmann::json& report);

/// Adds what the kernel keeps. Left out: what the kernel made itself or learned from a router. A leased
/// address becomes the wish for DHCP.
void add_running_network(config::BondConfig& bond, const RunningInterface& interface,
                         const std::vector<RunningInterface>& vlans);

}  // namespace ebond::cli
