#include "os/sysfs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "os/unique_fd.h"

namespace ebond::os {
namespace {

// glibc 2.36 has these, older ones do not.
int open_filesystem(const char* kind) {
  return static_cast<int>(::syscall(SYS_fsopen, kind, FSOPEN_CLOEXEC));
}
int create_filesystem(int fd) {
  return static_cast<int>(::syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
}
int mount_nowhere(int fd) {
  return static_cast<int>(::syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, 0));
}

/// The namespace's own sysfs; this thread's namespace decides which.
Result<UniqueFd> mount_sysfs() {
  const UniqueFd kind(open_filesystem("sysfs"));
  if (kind.get() < 0 || create_filesystem(kind.get()) != 0) {
    return errno_error("cannot open sysfs", errno);
  }
  UniqueFd root(mount_nowhere(kind.get()));
  if (root.get() < 0) return errno_error("cannot open sysfs", errno);
  return root;
}

}  // namespace

Result<> write_interface_attribute(const Namespace& where, std::string_view interface,
                                   std::string_view attribute, std::string_view value) {
  const auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  const auto root = mount_sysfs();
  if (!root) return std::unexpected(root.error());
  const auto path = fmt::format("class/net/{}/{}", interface, attribute);
  const UniqueFd file(::openat(root->get(), path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 ||
      ::write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) {
    return errno_error(fmt::format("cannot write {} of {}", attribute, interface), errno);
  }
  return {};
}

}  // namespace ebond::os
