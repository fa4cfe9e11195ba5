#include "control/descriptor_passing.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace ebond::control {
namespace {

std::error_code error_of_socket() {
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

struct Arrival {
  std::size_t bytes = 0;
  bool had_descriptors = false;
};

/// Leaves no room for descriptors, so that the kernel drops those of the bytes it takes, and says so.
std::expected<Arrival, std::error_code> without_room_for_descriptors(int socket, std::span<char> space,
                                                                     int flags) {
  iovec part{space.data(), space.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t received = 0;
  do {
    received = ::recvmsg(socket, &message, flags);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return std::unexpected(error_of_socket());
  return Arrival{static_cast<std::size_t>(received), (message.msg_flags & MSG_CTRUNC) != 0};
}

std::atomic<std::size_t> closings = 0;

/// In a thread with a table of descriptors of its own and nothing in it but this one, which is closed there
/// last: what hangs then holds no lock and no listening socket, not even if the process is killed.
void close_last_elsewhere(os::UniqueFd socket) {
  std::promise<bool> copied;
  std::promise<void> closed_here;
  auto has_its_own = copied.get_future();
  ++closings;
  try {
    std::thread([fd = socket.get(), copied = std::move(copied), go = closed_here.get_future()]() mutable {
      const bool apart = ::unshare(CLONE_FILES) == 0;
      if (apart && fd > 0) ::close_range(0, static_cast<unsigned>(fd) - 1, 0);
      if (apart) ::close_range(static_cast<unsigned>(fd) + 1, ~0U, 0);
      copied.set_value(apart);
      go.wait();
      ::close(fd);
      --closings;
    }).detach();
  } catch (const std::system_error&) {
    --closings;
    return;
  }
  if (has_its_own.get()) {
    socket.reset();
  } else {
    (void)socket.release();
  }
  closed_here.set_value();
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
    if (sent < 0) return std::unexpected(error_of_socket());
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
  if (received < 0) return std::unexpected(error_of_socket());

  auto descriptors = descriptors_of(message);
  if (descriptors.size() > 1 || (message.msg_flags & MSG_CTRUNC)) {
    for (auto& descriptor : descriptors) close_elsewhere(std::move(descriptor));
    return std::unexpected(std::make_error_code(std::errc::bad_message));
  }
  Received result{static_cast<std::size_t>(received), {}};
  if (!descriptors.empty()) result.descriptor = std::move(descriptors.front());
  return result;
}

std::expected<std::size_t, std::error_code> receive_bytes(int socket, std::span<char> space) {
  const auto ahead = without_room_for_descriptors(socket, space, MSG_PEEK | MSG_DONTWAIT);
  if (!ahead) return std::unexpected(ahead.error());
  if (ahead->had_descriptors)
    return std::unexpected(std::make_error_code(std::errc::operation_not_permitted));
  if (ahead->bytes == 0) return 0;
  const auto taken = without_room_for_descriptors(socket, space.first(ahead->bytes), 0);
  if (!taken) return std::unexpected(taken.error());
  return taken->bytes;
}

void refuse_descriptors(int socket) {
  constexpr int kPassRights = 83;  // SO_PASSRIGHTS, which the headers of Debian 12 lack
  const int no = 0;
  (void)::setsockopt(socket, SOL_SOCKET, kPassRights, &no, sizeof no);
}

bool is_network_namespace(int descriptor) {
  // The name of an open file is in memory, and only nsfs names one so; any other question is its file
  // system's.
  std::array<char, 8> name{};
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  if (::readlink(link.c_str(), name.data(), name.size()) < 5) return false;
  if (!std::string_view(name.data(), name.size()).starts_with("net:[")) return false;
  return ::ioctl(descriptor, NS_GET_NSTYPE) == CLONE_NEWNET;
}

void close_elsewhere(os::UniqueFd descriptor) {
  ++closings;
  try {
    std::thread([fd = descriptor.get()] {
      ::close(fd);
      --closings;
    }).detach();
    (void)descriptor.release();
  } catch (const std::system_error&) {
    --closings;  // no thread to be had: it is closed here, and the risk is taken
  }
}

void close_socket(os::UniqueFd socket) {
  ::shutdown(socket.get(), SHUT_RDWR);  // nothing more gets in
  std::array<char, 16384> space;
  for (;;) {
    const auto bytes = receive_bytes(socket.get(), space);
    const bool holds_a_file = !bytes && bytes.error() == std::errc::operation_not_permitted;
    if (holds_a_file) return close_last_elsewhere(std::move(socket));
    if (!bytes || *bytes == 0) return;
  }
}

std::size_t unfinished_closings() {
  return closings;
}

}  // namespace ebond::control
