#include "wire/udp.h"

#include <variant>

#include "wire/checksum.h"
#include "wire/ip_header.h"

namespace ebond::wire {
namespace {

constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kChecksumOffset = 6;

/// RFC 768; for IPv6 RFC 8200 8.1.
InternetChecksum pseudo_header(const IpAddress& source, const IpAddress& destination, std::size_t length) {
  InternetChecksum sum;
  if (const auto* v6 = std::get_if<Ipv6Address>(&source)) {
    sum.add_ipv6_pseudo_header(*v6, std::get<Ipv6Address>(destination), length, ip_protocol::kUdp);
  } else {
    Writer out;
    out.bytes(std::get<Ipv4Address>(source)).bytes(std::get<Ipv4Address>(destination));
    out.u8(0).u8(ip_protocol::kUdp).u16(static_cast<std::uint16_t>(length));
    sum.add(std::move(out).finish());
  }
  return sum;
}

std::optional<UdpDatagram> parse_datagram(UdpHeader header, ByteView bytes) {
  Reader in(bytes);
  header.source_port = in.u16();
  header.destination_port = in.u16();
  const std::size_t length = in.u16();
  const std::uint16_t checksum = in.u16();
  if (!in.ok() || length < kHeaderSize || length > bytes.size()) return std::nullopt;
  const bool is_left_out = checksum == 0 && std::holds_alternative<Ipv4Address>(header.source);
  auto sum = pseudo_header(header.source, header.destination, length);
  const auto begun = static_cast<std::uint16_t>(~sum.value());
  if (!is_left_out && checksum != begun) {
    if (checksum == 0 || sum.add(bytes.first(length)).value() != 0) return std::nullopt;
  }
  return UdpDatagram{header, in.take(length - kHeaderSize)};
}

}  // namespace

std::optional<UdpDatagram> parse_udp(const EthernetFrame& frame) {
  if (frame.header.ethertype == ethertype::kIpv4) {
    const auto packet = parse_ipv4_packet(frame.payload);
    if (!packet || packet->header.protocol != ip_protocol::kUdp) return std::nullopt;
    return parse_datagram({.source = packet->header.source,
                           .destination = packet->header.destination,
                           .ttl = packet->header.ttl,
                           .tos = packet->header.tos},
                          packet->payload);
  }
  if (frame.header.ethertype == ethertype::kIpv6) {
    const auto packet = parse_ipv6_packet(frame.payload);
    if (!packet || packet->header.next_header != ip_protocol::kUdp) return std::nullopt;
    return parse_datagram({.source = packet->header.source,
                           .destination = packet->header.destination,
                           .ttl = packet->header.hop_limit,
                           .tos = packet->header.traffic_class},
                          packet->payload);
  }
  return std::nullopt;
}

Bytes build_udp(const MacAddress& destination, const MacAddress& source, const VlanTags& tags,
                const UdpHeader& header, ByteView payload) {
  const std::size_t length = kHeaderSize + payload.size();
  Writer datagram;
  datagram.u16(header.source_port).u16(header.destination_port).u16(static_cast<std::uint16_t>(length));
  datagram.u16(0).bytes(payload);
  Bytes message = std::move(datagram).finish();
  const auto sum = pseudo_header(header.source, header.destination, length).add(message).value();
  store_checksum(message, kChecksumOffset, sum == 0 ? 0xffff : sum);

  const auto* const v4 = std::get_if<Ipv4Address>(&header.source);
  Writer out;
  write_ethernet(out, {.destination = destination,
                       .source = source,
                       .tags = tags,
                       .ethertype = v4 ? ethertype::kIpv4 : ethertype::kIpv6});
  if (v4) {
    write_ipv4(out,
               {.tos = header.tos,
                .ttl = header.ttl,
                .protocol = ip_protocol::kUdp,
                .source = *v4,
                .destination = std::get<Ipv4Address>(header.destination)},
               message);
  } else {
    write_ipv6(out,
               {.traffic_class = header.tos,
                .next_header = ip_protocol::kUdp,
                .hop_limit = header.ttl,
                .source = std::get<Ipv6Address>(header.source),
                .destination = std::get<Ipv6Address>(header.destination)},
               message);
  }
  return std::move(out).finish();
}

}  // namespace ebond::wire
