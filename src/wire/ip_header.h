// IPv4 (RFC 791) and IPv6 (RFC 8200) packets as probes need them: one plain header and its payload.
// Used by icmp_echo and nd. Fragments and IPv6 extension headers are not followed: no probe of ours has them.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/bytes.h"
#include "wire/ip_address.h"

namespace ebond::wire {

namespace ip_protocol {
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIcmpv6 = 58;
}  // namespace ip_protocol

struct Ipv4Header {
  std::uint8_t tos = 0;
  std::uint16_t identification = 0;
  std::uint8_t ttl = 64;
  std::uint8_t protocol = 0;
  Ipv4Address source{};
  Ipv4Address destination{};
  bool operator==(const Ipv4Header&) const = default;
};
struct Ipv4Packet {
  Ipv4Header header;
  ByteView payload;  ///< as long as the total length says; Ethernet padding cut off
};
/// Nothing unless version, lengths and header checksum are right and it is not a fragment. Options are
/// skipped.
std::optional<Ipv4Packet> parse_ipv4_packet(ByteView bytes);
/// Twenty bytes, checksum filled in, don't-fragment set. `payload` is at most 65515 bytes.
void write_ipv4(Writer& out, const Ipv4Header& header, ByteView payload);

struct Ipv6Header {
  std::uint8_t traffic_class = 0;
  std::uint8_t next_header = 0;
  std::uint8_t hop_limit = 255;
  Ipv6Address source{};
  Ipv6Address destination{};
  bool operator==(const Ipv6Header&) const = default;
};
struct Ipv6Packet {
  Ipv6Header header;
  ByteView payload;  ///< as long as the payload length says
};
/// Nothing unless version and lengths are right.
std::optional<Ipv6Packet> parse_ipv6_packet(ByteView bytes);
/// Forty bytes, flow label 0. `payload` is at most 65535 bytes.
void write_ipv6(Writer& out, const Ipv6Header& header, ByteView payload);

}  // namespace ebond::wire
