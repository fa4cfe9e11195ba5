#include "os/packet_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ebond::os {
namespace {

constexpr std::size_t kMaxEthertypes = 64;
constexpr std::size_t kMaxFrame = 65536 + ETH_HLEN;  // GRO may hand over as much
constexpr int kReceiveBuffer = 1 << 20;              // bytes
constexpr std::uint32_t kAccept = 0xffffffff;

/// Protocol 0: deaf until bound to one.
Result<UniqueFd> open_deaf(const Namespace& where) {
  auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("cannot open a packet socket", errno);
  return fd;
}

sockaddr_ll link_address(core::IfIndex ifindex, std::uint16_t protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = static_cast<int>(std::to_underlying(ifindex));
  return address;
}

/// Classic BPF: load the EtherType, compare with each, accept or drop.
std::vector<sock_filter> ethertype_filter(std::span<const std::uint16_t> ethertypes) {
  const auto count = static_cast<std::uint8_t>(ethertypes.size());
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12)};
  for (std::uint8_t i = 0; i < count; ++i) {
    const auto to_accept = static_cast<std::uint8_t>(count - i);
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ethertypes[i], to_accept, 0));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, kAccept));
  return program;
}

bool attach(int fd, std::span<const std::uint16_t> ethertypes) {
  if (ethertypes.empty()) return true;
  if (ethertypes.size() > kMaxEthertypes) throw std::invalid_argument("too many EtherTypes for one receiver");
  auto program = ethertype_filter(ethertypes);
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

}  // namespace

Result<FrameSender> FrameSender::open(const Namespace& where) {
  auto fd = open_deaf(where);
  if (!fd) return std::unexpected(fd.error());
  return FrameSender(std::move(*fd));
}

Result<> FrameSender::send(core::IfIndex out, wire::ByteView frame) const {
  const auto to = link_address(out, ETH_P_ALL);
  for (;;) {
    const ssize_t n =
        ::sendto(fd_.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (n >= 0) return {};
    if (errno == EINTR) continue;
    const int error = errno;
    return errno_error(fmt::format("cannot send a frame on interface number {}", std::to_underlying(out)),
                       error);
  }
}

Result<FrameReceiver> FrameReceiver::open(const Namespace& where, core::IfIndex in,
                                          std::span<const std::uint16_t> ethertypes) {
  auto fd = open_deaf(where);
  if (!fd) return std::unexpected(fd.error());
  if (!attach(fd->get(), ethertypes)) return errno_error("cannot filter a packet socket", errno);
  const int on = 1;
  if (::setsockopt(fd->get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
    return errno_error("cannot keep a packet socket from hearing what is sent", errno);
  }
  ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer);
  const auto from = link_address(in, ETH_P_ALL);
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) {
    const int error = errno;
    return errno_error(fmt::format("cannot listen on interface number {}", std::to_underlying(in)), error);
  }
  return FrameReceiver(std::move(*fd));
}

Result<std::optional<wire::Bytes>> FrameReceiver::receive() {
  thread_local std::array<std::uint8_t, kMaxFrame> buffer;
  for (;;) {
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (n >= 0) return wire::Bytes(buffer.begin(), buffer.begin() + n);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    return errno_error("cannot receive a frame", errno);
  }
}

}  // namespace ebond::os
