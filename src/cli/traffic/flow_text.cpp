#include "cli/traffic/flow_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "core/printable.h"

namespace ebond::cli::traffic {
namespace {

using Words = std::vector<std::string_view>;
using Fault = std::unexpected<std::string>;

constexpr std::string_view kExample = "tcp 192.0.2.1:40000 > 192.0.2.2:443";

struct Endpoint {
  IpAddress address{};
  std::optional<std::uint16_t> port{};
};

Words words_of(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  Words words;
  for (auto begin = text.find_first_not_of(kSpace); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(kSpace, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kSpace, end);
  }
  return words;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  Number number{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Without what names an interface or a zone: "192.0.2.1%bond0".
std::string_view unscoped(std::string_view text) {
  return text.substr(0, text.find('%'));
}

std::optional<Endpoint> with_port(std::string_view address, std::string_view port) {
  const auto ip = wire::parse_ip(unscoped(address));
  const auto number = number_of<std::uint16_t>(port);
  if (!ip || !number) return std::nullopt;
  return Endpoint{*ip, *number};
}

/// "192.0.2.1:443", "[2001:db8::1]:443", "192.0.2.1%bond0:68", "[fe80::1]%bond0:546"; without a port as well.
std::optional<Endpoint> endpoint_of(std::string_view text) {
  const auto zone = text.find('%');
  const bool has_port_behind_zone =
      zone != std::string_view::npos && text.find(':', zone) != std::string_view::npos;
  if (const auto ip = wire::parse_ip(unscoped(text)); ip && !has_port_behind_zone) return Endpoint{*ip, {}};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto address = unscoped(text.substr(0, colon));
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return with_port(address, text.substr(colon + 1));
}

/// As tcpdump writes it: "192.0.2.1.443", "2001:db8::1.443".
std::optional<Endpoint> dotted_endpoint_of(std::string_view text) {
  if (const auto ip = wire::parse_ip(text)) return Endpoint{*ip, {}};
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return with_port(text.substr(0, dot), text.substr(dot + 1));
}

std::expected<Packet, std::string> packet_between(std::uint8_t protocol, const Endpoint& from,
                                                  const Endpoint& to) {
  if (from.address.index() != to.address.index()) return Fault("one end is IPv4 and the other is IPv6");
  if (has_ports(protocol) && (!from.port || !to.port)) {
    return Fault(fmt::format("{} needs a port at both ends, as in '{}'", protocol_name(protocol), kExample));
  }
  if (!has_ports(protocol) && (from.port || to.port)) {
    return Fault(fmt::format("{} has no ports", protocol_name(protocol)));
  }
  Packet packet{.protocol = protocol, .source = from.address, .destination = to.address};
  packet.source_port = from.port.value_or(0);
  packet.destination_port = to.port.value_or(0);
  if (protocol == kIcmp) packet.icmp_type = 8;
  if (protocol == kIcmpv6) packet.icmp_type = 128;
  return packet;
}

// ---- As a person writes it.

std::expected<std::size_t, std::string> read_extra(const Words& words, std::size_t at, Packet& packet,
                                                   Flow& flow) {
  const auto name = words[at];
  if (at + 1 == words.size()) return Fault(fmt::format("{} has no value", core::printable(name)));
  const auto value = words[at + 1];
  const auto wrong = [&](std::string_view wanted) {
    return Fault(fmt::format("{} {} is not {}", name, core::printable(value), wanted));
  };
  if (name == "vlan") {
    const auto id = number_of<std::uint16_t>(value);
    if (!id || *id > 4094) return wrong("a VLAN from 0 to 4094");
    flow.vlan = *id;
  } else if (name == "src-mac" || name == "dst-mac") {
    const auto mac = MacAddress::parse(value);
    if (!mac) return wrong("a MAC address such as 02:00:00:00:00:01");
    (name == "src-mac" ? flow.source_mac : flow.destination_mac) = *mac;
  } else if (name == "id" && (packet.protocol == kIcmp || packet.protocol == kIcmpv6)) {
    const auto id = number_of<std::uint16_t>(value);
    if (!id) return wrong("a number from 0 to 65535");
    packet.icmp_id = *id;
  } else if (name == "spi" && (packet.protocol == kEsp || packet.protocol == kAh)) {
    const auto spi = number_of<std::uint32_t>(value);
    if (!spi) return wrong("a number of 32 bits");
    packet.spi = *spi;
  } else {
    return Fault(fmt::format(
        "{} is not understood behind the addresses: there are vlan, src-mac and dst-mac, id of icmp "
        "and spi of esp and ah, and / before what a tunnel holds",
        core::printable(name)));
  }
  return at + 2;
}

std::string ends_wanted(std::string_view text) {
  return fmt::format("{} is not an address{}", core::printable(text),
                     ", as in 192.0.2.1:443 or [2001:db8::1]:443");
}

bool can_hold(const Packet& outer, const Packet& inner) {
  if (outer.protocol == kGre) return true;
  return outer.protocol == (inner.is_ipv6() ? kIpv6InIp : kIpip);
}

std::expected<Flow, std::string> flow_of_words(const Words& words) {
  Flow flow;
  for (std::size_t at = 0; at < words.size();) {
    if (words.size() < at + 4 || words[at + 2] != ">") {
      return Fault(fmt::format("a flow is written as '{}'", kExample));
    }
    const auto from = endpoint_of(words[at + 1]), to = endpoint_of(words[at + 3]);
    if (!from) return Fault(ends_wanted(words[at + 1]));
    if (!to) return Fault(ends_wanted(words[at + 3]));
    const auto protocol = protocol_of(words[at], to->address.index() == 1);
    if (!protocol) {
      return Fault(fmt::format(
          "{} is not a protocol: there are tcp, udp, icmp, sctp, dccp, udplite, esp, ah, gre, ipip, "
          "and numbers",
          core::printable(words[at])));
    }
    auto packet = packet_between(*protocol, *from, *to);
    if (!packet) return Fault(packet.error());
    at += 4;
    while (at < words.size() && words[at] != "/") {
      const auto next = read_extra(words, at, *packet, flow);
      if (!next) return Fault(next.error());
      at = *next;
    }
    if (!flow.packets.empty() && packet->is_ipv6() && flow.packets.back().protocol == kIpip) {
      flow.packets.back().protocol = kIpv6InIp;
    }
    if (!flow.packets.empty() && !can_hold(flow.packets.back(), *packet)) {
      return Fault(fmt::format("{} holds no other packet: gre and ipip do",
                               protocol_name(flow.packets.back().protocol)));
    }
    flow.packets.push_back(*packet);
    if (at < words.size() && ++at == words.size()) return Fault("nothing stands behind the last /");
  }
  return flow;
}

// ---- As tcpdump prints it.

/// What stands behind the addresses says which protocol it is; names of others than these stand for UDP's.
std::optional<std::uint8_t> protocol_in(std::string_view rest, bool is_ipv6, bool ported) {
  const auto says = [&](std::string_view what) { return rest.starts_with(what); };
  if (says("Flags [")) return kTcp;
  if (says("ICMP6")) return kIcmpv6;
  if (says("ICMP ")) return kIcmp;
  if (says("GRE")) return kGre;
  if (says("ESP(")) return kEsp;
  if (says("AH(")) return kAh;
  if (says("IP6 ")) return kIpv6InIp;
  if (says("IP ")) return kIpip;
  if (says("sctp")) return kSctp;
  if (says("DCCP") || says("dccp")) return kDccp;
  if (says("ip-proto-")) return protocol_of(rest.substr(9, rest.find_first_of(" ,", 9) - 9), is_ipv6);
  return ported ? std::optional(kUdp) : std::nullopt;
}

/// The number behind `name` and before `end`, if it stands before the next packet.
template <class Number>
std::optional<Number> number_behind(std::string_view text, std::string_view name, std::string_view ends) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const auto begin = at + name.size();
  return number_of<Number>(
      text.substr(begin, std::min(text.find_first_of(ends, begin), text.size()) - begin));
}

std::expected<Packet, std::string> packet_of_dump(std::string_view from_text, std::string_view to_text,
                                                  std::string_view rest) {
  const auto from = dotted_endpoint_of(from_text), to = dotted_endpoint_of(to_text);
  const auto protocol = protocol_in(rest, to->address.index() == 1, to->port.has_value());
  if (!protocol) return Fault("the line does not say which protocol it is of");
  auto packet = packet_between(*protocol, *from, *to);
  if (!packet) return packet;
  if (rest.find("echo reply") != std::string_view::npos) packet->icmp_type = *protocol == kIcmp ? 0 : 129;
  if (*protocol == kIcmp || *protocol == kIcmpv6) {
    packet->icmp_id = number_behind<std::uint16_t>(rest, " id ", ", ").value_or(0);
  }
  packet->spi = number_behind<std::uint32_t>(rest, "(spi=", ",)").value_or(0);
  return packet;
}

/// Each "X > Y" of the line: first those of MACs, if -e was given, then those of packets, the outermost
/// first.
std::expected<Flow, std::string> flow_of_dump(std::string_view line) {
  Flow flow;
  if (const auto vlan = number_behind<std::uint16_t>(line, " vlan ", ", ")) flow.vlan = *vlan;
  constexpr std::string_view kTo = " > ";
  for (auto arrow = line.find(kTo); arrow != std::string_view::npos; arrow = line.find(kTo, arrow + 1)) {
    const auto before = line.substr(0, arrow);
    const auto space = before.rfind(' ');
    const auto from = before.substr(space == std::string_view::npos ? 0 : space + 1);
    const auto behind = line.substr(arrow + kTo.size());
    auto to = behind.substr(0, behind.find_first_of(" ,"));
    const auto rest = behind.substr(std::min(to.size() + 1, behind.size()));
    if (to.ends_with(':')) to.remove_suffix(1);
    const auto from_mac = MacAddress::parse(from), to_mac = MacAddress::parse(to);
    if (from_mac && to_mac) {
      if (!flow.source_mac) flow.source_mac = from_mac, flow.destination_mac = to_mac;
      continue;
    }
    if (!dotted_endpoint_of(from) || !dotted_endpoint_of(to)) {
      return Fault(fmt::format("{} > {} are not addresses and ports in numbers: use tcpdump -n",
                               core::printable(from), core::printable(to)));
    }
    const auto packet = packet_of_dump(from, to, rest);
    if (!packet) return Fault(packet.error());
    flow.packets.push_back(*packet);
  }
  if (flow.packets.empty()) return Fault("the line tells of no IP packet: only those have flows");
  return flow;
}

bool is_dump(std::string_view line, const Words& words) {
  const auto has = [&](std::string_view word) { return std::ranges::find(words, word) != words.end(); };
  return has("IP") || has("IP6") || has("ARP,") || line.find("ethertype ") != std::string_view::npos;
}

// ---- As ss prints it.

std::expected<Flow, std::string> flow_of_socket(const Words& words) {
  // [Netid] State Recv-Q Send-Q Local Peer …
  const bool has_protocol = words.size() > 1 && !number_of<std::uint64_t>(words[1]);
  const std::size_t state = has_protocol ? 1 : 0;
  if (words.size() < state + 5) {
    return Fault(fmt::format("a flow is written as '{}', or a line of tcpdump -n or ss -n", kExample));
  }
  const auto name = has_protocol ? words.front() : std::string_view("tcp");
  const auto local = endpoint_of(words[state + 3]), peer = endpoint_of(words[state + 4]);
  if (!local || !peer || !peer->port || *peer->port == 0) {
    return Fault(
        fmt::format("{} and {} are not the two ends of a connection in numbers, as `ss -n` prints them",
                    core::printable(words[state + 3]), core::printable(words[state + 4])));
  }
  const auto protocol = protocol_of(name, peer->address.index() == 1);
  if (!protocol || !has_ports(*protocol)) {
    return Fault(fmt::format("{} is not a socket with ports: tcp, udp, sctp or dccp", core::printable(name)));
  }
  auto packet = packet_between(*protocol, *local, *peer);
  if (!packet) return Fault(packet.error());
  return Flow{.packets = {*packet}};
}

}  // namespace

std::expected<Flow, std::string> flow_of_text(std::string_view text) {
  const auto words = words_of(text);
  if (words.empty()) return Fault(fmt::format("no flow is given; it is written as '{}'", kExample));
  if (is_dump(text, words)) return flow_of_dump(text);
  if (std::ranges::find(words, ">") != words.end()) return flow_of_words(words);
  return flow_of_socket(words);
}

}  // namespace ebond::cli::traffic
