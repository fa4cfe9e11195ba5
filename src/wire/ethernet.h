// Ethernet II headers with 802.1Q and 802.1ad tags.
// Used by every frame wire/ builds or reads. Knows no payload; frames carry no FCS, as on a packet socket.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "wire/bytes.h"
#include "wire/mac_address.h"

namespace ebond::wire {

namespace ethertype {
inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kArp = 0x0806;
inline constexpr std::uint16_t kRarp = 0x8035;
inline constexpr std::uint16_t kVlan = 0x8100;  // IEEE 802.1Q C-tag
inline constexpr std::uint16_t kIpv6 = 0x86dd;
inline constexpr std::uint16_t kServiceVlan = 0x88a8;  // IEEE 802.1ad S-tag
inline constexpr std::uint16_t kLoopback = 0x9000;     // Ethernet configuration testing
}  // namespace ethertype

struct VlanTag {
  std::uint16_t protocol = ethertype::kVlan;  ///< TPID
  std::uint8_t priority = 0;                  ///< PCP, 0..7
  bool drop_eligible = false;                 ///< DEI
  std::uint16_t id = 0;                       ///< VID, 0..4095
  auto operator<=>(const VlanTag&) const = default;
};
using VlanTags = std::vector<VlanTag>;  // outermost first

struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  VlanTags tags;
  std::uint16_t ethertype = 0;  ///< of the payload, behind the tags
  bool operator==(const EthernetHeader&) const = default;
};

/// Whence and whither on the link.
struct LinkAddresses {
  MacAddress destination;
  MacAddress source;
  VlanTags tags;
};

struct EthernetFrame {
  EthernetHeader header;
  ByteView payload;  ///< of the parsed bytes, padding included
};

/// More tags than this are taken for garbage.
inline constexpr std::size_t kMaxVlanTags = 8;
/// What a frame without FCS is padded to (IEEE 802.3 minFrameSize less 4).
inline constexpr std::size_t kMinFrameSize = 60;

/// Nothing if the bytes end inside the header or its tags, or if the type field is an 802.3 length.
std::optional<EthernetFrame> parse_ethernet(ByteView frame);
void write_ethernet(Writer& out, const EthernetHeader& header);

}  // namespace ebond::wire
