// The daemon's use of the file system, one method for each thing done: what stands in the run directory, and
// the pins below bpffs. Tests put a disk of their own in its place, which can be full, read-only or torn away
// at any step.
//
// Used by everybody in the daemon that reads or writes a file of its own. Files of /proc and /sys are the
// Hands' affair.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "os/error.h"

namespace ebond::daemon {

class Disk {
 public:
  virtual ~Disk() = default;
  virtual os::Result<std::string> read(const std::filesystem::path& file) = 0;
  /// A reader sees the old text or the new one and never half.
  virtual os::Result<> write(const std::filesystem::path& file, std::string_view text, mode_t mode) = 0;
  /// A file that is gone already is no error.
  virtual os::Result<> remove(const std::filesystem::path& file) = 0;
  /// The same of a directory and all that is in it.
  virtual os::Result<> remove_tree(const std::filesystem::path& directory) = 0;
  virtual os::Result<> make_directories(const std::filesystem::path& directory) = 0;
  virtual os::Result<bool> exists(const std::filesystem::path& file) = 0;
  /// What is in a directory, sorted.
  virtual os::Result<std::vector<std::filesystem::path>> list(const std::filesystem::path& directory) = 0;
};

}  // namespace ebond::daemon
