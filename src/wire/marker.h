// Marker PDUs: "answer when everything sent before this has been collected" (IEEE 802.1AX-2020 6.5).
// A bond only ever answers them; both kinds are read and written here.
#pragma once

#include <cstdint>
#include <expected>

#include "wire/bytes.h"
#include "wire/lacpdu.h"
#include "wire/mac_address.h"

namespace ebond::wire {

struct Marker {
  enum class Kind : std::uint8_t { information = 1, response = 2 } kind = Kind::information;
  std::uint16_t requester_port = 0;
  MacAddress requester_system;
  std::uint32_t transaction_id = 0;
  bool operator==(const Marker&) const = default;
};

enum class MarkerError : std::uint8_t {
  truncated,     ///< shorter than kSlowPduSize
  not_marker,    ///< another subtype
  unknown_kind,  ///< neither Marker Information nor Marker Response
  bad_length     ///< the TLV's length is not 22
};

/// `pdu` starts at the subtype. The version is not looked at: version 1 receivers take later ones as theirs.
std::expected<Marker, MarkerError> parse_marker(ByteView pdu);
/// The whole frame, 124 bytes. `source` is the MAC of the sending port.
Bytes build_marker(const MacAddress& source, const Marker& marker);

}  // namespace ebond::wire
