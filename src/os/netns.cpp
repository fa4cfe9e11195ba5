#include "os/netns.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <set>
#include <sstream>
#include <system_error>

#include "os/file.h"

namespace ebond::os {
namespace {

namespace fs = std::filesystem;
constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";
constexpr const char* kInitialNamespace = "/proc/1/ns/net";
constexpr int kNetnsCookie = 71;  // SO_NETNS_COOKIE, younger than some libraries' headers

/// There is nothing, or no longer; as against what keeps us from looking.
bool is_absence(int error) {
  return error == 0 || error == ENOENT || error == ENOTDIR || error == ESRCH;
}

/// Process 1 of a container may be beyond its root: nobody there may look at what it holds, now or later. Of
/// every other process that would be a reason to doubt.
bool is_beyond_us(const fs::path& path, int error) {
  return (error == EACCES || error == EPERM) && path.string().starts_with("/proc/1/");
}

/// None if nothing is there.
Result<std::optional<NamespaceId>> namespace_at(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return NamespaceId{status.st_dev, status.st_ino};
  const int error = errno;
  if (is_absence(error) || is_beyond_us(path, error)) return std::nullopt;
  return errno_error(fmt::format("cannot look at {}", path.string()), error);
}

std::optional<NamespaceId> identify(const fs::path& path) {
  return namespace_at(path).value_or(std::nullopt);
}

/// None if another one is there, or nothing.
Result<std::optional<Namespace>> open_if_it_is(const fs::path& path, NamespaceId id) {
  const auto there = namespace_at(path);
  if (!there) return std::unexpected(there.error());
  if (*there != id) return std::nullopt;
  auto found = Namespace::open_path(path);
  if (!found && !is_absence(found.error().errno_value)) return std::unexpected(found.error());
  if (!found || found->id() != id) return std::nullopt;
  return std::move(*found);
}

/// Every entry of a directory, until `visit` answers true. A directory that is not there has none. The error
/// is what kept us from seeing all of them.
Result<> visit_entries(const fs::path& directory, const std::function<bool(const fs::path&)>& visit) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (visit(entry->path())) return {};
  }
  if (is_absence(error.value()) || is_beyond_us(directory, error.value())) return {};
  return errno_error(fmt::format("cannot look into {}", directory.string()), error.value());
}

bool names_a_process(const fs::path& entry) {
  return entry.filename().string().find_first_not_of("0123456789") == std::string::npos;
}

/// "\040" for a space: as mountinfo spells what would end a field.
std::string without_escapes(const std::string& text) {
  constexpr std::size_t kDigits = 3;
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + kDigits < text.size()) {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, kDigits), nullptr, 8));
      i += kDigits;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// Where network namespaces are mounted for this process, which may see other mounts than we do (`ip netns
/// exec`, a service with mounts of its own, a container).
Result<std::vector<fs::path>> mounts_of(const fs::path& process) {
  const auto text = read_file(process / "mountinfo");
  if (!text) {
    const int error = text.error().errno_value;
    if (is_absence(error) || error == EINVAL || is_beyond_us(process / "mountinfo", error)) {
      return std::vector<fs::path>{};
    }
    return std::unexpected(text.error());
  }
  std::vector<fs::path> places;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, place;
    if (!(fields >> id >> parent >> device >> root >> place) || !root.starts_with("net:[")) continue;
    places.emplace_back(process / "root" / fs::path(without_escapes(place)).relative_path());
  }
  return places;
}

/// Visits them for one process of each mount namespace, until `visit` answers true.
Result<> visit_mounts(const std::function<bool(const fs::path&)>& visit) {
  std::set<NamespaceId> seen;
  Result<> unseen;
  const auto looked = visit_entries("/proc", [&](const fs::path& process) {
    if (!names_a_process(process)) return false;
    const auto id = identify(process / "ns/mnt");
    if (!id || !seen.insert(*id).second) return false;
    const auto mounts = mounts_of(process);
    if (!mounts) unseen = std::unexpected(mounts.error());
    return mounts && std::ranges::any_of(*mounts, visit);
  });
  return looked ? unseen : looked;
}

/// Every path a namespace may be found by, until `visit` says that it has found its own.
Result<> visit_paths(const std::function<bool(const fs::path&)>& visit) {
  bool found = visit(kOwnNamespace);
  const auto look = [&](const fs::path& path) { return found = visit(path); };
  if (found) return {};
  const auto named = visit_entries(kNamespaceDirectory, look);
  if (found) return {};
  const auto held = visit_entries(
      "/proc", [&](const fs::path& entry) { return names_a_process(entry) && look(entry / "ns/net"); });
  if (found) return {};
  const auto mounted = visit_mounts(look);
  if (found) return {};
  if (!named) return named;
  return held ? mounted : held;
}

}  // namespace

