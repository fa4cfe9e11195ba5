// Links, addresses and routes as the kernel tells of them: plain values, no behaviour.
// Used by everybody who speaks with Rtnetlink or hears LinkEvents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/types.h"
#include "wire/ethernet.h"
#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::os {

using core::IfIndex;
using wire::MacAddress;

using IpAddress = std::variant<wire::Ipv4Address, wire::Ipv6Address>;
std::string to_string(const IpAddress& address);

/// Since the device was made; the kernel's rtnl_link_stats64.
struct LinkCounters {
  std::uint64_t rx_packets = 0, tx_packets = 0;
  std::uint64_t rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0;
  std::uint64_t rx_dropped = 0, tx_dropped = 0;
  std::uint64_t multicast = 0;
};

/// What a device takes in one piece at most, to be cut into segments below.
struct GsoLimits {
  std::uint32_t size = 65536;  ///< octets
  std::uint32_t segments = 65535;
  bool operator==(const GsoLimits&) const = default;
};

struct LinkInfo {
  IfIndex ifindex{};
  std::string name{};
  std::vector<std::string> alternative_names{};  ///< by which it is found as well
  std::string alias{};                           ///< IFLA_IFALIAS, empty if none is set
  std::string kind{};                            ///< "veth", "bridge", …; empty for real hardware
  std::string slave_kind{};                      ///< what its master is: "bridge", "bond", …
  std::uint16_t arptype = 0;                     ///< ARPHRD_ETHER, ARPHRD_LOOPBACK, …
  std::uint32_t flags = 0;                       ///< IFF_*, as dev_get_flags() shows them
  MacAddress mac;                                ///< zero if the device has none of six octets
  MacAddress broadcast;
  std::optional<MacAddress> permanent_mac{};  ///< IFLA_PERM_ADDRESS; virtual devices mostly have none
  std::uint32_t mtu = 0;
  std::uint32_t min_mtu = 0;      ///< 0: not told
  std::uint32_t max_mtu = 0;      ///< 0: no limit
  std::uint8_t operstate = 0;     ///< IF_OPER_*, RFC 2863
  std::uint32_t promiscuity = 0;  ///< how many asked for it, packet sockets included
  std::uint32_t allmulti = 0;     ///< the same; kernels before 6.3 tell only 0 or 1
  std::optional<IfIndex> master{};
  std::optional<IfIndex> lower{};  ///< IFLA_LINK: veth's peer, VLAN's device; in lower_netnsid's namespace
  std::optional<std::int32_t> lower_netnsid{};   ///< set if `lower` lives in another namespace
  std::optional<wire::VlanTag> vlan{};           ///< where kind is "vlan"
  std::optional<std::uint16_t> filters_vlans{};  ///< a bridge that does: by this TPID
  /// Where a link that left went (Linux 4.16): its namespace's id in this one, and what it is there.
  std::optional<std::int32_t> new_netnsid{};
  std::optional<IfIndex> new_ifindex{};
  std::uint32_t tx_queues = 1, rx_queues = 1;
  std::uint32_t tx_queue_length = 0;
  /// The smaller of what is set and what the hardware can; no more than the kernel's default.
  GsoLimits gso{};
  LinkCounters counters;

  bool is_called(std::string_view any_name) const;  ///< by its name or an alternative one
  bool is_up() const;                               ///< administratively (IFF_UP)
  bool carrier() const;                             ///< IFF_LOWER_UP
  bool is_loopback() const;                         ///< IFF_LOOPBACK
  bool noarp() const;                               ///< IFF_NOARP
  /// Of a kind whose `lower` is the other half of a pair, which is beside it and not below.
  bool is_half_of_a_pair() const { return kind == "veth" || kind == "netkit"; }
};

/// An address of an interface, whole enough to be put back as it was.
struct Address {
  IfIndex ifindex{};
  IpAddress local{};
  std::uint8_t prefix_length = 0;
  std::optional<IpAddress> peer{};  ///< point-to-point far end
  std::optional<wire::Ipv4Address> broadcast{};
  std::uint8_t scope = 0;                         ///< RT_SCOPE_*
  std::uint32_t flags = 0;                        ///< IFA_F_*
  std::string label{};                            ///< IPv4 only; mostly the interface's name
  std::uint32_t valid_lifetime = 0xffffffff;      ///< seconds; all ones: for ever
  std::uint32_t preferred_lifetime = 0xffffffff;  ///< the same
  std::uint32_t metric = 0;                       ///< of the prefix route; 0: the default
  bool operator==(const Address&) const = default;

  bool is_ipv6() const { return std::holds_alternative<wire::Ipv6Address>(local); }
  bool is_kernel_made() const;  ///< IPv6 link-local or autoconfigured: comes back by itself
};

/// A unicast route with one next hop.
struct Route {
  bool ipv6 = false;
  std::optional<IpAddress> destination{};  ///< none: the default route
  std::uint8_t prefix_length = 0;
  std::optional<IpAddress> gateway{};
  IfIndex ifindex{};
  std::uint32_t metric = 0;
  std::uint32_t table = 254;  ///< RT_TABLE_MAIN
  std::uint8_t scope = 0;     ///< RT_SCOPE_*
  std::uint8_t protocol = 3;  ///< RTPROT_BOOT; RTPROT_KERNEL (2) comes and goes with addresses
  std::uint8_t tos = 0;
  std::uint32_t flags = 0;  ///< RTNH_F_ONLINK
  std::optional<IpAddress> preferred_source{};
  std::vector<std::uint8_t> metrics{};  ///< RTA_METRICS as the kernel packs them: mtu, window, …
  std::uint32_t expires = 0;            ///< seconds it has left (IPv6, from a router); 0: for ever
  bool operator==(const Route&) const = default;
};

/// A neighbour that somebody wrote down, which the kernel neither finds out nor forgets.
struct Neighbour {
  IfIndex ifindex{};
  IpAddress address{};
  MacAddress mac{};    ///< zero for a proxy
  bool proxy = false;  ///< not a neighbour at all: it is answered for
  bool operator==(const Neighbour&) const = default;
};

/// A rule of routing policy, as the kernel packs it: fib_rule_hdr and attributes.
struct Rule {
  std::vector<std::uint8_t> packed{};
  bool operator==(const Rule&) const = default;

  bool names(std::string_view interface) const;  ///< as `iif` or `oif`
  /// The same, with another interface in the place of this one.
  Rule renamed(std::string_view from, std::string_view to) const;
};

/// Where the kernel would send a packet.
struct NextHop {
  IfIndex ifindex{};                   ///< loopback's, if the address is this host's own
  std::optional<IpAddress> gateway{};  ///< none: it is a neighbour
  std::optional<IpAddress> source{};   ///< the address it would be sent from
};

}  // namespace ebond::os
