#include "os/rtnetlink_events.h"

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <utility>

#include "os/rtnetlink_parse.h"

namespace ebond::os {
namespace {

constexpr std::uint32_t kGroups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_TC;
constexpr int kKernelBuffer = 8 << 20;  // bytes: thousands of links made at once
constexpr std::size_t kEventsSize = 1 << 16;

void append_event(const nlmsghdr& message, std::vector<LinkEvent>& events) {
  switch (message.nlmsg_type) {
    case RTM_NEWLINK:
      if (auto link = parse_link(message)) events.emplace_back(LinkChanged{std::move(*link)});
      break;
    case RTM_DELLINK:
      if (auto link = parse_link(message)) events.emplace_back(LinkGone{std::move(*link)});
      break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
      if (auto address = parse_address(message)) {
        events.emplace_back(AddressChanged{message.nlmsg_type == RTM_NEWADDR, std::move(*address)});
      }
      break;
    case RTM_NEWTFILTER:
    case RTM_DELTFILTER:
    case RTM_NEWQDISC:
    case RTM_DELQDISC: {
      if (nlmsg_datalen(&message) < static_cast<int>(sizeof(tcmsg))) break;
      const auto* changed = static_cast<const tcmsg*>(nlmsg_data(&message));
      events.emplace_back(FiltersChanged{IfIndex(changed->tcm_ifindex)});
      break;
    }
    default:
      break;
  }
}

}  // namespace

Result<LinkEvents> LinkEvents::open(const Namespace& where) {
  auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return errno_error("cannot open a socket for link events", errno);
  // Past the limit of net.core.rmem_max, which is root's to do; a smaller buffer only means earlier overruns.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kKernelBuffer, sizeof kKernelBuffer);
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  self.nl_groups = kGroups;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&self), sizeof self) != 0) {
    return errno_error("cannot subscribe to link events", errno);
  }
  return LinkEvents(std::move(fd));
}

Result<LinkEventBatch> LinkEvents::read() {
  LinkEventBatch batch;
  buffer_.resize(kEventsSize);
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const ssize_t n = ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &from_size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return batch;
    if (n < 0 && errno == ENOBUFS) {
      batch.overrun = true;
      continue;
    }
    if (n < 0) return errno_error("cannot read link events", errno);
    if (from.nl_pid != 0) continue;  // not the kernel's
    int left = static_cast<int>(n);
    for (auto* m = reinterpret_cast<nlmsghdr*>(buffer_.data()); nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
      append_event(*m, batch.events);
    }
  }
}

}  // namespace ebond::os
