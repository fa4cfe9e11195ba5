// ARP for IPv4 over Ethernet (RFC 826): requests, replies and announcements, parse and build.
// Used for gratuitous ARP after a failover, by the ARP monitor and by balance-alb. Decides nothing: who is
// asked, and whether an answer counts, is core's.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::wire {

struct ArpPacket {
  enum class Operation : std::uint16_t { request = 1, reply = 2 } operation = Operation::request;
  MacAddress sender_mac;
  Ipv4Address sender_ip{};
  MacAddress target_mac;
  Ipv4Address target_ip{};
  bool operator==(const ArpPacket&) const = default;
};

/// Reads the payload of an ARP frame (padding may follow). Nothing for other hardware or protocol types,
/// other operations, or too few bytes.
std::optional<ArpPacket> parse_arp(ByteView payload);

/// The whole frame, unpadded, as the kernel hands it to a driver: 42 bytes and 4 per tag.
Bytes build_arp(const MacAddress& destination, const MacAddress& source, const VlanTags& tags,
                const ArpPacket& packet);

/// What Linux broadcasts to say where an address lives (RFC 5944 4.6, request form): sender and target IP
/// the same, target MAC zero.
Bytes gratuitous_arp(const MacAddress& mac, const Ipv4Address& address, const VlanTags& tags = {});

/// A broadcast "who has `target`?", as the ARP monitor sends it. `sender_ip` 0.0.0.0 makes it an RFC 5227
/// probe.
Bytes arp_request(const MacAddress& mac, const Ipv4Address& sender_ip, const Ipv4Address& target,
                  const VlanTags& tags = {});

}  // namespace ebond::wire
