#include "os/named_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>
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

std::string mounts_of(const std::string& process) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + process + "/ns/mnt", error).string();
}

/// The process, or one that it started?
bool is_ours(std::string process) {
  const auto self = std::to_string(::getpid());
  while (process != self) {
    const auto status = read_file("/proc/" + process + "/status").value_or("");
    const auto at = status.find("\nPPid:\t");
    if (at == std::string::npos) return false;
    const auto parent = status.substr(at + 7, status.find('\n', at + 1) - at - 7);
    if (parent == "0" || parent == "1") return false;
    process = parent;
  }
  return true;
}

/// A name is a mount, and goes with the last process that has the same mounts: with this one, if it was
/// started by `ip netns exec`, or as a service with mounts of its own.
Result<> check_that_names_last() {
  const auto own = mounts_of("self");
  if (mounts_of("1") == own) return {};
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const auto process = entry->path().filename().string();
    if (process.find_first_not_of("0123456789") != std::string::npos) continue;
    if (mounts_of(process) == own && !is_ours(process)) return {};
  }
  return errno_error(
      "a network namespace's name would not outlive ebondd, which has mounts of its own that no other "
      "process "
      "shares: start it with the machine's mounts, and not by `ip netns exec`",
      EPERM);
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
  if (auto last = check_that_names_last(); !last) return std::unexpected(last.error());
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
