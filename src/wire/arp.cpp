#include "wire/arp.h"

#include <algorithm>

namespace ebond::wire {
namespace {

constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint8_t kMacLength = 6;
constexpr std::uint8_t kIpv4Length = 4;

Ipv4Address read_ipv4(Reader& in) {
  Ipv4Address address{};
  std::ranges::copy(in.take(address.size()), address.begin());
  return address;
}

}  // namespace

std::optional<ArpPacket> parse_arp(ByteView payload) {
  Reader in(payload);
  const bool ethernet = in.u16() == kHardwareEthernet;
  const bool ipv4 = in.u16() == ethertype::kIpv4;
  const bool lengths = in.u8() == kMacLength && in.u8() == kIpv4Length;
  if (!ethernet || !ipv4 || !lengths) return std::nullopt;
  const std::uint16_t operation = in.u16();
  ArpPacket packet;
  packet.operation = ArpPacket::Operation{operation};
  packet.sender_mac = in.mac();
  packet.sender_ip = read_ipv4(in);
  packet.target_mac = in.mac();
  packet.target_ip = read_ipv4(in);
  const bool known =
      packet.operation == ArpPacket::Operation::request || packet.operation == ArpPacket::Operation::reply;
  if (!in.ok() || !known) return std::nullopt;
  return packet;
}

Bytes build_arp(const MacAddress& destination, const MacAddress& source, const VlanTags& tags,
                const ArpPacket& packet) {
  Writer out;
  write_ethernet(out,
                 {.destination = destination, .source = source, .tags = tags, .ethertype = ethertype::kArp});
  out.u16(kHardwareEthernet).u16(ethertype::kIpv4).u8(kMacLength).u8(kIpv4Length);
  out.u16(static_cast<std::uint16_t>(packet.operation));
  out.mac(packet.sender_mac).bytes(packet.sender_ip).mac(packet.target_mac).bytes(packet.target_ip);
  return std::move(out).finish();
}

Bytes gratuitous_arp(const MacAddress& mac, const Ipv4Address& address, const VlanTags& tags) {
  return arp_request(mac, address, address, tags);
}

Bytes arp_request(const MacAddress& mac, const Ipv4Address& sender_ip, const Ipv4Address& target,
                  const VlanTags& tags) {
  return build_arp(MacAddress::broadcast(), mac, tags,
                   {.operation = ArpPacket::Operation::request,
                    .sender_mac = mac,
                    .sender_ip = sender_ip,
                    .target_mac = {},
                    .target_ip = target});
}

}  // namespace ebond::wire
