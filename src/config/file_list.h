// Files of a directory, as the readers of whole directories take them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace ebond::config {

/// Names of what is in `directory`, in natural order: eth2 before eth10.
Result<std::vector<std::string>> names_in(const std::filesystem::path& directory);

/// What editors and packagers leave behind: "~", ".bak", ".rpmsave", … at the end.
bool is_leftover(std::string_view name);

struct TextFile {
  std::string path;
  std::string name;  ///< the last part of the path
  std::string text;
};

/// `path` itself if it is a file, else the files in it whose names `wanted` takes, in natural order. One that
/// cannot be read is left out with a note. An error only if `path` is not there.
Result<std::vector<TextFile>> read_files(const std::filesystem::path& path, Notes& notes,
                                         const std::function<bool(std::string_view)>& wanted);

}  // namespace ebond::config
