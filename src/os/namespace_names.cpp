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
using Names = std::map<NamespaceId, std::string>;

constexpr std::chrono::milliseconds kMoment{20};

/// Nobody has a name if there is no directory. A name may go while it is looked at.
Result<Names> read_names() {
  Names names;
  std::error_code error;
  for (fs::directory_iterator entry(kNamespaceDirectory, error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat status{};
    if (::stat(entry->path().c_str(), &status) == 0) {
      names.emplace(NamespaceId{status.st_dev, status.st_ino}, entry->path().filename().string());
    } else if (errno != ENOENT) {
      return errno_error(fmt::format("cannot look at {}", entry->path().string()), errno);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return errno_error(fmt::format("cannot look into {}", kNamespaceDirectory), error.value());
  }
  return names;
}

}  // namespace

Result<std::optional<std::string>> NamespaceNames::of(const NamespaceId& id) {
  const auto now = std::chrono::steady_clock::now();
  if (!names_ || now - looked_at_ > kMoment) {
    auto names = read_names();
    if (!names) return std::unexpected(names.error());
    names_ = std::move(*names);
    looked_at_ = now;
  }
  const auto found = names_->find(id);
  return found == names_->end() ? std::nullopt : std::optional(found->second);
}

}  // namespace ebond::os
