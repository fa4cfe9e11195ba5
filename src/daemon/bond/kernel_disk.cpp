#include "daemon/bond/kernel_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "os/file.h"

namespace ebond::daemon {

namespace fs = std::filesystem;

os::Result<std::string> KernelDisk::read(const fs::path& file) {
  return os::read_file(file);
}

os::Result<> KernelDisk::write(const fs::path& file, std::string_view text, mode_t mode) {
  return os::write_file_atomically(file, text, mode);
}

os::Result<> KernelDisk::remove(const fs::path& file) {
  return os::remove_file(file);
}

os::Result<> KernelDisk::remove_tree(const fs::path& directory) {
  std::error_code error;
  fs::remove_all(directory, error);
  if (error) return os::errno_error(fmt::format("cannot remove {}", directory.string()), error.value());
  return {};
}

os::Result<> KernelDisk::make_directories(const fs::path& directory) {
  return os::make_directories(directory);
}

os::Result<bool> KernelDisk::exists(const fs::path& file) {
  std::error_code error;
  const bool there = fs::exists(file, error);
  if (error) return os::errno_error(fmt::format("cannot look for {}", file.string()), error.value());
  return there;
}

os::Result<std::vector<fs::path>> KernelDisk::list(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    entries.push_back(entry->path());
  }
  if (error) return os::errno_error(fmt::format("cannot look into {}", directory.string()), error.value());
  std::ranges::sort(entries);
  return entries;
}

}  // namespace ebond::daemon
