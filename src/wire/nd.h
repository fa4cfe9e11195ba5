// Neighbor Discovery (RFC 4861): Neighbor Solicitations and Advertisements, parse and build.
// Used for the unsolicited advertisements after a failover and by the ND monitor. Decides nothing: whether an
// answer counts is core's.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::wire {

inline constexpr Ipv6Address kAllNodes{0xff, 0x02, 0, 0, 0, 0, 0, 0,
                                       0,    0,    0, 0, 0, 0, 0, 0x01};  // RFC 4291 2.7.1

struct NeighborMessage {
  enum class Kind : std::uint8_t { solicitation = 135, advertisement = 136 } kind{};  // the ICMPv6 types
  Ipv6Address source{};
  Ipv6Address destination{};
  Ipv6Address target{};
  bool router = false;  ///< advertisements only, as the next two
  bool solicited = false;
  bool override_entry = false;
  /// The source (solicitation) or target (advertisement) link-layer address option, if there is one.
  std::optional<MacAddress> mac;
  bool operator==(const NeighborMessage&) const = default;
};

/// Reads the payload of an IPv6 frame. Nothing unless it is one of the two and passes every check of
/// RFC 4861 7.1.1 or 7.1.2: hop limit 255, checksum, lengths, addresses. Unknown options are skipped.
std::optional<NeighborMessage> parse_neighbor_message(ByteView ipv6);

/// What Linux sends to ff02::1 to say where `address` lives: override set, target link-layer option,
/// `router` if the host forwards. 86 bytes and 4 per tag.
Bytes unsolicited_na(const MacAddress& mac, const Ipv6Address& address, bool router,
                     const VlanTags& tags = {});

/// What Linux answers to a solicitation: solicited and override set, target link-layer option. Says that it
/// is a router: a host that is taken for one loses nothing by it, but of a router that is taken for a host
/// routes are dropped.
Bytes solicited_na(const LinkAddresses& link, const Ipv6Address& address, const Ipv6Address& to);

/// "Who has `target`?" to its solicited-node group, with the source link-layer option (left out if
/// `source` is ::, as RFC 4861 4.3 demands).
Bytes neighbor_solicitation(const MacAddress& mac, const Ipv6Address& source, const Ipv6Address& target,
                            const VlanTags& tags = {});

/// ff02::1:ffXX:XXXX (RFC 4291 2.7.1).
Ipv6Address solicited_node_group(const Ipv6Address& address);
/// 33:33 and the last four octets (RFC 2464 7).
MacAddress multicast_mac(const Ipv6Address& group);

}  // namespace ebond::wire
