// SUSE's network configuration (wicked; ifcfg(5), ifcfg-bonding(5), ifcfg-vlan(5), ifroute(5)): ifcfg-*,
// ifroute-* and routes in /etc/sysconfig/network. Read leniently.
#pragma once

#include <filesystem>
#include <vector>

#include "config/bond_config.h"
#include "config/file_list.h"
#include "config/problem.h"

namespace ebond::config {

Result<Configuration> read_suse(const std::filesystem::path& path);
Result<Configuration> parse_suse(const std::vector<TextFile>& files, Notes notes);

}  // namespace ebond::config
