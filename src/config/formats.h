// Every format that `ebond import` and `ebond up --from` read, by name, and where a system keeps its files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/bond_config.h"
#include "config/problem.h"

namespace ebond::config {

enum class Format : std::uint8_t {
  ifcfg,
  interfaces,
  networkd,
  keyfile,
  netplan,
  teamd,
  suse,
  freebsd_rc,
  nmstate,
  rhel_team
};

std::optional<Format> parse_format(std::string_view name);
std::vector<std::string> format_names();

/// `path`: a file of that format, or the folder that holds what the format has below /etc.
Result<Configuration> read_format(Format format, const std::filesystem::path& path);

/// The files that the machine whose root directory is `root` has of that format, where its own tools look for
/// them. A `root` without such a place is taken for the folder itself.
Result<Configuration> read_machine(Format format, const std::filesystem::path& root);

}  // namespace ebond::config
