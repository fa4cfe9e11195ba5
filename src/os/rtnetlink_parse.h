// rtnetlink messages to values. Private to os/: Rtnetlink and LinkEvents share it.
// One pass over the attributes, only those that are wanted: it is on the way of a failover.
#pragma once

#include <linux/netlink.h>

#include <optional>

#include "os/rtnetlink_types.h"

namespace ebond::os {

/// RTM_NEWLINK, RTM_DELLINK. None for AF_BRIDGE and other per-family messages: they tell of a port, not a
/// link.
std::optional<LinkInfo> parse_link(const nlmsghdr& message);
/// RTM_NEWADDR, RTM_DELADDR. None for other families than IPv4 and IPv6.
std::optional<Address> parse_address(const nlmsghdr& message);
/// RTM_NEWROUTE. None for anything but a unicast route with one next hop (cached clones included).
std::optional<Route> parse_route(const nlmsghdr& message);
/// RTM_NEWROUTE: one with several next hops, of which this interface is one.
bool is_shared_route(const nlmsghdr& message, IfIndex ifindex);
/// RTM_NEWNEIGH. None for those that the kernel found out by itself or made.
std::optional<Neighbour> parse_written_neighbour(const nlmsghdr& message);
/// RTM_NEWROUTE as the answer to RTM_GETROUTE of one address. None if that says "unreachable" and the
/// like.
std::optional<NextHop> parse_next_hop(const nlmsghdr& message);

/// RTM_NEWNSID: by what number a namespace is known, negative if it has none.
std::optional<std::int32_t> parse_netnsid(const nlmsghdr& message);
/// RTM_NEWQDISC: frames that the queue dropped.
std::optional<std::uint64_t> parse_queue_drops(const nlmsghdr& message);

}  // namespace ebond::os
