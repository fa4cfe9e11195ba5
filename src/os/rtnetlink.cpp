#include "os/rtnetlink.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <utility>

#include "os/netkit.h"
#include "os/number.h"
#include "os/rtnetlink_parse.h"
#include "os/rtnetlink_requests.h"

namespace ebond::os {
namespace {

constexpr std::size_t kAlternativeNameSize = 128;  // ALTIFNAMSIZ of linux/if.h, NUL included

ifinfomsg link_header(int ifindex = 0) {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = ifindex;
  return header;
}

NetlinkRequest new_link(IfIndex ifindex) {
  return {RTM_NEWLINK, 0, link_header(number(ifindex))};
}

void put_end(NetlinkRequest& request, const std::string& name, const std::optional<MacAddress>& mac,
             const VethPair& pair) {
  request.text(IFLA_IFNAME, name);
  if (mac) put_mac(request, IFLA_ADDRESS, *mac);
  if (pair.mtu) request.u32(IFLA_MTU, *pair.mtu);
  if (pair.queues) request.u32(IFLA_NUM_TX_QUEUES, *pair.queues).u32(IFLA_NUM_RX_QUEUES, *pair.queues);
}

}  // namespace

Result<Rtnetlink> Rtnetlink::open(const Namespace& where) {
  auto socket = NetlinkSocket::open(where);
  if (!socket) return std::unexpected(socket.error());
  return Rtnetlink(std::move(*socket));
}

// ---- links ----

Result<std::vector<LinkInfo>> Rtnetlink::links() {
  return all_links(NetlinkRequest(RTM_GETLINK, NLM_F_DUMP, link_header()));
}

Result<std::vector<LinkInfo>> Rtnetlink::links(std::int32_t netnsid) {
  NetlinkRequest request(RTM_GETLINK, NLM_F_DUMP, link_header());
  request.u32(IFLA_TARGET_NETNSID, static_cast<std::uint32_t>(netnsid));
  return all_links(std::move(request));
}

Result<std::vector<LinkInfo>> Rtnetlink::links_of_kind(const std::string& kind) {
  NetlinkRequest request(RTM_GETLINK, NLM_F_DUMP, link_header());
  request.nest(IFLA_LINKINFO, [&](NetlinkRequest& info) { info.text(IFLA_INFO_KIND, kind); });
  auto found = all_links(std::move(request));
  // A kernel that has no such kind, or does not look at the question, tells of all.
  if (found) std::erase_if(*found, [&](const LinkInfo& link) { return link.kind != kind; });
  return found;
}

Result<std::vector<LinkInfo>> Rtnetlink::all_links(NetlinkRequest request) {
  std::vector<LinkInfo> found;
  auto seen = socket_.ask(
      request, "cannot list the interfaces",
      [&](const nlmsghdr& m) {
        if (m.nlmsg_type != RTM_NEWLINK) return;
        if (auto link = parse_link(m)) found.push_back(std::move(*link));
      },
      [&] { found.clear(); });
  if (!seen) return std::unexpected(seen.error());
  return found;
}

Result<LinkInfo> Rtnetlink::one_link(NetlinkRequest request, const std::string& what) {
  std::optional<LinkInfo> found;
  auto seen = socket_.ask(request, what, [&](const nlmsghdr& m) {
    if (m.nlmsg_type == RTM_NEWLINK) found = parse_link(m);
  });
  if (!seen) return std::unexpected(seen.error());
  if (!found) return std::unexpected(Error{ENODEV, what});
  return std::move(*found);
}

Result<LinkInfo> Rtnetlink::link(std::string_view name) {
  const std::string what = fmt::format("interface {}", name);
  if (name.empty() || name.size() >= kAlternativeNameSize) return std::unexpected(Error{ENODEV, what});
  NetlinkRequest request(RTM_GETLINK, 0, link_header());
  // The kernel looks for alternative names under both.
  request.text(name.size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
  return one_link(std::move(request), what);
}

Result<LinkInfo> Rtnetlink::link(IfIndex ifindex) {
  return one_link(NetlinkRequest(RTM_GETLINK, 0, link_header(number(ifindex))),
                  fmt::format("interface number {}", number(ifindex)));
}

Result<> Rtnetlink::create_veth(const VethPair& pair) {
  NetlinkRequest request(RTM_NEWLINK, kCreate, link_header());
  put_end(request, pair.name, pair.mac, pair);
  if (pair.tx_queues) request.u32(IFLA_NUM_TX_QUEUES, *pair.tx_queues);
  request.nest(IFLA_LINKINFO, [&](NetlinkRequest& info) {
    info.text(IFLA_INFO_KIND, "veth").nest(IFLA_INFO_DATA, [&](NetlinkRequest& data) {
      data.nest(VETH_INFO_PEER, [&](NetlinkRequest& peer) {
        const auto header = link_header();
        peer.raw(&header, sizeof header);
        put_end(peer, pair.peer_name, pair.peer_mac, pair);
        if (pair.peer_tx_queues) peer.u32(IFLA_NUM_TX_QUEUES, *pair.peer_tx_queues);
        if (pair.peer_namespace != nullptr) {
          peer.u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(pair.peer_namespace->fd()));
        }
      });
    });
  });
  return socket_.ask(request, fmt::format("cannot create {} (veth)", pair.name));
}

Result<> Rtnetlink::create_netkit(const VethPair& pair) {
  NetlinkRequest request(RTM_NEWLINK, kCreate, link_header());
  put_end(request, pair.peer_name, pair.peer_mac, pair);
  if (pair.peer_tx_queues) request.u32(IFLA_NUM_TX_QUEUES, *pair.peer_tx_queues);
  request.nest(IFLA_LINKINFO, [&](NetlinkRequest& info) {
    info.text(IFLA_INFO_KIND, "netkit").nest(IFLA_INFO_DATA, [&](NetlinkRequest& data) {
      data.u32(netkit::kMode, netkit::kLayer2)
          .u32(netkit::kPolicy, netkit::kForward)
          .u32(netkit::kPeerPolicy, netkit::kBlackhole);
      data.nest(netkit::kPeerInfo, [&](NetlinkRequest& peer) {
        const auto header = link_header();
        peer.raw(&header, sizeof header);
        put_end(peer, pair.name, pair.mac, pair);
        if (pair.tx_queues) peer.u32(IFLA_NUM_TX_QUEUES, *pair.tx_queues);
      });
    });
  });
  return socket_.ask(request, fmt::format("cannot create {} (netkit)", pair.name));
}

Result<> Rtnetlink::create_bridge(std::string_view name) {
  NetlinkRequest request(RTM_NEWLINK, kCreate, link_header());
  request.text(IFLA_IFNAME, name).nest(IFLA_LINKINFO, [](NetlinkRequest& info) {
    info.text(IFLA_INFO_KIND, "bridge").nest(IFLA_INFO_DATA, [](NetlinkRequest& data) {
      data.u32(IFLA_BR_STP_STATE, 0).u32(IFLA_BR_FORWARD_DELAY, 0);
    });
  });
  return socket_.ask(request, fmt::format("cannot create {} (bridge)", name));
}

Result<> Rtnetlink::create_vlan(std::string_view name, IfIndex lower, std::uint16_t id) {
  NetlinkRequest request(RTM_NEWLINK, kCreate, link_header());
  request.text(IFLA_IFNAME, name).u32(IFLA_LINK, static_cast<std::uint32_t>(number(lower)));
  request.nest(IFLA_LINKINFO, [&](NetlinkRequest& info) {
    info.text(IFLA_INFO_KIND, "vlan").nest(IFLA_INFO_DATA, [&](NetlinkRequest& data) {
      data.u16(IFLA_VLAN_ID, id);
    });
  });
  return socket_.ask(request, fmt::format("cannot create {} (VLAN {})", name, id));
}

Result<> Rtnetlink::delete_link(IfIndex ifindex) {
  NetlinkRequest request(RTM_DELLINK, 0, link_header(number(ifindex)));
  return socket_.ask(request, fmt::format("cannot delete interface number {}", number(ifindex)));
}

Result<> Rtnetlink::change_link(IfIndex ifindex, NetlinkRequest request, std::string_view what) {
  auto done = socket_.ask(request, what);
  if (done) return done;
  // The name makes the message; it is worth a question only now.
  const auto who = link(ifindex);
  done.error().what =
      fmt::format(fmt::runtime(what), who ? who->name : fmt::format("number {}", number(ifindex)));
  return done;
}

Result<> Rtnetlink::set_flags(IfIndex ifindex, std::uint32_t mask, std::uint32_t value) {
  auto header = link_header(number(ifindex));
  header.ifi_change = mask;
  header.ifi_flags = value & mask;
  return change_link(ifindex, NetlinkRequest(RTM_NEWLINK, 0, header), "cannot change the flags of {}");
}

Result<> Rtnetlink::set_up(IfIndex ifindex, bool up) {
  auto header = link_header(number(ifindex));
  header.ifi_change = IFF_UP;
  header.ifi_flags = up ? IFF_UP : 0;
  return change_link(ifindex, NetlinkRequest(RTM_NEWLINK, 0, header),
                     up ? "cannot set {} up" : "cannot set {} down");
}

Result<> Rtnetlink::set_mac(IfIndex ifindex, const MacAddress& mac) {
  auto request = new_link(ifindex);
  put_mac(request, IFLA_ADDRESS, mac);
  return change_link(ifindex, std::move(request),
                     fmt::format("cannot give {{}} the MAC address {}", mac.to_string()));
}

Result<> Rtnetlink::set_mtu(IfIndex ifindex, std::uint32_t mtu) {
  auto request = new_link(ifindex);
  request.u32(IFLA_MTU, mtu);
  return change_link(ifindex, std::move(request), fmt::format("cannot give {{}} the MTU {}", mtu));
}

Result<> Rtnetlink::set_gso_limits(IfIndex ifindex, const GsoLimits& limits) {
  auto request = new_link(ifindex);
  request.u32(IFLA_GSO_MAX_SIZE, limits.size).u32(IFLA_GSO_MAX_SEGS, limits.segments);
  return change_link(ifindex, std::move(request), "cannot set the GSO limits of {}");
}

Result<> Rtnetlink::set_tx_queue_length(IfIndex ifindex, std::uint32_t frames) {
  auto request = new_link(ifindex);
  request.u32(IFLA_TXQLEN, frames);
  return change_link(ifindex, std::move(request), "cannot change the transmit queue length of {}");
}

Result<> Rtnetlink::set_name(IfIndex ifindex, std::string_view name) {
  auto request = new_link(ifindex);
  request.text(IFLA_IFNAME, name);
  return change_link(ifindex, std::move(request), fmt::format("cannot rename {{}} to {}", name));
}

Result<> Rtnetlink::set_alias(IfIndex ifindex, std::string_view alias) {
  auto request = new_link(ifindex);
  request.bytes(IFLA_IFALIAS, alias.data(), alias.size());
  return change_link(ifindex, std::move(request), "cannot change the alias of {}");
}

Result<> Rtnetlink::set_master(IfIndex ifindex, std::optional<IfIndex> master) {
  auto request = new_link(ifindex);
  request.u32(IFLA_MASTER, master ? std::to_underlying(*master) : 0);
  return change_link(ifindex, std::move(request), "cannot change the master of {}");
}

Result<> Rtnetlink::move_to(IfIndex ifindex, const Namespace& where, std::optional<IfIndex> as,
                            std::string_view name) {
  auto request = new_link(ifindex);
  if (!name.empty()) request.text(IFLA_IFNAME, name);
  if (as && *as != ifindex) request.u32(IFLA_NEW_IFINDEX, std::to_underlying(*as));
  request.u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(where.fd()));
  return change_link(ifindex, std::move(request), "cannot move {} to another network namespace");
}

