// What a bond must know of its host to probe what lies beyond its links: which addresses are its own, and how
// each target is reached. The daemon looks it up (routes, addresses, the devices stacked on the bond) and
// tells Bond::surroundings() whenever it changes. Plain values.
#pragma once

#include <cstdint>
#include <vector>

#include "wire/ethernet.h"
#include "wire/ip_address.h"

namespace ebond::core {

using wire::IpAddress;
using wire::Ipv4Address;
using wire::Ipv6Address;

/// Where a frame to a target would leave this host.
enum class WayKind : std::uint8_t {
  none,      ///< there is no route to it, or it is no neighbour
  bond,      ///< by the bond, or a device stacked on it
  elsewhere  ///< by another device: it says nothing of this bond
};

template <class Address>
struct Way {
  Address target{};
  WayKind kind = WayKind::none;
  Address source{};       ///< the address it would be asked from; all zero: none
  wire::VlanTags tags{};  ///< of the VLANs between the bond and the device it leaves by, outermost first
  bool operator==(const Way&) const = default;
};

/// The way to a target of the path monitor, which may be behind a router. IpAddresses are of one family.
struct PathWay {
  IpAddress target{};
  WayKind kind = WayKind::none;
  IpAddress next_hop{};  ///< the router, or the target where that is a neighbour
  IpAddress source{};    ///< of the bond; all zero: none
  wire::VlanTags tags{};
  bool operator==(const PathWay&) const = default;
  /// Can it be asked, and an answer come back?
  bool is_usable() const {
    return kind == WayKind::bond && source != IpAddress(Ipv4Address{}) && source != IpAddress(Ipv6Address{});
  }
};

struct Surroundings {
  std::vector<Way<Ipv4Address>> ipv4;
  std::vector<Way<Ipv6Address>> ipv6;
  std::vector<PathWay> paths{};  ///< of path_target, in its order
  /// Of the bond and of all devices stacked on it; none that is still tentative.
  std::vector<Ipv4Address> own_ipv4;
  std::vector<Ipv6Address> own_ipv6;
  bool operator==(const Surroundings&) const = default;
};

/// What the daemon is to find ways to.
struct ProbeTargets {
  std::vector<Ipv4Address> ipv4;
  std::vector<Ipv6Address> ipv6;
  std::vector<IpAddress> paths{};  ///< of the path monitor
  bool empty() const { return ipv4.empty() && ipv6.empty() && paths.empty(); }
  bool operator==(const ProbeTargets&) const = default;
};

}  // namespace ebond::core
