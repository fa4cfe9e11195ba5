// Where the real ip is: the one that would have run were ours not first on PATH.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace ebond::cli::ip {

/// The first `ip` on `path` (as in PATH) that can be run and is not the file `own`; else that of iproute2's
/// own directories. None on a machine without iproute2.
std::optional<std::filesystem::path> find_real_ip(std::string_view path, const std::filesystem::path& own);

}  // namespace ebond::cli::ip