Result<std::optional<std::int32_t>> Rtnetlink::netnsid_of(const Namespace& where) {
  NetlinkRequest request(RTM_GETNSID, 0, rtgenmsg{.rtgen_family = AF_UNSPEC});
  request.u32(NETNSA_FD, static_cast<std::uint32_t>(where.fd()));
  std::optional<std::int32_t> number;
  const auto asked =
      socket_.ask(request, "cannot ask for a network namespace's number", [&](const nlmsghdr& m) {
        if (m.nlmsg_type == RTM_NEWNSID) number = parse_netnsid(m);
      });
  if (!asked) return std::unexpected(asked.error());
  if (number == NETNSA_NSID_NOT_ASSIGNED) number.reset();
  return number;
}

Result<std::vector<std::int32_t>> Rtnetlink::netnsids() {
  std::vector<std::int32_t> numbers;
  NetlinkRequest request(RTM_GETNSID, NLM_F_DUMP, rtgenmsg{.rtgen_family = AF_UNSPEC});
  const auto asked = socket_.ask(
      request, "cannot list the numbers of network namespaces",
      [&](const nlmsghdr& m) {
        if (m.nlmsg_type != RTM_NEWNSID) return;
        if (const auto number = parse_netnsid(m); number && *number >= 0) numbers.push_back(*number);
      },
      [&] { numbers.clear(); });
  if (!asked) return std::unexpected(asked.error());
  return numbers;
}

