// The Disk that ebondd runs with: the kernel's own.
#pragma once

#include "daemon/bond/disk.h"
#include "os/unique_fd.h"

namespace ebond::daemon {

class KernelDisk : public Disk {
 public:
  KernelDisk();
  os::Result<std::string> read(const std::filesystem::path& file) override;
  os::Result<> write(const std::filesystem::path& file, std::string_view text, mode_t mode) override;
  os::Result<> remove(const std::filesystem::path& file) override;
  os::Result<> remove_tree(const std::filesystem::path& directory) override;
  os::Result<> make_directories(const std::filesystem::path& directory) override;
  os::Result<bool> exists(const std::filesystem::path& file) override;
  os::Result<std::vector<std::filesystem::path>> list(const std::filesystem::path& directory) override;

 private:
  /// Given up for the moment of a write if there is no other descriptor left: what must be known after a
  /// crash is written all the same.
  os::UniqueFd reserve_;
};

}  // namespace ebond::daemon
