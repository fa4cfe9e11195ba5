// UDP datagrams (RFC 768) in IPv4 and IPv6 packets, parse and build; as BFD needs them.
// Used by core/bfd. Knows no socket, no port and no payload.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/ip_address.h"

namespace ebond::wire {

/// Source and destination are of one family.
struct UdpHeader {
  IpAddress source{};
  IpAddress destination{};
  std::uint8_t ttl = 64;  ///< hop limit in IPv6
  std::uint8_t tos = 0;   ///< traffic class in IPv6
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  bool operator==(const UdpHeader&) const = default;
};
struct UdpDatagram {
  UdpHeader header;
  ByteView payload;  ///< as long as the UDP length says
};

/// Of an IPv4 or IPv6 frame. Nothing unless lengths and checksums are right and it is not a fragment; IPv4
/// may leave the UDP checksum out. One that is only begun, over the pseudo-header, counts as right: that is
/// how a frame looks whose sender left it to a NIC there is none of, as between virtual machines.
std::optional<UdpDatagram> parse_udp(const EthernetFrame& frame);
/// The whole frame, unpadded, checksum filled in. The ethertype is made from the addresses.
Bytes build_udp(const MacAddress& destination, const MacAddress& source, const VlanTags& tags,
                const UdpHeader& header, ByteView payload);

}  // namespace ebond::wire