Result<Namespace> Rtnetlink::namespace_known_as(std::int32_t netnsid) {
  auto found = Namespace::find_if([&](const Namespace& each) {
    const auto number = netnsid_of(each);
    return number && *number == netnsid;
  });
  if (found) return std::move(*found);
  return std::unexpected(
      Error{ENOENT, fmt::format("network namespace number {} has neither name nor process", netnsid)});
}

Result<std::uint64_t> Rtnetlink::ingress_drops(IfIndex ifindex) {
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = number(ifindex);
  header.tcm_parent = TC_H_CLSACT;
  NetlinkRequest request(RTM_GETQDISC, 0, header);
  std::uint64_t drops = 0;
  const auto asked =
      socket_.ask(request, fmt::format("cannot read what interface number {} dropped", number(ifindex)),
                  [&](const nlmsghdr& m) {
                    if (m.nlmsg_type == RTM_NEWQDISC) drops = parse_queue_drops(m).value_or(0);
                  });
  if (!asked) return std::unexpected(asked.error());
  return drops;
}

// ---- addresses ----

Result<std::vector<Address>> Rtnetlink::addresses(IfIndex ifindex) {
  std::vector<Address> found;
  ifaddrmsg header{};
  header.ifa_index = std::to_underlying(ifindex);
  NetlinkRequest request(RTM_GETADDR, NLM_F_DUMP, header);
  auto seen = socket_.ask(
      request, "cannot list the addresses",
      [&](const nlmsghdr& m) {
        if (m.nlmsg_type != RTM_NEWADDR) return;
        auto address = parse_address(m);
        if (address && address->ifindex == ifindex) found.push_back(std::move(*address));
      },
      [&] { found.clear(); });
  if (!seen) return std::unexpected(seen.error());
  return found;
}

