// CDP, Cisco's discovery protocol, as its switches speak it where they do not speak LLDP: SNAP frames to a
// group address of Cisco's. There is no standard; field by field it is what Wireshark and lldpd agree on.
// Read only. Knows no bond.
#pragma once

#include <cstdint>
#include <expected>

#include "wire/bytes.h"
#include "wire/discovery.h"
#include "wire/mac_address.h"

namespace ebond::wire {

inline constexpr MacAddress kCdpGroup({0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc});

enum class CdpError : std::uint8_t {
  not_cdp,    ///< to another address, or not in SNAP of Cisco's with CDP's type
  truncated,  ///< ends within a header or a TLV, or a TLV is shorter than its own header
  nameless    ///< without Device-ID and Port-ID
};

/// `frame` is whole: Ethernet header, without tags and with a length in it, LLC and SNAP. Padding behind the
/// length is no part of it. The checksum is not looked at: devices do not agree on what it is for a packet of
/// an odd number of octets.
std::expected<Discovery, CdpError> parse_cdp(ByteView frame);

}  // namespace ebond::wire
