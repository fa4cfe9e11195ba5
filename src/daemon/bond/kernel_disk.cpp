#include "daemon/bond/kernel_disk.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "os/file.h"

namespace ebond::daemon {

namespace fs = std::filesystem;

namespace {

os::UniqueFd any_descriptor() {
  return os::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

KernelDisk::KernelDisk() : reserve_(any_descriptor()) {}

os::Result<std::string> KernelDisk::read(const fs::path& file) {
  return os::read_file(file);
}

os::Result<> KernelDisk::write(const fs::path& file, std::string_view text, mode_t mode) {
  auto written = os::write_file_atomically(file, text, mode);
  const int error = written ? 0 : written.error().errno_value;
  if (error == EMFILE || error == ENFILE) {
    reserve_.reset();
    written = os::write_file_atomically(file, text, mode);
  }
  if (!reserve_) reserve_ = any_descriptor();
  return written;
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
