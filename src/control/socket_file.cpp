#include "control/socket_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "control/socket_address.h"

namespace ebond::control {
namespace {

constexpr int kBacklog = 128;

std::unexpected<Error> system_error(const std::string& what) {
  const int error = errno;
  return std::unexpected(
      Error{error == EACCES || error == EPERM ? Error::Kind::permission : Error::Kind::system,
            fmt::format("{}: {}", what, std::strerror(error)),
            {}});
}

std::unexpected<Error> conflict(std::string message) {
  return std::unexpected(Error{Error::Kind::conflict, std::move(message), {}});
}

Result<os::UniqueFd> lock_made(const std::filesystem::path& directory) {
  const auto path = directory / "ebondd.lock";
  os::UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return system_error(fmt::format("cannot open {}", path.native()));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) return conflict(fmt::format("another ebondd runs on {}", directory.native()));
  return system_error(fmt::format("cannot lock {}", path.native()));
}

bool somebody_listens(const SocketAddress& address) {
  os::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return false;
  if (::connect(probe.get(), address.get(), address.size()) == 0) return true;
  return errno == EAGAIN;  // its backlog is full
}

/// Removes what a dead daemon left.
Result<> make_way(const std::filesystem::path& path, const SocketAddress& address) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) < 0) {
    if (errno == ENOENT) return {};
    return system_error(fmt::format("cannot look at {}", path.native()));
  }
  if (!S_ISSOCK(info.st_mode)) return conflict(fmt::format("{} exists and is not a socket", path.native()));
  if (somebody_listens(address)) {
    return conflict(fmt::format("another ebondd runs on {}", path.parent_path().native()));
  }
  if (::unlink(path.c_str()) < 0) {
    return system_error(fmt::format("cannot remove the old {}", path.native()));
  }
  return {};
}

}  // namespace

Result<os::UniqueFd> lock_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    errno = error.value();
    return system_error(fmt::format("cannot make {}", directory.native()));
  }
  return lock_made(directory);
}

Result<SocketFile> SocketFile::listen(const std::filesystem::path& path, std::optional<gid_t> group,
                                      os::UniqueFd lock) {
  const auto address = socket_address(path);
  if (!address) {
    return std::unexpected(Error{
        Error::Kind::system, fmt::format("{} is too long for a socket (107 bytes)", path.native()), {}});
  }
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  auto held = lock ? Result<os::UniqueFd>(std::move(lock)) : lock_directory(directory);
  if (!held) return std::unexpected(held.error());
  if (auto clear = make_way(path, *address); !clear) return std::unexpected(clear.error());

  os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_error("cannot make a unix socket");
  // Nobody can connect before listen(), so that nobody finds it with another group or mode.
  if (::bind(socket.get(), address->get(), address->size()) < 0) {
    return system_error(fmt::format("cannot make {}", path.native()));
  }
  if (group && ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) < 0) {
    return system_error(fmt::format("cannot give {} to group {}", path.native(), *group));
  }
  const mode_t mode = group ? 0660 : 0666;
  if (::chmod(path.c_str(), mode) < 0 || ::listen(socket.get(), kBacklog) < 0) {
    return system_error(fmt::format("cannot listen on {}", path.native()));
  }
  return SocketFile(path, mode, std::move(*held), std::move(socket));
}

void SocketFile::set_open_to_guests(bool open) const {
  (void)::chmod(path_.c_str(), open ? mode_ : 0600);
}

SocketFile::~SocketFile() {
  if (lock_) ::unlink(path_.c_str());  // before the lock goes: a successor's socket is not ours to remove
}

}  // namespace ebond::control
