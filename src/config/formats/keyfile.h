// NetworkManager's keyfiles: one connection a file (nm-settings-keyfile(5), nm-settings(5)). A bond is a
// connection of type bond; slaves, VLANs and bridges are other files that name it, by interface or UUID, or
// that it names. Read leniently, which NetworkManager is not in all: see docs/formats.md.
#pragma once

#include <filesystem>
#include <vector>

#include "config/bond_config.h"
#include "config/file_list.h"
#include "config/problem.h"

namespace ebond::config {

/// `directories` in order of precedence: a file hides those of its name in later ones.
Result<Configuration> read_keyfiles(const std::vector<std::filesystem::path>& directories);
Result<Configuration> parse_keyfiles(const std::vector<TextFile>& files, Notes notes);

}  // namespace ebond::config
