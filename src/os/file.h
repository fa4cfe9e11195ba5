// Small files: read whole, written so that a reader sees the old text or the new one and never half.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "os/error.h"

namespace ebond::os {

/// The whole file; works for /proc and /sys, which tell no size.
Result<std::string> read_file(const std::filesystem::path& path);
/// Writes a sibling and renames it over `path`. The directory must be there.
Result<> write_file_atomically(const std::filesystem::path& path, std::string_view text, mode_t mode = 0644);
/// Puts text at the end of a file that is there, in one write(2).
Result<> append_to_file(const std::filesystem::path& path, std::string_view text);
/// Writes into an existing file in one write(2), as /proc and /sys want it.
Result<> write_kernel_file(const std::filesystem::path& path, std::string_view text);
/// mkdir -p.
Result<> make_directories(const std::filesystem::path& path);
/// A file that is gone already is not an error.
Result<> remove_file(const std::filesystem::path& path);

}  // namespace ebond::os
