#include "wire/icmp_echo.h"

#include "wire/checksum.h"
#include "wire/ip_header.h"

namespace ebond::wire {
namespace {

/// The two ICMP types of one family.
struct EchoTypes {
  std::uint8_t request;
  std::uint8_t reply;
};
constexpr EchoTypes kIcmp{.request = 8, .reply = 0};
constexpr EchoTypes kIcmpv6{.request = 128, .reply = 129};
constexpr std::size_t kChecksumOffset = 2;
constexpr std::uint8_t kHopLimit = 64;

std::optional<Echo> parse_message(ByteView message, EchoTypes types) {
  Reader in(message);
  const std::uint8_t type = in.u8();
  const std::uint8_t code = in.u8();
  in.skip(2);
  Echo echo;
  echo.reply = type == types.reply;
  echo.identifier = in.u16();
  echo.sequence = in.u16();
  if (!in.ok() || code != 0 || (type != types.request && type != types.reply)) return std::nullopt;
  const ByteView data = in.take(in.left());
  echo.data.assign(data.begin(), data.end());
  return echo;
}

/// `sum` already holds the pseudo-header if there is one.
Bytes message_of(const Echo& echo, EchoTypes types, InternetChecksum sum) {
  Writer out;
  out.u8(echo.reply ? types.reply : types.request).u8(0).u16(0);
  out.u16(echo.identifier).u16(echo.sequence).bytes(echo.data);
  Bytes message = std::move(out).finish();
  store_checksum(message, kChecksumOffset, sum.add(message).value());
  return message;
}

Writer begin_frame(const LinkAddresses& link, std::uint16_t ethertype) {
  Writer out;
  write_ethernet(
      out,
      {.destination = link.destination, .source = link.source, .tags = link.tags, .ethertype = ethertype});
  return out;
}

}  // namespace

std::optional<EchoPacket4> parse_echo4(ByteView ipv4) {
  const auto packet = parse_ipv4_packet(ipv4);
  if (!packet || packet->header.protocol != ip_protocol::kIcmp) return std::nullopt;
  if (InternetChecksum().add(packet->payload).value() != 0) return std::nullopt;
  auto echo = parse_message(packet->payload, kIcmp);
  if (!echo) return std::nullopt;
  return EchoPacket4{packet->header.source, packet->header.destination, *std::move(echo)};
}

std::optional<EchoPacket6> parse_echo6(ByteView ipv6) {
  const auto packet = parse_ipv6_packet(ipv6);
  if (!packet || packet->header.next_header != ip_protocol::kIcmpv6) return std::nullopt;
  InternetChecksum sum;
  sum.add_ipv6_pseudo_header(packet->header.source, packet->header.destination, packet->payload.size(),
                             ip_protocol::kIcmpv6);
  if (sum.add(packet->payload).value() != 0) return std::nullopt;
  auto echo = parse_message(packet->payload, kIcmpv6);
  if (!echo) return std::nullopt;
  return EchoPacket6{packet->header.source, packet->header.destination, *std::move(echo)};
}

Bytes build_echo(const LinkAddresses& link, const EchoPacket4& packet) {
  Writer out = begin_frame(link, ethertype::kIpv4);
  write_ipv4(out,
             {.ttl = kHopLimit,
              .protocol = ip_protocol::kIcmp,
              .source = packet.source,
              .destination = packet.destination},
             message_of(packet.echo, kIcmp, {}));
  return std::move(out).finish();
}

Bytes build_echo(const LinkAddresses& link, const EchoPacket6& packet) {
  constexpr std::size_t kFixedSize = 8;
  InternetChecksum sum;
  sum.add_ipv6_pseudo_header(packet.source, packet.destination, kFixedSize + packet.echo.data.size(),
                             ip_protocol::kIcmpv6);
  Writer out = begin_frame(link, ethertype::kIpv6);
  write_ipv6(out,
             {.next_header = ip_protocol::kIcmpv6,
              .hop_limit = kHopLimit,
              .source = packet.source,
              .destination = packet.destination},
             message_of(packet.echo, kIcmpv6, sum));
  return std::move(out).finish();
}

}  // namespace ebond::wire
