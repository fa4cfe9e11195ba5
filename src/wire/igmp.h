// IGMP membership reports (RFC 1112, RFC 2236, RFC 3376): build only.
// Used after a failover, so that snooping switches learn which port the bond's groups are behind now. Which
// groups, and in which version, is the daemon's to know.
#pragma once

#include <cstdint>
#include <span>

#include "wire/bytes.h"
#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::wire {

/// What the querier of a network speaks decides what its hosts speak.
enum class IgmpVersion : std::uint8_t { v1 = 1, v2 = 2, v3 = 3 };

/// A whole frame, saying that `group` is wanted here: to the group itself (v1, v2) or to 224.0.0.22 (v3, one
/// record). TTL 1, internetwork control, Router Alert (RFC 2113). `source` may be 0.0.0.0 (RFC 3376 4.2.13).
/// `only_from` is for v3 alone: if it is not empty the record is MODE_IS_INCLUDE with those sources, at
/// most 300 of them; else MODE_IS_EXCLUDE with none, which is everybody.
Bytes igmp_report(const MacAddress& mac, const Ipv4Address& source, const Ipv4Address& group,
                  IgmpVersion version, std::span<const Ipv4Address> only_from = {});

/// 01:00:5e and the low 23 bits (RFC 1112 6.4).
MacAddress multicast_mac(const Ipv4Address& group);

}  // namespace ebond::wire
