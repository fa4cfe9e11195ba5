// Links, addresses and routes of one network namespace: look, make, change, remove.
//
// Used by the daemon, the command line tools and the lab. Every call is one exchange with the kernel and
// waits for its verdict; errors carry the kernel's own words. An interface that is not there is ENODEV.
// One thread at a time. Names are resolved by the kernel at each call; an IfIndex stays valid across renames.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/error.h"
#include "os/netlink_socket.h"
#include "os/netns.h"
#include "os/rtnetlink_types.h"

namespace ebond::os {

/// A veth pair to make. Absent values are the kernel's choice.
struct VethPair {
  std::string name;
  std::string peer_name;
  std::optional<MacAddress> mac{};
  std::optional<MacAddress> peer_mac{};
  std::optional<std::uint32_t> mtu{};             ///< of both halves
  const Namespace* peer_namespace = nullptr;      ///< none: beside its other half
  std::optional<std::uint32_t> queues{};          ///< TX and RX, both halves
  std::optional<std::uint32_t> tx_queues{};       ///< of the first half alone
  std::optional<std::uint32_t> peer_tx_queues{};  ///< of the other
};

class Rtnetlink {
 public:
  static Result<Rtnetlink> open(const Namespace& where);

  Result<std::vector<LinkInfo>> links();
  /// Of the namespace this one knows by that number; the numbers in them are this one's. EACCES without
  /// CAP_NET_ADMIN there.
  Result<std::vector<LinkInfo>> links(std::int32_t netnsid);
  /// Of one kind ("vlan"): the kernel passes over all others, which costs little.
  Result<std::vector<LinkInfo>> links_of_kind(const std::string& kind);
  /// By any of its names.
  Result<LinkInfo> link(std::string_view name);
  Result<LinkInfo> link(IfIndex ifindex);

  Result<> create_veth(const VethPair& pair);
  /// The same as netkit devices in layer 2: the peer is the primary one, by which programs are attached to
  /// what the other sends; without a program that is dropped. EOPNOTSUPP: this kernel has none (Linux 6.7).
  Result<> create_netkit(const VethPair& pair);
  /// A bridge that learns and forwards at once: STP off, forward delay 0.
  Result<> create_bridge(std::string_view name);
  /// An 802.1Q VLAN on `lower`, with its MAC address; it goes with it.
  Result<> create_vlan(std::string_view name, IfIndex lower, std::uint16_t id);
  Result<> delete_link(IfIndex ifindex);
  Result<> set_up(IfIndex ifindex, bool up);
  /// Sets the flags in `mask` (IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI, …) as in `value`, leaves the others.
  Result<> set_flags(IfIndex ifindex, std::uint32_t mask, std::uint32_t value);
  Result<> set_mac(IfIndex ifindex, const MacAddress& mac);
  Result<> set_mtu(IfIndex ifindex, std::uint32_t mtu);
  Result<> set_gso_limits(IfIndex ifindex, const GsoLimits& limits);
  Result<> set_tx_queue_length(IfIndex ifindex, std::uint32_t frames);
  /// Kernels before 6.2 want the link down.
  Result<> set_name(IfIndex ifindex, std::string_view name);
  Result<> set_alias(IfIndex ifindex, std::string_view alias);
  /// None: from whatever master it has.
  Result<> set_master(IfIndex ifindex, std::optional<IfIndex> master);
  /// Into another namespace, under the same name unless one is asked for, which must be free there (EEXIST);
  /// it is down then. Under that number, if one is asked for (EBUSY: it is taken; Linux 5.13), else it may
  /// get another one.
  Result<> move_to(IfIndex ifindex, const Namespace& where, std::optional<IfIndex> as = std::nullopt,
                   std::string_view name = {});

  /// The namespace this one knows by that number. ENOENT if neither a name nor a process holds it.
  Result<Namespace> namespace_known_as(std::int32_t netnsid);
  /// The number this one knows that namespace by; none if nothing here ever spoke of it.
  Result<std::optional<std::int32_t>> netnsid_of(const Namespace& where);
  /// Every number this one knows another namespace by, whether or not anything else leads to that one.
  Result<std::vector<std::int32_t>> netnsids();

  /// Frames that filters dropped on a device's ingress, since it has its clsact qdisc.
  Result<std::uint64_t> ingress_drops(IfIndex ifindex);

  /// IPv4 and IPv6, tentative and link-local ones included.
  Result<std::vector<Address>> addresses(IfIndex ifindex);
  /// EEXIST if it is there already.
  Result<> add_address(const Address& address);
  Result<> delete_address(const Address& address);

  /// Unicast routes with one next hop out of this interface, all tables. The ones the kernel keeps itself
  /// (RTPROT_KERNEL) are among them.
  Result<std::vector<Route>> routes(IfIndex ifindex);
  /// Where a packet to this address would leave, by the kernel's own decision; out of `out` only, if
  /// named. ENETUNREACH or EHOSTUNREACH if nowhere.
  Result<NextHop> next_hop(const IpAddress& target, std::optional<IfIndex> out = std::nullopt);
  /// EEXIST if it is there already.
  Result<> add_route(const Route& route);
  /// ESRCH if it is not there.
  Result<> delete_route(const Route& route);
  /// How many routes have it as one of several next hops.
  Result<std::size_t> count_shared_routes(IfIndex ifindex);

  /// Those that somebody wrote down, IPv4 and IPv6, proxies among them.
  Result<std::vector<Neighbour>> written_neighbours(IfIndex ifindex);
  /// EEXIST if there is one with this address.
  Result<> add_neighbour(const Neighbour& neighbour);
  Result<> delete_neighbour(const Neighbour& neighbour);

  /// Rules of IPv4 and IPv6 that name this interface.
  Result<std::vector<Rule>> rules_naming(std::string_view interface);
  /// EEXIST if it is there already.
  Result<> add_rule(const Rule& rule);
  /// ENOENT if it is not there.
  Result<> delete_rule(const Rule& rule);

 private:
  explicit Rtnetlink(NetlinkSocket socket) : socket_(std::move(socket)) {}
  /// `what` has a {} where the interface's name goes.
  Result<> change_link(IfIndex ifindex, NetlinkRequest request, std::string_view what);
  Result<LinkInfo> one_link(NetlinkRequest request, const std::string& what);
  Result<std::vector<LinkInfo>> all_links(NetlinkRequest request);

  NetlinkSocket socket_;
};

}  // namespace ebond::os
