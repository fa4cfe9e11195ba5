#include "os/rtnetlink_events.h"

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "os/rtnetlink_parse.h"

namespace ebond::os {
namespace {

constexpr std::uint32_t kGroups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_TC;
// Newer than the headers may be: RTNLGRP_IPV4_MCADDR, RTNLGRP_IPV6_MCADDR, RTM_NEWMULTICAST,
// RTM_DELMULTICAST.
constexpr int kIpv4Groups = 37, kIpv6Groups = 38;
constexpr std::uint16_t kGroupJoined = 56, kGroupLeft = 57;
constexpr int kKernelBuffer = 8 << 20;  // bytes: thousands of links made at once
constexpr std::size_t kEventsSize = 1 << 16;
/// A namespace whose news do not end must not keep the reader from all others'.
constexpr std::size_t kMostAtOnce = 512;

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
    // A qdisc that is only asked about (RTM_GETQDISC) is told of to everybody, as a new one is.
    case RTM_NEWTFILTER:
    case RTM_DELTFILTER:
    case RTM_DELQDISC: {
      if (nlmsg_datalen(&message) < static_cast<int>(sizeof(tcmsg))) break;
      const auto* changed = static_cast<const tcmsg*>(nlmsg_data(&message));
      events.emplace_back(FiltersChanged{IfIndex(changed->tcm_ifindex), message.nlmsg_pid});
      break;
    }
    case kGroupJoined:
    case kGroupLeft: {
      if (nlmsg_datalen(&message) < static_cast<int>(sizeof(ifaddrmsg))) break;
      const auto* joined = static_cast<const ifaddrmsg*>(nlmsg_data(&message));
      events.emplace_back(GroupsChanged{IfIndex(joined->ifa_index)});
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
  bool tells_groups = true;
  for (const int group : {kIpv4Groups, kIpv6Groups}) {
    tells_groups &= ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
  }
  return LinkEvents(std::move(fd), tells_groups);
}

Result<LinkEventBatch> LinkEvents::read() {
  LinkEventBatch batch;
  thread_local std::vector<std::uint8_t> buffer(kEventsSize);  // there is a reader for each namespace
  while (batch.events.size() < kMostAtOnce) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const ssize_t n = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &from_size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n < 0 && errno == ENOBUFS) {
      batch.overrun = true;
      continue;
    }
    if (n < 0) return errno_error("cannot read link events", errno);
    if (from.nl_pid != 0) continue;  // not the kernel's
    int left = static_cast<int>(n);
    for (auto* m = reinterpret_cast<nlmsghdr*>(buffer.data()); nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
      append_event(*m, batch.events);
    }
  }
  keep_latest(batch.events);
  return batch;
}

void keep_latest(std::vector<LinkEvent>& events) {
  std::set<std::pair<std::size_t, IfIndex>> told;  // of later messages: kind and interface
  const auto is_latest = [&](const LinkEvent& event) {
    const auto of = [&](IfIndex ifindex) { return told.emplace(event.index(), ifindex).second; };
    if (const auto* changed = std::get_if<LinkChanged>(&event)) return of(changed->link.ifindex);
    if (const auto* address = std::get_if<AddressChanged>(&event)) return of(address->address.ifindex);
    if (const auto* filters = std::get_if<FiltersChanged>(&event)) return of(filters->ifindex);
    if (const auto* groups = std::get_if<GroupsChanged>(&event)) return of(groups->ifindex);
    const LinkEvent changed = LinkChanged{};
    told.emplace(changed.index(), std::get<LinkGone>(event).link.ifindex);
    return true;
  };
  std::vector<LinkEvent> latest;
  for (auto& event : std::views::reverse(events)) {
    if (is_latest(event)) latest.push_back(std::move(event));
  }
  std::ranges::reverse(latest);
  events = std::move(latest);
}

}  // namespace ebond::os
