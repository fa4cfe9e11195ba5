// UDP and TCP sockets inside a host of the lab. The meters of lab/ share it, and tests/soak.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <system_error>

#include "lab/must.h"
#include "lab/node.h"
#include "os/unique_fd.h"
#include "wire/ip_address.h"

namespace ebond::lab {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

/// "192.0.2.1" or "2001:db8::1".
inline SocketAddress socket_address(const std::string& ip, std::uint16_t port) {
  SocketAddress address;
  if (auto v4 = wire::parse_ipv4(ip)) {
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, v4->data(), v4->size());
    address.size = sizeof in;
  } else if (auto v6 = wire::parse_ipv6(ip)) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    std::memcpy(&in6.sin6_addr, v6->data(), v6->size());
    address.size = sizeof in6;
  } else {
    throw std::invalid_argument("'" + ip + "' is not an address");
  }
  return address;
}

inline void require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

inline os::UniqueFd open_socket(const Node& node, int family, int type) {
  const auto inside = must(os::NamespaceScope::enter(node.netns()));
  os::UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, 0));
  require(static_cast<bool>(fd), "cannot open a socket");
  return fd;
}

/// Bound, with a large buffer, arrivals stamped, and receive calls that return after 50 ms at the latest.
inline os::UniqueFd open_udp_receiver(const Node& node, const SocketAddress& self) {
  auto fd = open_socket(node, self.family(), SOCK_DGRAM);
  const int buffer = 16 << 20;
  const timeval patience{0, 50000};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int on = 1;
  require(::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0, "cannot stamp frames");
  require(::bind(fd.get(), self.get(), self.size) == 0, "cannot bind a UDP socket");
  return fd;
}

/// One datagram's size, 0 if none came within the socket's patience, and when the kernel had it
/// (CLOCK_REALTIME).
inline std::size_t receive_stamped(int fd, std::span<std::uint8_t> payload, std::int64_t& kernel_ns) {
  alignas(cmsghdr) std::array<char, 128> control;
  iovec block{payload.data(), payload.size()};
  msghdr message{};
  message.msg_iov = &block;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(fd, &message, 0);
  if (size <= 0) return 0;
  timespec stamp{};
  for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_type == SCM_TIMESTAMPNS) std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
  }
  kernel_ns = std::int64_t{stamp.tv_sec} * 1000000000 + stamp.tv_nsec;
  return static_cast<std::size_t>(size);
}

}  // namespace ebond::lab
