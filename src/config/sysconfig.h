// The network configuration of Red Hat systems: ifcfg-*, route-* and route6-* files and modprobe's, read
// together, as `ebond up` needs them. Nothing is run and nothing changed.
//
// A device is a bond if a slave names it (MASTER= with SLAVE=yes), if modprobe has `alias bond0
// bonding`, or if its own file says so (BONDING_OPTS=, BONDING_MASTER=yes, TYPE=Bond) and is not a VLAN's.
// Its options are modprobe's for all bonds, then modprobe's for it, then BONDING_OPTS: the later one wins.
// Slaves come in the order of their files' names, numbers as numbers: eth2 before eth10.
#pragma once

#include <filesystem>
#include <vector>

#include "config/bond_config.h"
#include "config/problem.h"

namespace ebond::config {

inline constexpr auto kDefaultSysconfig = "/etc/sysconfig";

struct SysconfigPaths {
  std::filesystem::path network_scripts;
  std::filesystem::path network;  ///< the file of settings for all devices
  /// Read in this order; a directory stands for its *.conf files in name order. One that is not there is
  /// passed over.
  std::vector<std::filesystem::path> modprobe;
};

/// DIR/network-scripts, DIR/modprobe.conf and DIR/modprobe.d; for /etc/sysconfig also modprobe's own
/// /etc/modprobe.conf and /etc/modprobe.d.
SysconfigPaths sysconfig_paths(const std::filesystem::path& directory = kDefaultSysconfig);

/// Every bond the files describe, in name order. A mistake in what a bond cannot do without (its own file, a
/// slave's) fails the whole; what can be left out is, with a note.
Result<Configuration> read_sysconfig(const SysconfigPaths& paths);

}  // namespace ebond::config