namespace {

NetlinkRequest address_request(std::uint16_t type, std::uint16_t flags, const Address& address) {
  ifaddrmsg header{};
  header.ifa_family = family_of(address.local);
  header.ifa_prefixlen = address.prefix_length;
  header.ifa_scope = address.scope;
  header.ifa_index = std::to_underlying(address.ifindex);
  NetlinkRequest request(type, flags, header);
  put_ip(request, IFA_LOCAL, address.local);
  put_ip(request, IFA_ADDRESS, address.peer.value_or(address.local));
  return request;
}

}  // namespace

Result<> Rtnetlink::add_address(const Address& address) {
  auto request = address_request(RTM_NEWADDR, kCreate, address);
  if (address.broadcast) put_ip(request, IFA_BROADCAST, *address.broadcast);
  if (!address.label.empty()) request.text(IFA_LABEL, address.label);
  if (address.metric != 0) request.u32(IFA_RT_PRIORITY, address.metric);
  // Only what a user may ask for; the rest is the kernel's own bookkeeping.
  request.u32(IFA_FLAGS, address.flags & (IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS |
                                          IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN));
  ifa_cacheinfo lifetimes{};
  lifetimes.ifa_valid = address.valid_lifetime;
  lifetimes.ifa_prefered = address.preferred_lifetime;
  request.bytes(IFA_CACHEINFO, &lifetimes, sizeof lifetimes);
  return socket_.ask(
      request, fmt::format("cannot add address {}/{}", to_string(address.local), int{address.prefix_length}));
}

Result<> Rtnetlink::delete_address(const Address& address) {
  auto request = address_request(RTM_DELADDR, 0, address);
  return socket_.ask(request, fmt::format("cannot remove address {}/{}", to_string(address.local),
                                          int{address.prefix_length}));
}

