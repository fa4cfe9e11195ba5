// systemd-networkd's files: NAME.netdev makes a bond, a VLAN or a bridge, NAME.network says what is done with
// the links it matches, NAME.network.d/*.conf and NAME.netdev.d/*.conf change and add to them
// (systemd.netdev(5), systemd.network(5)). Read leniently, as networkd does.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "config/bond_config.h"
#include "config/file_list.h"
#include "config/problem.h"

namespace ebond::config {

/// One .netdev or .network file with the drop-ins that belong to it, in the order they are read.
struct NetworkdUnit {
  TextFile main;
  std::vector<TextFile> drop_ins;
};

/// What ebond itself writes for networkd, in /run/systemd/network: no description of a bond, and not read.
/// The first of all names, because the first file that fits a link counts.
inline constexpr std::string_view kOurNetworkFile = "00-00-ebond.network";
/// A word on the kernel's command line without which networkd makes no bond of a .netdev file whose bond is
/// ours.
inline constexpr std::string_view kNetdevsAreNetworkds = "bonds-by-networkd";

/// `directories` in order of precedence: a file hides those of its name in later ones, and an empty file
/// stands for none.
Result<Configuration> read_networkd(const std::vector<std::filesystem::path>& directories);
/// The same of files that are read already, in the order of their names.
Result<Configuration> parse_networkd(const std::vector<NetworkdUnit>& units, Notes notes);

}  // namespace ebond::config
