// nmstate's YAML: the state that interfaces and routes should have, as a file of its own or below
// spec.desiredState of a NodeNetworkConfigurationPolicy. Read leniently.
#pragma once

#include <filesystem>
#include <vector>

#include "config/bond_config.h"
#include "config/file_list.h"
#include "config/problem.h"

namespace ebond::config {

/// A file, or the *.yml and *.yaml files of a directory.
Result<Configuration> read_nmstate(const std::filesystem::path& path);
Result<Configuration> parse_nmstate(const std::vector<TextFile>& files, Notes notes);

}  // namespace ebond::config
