#include "control/peer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>

namespace ebond::control {
namespace {

constexpr int kPeerPidfd = 77;                  // SO_PEERPIDFD, which the headers of Debian 12 lack
constexpr unsigned kDeepestUserNamespace = 64;  // the kernel's own limit is 32

std::error_code error_of_peer() {
  return {errno, std::generic_category()};
}

std::expected<ucred, std::error_code> peer_credentials(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) {
    return std::unexpected(error_of_peer());
  }
  return credentials;
}

/// None where the process is gone.
os::UniqueFd peer_process(int socket, pid_t pid) {
  int pidfd = -1;
  socklen_t size = sizeof pidfd;
  if (::getsockopt(socket, SOL_SOCKET, kPeerPidfd, &pidfd, &size) == 0) return os::UniqueFd(pidfd);
  if (errno != ENOPROTOOPT || pid <= 0) return {};
  return os::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::optional<UserNamespaceId> identify(int directory, const char* path) {
  struct stat status{};
  if (::fstatat(directory, path, &status, 0) != 0) return std::nullopt;
  return UserNamespaceId{status.st_dev, status.st_ino};
}

UserNamespaceId own_user_namespace() {
  return identify(AT_FDCWD, "/proc/self/ns/user").value_or(UserNamespaceId{});
}

struct ProcFile {
  std::string text;
  uid_t owner = 0;
};

std::optional<ProcFile> read_status(int directory) {
  const os::UniqueFd file(::openat(directory, "status", O_RDONLY | O_CLOEXEC));
  struct stat facts{};
  if (!file || ::fstat(file.get(), &facts) != 0) return std::nullopt;
  ProcFile result{{}, facts.st_uid};
  std::array<char, 4096> part;
  for (;;) {
    const auto size = ::read(file.get(), part.data(), part.size());
    if (size < 0) return std::nullopt;
    if (size == 0) return result;
    result.text.append(part.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

std::expected<uid_t, std::error_code> peer_uid(int socket) {
  const auto peer = peer_credentials(socket);
  if (!peer) return std::unexpected(peer.error());
  return peer->uid;
}

std::expected<Peer, std::error_code> Peer::of(int socket) {
  const auto peer = peer_credentials(socket);
  if (!peer) return std::unexpected(peer.error());
  return Peer(peer->pid, peer->uid, peer_process(socket, peer->pid));
}

/// A pidfd becomes readable when its process has ended; its id is not given to another before that.
bool Peer::is_alive() const {
  pollfd process{process_.get(), POLLIN, 0};
  return process_ && ::poll(&process, 1, 0) == 0;
}

/// /proc/PID, which is this process's for ever once it is known to have been alive afterwards.
os::UniqueFd Peer::directory() const {
  if (pid_ <= 0 || !process_) return {};
  os::UniqueFd directory(::open(fmt::format("/proc/{}", pid_).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return is_alive() ? std::move(directory) : os::UniqueFd();
}

std::expected<Credentials, std::string> Peer::credentials() const {
  const auto process = directory();
  if (!process)
    return std::unexpected("its process has ended, or cannot be seen from ebondd's pid namespace");
  const auto status = read_status(process.get());
  const auto home = identify(process.get(), "ns/user");
  auto facts = status ? parse_status(status->text) : std::nullopt;
  if (!facts || !home || !is_alive())
    return std::unexpected("its process has ended, or /proc does not show it");
  if (facts->uid != uid_) return std::unexpected("its process has become another user since it connected");
  facts->home = *home;
  // A process that got capabilities by executing a file is not "dumpable": root owns what /proc shows of it.
  facts->may_be_borrowed = status->owner != uid_;
  return *facts;
}

bool Peer::is_root() const {
  if (uid_ != 0) return false;
  const auto facts = credentials();
  return facts && facts->home == own_user_namespace() && (facts->effective >> CAP_NET_ADMIN & 1U) != 0;
}

os::UniqueFd Peer::network_namespace() const {
  const auto process = directory();
  if (!process) return {};
  return os::UniqueFd(::openat(process.get(), "ns/net", O_RDONLY | O_CLOEXEC));
}

Result<> Peer::may_change(NamespaceRef netns) const {
  const auto refusal = [this](std::string_view why) {
    return std::unexpected(
        Error{Error::Kind::permission,
              fmt::format("only root of a network namespace may change its bonds: process {} (uid {}) {}",
                          pid_, uid_, why),
              {}});
  };
  const auto who = credentials();
  if (!who) return refusal("may not: " + who.error());
  if (!is_capable(*who, lineage_of(netns), CAP_NET_ADMIN))
    return refusal("does not have CAP_NET_ADMIN over this one");
  if (who->may_be_borrowed) return refusal("may have CAP_NET_ADMIN from its program's file alone");
  return {};
}

Result<> Peer::may_add(NamespaceRef netns) const {
  if (auto allowed = may_change(netns); !allowed || is_root()) return allowed;
  const os::UniqueFd next(::fcntl(netns.fd, F_DUPFD_CLOEXEC, 0));
  if (next && !are_descriptors_scarce(next.get(), 2)) return {};
  return std::unexpected(
      Error{Error::Kind::system, "ebondd keeps the descriptors it has left for the host's own bonds", {}});
}

Result<> Peer::may_name_a_namespace() const {
  if (is_root()) return {};
  return std::unexpected(
      Error{Error::Kind::permission,
            "slaves_away makes a network namespace of the host's: only root of the host may "
            "ask for it",
            {}});
}

bool are_descriptors_scarce(int next, unsigned quarters) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
         static_cast<rlim_t>(next) >= limit.rlim_cur / 4 * quarters;
}

std::vector<UserNamespace> lineage_of(NamespaceRef netns) {
  std::vector<UserNamespace> lineage;
  os::UniqueFd here(::ioctl(netns.fd, NS_GET_USERNS));
  while (here && lineage.size() < kDeepestUserNamespace) {
    struct stat status{};
    uid_t owner = 0;
    if (::fstat(here.get(), &status) != 0 || ::ioctl(here.get(), NS_GET_OWNER_UID, &owner) != 0) break;
    lineage.push_back({{status.st_dev, status.st_ino}, owner});
    here = os::UniqueFd(
        ::ioctl(here.get(), NS_GET_PARENT));  // EPERM: this process's own, and the last it may see
  }
  return lineage;
}

}  // namespace ebond::control
