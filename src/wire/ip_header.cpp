#include "wire/ip_header.h"

#include <algorithm>

#include "wire/checksum.h"

namespace ebond::wire {
namespace {

constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kIpv4ChecksumOffset = 10;
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kFragmentBits = 0x3fff;  // more-fragments and the offset

template <class Address>
Address read_address(Reader& in) {
  Address address{};
  std::ranges::copy(in.take(address.size()), address.begin());
  return address;
}

}  // namespace

std::optional<Ipv4Packet> parse_ipv4_packet(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t header_size = static_cast<std::size_t>(bytes[0] & 0x0f) * 4;
  if (bytes[0] >> 4 != 4 || header_size < kIpv4HeaderSize || header_size > bytes.size()) return std::nullopt;
  if (InternetChecksum().add(bytes.first(header_size)).value() != 0) return std::nullopt;

  Reader in(bytes);
  Ipv4Packet packet;
  in.skip(1);
  packet.header.tos = in.u8();
  const std::size_t total = in.u16();
  packet.header.identification = in.u16();
  const bool fragment = (in.u16() & kFragmentBits) != 0;
  packet.header.ttl = in.u8();
  packet.header.protocol = in.u8();
  in.skip(2);
  packet.header.source = read_address<Ipv4Address>(in);
  packet.header.destination = read_address<Ipv4Address>(in);
  if (!in.ok() || fragment || total < header_size || total > bytes.size()) return std::nullopt;
  packet.payload = bytes.subspan(header_size, total - header_size);
  return packet;
}

void write_ipv4(Writer& out, const Ipv4Header& header, ByteView payload) {
  Writer own;
  own.u8(0x45).u8(header.tos).u16(static_cast<std::uint16_t>(kIpv4HeaderSize + payload.size()));
  own.u16(header.identification).u16(kDontFragment).u8(header.ttl).u8(header.protocol).u16(0);
  own.bytes(header.source).bytes(header.destination);
  Bytes bytes = std::move(own).finish();
  store_checksum(bytes, kIpv4ChecksumOffset, InternetChecksum().add(bytes).value());
  out.bytes(bytes).bytes(payload);
}

std::optional<Ipv6Packet> parse_ipv6_packet(ByteView bytes) {
  Reader in(bytes);
  const std::uint32_t first = in.u32();
  const std::size_t length = in.u16();
  Ipv6Packet packet;
  packet.header.traffic_class = static_cast<std::uint8_t>(first >> 20 & 0xff);
  packet.header.next_header = in.u8();
  packet.header.hop_limit = in.u8();
  packet.header.source = read_address<Ipv6Address>(in);
  packet.header.destination = read_address<Ipv6Address>(in);
  if (!in.ok() || first >> 28 != 6 || length > in.left()) return std::nullopt;
  packet.payload = in.take(length);
  return packet;
}

void write_ipv6(Writer& out, const Ipv6Header& header, ByteView payload) {
  out.u32(0x60000000U | static_cast<std::uint32_t>(header.traffic_class) << 20);
  out.u16(static_cast<std::uint16_t>(payload.size())).u8(header.next_header).u8(header.hop_limit);
  out.bytes(header.source).bytes(header.destination).bytes(payload);
}

}  // namespace ebond::wire
