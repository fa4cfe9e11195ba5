#include "os/packet_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "wire/ethernet.h"
#include "wire/lacpdu.h"

namespace ebond::os {
namespace {

constexpr std::size_t kMaxEthertypes = 64;
constexpr std::size_t kMaxFrame = 65536 + ETH_HLEN;  // GRO may hand over as much
constexpr int kReceiveBuffer = 1 << 20;              // bytes
/// What waits here longer than a moment is old news: about a hundred frames, and the rest of a flood is lost.
constexpr int kSmallReceiveBuffer = 1 << 16;

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

/// In place of one that is attached already.
Result<> attach_filter(int fd, FrameFilter& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0) return {};
  return errno_error("cannot filter a packet socket", errno);
}

/// Filtered before it is bound, so that nothing slips in; `room` bytes wait at most.
Result<UniqueFd> open_ear(const Namespace& where, core::IfIndex in, std::uint16_t protocol,
                          FrameFilter filter, int room) {
  auto fd = open_deaf(where);
  if (!fd) return std::unexpected(fd.error());
  if (!filter.empty()) {
    if (auto filtered = attach_filter(fd->get(), filter); !filtered) return std::unexpected(filtered.error());
  }
  const int on = 1;
  if (::setsockopt(fd->get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
    return errno_error("cannot keep a packet socket from receiving what is sent", errno);
  }
  ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  const auto from = link_address(in, protocol);
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) {
    const int error = errno;
    return errno_error(fmt::format("cannot listen on interface number {}", std::to_underlying(in)), error);
  }
  return fd;
}

/// For as long as the socket lives.
Result<> change_membership(int fd, int change, core::IfIndex in, int type, const wire::MacAddress& address) {
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(std::to_underlying(in));
  request.mr_type = static_cast<unsigned short>(type);
  request.mr_alen = ETH_ALEN;
  std::ranges::copy(address.octets(), request.mr_address);
  if (::setsockopt(fd, SOL_PACKET, change, &request, sizeof request) == 0) return {};
  return errno_error(fmt::format("interface number {} cannot take the {}address {}", std::to_underlying(in),
                                 type == PACKET_MR_MULTICAST ? "group " : "", address.to_string()),
                     errno);
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
  if (ethertypes.size() > kMaxEthertypes) throw std::invalid_argument("too many EtherTypes for one receiver");
  auto fd = open_ear(where, in, ETH_P_ALL, ethertype_filter(ethertypes), kReceiveBuffer);
  if (!fd) return std::unexpected(fd.error());
  return FrameReceiver(std::move(*fd), in);
}

Result<FrameReceiver> FrameReceiver::open_groups(const Namespace& where, core::IfIndex in,
                                                 std::uint16_t ethertype,
                                                 std::span<const wire::MacAddress> groups,
                                                 FrameFilter filter) {
  auto fd = open_ear(where, in, ethertype, std::move(filter), kSmallReceiveBuffer);
  if (!fd) return std::unexpected(fd.error());
  FrameReceiver receiver(std::move(*fd), in);
  for (const auto& group : groups) {
    if (auto joined = receiver.join(group); !joined) return std::unexpected(joined.error());
  }
  return receiver;
}

Result<FrameReceiver> FrameReceiver::open_filtered(const Namespace& where, core::IfIndex in,
                                                   FrameFilter filter) {
  auto fd = open_ear(where, in, ETH_P_ALL, std::move(filter), kSmallReceiveBuffer);
  if (!fd) return std::unexpected(fd.error());
  const int on = 1;
  ::setsockopt(fd->get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on);
  return FrameReceiver(std::move(*fd), in);
}

Result<> FrameReceiver::filter(FrameFilter filter) {
  return attach_filter(fd_.get(), filter);
}

Result<> FrameReceiver::join(const wire::MacAddress& group) {
  auto done = change_membership(fd_.get(), PACKET_ADD_MEMBERSHIP, in_, PACKET_MR_MULTICAST, group);
  if (done) joined_.push_back(group);
  return done;
}

void FrameReceiver::close() {
  if (!fd_) return;
  FrameFilter deaf{BPF_STMT(BPF_RET | BPF_K, 0)};
  (void)attach_filter(fd_.get(), deaf);
  for (const auto& group : std::exchange(joined_, {})) {
    (void)change_membership(fd_.get(), PACKET_DROP_MEMBERSHIP, in_, PACKET_MR_MULTICAST, group);
  }
  if (const auto mac = std::exchange(taken_, {})) {
    (void)change_membership(fd_.get(), PACKET_DROP_MEMBERSHIP, in_, PACKET_MR_UNICAST, *mac);
  }
  fd_.reset();
}

Result<> FrameReceiver::take_also(const wire::MacAddress& mac) {
  if (taken_ == mac) return {};
  if (taken_) {
    (void)change_membership(fd_.get(), PACKET_DROP_MEMBERSHIP, in_, PACKET_MR_UNICAST, *taken_);
    taken_.reset();
  }
  auto done = change_membership(fd_.get(), PACKET_ADD_MEMBERSHIP, in_, PACKET_MR_UNICAST, mac);
  if (done) taken_ = mac;
  return done;
}

namespace {

/// The tag the kernel took off, as the four octets it was; none if there was none, or nobody asked
/// (PACKET_AUXDATA).
std::optional<std::array<std::uint8_t, 4>> tag_of(msghdr& message) {
  for (auto* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_PACKET || each->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data{};
    std::memcpy(&data, CMSG_DATA(each), sizeof data);
    if ((data.tp_status & TP_STATUS_VLAN_VALID) == 0) return std::nullopt;
    const bool names_it = (data.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    const std::uint16_t protocol = names_it ? data.tp_vlan_tpid : wire::ethertype::kVlan;
    const auto high = [](std::uint16_t value) { return static_cast<std::uint8_t>(value >> 8); };
    const auto low = [](std::uint16_t value) { return static_cast<std::uint8_t>(value & 0xff); };
    return std::array{high(protocol), low(protocol), high(data.tp_vlan_tci), low(data.tp_vlan_tci)};
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<wire::Bytes>> FrameReceiver::receive() {
  thread_local std::array<std::uint8_t, kMaxFrame> buffer;
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(tpacket_auxdata))> control;
  for (;;) {
    iovec where{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr message{};
    message.msg_iov = &where;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(fd_.get(), &message, 0);
    if (n >= 0) {
      wire::Bytes frame(buffer.begin(), buffer.begin() + n);
      constexpr std::ptrdiff_t kAddresses = std::ptrdiff_t{2} * ETH_ALEN;
      if (const auto tag = tag_of(message); tag && n >= kAddresses) {
        frame.insert(frame.begin() + kAddresses, tag->begin(), tag->end());
      }
      return frame;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    return errno_error("cannot receive a frame", errno);
  }
}

std::uint64_t FrameReceiver::take_overflow() {
  tpacket_stats counts{};  // the kernel starts from 0 after each reading
  socklen_t size = sizeof counts;
  if (::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &counts, &size) != 0) return 0;
  return counts.tp_drops;
}

}  // namespace ebond::os
