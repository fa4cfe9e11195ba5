// FreeBSD's rc.conf, as far as it speaks of lagg(4) (rc.conf(5), ifconfig(8)): a lagg is read as the bond
// that does the same. Names are kept as they stand. Read leniently.
#pragma once

#include <filesystem>
#include <vector>

#include "config/bond_config.h"
#include "config/file_list.h"
#include "config/problem.h"

namespace ebond::config {

/// A file, or rc.conf and then rc.conf.local of a directory.
Result<Configuration> read_freebsd_rc(const std::filesystem::path& path);
Result<Configuration> parse_freebsd_rc(const std::vector<TextFile>& files, Notes notes);

}  // namespace ebond::config
