#include "os/namespace_names.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace ebond::os {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kMoment{20};

struct Look {
  std::map<NamespaceId, std::string> names{};
  bool is_whole = true;  ///< no name whose namespace is still to be mounted on it
};

/// Nobody has a name if there is no directory. A name may go while it is looked at.
Result<Look> read_names() {
  Look look;
  struct stat directory{};
  (void)::stat(std::string(kNamespaceDirectory).c_str(), &directory);
  std::error_code error;
  for (fs::directory_iterator entry(kNamespaceDirectory, error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat status{};
    if (::stat(entry->path().c_str(), &status) == 0) {
      look.is_whole = look.is_whole && status.st_dev != directory.st_dev;
      look.names.emplace(NamespaceId{status.st_dev, status.st_ino}, entry->path().filename().string());
    } else if (errno != ENOENT) {
      return errno_error(fmt::format("cannot look at {}", entry->path().string()), errno);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return errno_error(fmt::format("cannot look into {}", kNamespaceDirectory), error.value());
  }
  return look;
}

}  // namespace

Result<std::optional<std::string>> NamespaceNames::of(const NamespaceId& id) {
  const auto now = std::chrono::steady_clock::now();
  if (!names_ || now - looked_at_ > kMoment) {
    auto look = read_names();
    if (!look) return std::unexpected(look.error());
    names_ = std::move(look->names);
    looked_at_ = look->is_whole ? now : std::chrono::steady_clock::time_point{};
  }
  const auto found = names_->find(id);
  return found == names_->end() ? std::nullopt : std::optional(found->second);
}

}  // namespace ebond::os
