// The run directory of a test, in memory. It lives on when the daemon is killed.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/bond/disk.h"
#include "script.h"

namespace ebond::daemon {

class FakeDisk : public Disk {
 public:
  explicit FakeDisk(Script& script) : script_(script) {}
  os::Result<std::string> read(const std::filesystem::path& file) override;
  os::Result<> write(const std::filesystem::path& file, std::string_view text, mode_t mode) override;
  os::Result<> remove(const std::filesystem::path& file) override;
  os::Result<> remove_tree(const std::filesystem::path& directory) override;
  os::Result<> make_directories(const std::filesystem::path& directory) override;
  os::Result<bool> exists(const std::filesystem::path& file) override;
  os::Result<std::vector<std::filesystem::path>> list(const std::filesystem::path& directory) override;

  /// Names of all files, a line each.
  std::string describe() const;

  std::map<std::filesystem::path, std::string> files;
  int write_errno = 0;  ///< every write fails so, if it is not 0
  /// What else is in a directory, and what else goes with a tree: the pins, which stand on another file
  /// system.
  std::function<std::vector<std::filesystem::path>(const std::filesystem::path&)> more_in;
  std::function<void(const std::filesystem::path&)> tree_removed;

 private:
  Script& script_;
};

}  // namespace ebond::daemon
