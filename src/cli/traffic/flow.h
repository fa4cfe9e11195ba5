// A flow as people and frames tell of it: who talks to whom, by which protocol, and what the link adds. Made
// of a frame, made into one, and written as `ebond flow` takes it. Pure values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/ip_address.h"

namespace ebond::cli::traffic {

using wire::IpAddress;
using wire::MacAddress;

// IANA's protocol numbers.
inline constexpr std::uint8_t kIcmp = 1, kIpip = 4, kTcp = 6, kUdp = 17, kDccp = 33, kIpv6InIp = 41,
                              kGre = 47, kEsp = 50, kAh = 51, kIcmpv6 = 58, kSctp = 132, kUdplite = 136;

/// "tcp", "icmp", …; a number if it has no name here.
std::string protocol_name(std::uint8_t protocol);
/// Of a name or a number. `is_ipv6` decides which "icmp" and which "ipip" is meant.
std::optional<std::uint8_t> protocol_of(std::string_view name, bool is_ipv6);
bool has_ports(std::uint8_t protocol);

/// One IP header and what the hash looks at behind it.
struct Packet {
  std::uint8_t protocol = 0;
  IpAddress source{}, destination{};  ///< of one family
  std::uint16_t source_port = 0, destination_port = 0;
  std::uint8_t icmp_type = 0;
  std::uint16_t icmp_id = 0;
  std::uint32_t spi = 0;  ///< of ESP and AH
  bool is_ipv6() const { return destination.index() == 1; }
  bool operator==(const Packet&) const = default;
};

struct Flow {
  std::vector<Packet> packets{};  ///< the outermost first; more than one in a tunnel; none: it is not IP
  std::uint16_t ethertype = 0;    ///< of what is not IP
  std::optional<MacAddress> source_mac{}, destination_mac{};  ///< none: not said
  std::optional<std::uint16_t> vlan{};                        ///< none: untagged
  bool operator==(const Flow&) const = default;
};

/// "tcp 192.0.2.1:40000 > 192.0.2.2:443", "gre 192.0.2.1 > 192.0.2.2 / icmp 198.51.100.1 > 198.51.100.2 id 3
/// vlan 10". MACs only of what is not IP.
std::string to_string(const Flow& flow);

/// A frame of the flow, as short as it may be. MACs that are not said are zero.
wire::Bytes frame_of(const Flow& flow);
/// The flow of a frame, which may be cut short; a later fragment has no ports. Nothing if it is no Ethernet
/// II frame.
std::optional<Flow> flow_of(wire::ByteView frame);

}  // namespace ebond::cli::traffic
