#include "wire/nd.h"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/checksum.h"
#include "wire/ip_header.h"

namespace ebond::wire {
namespace {

constexpr std::uint8_t kHopLimit = 255;
constexpr std::uint8_t kSourceLinkLayer = 1;
constexpr std::uint8_t kTargetLinkLayer = 2;
constexpr std::size_t kOptionUnit = 8;  // option lengths count in these
constexpr std::size_t kChecksumOffset = 2;
constexpr std::uint8_t kRouterFlag = 0x80;
constexpr std::uint8_t kSolicitedFlag = 0x40;
constexpr std::uint8_t kOverrideFlag = 0x20;

using Kind = NeighborMessage::Kind;

bool is_multicast(const Ipv6Address& address) {
  return address[0] == 0xff;
}
bool is_solicited_node(const Ipv6Address& address) {
  return address == solicited_node_group(address);
}

Bytes icmp_of(const NeighborMessage& message) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(message.kind)).u8(0).u16(0);
  out.u8(static_cast<std::uint8_t>((message.router ? kRouterFlag : 0) |
                                   (message.solicited ? kSolicitedFlag : 0) |
                                   (message.override_entry ? kOverrideFlag : 0)));
  out.zeros(3).bytes(message.target);
  if (message.mac) {
    out.u8(message.kind == Kind::solicitation ? kSourceLinkLayer : kTargetLinkLayer).u8(1).mac(*message.mac);
  }
  Bytes icmp = std::move(out).finish();
  InternetChecksum sum;
  sum.add_ipv6_pseudo_header(message.source, message.destination, icmp.size(), ip_protocol::kIcmpv6)
      .add(icmp);
  store_checksum(icmp, kChecksumOffset, sum.value());
  return icmp;
}

Bytes frame_of(const LinkAddresses& link, const NeighborMessage& message) {
  Writer out;
  write_ethernet(out, {.destination = link.destination,
                       .source = link.source,
                       .tags = link.tags,
                       .ethertype = ethertype::kIpv6});
  write_ipv6(out,
             {.traffic_class = 0,
              .next_header = ip_protocol::kIcmpv6,
              .hop_limit = kHopLimit,
              .source = message.source,
              .destination = message.destination},
             icmp_of(message));
  return std::move(out).finish();
}

Bytes multicast_frame(const MacAddress& mac, const VlanTags& tags, const NeighborMessage& message) {
  return frame_of({.destination = multicast_mac(message.destination), .source = mac, .tags = tags}, message);
}

/// Every option must have a length; the link-layer address of `wanted` type lands in `mac`.
bool read_options(Reader& in, std::uint8_t wanted, std::optional<MacAddress>& mac) {
  while (in.ok() && in.left() > 0) {
    const std::uint8_t type = in.u8();
    const std::size_t size = in.u8() * kOptionUnit;
    if (size == 0) return false;
    const ByteView body = in.take(size - 2);
    if (in.ok() && type == wanted && size == kOptionUnit) mac = MacAddress::from_bytes(body.first<6>());
  }
  return in.ok();
}

bool addresses_fit(const NeighborMessage& message) {
  if (is_multicast(message.target) || is_multicast(message.source)) return false;
  if (message.kind == Kind::advertisement) return !(is_multicast(message.destination) && message.solicited);
  const bool from_nobody = message.source == Ipv6Address{};
  return !from_nobody || (is_solicited_node(message.destination) && !message.mac);
}

}  // namespace

std::optional<NeighborMessage> parse_neighbor_message(ByteView ipv6) {
  const auto packet = parse_ipv6_packet(ipv6);
  if (!packet || packet->header.next_header != ip_protocol::kIcmpv6) return std::nullopt;
  if (packet->header.hop_limit != kHopLimit) return std::nullopt;
  InternetChecksum sum;
  sum.add_ipv6_pseudo_header(packet->header.source, packet->header.destination, packet->payload.size(),
                             ip_protocol::kIcmpv6);
  if (sum.add(packet->payload).value() != 0) return std::nullopt;

  Reader in(packet->payload);
  NeighborMessage message;
  const std::uint8_t type = in.u8();
  const bool is_advertisement = type == std::to_underlying(Kind::advertisement);
  if (!is_advertisement && type != std::to_underlying(Kind::solicitation)) return std::nullopt;
  message.kind = is_advertisement ? Kind::advertisement : Kind::solicitation;
  const std::uint8_t code = in.u8();
  in.skip(2);
  const std::uint8_t flags = is_advertisement ? in.u8() : (in.skip(1), std::uint8_t{0});
  in.skip(3);
  message.source = packet->header.source;
  message.destination = packet->header.destination;
  std::ranges::copy(in.take(message.target.size()), message.target.begin());
  message.router = (flags & kRouterFlag) != 0;
  message.solicited = (flags & kSolicitedFlag) != 0;
  message.override_entry = (flags & kOverrideFlag) != 0;
  const auto wanted = is_advertisement ? kTargetLinkLayer : kSourceLinkLayer;
  if (code != 0 || !in.ok() || !read_options(in, wanted, message.mac)) return std::nullopt;
  if (!addresses_fit(message)) return std::nullopt;
  return message;
}

Bytes unsolicited_na(const MacAddress& mac, const Ipv6Address& address, bool router, const VlanTags& tags) {
  return multicast_frame(mac, tags,
                         {.kind = Kind::advertisement,
                          .source = address,
                          .destination = kAllNodes,
                          .target = address,
                          .router = router,
                          .solicited = false,
                          .override_entry = true,
                          .mac = mac});
}

Bytes solicited_na(const LinkAddresses& link, const Ipv6Address& address, const Ipv6Address& to) {
  return frame_of(link, {.kind = Kind::advertisement,
                         .source = address,
                         .destination = to,
                         .target = address,
                         .router = true,
                         .solicited = true,
                         .override_entry = true,
                         .mac = link.source});
}

Bytes neighbor_solicitation(const MacAddress& mac, const Ipv6Address& source, const Ipv6Address& target,
                            const VlanTags& tags) {
  NeighborMessage message{.kind = Kind::solicitation,
                          .source = source,
                          .destination = solicited_node_group(target),
                          .target = target,
                          .mac = std::nullopt};
  if (source != Ipv6Address{}) message.mac = mac;
  return multicast_frame(mac, tags, message);
}

Ipv6Address solicited_node_group(const Ipv6Address& address) {
  return {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff, address[13], address[14], address[15]};
}

MacAddress multicast_mac(const Ipv6Address& group) {
  return MacAddress({0x33, 0x33, group[12], group[13], group[14], group[15]});
}

}  // namespace ebond::wire
