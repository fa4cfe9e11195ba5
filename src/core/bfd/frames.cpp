#include "core/bfd/frames.h"

#include "wire/udp.h"

namespace ebond::core::bfd {
namespace {

constexpr std::uint8_t kTtl = 255;
constexpr std::uint8_t kNetworkControl = 0xc0;  // CS6, RFC 4594
constexpr std::uint16_t kFirstSourcePort = 49152;

}  // namespace

std::optional<wire::BfdControl> read_frame(const wire::EthernetFrame& frame, const Ends& ends) {
  const auto datagram = wire::parse_udp(frame);
  if (!datagram) return std::nullopt;
  const auto& header = datagram->header;
  if (header.ttl != kTtl || header.destination_port != ends.port) return std::nullopt;
  if (header.source != ends.theirs || header.destination != ends.ours) return std::nullopt;
  const auto packet = wire::parse_bfd(datagram->payload);
  return packet ? std::optional(*packet) : std::nullopt;
}

wire::Bytes make_frame(const MacAddress& to, const MacAddress& from, const wire::VlanTags& tags,
                       const Ends& ends, const wire::BfdControl& packet) {
  return wire::build_udp(to, from, tags,
                         {.source = ends.ours,
                          .destination = ends.theirs,
                          .ttl = kTtl,
                          .tos = kNetworkControl,
                          .source_port = ends.source_port,
                          .destination_port = ends.port},
                         wire::build_bfd(packet));
}

std::uint16_t source_port_for(std::uint64_t seed) {
  return static_cast<std::uint16_t>(kFirstSourcePort + seed % (65536 - kFirstSourcePort));
}

}  // namespace ebond::core::bfd
