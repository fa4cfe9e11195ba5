// MLDv2 membership reports (RFC 3810 5.2): build only.
// IPv6's counterpart of wire/igmp.h, for the same purpose.
#pragma once

#include <span>

#include "wire/bytes.h"
#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::wire {

/// A whole frame to ff02::16 with one record, saying that `group` is wanted here. Hop limit 1 and a
/// hop-by-hop Router Alert (RFC 2711). `source` is the interface's link-local address, or :: if it has
/// none yet (RFC 3810 5.2.13). If `only_from` is not empty the record is MODE_IS_INCLUDE with those
/// sources, at most 80 of them; else MODE_IS_EXCLUDE with none, which is everybody.
Bytes mld_report(const MacAddress& mac, const Ipv6Address& source, const Ipv6Address& group,
                 std::span<const Ipv6Address> only_from = {});

}  // namespace ebond::wire
