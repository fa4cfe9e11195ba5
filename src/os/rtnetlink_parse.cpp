#include "os/rtnetlink_parse.h"

#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

#include "os/netlink_attributes.h"

namespace ebond::os {
namespace {

std::string text_of(const nlattr& attribute) {
  const auto* text = static_cast<const char*>(nla_data(&attribute));
  return {text, ::strnlen(text, static_cast<std::size_t>(nla_len(&attribute)))};
}

std::optional<MacAddress> mac_of(const nlattr& attribute) {
  if (nla_len(&attribute) != 6) return std::nullopt;
  return MacAddress(value_of<std::array<std::uint8_t, 6>>(attribute));
}

std::optional<IpAddress> ip_of(const nlattr& attribute) {
  if (nla_len(&attribute) == 4) return value_of<wire::Ipv4Address>(attribute);
  if (nla_len(&attribute) == 16) return value_of<wire::Ipv6Address>(attribute);
  return std::nullopt;
}

IfIndex ifindex_of(const nlattr& attribute) {
  return IfIndex{value_of<std::uint32_t>(attribute)};
}

LinkCounters counters_of(const nlattr& attribute) {
  rtnl_link_stats64 stats{};
  std::memcpy(&stats, nla_data(&attribute),
              std::min(sizeof stats, static_cast<std::size_t>(nla_len(&attribute))));
  return {.rx_packets = stats.rx_packets,
          .tx_packets = stats.tx_packets,
          .rx_bytes = stats.rx_bytes,
          .tx_bytes = stats.tx_bytes,
          .rx_errors = stats.rx_errors,
          .tx_errors = stats.tx_errors,
          .rx_dropped = stats.rx_dropped,
          .tx_dropped = stats.tx_dropped,
          .multicast = stats.multicast};
}

wire::VlanTag vlan_of(nlattr& attribute) {
  wire::VlanTag tag;
  for_each_nested(attribute, [&](const nlattr& a) {
    if (nla_type(&a) == IFLA_VLAN_ID) tag.id = value_of<std::uint16_t>(a);
    if (nla_type(&a) == IFLA_VLAN_PROTOCOL) tag.protocol = ntohs(value_of<std::uint16_t>(a));
  });
  return tag;
}

/// The TPID that a bridge filters VLANs by, if it does.
std::optional<std::uint16_t> filtering_of(nlattr& attribute) {
  bool filters = false;
  std::uint16_t protocol = wire::ethertype::kVlan;
  for_each_nested(attribute, [&](const nlattr& a) {
    if (nla_type(&a) == IFLA_BR_VLAN_FILTERING) filters = value_of<std::uint8_t>(a) != 0;
    if (nla_type(&a) == IFLA_BR_VLAN_PROTOCOL) protocol = ntohs(value_of<std::uint16_t>(a));
  });
  return filters ? std::optional(protocol) : std::nullopt;
}

void read_kind(nlattr& attribute, LinkInfo& link) {
  nlattr* data = nullptr;
  for_each_nested(attribute, [&](nlattr& a) {
    if (nla_type(&a) == IFLA_INFO_KIND) link.kind = text_of(a);
    if (nla_type(&a) == IFLA_INFO_SLAVE_KIND) link.slave_kind = text_of(a);
    if (nla_type(&a) == IFLA_INFO_DATA) data = &a;
  });
  if (data != nullptr && link.kind == "vlan") link.vlan = vlan_of(*data);
  if (data != nullptr && link.kind == "bridge") link.filters_vlans = filtering_of(*data);
}

void read_link_attribute(nlattr& a, LinkInfo& link) {
  switch (nla_type(&a)) {
    case IFLA_IFNAME:
      link.name = text_of(a);
      break;
    case IFLA_PROP_LIST:
      for_each_nested(a, [&](const nlattr& each) {
        if (nla_type(&each) == IFLA_ALT_IFNAME) link.alternative_names.push_back(text_of(each));
      });
      break;
    case IFLA_IFALIAS:
      link.alias = text_of(a);
      break;
    case IFLA_LINKINFO:
      read_kind(a, link);
      break;
    case IFLA_ADDRESS:
      link.mac = mac_of(a).value_or(MacAddress{});
      break;
    case IFLA_BROADCAST:
      link.broadcast = mac_of(a).value_or(MacAddress{});
      break;
    case IFLA_PERM_ADDRESS:
      link.permanent_mac = mac_of(a);
      break;
    case IFLA_MTU:
      link.mtu = value_of<std::uint32_t>(a);
      break;
    case IFLA_MIN_MTU:
      link.min_mtu = value_of<std::uint32_t>(a);
      break;
    case IFLA_MAX_MTU:
      link.max_mtu = value_of<std::uint32_t>(a);
      break;
    case IFLA_OPERSTATE:
      link.operstate = value_of<std::uint8_t>(a);
      break;
    case IFLA_PROMISCUITY:
      link.promiscuity = value_of<std::uint32_t>(a);
      break;
    case IFLA_ALLMULTI:
      link.allmulti = value_of<std::uint32_t>(a);
      break;
    case IFLA_MASTER:
      link.master = ifindex_of(a);
      break;
    case IFLA_LINK:
      link.lower = ifindex_of(a);
      break;
    case IFLA_LINK_NETNSID:
      link.lower_netnsid = value_of<std::int32_t>(a);
      break;
    case IFLA_NEW_NETNSID:
      link.new_netnsid = value_of<std::int32_t>(a);
      break;
    case IFLA_NEW_IFINDEX:
      link.new_ifindex = ifindex_of(a);
      break;
    case IFLA_NUM_TX_QUEUES:
      link.tx_queues = value_of<std::uint32_t>(a);
      break;
    case IFLA_NUM_RX_QUEUES:
      link.rx_queues = value_of<std::uint32_t>(a);
      break;
    case IFLA_GSO_MAX_SIZE:
    case IFLA_TSO_MAX_SIZE:
      link.gso.size = std::min(link.gso.size, value_of<std::uint32_t>(a));
      break;
    case IFLA_GSO_MAX_SEGS:
    case IFLA_TSO_MAX_SEGS:
      link.gso.segments = std::min(link.gso.segments, value_of<std::uint32_t>(a));
      break;
    case IFLA_TXQLEN:
      link.tx_queue_length = value_of<std::uint32_t>(a);
      break;
    case IFLA_STATS64:
      link.counters = counters_of(a);
      break;
    default:
      break;
  }
}

void read_address_attribute(const nlattr& a, Address& address, std::optional<IpAddress>& prefix_address) {
  switch (nla_type(&a)) {
    case IFA_LOCAL:
      if (auto ip = ip_of(a)) address.local = *ip;
      break;
    case IFA_ADDRESS:
      prefix_address = ip_of(a);
      break;
    case IFA_BROADCAST:
      address.broadcast = value_of<wire::Ipv4Address>(a);
      break;
    case IFA_LABEL:
      address.label = text_of(a);
      break;
    case IFA_FLAGS:
      address.flags = value_of<std::uint32_t>(a);
      break;
    case IFA_RT_PRIORITY:
      address.metric = value_of<std::uint32_t>(a);
      break;
    case IFA_CACHEINFO: {
      const auto lifetimes = value_of<ifa_cacheinfo>(a);
      address.valid_lifetime = lifetimes.ifa_valid;
      address.preferred_lifetime = lifetimes.ifa_prefered;
      break;
    }
    default:
      break;
  }
}

void read_route_attribute(const nlattr& a, Route& route) {
  switch (nla_type(&a)) {
    case RTA_DST:
      route.destination = ip_of(a);
      break;
    case RTA_GATEWAY:
      route.gateway = ip_of(a);
      break;
    case RTA_OIF:
      route.ifindex = ifindex_of(a);
      break;
    case RTA_PRIORITY:
      route.metric = value_of<std::uint32_t>(a);
      break;
    case RTA_TABLE:
      route.table = value_of<std::uint32_t>(a);
      break;
    case RTA_PREFSRC:
      route.preferred_source = ip_of(a);
      break;
    case RTA_METRICS: {
      const auto* bytes = static_cast<const std::uint8_t*>(nla_data(&a));
      route.metrics.assign(bytes, bytes + nla_len(&a));
      break;
    }
    case RTA_CACHEINFO: {
      constexpr std::int32_t kTicks = 100;  // USER_HZ
      const auto left = value_of<rta_cacheinfo>(a).rta_expires;
      // What is about to run out does not become everlasting.
      if (left != 0) route.expires = static_cast<std::uint32_t>(std::max(left / kTicks, 1));
      break;
    }
    default:
      break;
  }
}

}  // namespace

std::string to_string(const IpAddress& address) {
  return std::visit([](const auto& ip) { return wire::to_string(ip); }, address);
}

bool LinkInfo::is_called(std::string_view any_name) const {
  return name == any_name || std::ranges::find(alternative_names, any_name) != alternative_names.end();
}
bool LinkInfo::is_up() const {
  return (flags & IFF_UP) != 0;
}
bool LinkInfo::carrier() const {
  return (flags & 0x10000U) != 0;
}  // IFF_LOWER_UP: net/if.h has it not
bool LinkInfo::is_loopback() const {
  return (flags & IFF_LOOPBACK) != 0;
}
bool LinkInfo::noarp() const {
  return (flags & IFF_NOARP) != 0;
}

bool Address::is_kernel_made() const {
  return is_ipv6() && ((flags & IFA_F_PERMANENT) == 0 || scope == RT_SCOPE_LINK);
}

std::optional<LinkInfo> parse_link(const nlmsghdr& message) {
  if (!nlmsg_valid_hdr(&message, sizeof(ifinfomsg))) return std::nullopt;
  const auto& header = *static_cast<const ifinfomsg*>(nlmsg_data(&message));
  if (header.ifi_family != AF_UNSPEC) return std::nullopt;
  LinkInfo link;
  link.ifindex = IfIndex{static_cast<std::uint32_t>(header.ifi_index)};
  link.arptype = header.ifi_type;
  link.flags = header.ifi_flags;
  link.allmulti = (header.ifi_flags & IFF_ALLMULTI) != 0 ? 1 : 0;
  for_each_attribute(message, sizeof header, [&](nlattr& a) { read_link_attribute(a, link); });
  return link;
}

std::optional<std::int32_t> parse_netnsid(const nlmsghdr& message) {
  std::optional<std::int32_t> netnsid;
  if (!nlmsg_valid_hdr(&message, sizeof(rtgenmsg))) return netnsid;
  for_each_attribute(message, sizeof(rtgenmsg), [&](const nlattr& a) {
    if (nla_type(&a) == NETNSA_NSID) netnsid = value_of<std::int32_t>(a);
  });
  return netnsid;
}

std::optional<Address> parse_address(const nlmsghdr& message) {
  if (!nlmsg_valid_hdr(&message, sizeof(ifaddrmsg))) return std::nullopt;
  const auto& header = *static_cast<const ifaddrmsg*>(nlmsg_data(&message));
  if (header.ifa_family != AF_INET && header.ifa_family != AF_INET6) return std::nullopt;
  Address address;
  address.ifindex = IfIndex{header.ifa_index};
  address.prefix_length = header.ifa_prefixlen;
  address.scope = header.ifa_scope;
  address.flags = header.ifa_flags;
  std::optional<IpAddress> prefix_address;
  bool has_local = false;
  for_each_attribute(message, sizeof header, [&](const nlattr& a) {
    has_local = has_local || nla_type(&a) == IFA_LOCAL;
    read_address_attribute(a, address, prefix_address);
  });
  // IFA_ADDRESS is the peer's if IFA_LOCAL stands beside it and differs; alone it is the address itself.
  if (!has_local && prefix_address) address.local = *prefix_address;
  if (has_local && prefix_address && *prefix_address != address.local) address.peer = prefix_address;
  return address;
}

std::optional<Route> parse_route(const nlmsghdr& message) {
  if (!nlmsg_valid_hdr(&message, sizeof(rtmsg))) return std::nullopt;
  const auto& header = *static_cast<const rtmsg*>(nlmsg_data(&message));
  if (header.rtm_family != AF_INET && header.rtm_family != AF_INET6) return std::nullopt;
  if (header.rtm_type != RTN_UNICAST || (header.rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  Route route;
  route.ipv6 = header.rtm_family == AF_INET6;
  route.prefix_length = header.rtm_dst_len;
  route.table = header.rtm_table;
  route.scope = header.rtm_scope;
  route.protocol = header.rtm_protocol;
  route.tos = header.rtm_tos;
  route.flags = header.rtm_flags & RTNH_F_ONLINK;
  bool multipath = false;
  for_each_attribute(message, sizeof header, [&](const nlattr& a) {
    multipath = multipath || nla_type(&a) == RTA_MULTIPATH;
    read_route_attribute(a, route);
  });
  if (multipath) return std::nullopt;
  return route;
}

bool is_shared_route(const nlmsghdr& message, IfIndex ifindex) {
  if (!nlmsg_valid_hdr(&message, sizeof(rtmsg))) return false;
  bool found = false;
  for_each_attribute(message, sizeof(rtmsg), [&](const nlattr& a) {
    if (nla_type(&a) != RTA_MULTIPATH) return;
    const auto* hop = static_cast<const rtnexthop*>(nla_data(&a));
    auto left = nla_len(&a);
    while (RTNH_OK(hop, left)) {
      found = found || hop->rtnh_ifindex == static_cast<int>(ifindex);
      left -= RTNH_ALIGN(hop->rtnh_len);
      hop = RTNH_NEXT(hop);
    }
  });
  return found;
}

std::optional<Neighbour> parse_written_neighbour(const nlmsghdr& message) {
  if (!nlmsg_valid_hdr(&message, sizeof(ndmsg))) return std::nullopt;
  const auto& header = *static_cast<const ndmsg*>(nlmsg_data(&message));
  const bool proxy = (header.ndm_flags & NTF_PROXY) != 0;
  if (header.ndm_family != AF_INET && header.ndm_family != AF_INET6) return std::nullopt;
  if (!proxy && (header.ndm_state & NUD_PERMANENT) == 0) return std::nullopt;
  Neighbour neighbour{.ifindex = IfIndex{static_cast<std::uint32_t>(header.ndm_ifindex)}, .proxy = proxy};
  std::optional<IpAddress> address;
  for_each_attribute(message, sizeof header, [&](const nlattr& a) {
    if (nla_type(&a) == NDA_DST) address = ip_of(a);
    if (nla_type(&a) == NDA_LLADDR) neighbour.mac = mac_of(a).value_or(MacAddress{});
  });
  if (!address) return std::nullopt;
  neighbour.address = *address;
  return neighbour;
}

std::optional<NextHop> parse_next_hop(const nlmsghdr& message) {
  if (!nlmsg_valid_hdr(&message, sizeof(rtmsg))) return std::nullopt;
  const auto& header = *static_cast<const rtmsg*>(nlmsg_data(&message));
  if (header.rtm_type != RTN_UNICAST && header.rtm_type != RTN_LOCAL) return std::nullopt;
  Route route;
  for_each_attribute(message, sizeof header, [&](const nlattr& a) { read_route_attribute(a, route); });
  return NextHop{.ifindex = route.ifindex, .gateway = route.gateway, .source = route.preferred_source};
}

std::optional<std::uint64_t> parse_queue_drops(const nlmsghdr& message) {
  std::optional<std::uint64_t> drops;
  for_each_attribute(message, sizeof(tcmsg), [&](nlattr& a) {
    if (nla_type(&a) != TCA_STATS2) return;
    for_each_nested(a, [&](const nlattr& each) {
      if (nla_type(&each) == TCA_STATS_QUEUE) drops = value_of<gnet_stats_queue>(each).drops;
    });
  });
  return drops;
}

}  // namespace ebond::os
