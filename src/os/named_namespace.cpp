#include "os/named_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "os/file.h"
#include "os/rtnetlink.h"
#include "os/unique_fd.h"

namespace ebond::os {
namespace {

constexpr core::IfIndex kLoopback{1};

std::filesystem::path path_of(const std::string& name) {
  return std::filesystem::path(kNamespaceDirectory) / name;
}

std::string cannot_name(const std::string& name) {
  return fmt::format("cannot name a network namespace {}", name);
}

/// As `ip netns add` does, so that other mount namespaces see the name, too. Where that cannot be had they do
/// not, and nothing else is amiss.
void share_names() {
  const std::string directory(kNamespaceDirectory);
  if (::mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0 || errno != EINVAL) return;
  if (::mount(directory.c_str(), directory.c_str(), "none", MS_BIND | MS_REC, nullptr) != 0) return;
  (void)::mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr);
}

/// A file of the directory's own, and no namespace mounted on it.
bool is_dead(const std::string& name) {
  struct stat directory{}, there{};
  if (::stat(std::string(kNamespaceDirectory).c_str(), &directory) != 0) return false;
  if (::lstat(path_of(name).c_str(), &there) != 0) return false;
  return S_ISREG(there.st_mode) && there.st_dev == directory.st_dev;
}

/// `namespace_file`: of what is to get the name.
Result<> put_name(const std::string& namespace_file, const std::string& name) {
  if (auto made = make_directories(std::filesystem::path(kNamespaceDirectory)); !made) return made;
  share_names();
  const auto path = path_of(name);
  const UniqueFd place(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR));
  if (!place) return errno_error(cannot_name(name), errno);
  if (::mount(namespace_file.c_str(), path.c_str(), "none", MS_BIND, nullptr) == 0) return {};
  const int error = errno;
  (void)::unlink(path.c_str());
  return errno_error(cannot_name(name), error);
}

Result<Namespace> make_here(const std::string& name, const std::string& loopback_alias) {
  if (::unshare(CLONE_NEWNET) != 0) return errno_error("cannot make a network namespace", errno);
  auto fresh = Namespace::current();
  if (!fresh) return fresh;
  auto netlink = Rtnetlink::open(*fresh);
  if (!netlink) return std::unexpected(netlink.error());
  if (auto marked = netlink->set_alias(kLoopback, loopback_alias); !marked) {
    return std::unexpected(marked.error());
  }
  if (auto named = put_name("/proc/thread-self/ns/net", name); !named) return std::unexpected(named.error());
  return fresh;
}

}  // namespace

Result<Namespace> make_named_namespace(const std::string& name, const std::string& loopback_alias) {
  Result<Namespace> made = errno_error("cannot make a network namespace", EPERM);
  // A thread that is in it, and no other.
  std::thread([&] { made = make_here(name, loopback_alias); }).join();
  return made;
}

Result<bool> name_again(const Namespace& where, const std::string& name) {
  const auto named = Namespace::open_named(name);
  if (named && named->id() == where.id()) return false;
  if (named) return errno_error(cannot_name(name), EEXIST);
  if (auto removed = remove_dead_name(name); !removed) return std::unexpected(removed.error());
  auto put = put_name(fmt::format("/proc/thread-self/fd/{}", where.fd()), name);
  if (!put) return std::unexpected(put.error());
  return true;
}

Result<> take_name_off(const Namespace& where, const std::string& name) {
  if (is_dead(name)) return remove_dead_name(name);
  const auto named = Namespace::open_named(name);
  if (!named && named.error().errno_value == ENOENT) return {};
  if (!named) return std::unexpected(named.error());
  if (named->id() != where.id()) return {};
  const auto path = path_of(name);
  if (::umount2(path.c_str(), MNT_DETACH) != 0) {
    const int error = errno;
    return errno_error(fmt::format("cannot unmount {}", path.string()), error);
  }
  return remove_file(path);
}

Result<> remove_dead_name(const std::string& name) {
  return is_dead(name) ? remove_file(path_of(name)) : Result<>{};
}

}  // namespace ebond::os
