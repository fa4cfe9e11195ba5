#include "core/judges/asking.h"

#include <algorithm>
#include <iterator>

#include "wire/arp.h"
#include "wire/nd.h"

namespace ebond::core {
namespace {

/// RFC 4291 appendix A
Ipv6Address link_local_of(const MacAddress& mac) {
  constexpr std::uint8_t kUniversalBit = 0x02;
  const auto& o = mac.octets();
  return {0xfe, 0x80, 0,    0,    0,    0,    0,   0, static_cast<std::uint8_t>(o[0] ^ kUniversalBit),
          o[1], o[2], 0xff, 0xfe, o[3], o[4], o[5]};
}

}  // namespace

MacAddress probe_mac(const Slave& slave, std::span<const Slave> slaves, const MacAddress& bond_mac) {
  const auto is_free = [&](const MacAddress& mac) {
    return mac.is_valid_unicast() && mac != bond_mac && std::ranges::none_of(slaves, [&](const Slave& other) {
             return other.ifindex != slave.ifindex && (other.mac == mac || other.permanent_mac == mac);
           });
  };
  if (is_free(slave.permanent_mac)) return slave.permanent_mac;
  // The local bit first; where that is taken too, bits that mean nothing beside it.
  constexpr std::uint8_t kTurned[] = {0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80};
  auto octets = slave.permanent_mac.octets();
  const auto first = octets[0];
  for (const auto turned : kTurned) {
    octets[0] = static_cast<std::uint8_t>((first ^ turned) | 0x02);
    if (is_free(MacAddress(octets))) return MacAddress(octets);
  }
  return slave.permanent_mac;
}

wire::Bytes ask_next_hop(const PathWay& way, const MacAddress& from) {
  if (const auto* v4 = std::get_if<Ipv4Address>(&way.next_hop)) {
    return wire::arp_request(from, std::get<Ipv4Address>(way.source), *v4, way.tags);
  }
  return wire::neighbor_solicitation(from, std::get<Ipv6Address>(way.source),
                                     std::get<Ipv6Address>(way.next_hop), way.tags);
}

wire::Bytes probe_next_hop(const PathWay& way, const MacAddress& from) {
  if (const auto* v4 = std::get_if<Ipv4Address>(&way.next_hop)) {
    return wire::arp_request(from, Ipv4Address{}, *v4, way.tags);
  }
  return wire::neighbor_solicitation(from, link_local_of(from), std::get<Ipv6Address>(way.next_hop),
                                     way.tags);
}

std::optional<NextHopAnswer> read_answer(const wire::EthernetFrame& frame) {
  if (frame.header.ethertype == wire::ethertype::kArp) {
    const auto arp = wire::parse_arp(frame.payload);
    if (!arp || arp->operation != wire::ArpPacket::Operation::reply) return std::nullopt;
    if (arp->target_mac != frame.header.destination || !arp->sender_mac.is_valid_unicast())
      return std::nullopt;
    return NextHopAnswer{.address = arp->sender_ip, .mac = arp->sender_mac, .asker = arp->target_mac};
  }
  if (frame.header.ethertype != wire::ethertype::kIpv6) return std::nullopt;
  const auto nd = wire::parse_neighbor_message(frame.payload);
  if (!nd || nd->kind != wire::NeighborMessage::Kind::advertisement || !nd->solicited) return std::nullopt;
  const auto mac = nd->mac.value_or(frame.header.source);
  if (!mac.is_valid_unicast()) return std::nullopt;
  return NextHopAnswer{.address = nd->target, .mac = mac, .asker = frame.header.destination};
}

Listening answers_from(const BondOptions& options) {
  Listening wanted;
  for (const IpAddress& target : options.path_target) {
    if (std::holds_alternative<Ipv4Address>(target)) {
      wanted.arp = true;
    } else {
      wanted.nd = true;
    }
  }
  return wanted;
}

std::vector<PathWay> ways_to_targets(const Scene& scene) {
  const auto& targets = scene.options.path_target;
  std::vector<PathWay> ways;
  std::ranges::copy_if(scene.around.paths, std::back_inserter(ways), [&](const PathWay& way) {
    return std::ranges::find(targets, way.target) != targets.end();
  });
  return ways;
}

std::vector<JudgedPath> let_all_pass(std::span<const Slave> slaves, PathJudge judge, std::string_view why) {
  std::vector<JudgedPath> judged;
  for (const Slave& slave : slaves) {
    if (!slave.path.held_by(judge)) continue;
    judged.push_back({slave.ifindex, {.judge = judge, .why = std::string(why)}});
  }
  return judged;
}

}  // namespace ebond::core
