// LLDPDUs: what a station tells the other end of its cable (IEEE 802.1AB-2016 clauses 8 and 9). Read only:
// ebond listens and says nothing. Knows no bond.
#pragma once

#include <array>
#include <cstdint>
#include <expected>

#include "wire/bytes.h"
#include "wire/discovery.h"
#include "wire/mac_address.h"

namespace ebond::wire {

inline constexpr std::uint16_t kLldpEtherType = 0x88cc;
/// Table 7-1: nearest bridge, nearest non-TPMR bridge, nearest customer bridge.
inline constexpr std::array kLldpGroups{MacAddress({0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e}),
                                        MacAddress({0x01, 0x80, 0xc2, 0x00, 0x00, 0x03}),
                                        MacAddress({0x01, 0x80, 0xc2, 0x00, 0x00, 0x00})};

enum class LldpError : std::uint8_t {
  truncated,  ///< a TLV is longer than what is left, or than its kind can be
  bad_order,  ///< does not begin with Chassis ID, Port ID and Time To Live (9.2.7.7.1)
  bad_id  ///< a Chassis ID or Port ID without a subtype and 1 to 255 octets (8.5.2, 8.5.3), or of NULs alone
};

/// `payload` is what follows the EtherType. TLVs of other kinds are skipped by their length, and of those
/// that come twice the first counts.
std::expected<Discovery, LldpError> parse_lldp(ByteView payload);

}  // namespace ebond::wire