std::string NamespaceId::to_string() const {
  return fmt::format("net:[{}]", inode);
}

Result<Namespace> Namespace::from_fd(UniqueFd fd) {
  if (::ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET) {
    return std::unexpected(Error{EINVAL, "not a network namespace"});
  }
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return errno_error("cannot identify the network namespace", errno);
  return Namespace(std::move(fd), NamespaceId{status.st_dev, status.st_ino});
}

Result<Namespace> Namespace::open_path(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    return errno_error(fmt::format("cannot open network namespace {}", path.string()), error);
  }
  return from_fd(std::move(fd));
}

Result<Namespace> Namespace::current() {
  return open_path(kOwnNamespace);
}

Result<Namespace> Namespace::initial() {
  return open_path(kInitialNamespace);
}

Result<Namespace> Namespace::open_named(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string_view::npos) {
    return std::unexpected(Error{EINVAL, fmt::format("'{}' cannot name a network namespace", name)});
  }
  return open_path(fs::path(kNamespaceDirectory) / name);
}

Result<Namespace> Namespace::find(NamespaceId id) {
  std::optional<Namespace> found;
  Result<> unseen;
  const auto looked = visit_paths([&](const fs::path& path) {
    auto there = open_if_it_is(path, id);
    if (there) {
      found = std::move(*there);
    } else if (unseen) {
      unseen = std::unexpected(there.error());
    }
    return found.has_value();
  });
  if (found) return std::move(*found);
  if (!looked) return std::unexpected(looked.error());
  if (!unseen) return std::unexpected(unseen.error());
  return std::unexpected(Error{ENOENT, fmt::format("network namespace {} is gone", id.to_string())});
}

std::optional<Namespace> Namespace::find_if(const std::function<bool(const Namespace&)>& is_it) {
  std::optional<Namespace> found;
  std::set<NamespaceId> seen;
  (void)visit_paths([&](const fs::path& path) {
    const auto id = identify(path);
    if (!id || !seen.insert(*id).second) return false;
    auto here = open_if_it_is(path, *id);
    if (!here || !*here || !is_it(**here)) return false;
    found = std::move(*here);
    return true;
  });
  return found;
}

Result<bool> Namespace::is_used(NamespaceId id) {
  const auto found = find(id);
  if (found) return true;
  if (found.error().errno_value != ENOENT) return std::unexpected(found.error());
  const auto self = fs::path("/proc") / std::to_string(::getpid());
  bool is_held = false;
  Result<> unseen;
  const auto holds = [&](const fs::path& descriptor) {
    std::error_code error;
    const auto target = fs::read_symlink(descriptor, error);
    if (!is_absence(error.value()) && !is_beyond_us(descriptor, error.value()) && unseen) {
      unseen = errno_error(fmt::format("cannot look at {}", descriptor.string()), error.value());
    }
    return is_held = !error && target == id.to_string();
  };
  const auto looked = visit_entries("/proc", [&](const fs::path& process) {
    if (!names_a_process(process) || process == self) return false;
    if (auto seen = visit_entries(process / "fd", holds); !seen && unseen) unseen = seen;
    return is_held;
  });
  if (is_held) return true;
  if (!looked) return std::unexpected(looked.error());
  if (!unseen) return std::unexpected(unseen.error());
  return false;
}

bool Namespace::is_initial() const {
  return identify(kInitialNamespace) == id_;
}

std::uint64_t Namespace::cookie() const {
  const auto inside = NamespaceScope::enter(*this);
  if (!inside) return 0;
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::uint64_t cookie = 0;
  socklen_t length = sizeof(cookie);
  if (!socket || ::getsockopt(socket.get(), SOL_SOCKET, kNetnsCookie, &cookie, &length) != 0) return 0;
  return cookie;
}

Result<Namespace> Namespace::duplicate() const {
  UniqueFd copy(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return errno_error("cannot duplicate a network namespace's descriptor", errno);
  return Namespace(std::move(copy), id_);
}

Result<NamespaceScope> NamespaceScope::enter(const Namespace& where) {
  UniqueFd home(::open(kOwnNamespace, O_RDONLY | O_CLOEXEC));
  if (!home) return errno_error("cannot open this thread's network namespace", errno);
  if (::setns(where.fd(), CLONE_NEWNET) != 0) {
    return errno_error(fmt::format("cannot enter network namespace {}", where.id().to_string()), errno);
  }
  return NamespaceScope(std::move(home));
}

NamespaceScope::~NamespaceScope() {
  if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) std::terminate();
}

}  // namespace ebond::os
