// ICMP and ICMPv6 echo (RFC 792, RFC 4443 4): the ping of the path monitor, parse and build.
// One type for both families. Decides nothing: whether a reply proves a path is core's.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::wire {

struct Echo {
  bool reply = false;
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  Bytes data;
  bool operator==(const Echo&) const = default;
};

template <class Address>
struct EchoPacket {
  Address source{};
  Address destination{};
  Echo echo;
  bool operator==(const EchoPacket&) const = default;
};
using EchoPacket4 = EchoPacket<Ipv4Address>;
using EchoPacket6 = EchoPacket<Ipv6Address>;

/// Read the payload of an IPv4 or IPv6 frame. Nothing unless it is an echo with right lengths and checksums.
std::optional<EchoPacket4> parse_echo4(ByteView ipv4);
std::optional<EchoPacket6> parse_echo6(ByteView ipv6);

/// The whole frame, unpadded, TTL or hop limit 64. `data` is at most 1400 bytes in any sane probe.
Bytes build_echo(const LinkAddresses& link, const EchoPacket4& packet);
Bytes build_echo(const LinkAddresses& link, const EchoPacket6& packet);

}  // namespace ebond::wire
