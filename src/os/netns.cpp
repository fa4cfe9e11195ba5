#include "os/netns.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <exception>
#include <set>
#include <system_error>

#include "os/file.h"

namespace ebond::os {
namespace {

namespace fs = std::filesystem;
constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";
constexpr const char* kInitialNamespace = "/proc/1/ns/net";

std::optional<NamespaceId> identify(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return NamespaceId{status.st_dev, status.st_ino};
}

std::optional<Namespace> open_if_it_is(const fs::path& path, NamespaceId id) {
  if (identify(path) != id) return std::nullopt;
  auto found = Namespace::open_path(path);
  if (!found || found->id() != id) return std::nullopt;
  return std::move(*found);
}

/// Every path a namespace may be found by, until `visit` says that it has found its own.
void visit_paths(const std::function<bool(const fs::path&)>& visit) {
  if (visit(kOwnNamespace)) return;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(kNamespaceDirectory, gone)) {
    if (visit(entry.path())) return;
  }
  for (fs::directory_iterator process("/proc", gone), end; !gone && process != end; process.increment(gone)) {
    const std::string pid = process->path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (visit(process->path() / "ns/net")) return;
  }
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
  visit_paths([&](const fs::path& path) {
    found = open_if_it_is(path, id);
    return found.has_value();
  });
  if (found) return std::move(*found);
  return std::unexpected(Error{ENOENT, fmt::format("network namespace {} is gone", id.to_string())});
}

std::optional<Namespace> Namespace::find_if(const std::function<bool(const Namespace&)>& is_it) {
  std::optional<Namespace> found;
  std::set<NamespaceId> seen;
  visit_paths([&](const fs::path& path) {
    const auto id = identify(path);
    if (!id || !seen.insert(*id).second) return false;
    auto here = open_if_it_is(path, *id);
    if (!here || !is_it(*here)) return false;
    found = std::move(here);
    return true;
  });
  return found;
}

bool Namespace::is_used(NamespaceId id) {
  if (find(id)) return true;
  // Mounted somewhere else than where `ip netns` keeps names: the fourth field of such a line is the
  // namespace's own text.
  if (auto mounts = read_file("/proc/thread-self/mountinfo")) {
    if (mounts->find(' ' + id.to_string() + ' ') != std::string::npos) return true;
  }
  const std::string self = std::to_string(::getpid());
  std::error_code gone;
  for (fs::directory_iterator process("/proc", gone), end; !gone && process != end; process.increment(gone)) {
    const std::string pid = process->path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == self) continue;
    std::error_code closed;
    for (fs::directory_iterator fd(process->path() / "fd", closed); !closed && fd != end;
         fd.increment(closed)) {
      std::error_code unreadable;
      if (fs::read_symlink(fd->path(), unreadable) == id.to_string()) return true;
    }
  }
  return false;
}

std::optional<std::string> Namespace::name() const {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kNamespaceDirectory, none)) {
    if (identify(entry.path()) == id_) return entry.path().filename().string();
  }
  return std::nullopt;
}

bool Namespace::is_initial() const {
  return identify(kInitialNamespace) == id_;
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
