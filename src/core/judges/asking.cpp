#include "core/judges/asking.h"

#include <algorithm>
#include <iterator>
#include <utility>

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

Listening answers_from(const Scene& scene, const Slave& slave) {
  Listening wanted;
  for (const IpAddress& target : scene.options.path_target) {
    if (std::holds_alternative<Ipv4Address>(target)) {
      wanted.arp.emplace();
    } else {
      wanted.nd.emplace();
    }
  }
  ArpRule arp{.is_reply = true};
  NdRule nd{.kind = wire::NeighborMessage::Kind::advertisement};
  for (const PathWay& way : ways_to_targets(scene)) {
    if (!way.is_usable()) continue;
    if (const auto* v4 = std::get_if<Ipv4Address>(&way.next_hop)) {
      if (std::ranges::find(arp.senders, *v4) == arp.senders.end()) arp.senders.push_back(*v4);
    } else if (const auto& v6 = std::get<Ipv6Address>(way.next_hop);
               std::ranges::find(nd.targets, v6) == nd.targets.end()) {
      nd.targets.push_back(v6);
    }
  }
  // If all slaves carry, an answer comes in by whichever the switch picks.
  arp.target_macs.push_back(scene.bond_mac);
  for (const Slave& asker : scene.slaves) {
    if (scene.has_active_slave && asker.ifindex != slave.ifindex) continue;
    arp.target_macs.push_back(probe_mac(asker, scene.slaves, scene.bond_mac));
  }
  nd.to = arp.target_macs;
  if (wanted.arp && !arp.senders.empty()) wanted.arp->push_back(std::move(arp));
  if (wanted.nd && !nd.targets.empty()) wanted.nd->push_back(std::move(nd));
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