// ---- routes ----

Result<std::vector<Route>> Rtnetlink::routes(IfIndex ifindex) {
  std::vector<Route> found;
  NetlinkRequest request(RTM_GETROUTE, NLM_F_DUMP, rtmsg{});
  auto seen = socket_.ask(
      request, "cannot list the routes",
      [&](const nlmsghdr& m) {
        if (m.nlmsg_type != RTM_NEWROUTE) return;
        auto route = parse_route(m);
        if (route && route->ifindex == ifindex) found.push_back(std::move(*route));
      },
      [&] { found.clear(); });
  if (!seen) return std::unexpected(seen.error());
  return found;
}

namespace {

NetlinkRequest route_request(std::uint16_t type, std::uint16_t flags, const Route& route) {
  rtmsg header{};
  header.rtm_family = route.ipv6 ? AF_INET6 : AF_INET;
  header.rtm_dst_len = route.prefix_length;
  header.rtm_tos = route.tos;
  header.rtm_table = static_cast<std::uint8_t>(route.table < 256 ? route.table : 0);  // RTA_TABLE counts
  header.rtm_protocol = route.protocol;
  header.rtm_scope = route.scope;
  header.rtm_type = RTN_UNICAST;
  header.rtm_flags = route.flags;
  NetlinkRequest request(type, flags, header);
  request.u32(RTA_TABLE, route.table).u32(RTA_OIF, std::to_underlying(route.ifindex));
  if (route.destination) put_ip(request, RTA_DST, *route.destination);
  if (route.gateway) put_ip(request, RTA_GATEWAY, *route.gateway);
  if (route.metric != 0) request.u32(RTA_PRIORITY, route.metric);
  if (route.preferred_source) put_ip(request, RTA_PREFSRC, *route.preferred_source);
  if (!route.metrics.empty()) request.bytes(RTA_METRICS, route.metrics.data(), route.metrics.size());
  if (route.expires != 0) request.u32(RTA_EXPIRES, route.expires);
  return request;
}

std::string text_of(const Route& route) {
  if (!route.destination) return "default";
  return fmt::format("{}/{}", to_string(*route.destination), int{route.prefix_length});
}

}  // namespace

Result<> Rtnetlink::add_route(const Route& route) {
  auto request = route_request(RTM_NEWROUTE, kCreate, route);
  return socket_.ask(request, fmt::format("cannot add route {}", text_of(route)));
}

Result<NextHop> Rtnetlink::next_hop(const IpAddress& target, std::optional<IfIndex> out) {
  constexpr std::uint8_t kWholeAddress[] = {32, 128};
  rtmsg header{};
  header.rtm_family = family_of(target);
  header.rtm_dst_len = kWholeAddress[target.index()];
  NetlinkRequest request(RTM_GETROUTE, 0, header);
  put_ip(request, RTA_DST, target);
  if (out) request.u32(RTA_OIF, std::to_underlying(*out));
  std::optional<NextHop> found;
  const auto what = fmt::format("no route to {}", to_string(target));
  auto seen = socket_.ask(request, what, [&](const nlmsghdr& m) {
    if (m.nlmsg_type == RTM_NEWROUTE) found = parse_next_hop(m);
  });
  if (!seen) return std::unexpected(seen.error());
  if (!found) return std::unexpected(Error{EHOSTUNREACH, what});
  return *found;
}

Result<> Rtnetlink::delete_route(const Route& route) {
  auto request = route_request(RTM_DELROUTE, 0, route);
  return socket_.ask(request, fmt::format("cannot remove route {}", text_of(route)));
}

Result<std::size_t> Rtnetlink::count_shared_routes(IfIndex ifindex) {
  std::size_t count = 0;
  NetlinkRequest request(RTM_GETROUTE, NLM_F_DUMP, rtmsg{});
  auto seen = socket_.ask(
      request, "cannot list the routes",
      [&](const nlmsghdr& m) {
        if (m.nlmsg_type == RTM_NEWROUTE && is_shared_route(m, ifindex)) ++count;
      },
      [&] { count = 0; });
  if (!seen) return std::unexpected(seen.error());
  return count;
}

}  // namespace ebond::os
