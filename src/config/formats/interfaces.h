// Debian's /etc/network/interfaces and what it sources (interfaces(5), ifenslave's interfaces-bonding(5)
// options; ifupdown2's files, too). Commands in it are said, and never run. Read leniently.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/bond_config.h"
#include "config/file_list.h"
#include "config/problem.h"

namespace ebond::config {

/// A file, or `interfaces` of a directory. Paths in it that begin with a slash begin at `root`.
Result<Configuration> read_interfaces(const std::filesystem::path& path,
                                      const std::filesystem::path& root = "/");

/// Where the text behind `source` and `source-directory` comes from.
struct SourceLines {
  /// Files whose paths match a shell's pattern.
  std::function<std::vector<TextFile>(const std::string& pattern)> matching;
  /// Files of a directory, in order.
  std::function<std::vector<TextFile>(const std::string& directory)> of_directory;
};
Result<Configuration> parse_interfaces(const TextFile& file, const SourceLines& sources, Notes notes);

/// The bond of one stanza that somebody else has read; none if its options are about no bond. Keys as in a
/// file, "bond-mode"; the values of a key that stood there more than once, a line each.
Result<Configuration> read_stanza(const std::string& interface, const KeyValues& options);

}  // namespace ebond::config
