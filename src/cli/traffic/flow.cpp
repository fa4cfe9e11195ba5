#include "cli/traffic/flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "wire/ip_header.h"

namespace ebond::cli::traffic {
namespace {

constexpr std::uint8_t kEchoRequest = 8, kEchoReply = 0, kEchoRequest6 = 128, kEchoReply6 = 129;
constexpr std::size_t kDeepest = 4;  // tunnels in one another

constexpr auto kProtocolNames = std::to_array<std::pair<std::uint8_t, std::string_view>>({
    {kTcp, "tcp"},
    {kUdp, "udp"},
    {kIcmp, "icmp"},
    {kIcmpv6, "icmp"},
    {kSctp, "sctp"},
    {kDccp, "dccp"},
    {kUdplite, "udplite"},
    {kEsp, "esp"},
    {kAh, "ah"},
    {kGre, "gre"},
    {kIpip, "ipip"},
    {kIpv6InIp, "ipip"},
});

bool is_icmp(std::uint8_t protocol) {
  return protocol == kIcmp || protocol == kIcmpv6;
}
bool is_ipsec(std::uint8_t protocol) {
  return protocol == kEsp || protocol == kAh;
}

wire::Bytes bytes_of_packet(std::span<const Packet> packets);

void write_payload(wire::Writer& out, std::span<const Packet> packets) {
  constexpr std::size_t kPadding = 16;
  const auto& packet = packets.front();
  if (has_ports(packet.protocol)) {
    out.u16(packet.source_port).u16(packet.destination_port);
    if (packet.protocol == kUdp || packet.protocol == kUdplite) out.u16(kPadding);
  } else if (is_icmp(packet.protocol)) {
    out.u8(packet.icmp_type).u8(0).u16(0).u16(packet.icmp_id);
  } else if (packet.protocol == kEsp) {
    out.u32(packet.spi);
  } else if (packet.protocol == kAh) {
    out.u32(0).u32(packet.spi);
  } else if (packet.protocol == kGre) {
    const bool holds_ipv6 = packets.size() > 1 && packets[1].is_ipv6();
    out.u16(0).u16(holds_ipv6 ? wire::ethertype::kIpv6 : wire::ethertype::kIpv4);
  }
  if (packets.size() > 1) out.bytes(bytes_of_packet(packets.subspan(1)));
  out.zeros(kPadding);
}

wire::Bytes bytes_of_packet(std::span<const Packet> packets) {
  const auto& packet = packets.front();
  wire::Writer payload, out;
  write_payload(payload, packets);
  if (packet.is_ipv6()) {
    wire::write_ipv6(out,
                     {.next_header = packet.protocol,
                      .source = std::get<wire::Ipv6Address>(packet.source),
                      .destination = std::get<wire::Ipv6Address>(packet.destination)},
                     std::move(payload).finish());
  } else {
    wire::write_ipv4(out,
                     {.protocol = packet.protocol,
                      .source = std::get<wire::Ipv4Address>(packet.source),
                      .destination = std::get<wire::Ipv4Address>(packet.destination)},
                     std::move(payload).finish());
  }
  return std::move(out).finish();
}

/// Behind an IP header: what tells flows apart, and the ethertype of a packet within; 0: there is none.
std::uint16_t read_payload(wire::Reader& in, Packet& packet) {
  if (has_ports(packet.protocol)) {
    packet.source_port = in.u16();
    packet.destination_port = in.u16();
  } else if (is_icmp(packet.protocol)) {
    packet.icmp_type = in.u8();
    in.skip(3);
    const auto id = in.u16();
    const bool is_echo = packet.protocol == kIcmp
                             ? packet.icmp_type == kEchoRequest || packet.icmp_type == kEchoReply
                             : packet.icmp_type == kEchoRequest6 || packet.icmp_type == kEchoReply6;
    if (is_echo) packet.icmp_id = id;
  } else if (is_ipsec(packet.protocol)) {
    if (packet.protocol == kAh) in.skip(4);
    packet.spi = in.u32();
  } else if (packet.protocol == kGre) {
    const auto flags = in.u16();
    const auto protocol = in.u16();
    const bool is_plain =
        flags == 0 && (protocol == wire::ethertype::kIpv4 || protocol == wire::ethertype::kIpv6);
    return is_plain ? protocol : 0;
  } else if (packet.protocol == kIpip) {
    return wire::ethertype::kIpv4;
  } else if (packet.protocol == kIpv6InIp) {
    return wire::ethertype::kIpv6;
  }
  return 0;
}

wire::Ipv4Address ipv4_in(wire::Reader& in) {
  wire::Ipv4Address address{};
  std::ranges::copy(in.take(address.size()), address.begin());
  return address;
}
wire::Ipv6Address ipv6_in(wire::Reader& in) {
  wire::Ipv6Address address{};
  std::ranges::copy(in.take(address.size()), address.begin());
  return address;
}

/// One packet, and the ethertype of what it holds. Nothing if it ends within its header.
std::optional<std::pair<Packet, std::uint16_t>> read_packet(wire::Reader& in, bool is_ipv6) {
  Packet packet;
  bool is_later_fragment = false;
  if (is_ipv6) {
    in.skip(6);
    packet.protocol = in.u8();
    in.skip(1);
    packet.source = ipv6_in(in);
    packet.destination = ipv6_in(in);
  } else {
    constexpr std::size_t kPlain = 20;
    constexpr std::uint16_t kOffset = 0x1fff;
    const std::size_t length = static_cast<std::size_t>(in.u8() & 0x0f) * 4;
    in.skip(5);
    is_later_fragment = (in.u16() & kOffset) != 0;
    in.skip(1);
    packet.protocol = in.u8();
    in.skip(2);
    packet.source = ipv4_in(in);
    packet.destination = ipv4_in(in);
    if (length < kPlain) return std::nullopt;
    in.skip(length - kPlain);
  }
  if (!in.ok()) return std::nullopt;
  return std::pair{packet, is_later_fragment ? std::uint16_t{0} : read_payload(in, packet)};
}

std::string endpoint(const IpAddress& address, std::optional<std::uint16_t> port) {
  const auto text = wire::to_string(address);
  if (!port) return text;
  return address.index() == 1 ? fmt::format("[{}]:{}", text, *port) : fmt::format("{}:{}", text, *port);
}

std::string text_of(const Packet& packet) {
  const auto port = [&](std::uint16_t number) {
    return has_ports(packet.protocol) ? std::optional(number) : std::nullopt;
  };
  auto text = fmt::format("{} {} > {}", protocol_name(packet.protocol),
                          endpoint(packet.source, port(packet.source_port)),
                          endpoint(packet.destination, port(packet.destination_port)));
  if (is_icmp(packet.protocol) && packet.icmp_id != 0) text += fmt::format(" id {}", packet.icmp_id);
  if (is_ipsec(packet.protocol)) text += fmt::format(" spi {}", packet.spi);
  return text;
}

}  // namespace

std::string protocol_name(std::uint8_t protocol) {
  const auto* const found =
      std::ranges::find(kProtocolNames, protocol, &std::pair<std::uint8_t, std::string_view>::first);
  return found == kProtocolNames.end() ? fmt::format("{}", protocol) : std::string(found->second);
}

std::optional<std::uint8_t> protocol_of(std::string_view name, bool is_ipv6) {
  if (name == "icmp6" || name == "icmpv6") return kIcmpv6;
  if (name == "icmp" && is_ipv6) return kIcmpv6;
  for (const auto& [number, known] : kProtocolNames) {
    if (known == name) return number;
  }
  std::uint8_t number = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (fault != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

bool has_ports(std::uint8_t protocol) {
  return protocol == kTcp || protocol == kUdp || protocol == kSctp || protocol == kDccp ||
         protocol == kUdplite;
}

std::string to_string(const Flow& flow) {
  std::string text;
  for (const auto& packet : flow.packets) text += (text.empty() ? "" : " / ") + text_of(packet);
  if (flow.packets.empty()) {
    text = fmt::format("ethertype 0x{:04x} {} > {}", flow.ethertype,
                       flow.source_mac.value_or(MacAddress{}).to_string(),
                       flow.destination_mac.value_or(MacAddress{}).to_string());
  }
  if (flow.vlan) text += fmt::format(" vlan {}", *flow.vlan);
  return text;
}

wire::Bytes frame_of(const Flow& flow) {
  wire::EthernetHeader header{.destination = flow.destination_mac.value_or(MacAddress{}),
                              .source = flow.source_mac.value_or(MacAddress{}),
                              .tags = {},
                              .ethertype = flow.ethertype};
  if (!flow.packets.empty()) {
    header.ethertype = flow.packets.front().is_ipv6() ? wire::ethertype::kIpv6 : wire::ethertype::kIpv4;
  }
  if (flow.vlan) header.tags.push_back({.id = *flow.vlan});
  wire::Writer out;
  wire::write_ethernet(out, header);
  if (!flow.packets.empty()) out.bytes(bytes_of_packet(flow.packets));
  if (out.size() < wire::kMinFrameSize) out.zeros(wire::kMinFrameSize - out.size());
  return std::move(out).finish();
}

std::optional<Flow> flow_of(wire::ByteView frame) {
  const auto parsed = wire::parse_ethernet(frame);
  if (!parsed) return std::nullopt;
  Flow flow{.packets = {},
            .ethertype = parsed->header.ethertype,
            .source_mac = parsed->header.source,
            .destination_mac = parsed->header.destination};
  if (!parsed->header.tags.empty()) flow.vlan = parsed->header.tags.front().id;
  wire::Reader in(parsed->payload);
  auto next = flow.ethertype;
  while ((next == wire::ethertype::kIpv4 || next == wire::ethertype::kIpv6) &&
         flow.packets.size() < kDeepest) {
    const auto read = read_packet(in, next == wire::ethertype::kIpv6);
    if (!read) break;
    flow.packets.push_back(read->first);
    next = read->second;
  }
  if (!flow.packets.empty()) flow.ethertype = 0;
  return flow;
}

}  // namespace ebond::cli::traffic
