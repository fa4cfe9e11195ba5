#include "control/descriptor_passing.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace ebond::control {
namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

/// The kernel passes at most SCM_MAX_FD (253) at once; room for a few is enough, MSG_CTRUNC tells of more.
constexpr std::size_t kRoomForDescriptors = 4;

std::vector<os::UniqueFd> descriptors_of(msghdr& message) {
  std::vector<os::UniqueFd> result;
  for (auto* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      result.emplace_back(fd);
    }
  }
  return result;
}

}  // namespace

std::expected<void, std::error_code> send_with_descriptor(int socket, std::string_view bytes,
                                                          int descriptor) {
  while (!bytes.empty()) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      auto* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof descriptor);
      std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return std::unexpected(last_error());
    descriptor = -1;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

std::expected<Received, std::error_code> receive_with_descriptor(int socket, std::span<char> space) {
  iovec part{space.data(), space.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kRoomForDescriptors * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t received = 0;
  do {
    received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return std::unexpected(last_error());

  auto descriptors = descriptors_of(message);
  if (descriptors.size() > 1 || (message.msg_flags & MSG_CTRUNC)) {
    return std::unexpected(std::make_error_code(std::errc::bad_message));
  }
  Received result{static_cast<std::size_t>(received), {}};
  if (!descriptors.empty()) result.descriptor = std::move(descriptors.front());
  return result;
}

std::expected<Peer, std::error_code> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) {
    return std::unexpected(last_error());
  }
  return Peer{credentials.pid, credentials.uid};
}

bool is_network_namespace(int descriptor) {
  return ::ioctl(descriptor, NS_GET_NSTYPE) == CLONE_NEWNET;
}

}  // namespace ebond::control
