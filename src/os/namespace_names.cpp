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

/// Nobody has a name if there is no directory. A name may go while it is looked at.
Result<NamespaceNames::Look> read_names() {
  NamespaceNames::Look look;
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
  const auto name = [&]() -> std::optional<std::string> {
    const auto found = look_->names.find(id);
    return found == look_->names.end() ? std::nullopt : std::optional(found->second);
  };
  if (look_ && now - looked_at_ <= kMoment) {
    if (auto known = name(); known || look_->is_whole) return known;
  }
  auto look = read_names();
  if (!look) return std::unexpected(look.error());
  look_ = std::move(*look);
  looked_at_ = now;
  return name();
}

}  // namespace ebond::os
