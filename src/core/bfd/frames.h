// BFD control packets in their frames: RFC 5881 for a path to a neighbour, RFC 7130 for a member of a LAG.
// Everything below the packet that can be checked without a session is checked here.
#pragma once

#include <cstdint>
#include <optional>

#include "core/types.h"
#include "wire/bfd.h"
#include "wire/ethernet.h"
#include "wire/ip_address.h"

namespace ebond::core::bfd {

inline constexpr std::uint16_t kSingleHopPort = 3784;  ///< RFC 5881 4
inline constexpr std::uint16_t kMemberPort = 6784;     ///< RFC 7130 2.2

/// Between whom, and on which port.
struct Ends {
  wire::IpAddress ours{};
  wire::IpAddress theirs{};
  std::uint16_t port = kSingleHopPort;
  std::uint16_t source_port = 49152;  ///< 49152..65535, RFC 5881 4
};

/// What `frame` says, where it is a valid packet from `ends.theirs` to `ends.ours` and port: TTL 255, as
/// nothing that was routed has (RFC 5881 5), and whatever parse_bfd asks for.
std::optional<wire::BfdControl> read_frame(const wire::EthernetFrame& frame, const Ends& ends);
/// TTL 255, class CS6 as routing protocols.
wire::Bytes make_frame(const MacAddress& to, const MacAddress& from, const wire::VlanTags& tags,
                       const Ends& ends, const wire::BfdControl& packet);
/// Of the range RFC 5881 4 gives.
std::uint16_t source_port_for(std::uint64_t seed);

}  // namespace ebond::core::bfd
