#include "os/traffic_sampler.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ebond::os {
namespace {

constexpr int kRoom = 8 << 20;  // bytes

/// What is sent, and of that the head.
Result<> take_heads_of_what_is_sent(int fd) {
  std::array<sock_filter, 4> program{{
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, static_cast<__u32>(SKF_AD_OFF + SKF_AD_PKTTYPE)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_OUTGOING},
      {BPF_RET | BPF_K, 0, 0, TrafficSampler::kSnap},
      {BPF_RET | BPF_K, 0, 0, 0},
  }};
  const sock_fprog filter{program.size(), program.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0) return {};
  return errno_error("cannot filter a packet socket", errno);
}

/// The tag that the kernel keeps beside the frame, put back into it, and the frame's whole length.
void put_back(SampledFrame& frame, const tpacket_auxdata& beside) {
  constexpr std::ptrdiff_t kBehindAddresses = 12;
  frame.length = beside.tp_len;
  if ((beside.tp_status & TP_STATUS_VLAN_VALID) == 0 || frame.head.size() < kBehindAddresses) return;
  const bool knows_protocol = (beside.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
  const auto protocol = knows_protocol ? beside.tp_vlan_tpid : std::uint16_t{ETH_P_8021Q};
  const std::array<std::uint8_t, 4> tag = {static_cast<std::uint8_t>(protocol >> 8),
                                           static_cast<std::uint8_t>(protocol & 0xff),
                                           static_cast<std::uint8_t>(beside.tp_vlan_tci >> 8),
                                           static_cast<std::uint8_t>(beside.tp_vlan_tci & 0xff)};
  frame.head.insert(frame.head.begin() + kBehindAddresses, tag.begin(), tag.end());
  frame.length += tag.size();
}

}  // namespace

Result<TrafficSampler> TrafficSampler::open(const Namespace& where, core::IfIndex out) {
  const auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("cannot look at what is sent (CAP_NET_RAW is needed for that)", errno);
  if (auto filtered = take_heads_of_what_is_sent(fd.get()); !filtered)
    return std::unexpected(filtered.error());
  const int on = 1;
  ::setsockopt(fd.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on);
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kRoom, sizeof kRoom) != 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kRoom, sizeof kRoom);
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(std::to_underlying(out));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return errno_error(fmt::format("cannot listen on interface number {}", address.sll_ifindex), errno);
  }
  return TrafficSampler(std::move(fd));
}

Result<std::optional<SampledFrame>> TrafficSampler::next(std::chrono::milliseconds at_most) {
  SampledFrame frame{.head = wire::Bytes(kSnap), .length = 0};
  alignas(cmsghdr) std::array<char, 128> beside{};
  iovec block{frame.head.data(), frame.head.size()};
  msghdr message{};
  message.msg_iov = &block;
  message.msg_iovlen = 1;
  message.msg_control = beside.data();
  message.msg_controllen = beside.size();
  auto size = ::recvmsg(fd_.get(), &message, 0);
  if (size < 0 && errno == EAGAIN) {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(at_most.count())) <= 0) return std::nullopt;
    size = ::recvmsg(fd_.get(), &message, 0);
  }
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (size < 0) return errno_error("cannot look at what is sent", errno);
  frame.head.resize(static_cast<std::size_t>(size));
  frame.length = static_cast<std::uint32_t>(size);
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_PACKET || part->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data{};
    std::memcpy(&data, CMSG_DATA(part), sizeof data);
    put_back(frame, data);
  }
  return frame;
}

std::uint64_t TrafficSampler::take_missed() {
  tpacket_stats counts{};
  socklen_t size = sizeof counts;
  if (::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &counts, &size) != 0) return 0;
  return counts.tp_drops;
}

}  // namespace ebond::os
