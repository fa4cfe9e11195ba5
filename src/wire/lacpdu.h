// LACPDUs: the frames two systems agree with on what to aggregate (IEEE 802.1AX-2020 6.4.2).
// Writes version 1. Reads version 1, and later versions as version 1, skipping their further TLVs by length.
// Frames are untagged, to the Slow Protocols group address, and share their EtherType with the Marker
// protocol (wire/marker.h). Knows nothing of what the fields mean to a bond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "wire/bytes.h"
#include "wire/mac_address.h"

namespace ebond::wire {

/// IEEE 802.3 Annex 57A: where Slow Protocols frames go, and how they are told apart.
inline constexpr MacAddress kSlowProtocolsGroup({0x01, 0x80, 0xc2, 0x00, 0x00, 0x02});
inline constexpr std::uint16_t kSlowProtocolsEtherType = 0x8809;
inline constexpr std::uint8_t kLacpSubtype = 1;
inline constexpr std::uint8_t kMarkerSubtype = 2;
/// From the subtype on, of LACPDUs and Marker PDUs alike; no header, no FCS.
inline constexpr std::size_t kSlowPduSize = 110;

/// The bits of a state octet (6.4.2.3).
enum class LacpBit : std::uint8_t {
  activity = 0x01,       ///< active LACP
  short_timeout = 0x02,  ///< LACP_Timeout: wants a LACPDU a second
  aggregation = 0x04,    ///< aggregatable, not individual
  synchronization = 0x08,
  collecting = 0x10,
  distributing = 0x20,
  defaulted = 0x40,  ///< uses administrative values for its partner
  expired = 0x80
};

class LacpState {
 public:
  constexpr LacpState() = default;
  constexpr explicit LacpState(std::uint8_t octet) : octet_(octet) {}
  constexpr bool has(LacpBit bit) const { return (octet_ & static_cast<std::uint8_t>(bit)) != 0; }
  constexpr void set(LacpBit bit, bool on = true) {
    const auto mask = static_cast<std::uint8_t>(bit);
    octet_ = static_cast<std::uint8_t>(on ? octet_ | mask : octet_ & ~mask);
  }
  constexpr std::uint8_t octet() const { return octet_; }
  constexpr bool operator==(const LacpState&) const = default;

 private:
  std::uint8_t octet_ = 0;
};

/// One end of a link as LACP describes it: Actor or Partner Information.
struct LacpInfo {
  std::uint16_t system_priority = 0;
  MacAddress system;
  std::uint16_t key = 0;
  std::uint16_t port_priority = 0;
  std::uint16_t port_number = 0;
  LacpState state;
  bool operator==(const LacpInfo&) const = default;
};

struct Lacpdu {
  std::uint8_t version = 1;
  LacpInfo actor;                         ///< the sender
  LacpInfo partner;                       ///< what the sender knows of the receiver
  std::uint16_t collector_max_delay = 0;  ///< tens of microseconds
  bool operator==(const Lacpdu&) const = default;
};

enum class LacpduError : std::uint8_t {
  truncated,         ///< shorter than kSlowPduSize
  not_lacp,          ///< another subtype
  version_zero,      ///< there is no version 0
  bad_actor_tlv,     ///< not type 1, length 20
  bad_partner_tlv,   ///< not type 2, length 20
  bad_actor_system,  ///< zero or a group address: nobody's system ID
  tlv_overrun        ///< version 2 on: a TLV shorter than its own header, or past the end
};
inline constexpr std::size_t kLacpduErrors = 7;
std::string_view lacpdu_error_name(LacpduError error);

/// `pdu` starts at the subtype; what lies behind the PDU is ignored.
std::expected<Lacpdu, LacpduError> parse_lacpdu(ByteView pdu);
/// The whole frame, 124 bytes. `source` is the MAC of the sending port, not the system's.
Bytes build_lacpdu(const MacAddress& source, const Lacpdu& pdu);

}  // namespace ebond::wire
