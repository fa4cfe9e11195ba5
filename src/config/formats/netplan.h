// netplan's YAML (netplan-yaml(5)). Read as strictly as netplan reads it: a key or value that is not right,
// anywhere in what describes cards, bonds, VLANs and bridges, refuses all, by file, line and column.
#pragma once

#include <filesystem>
#include <vector>

#include "config/bond_config.h"
#include "config/file_list.h"
#include "config/problem.h"

namespace ebond::config {

/// `directories` in order of precedence, each a folder of *.yaml or a file: a file hides those of its name in
/// later ones.
Result<Configuration> read_netplan(const std::vector<std::filesystem::path>& directories);
/// In the order of their names: a later file replaces single values and adds to lists.
Result<Configuration> parse_netplan(const std::vector<TextFile>& files, Notes notes);

}  // namespace ebond::config
