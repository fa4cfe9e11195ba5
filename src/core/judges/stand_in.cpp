#include "core/judges/stand_in.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/judges/asking.h"
#include "wire/arp.h"
#include "wire/icmp_echo.h"
#include "wire/nd.h"

namespace ebond::core {
namespace {

/// Somebody who may ask, and for what.
struct Asker {
  IpAddress address{};   ///< target, or next hop to it
  IpAddress asks_for{};  ///< an address of the bond's
  wire::VlanTags tags{};
  bool may_echo = false;
  bool may_hide = false;  ///< asks for a backup as nobody, or from a link-local address
};

std::vector<Asker> askers(const Scene& scene) {
  std::vector<Asker> all;
  for (const PathWay& way : ways_to_targets(scene)) {
    if (!way.is_usable()) continue;
    all.push_back({way.target, way.source, way.tags, true, true});
    if (way.next_hop != way.target) all.push_back({way.next_hop, way.source, way.tags, false, true});
  }
  for (const auto& way : scene.around.ipv6) {
    if (way.kind != WayKind::bond || way.source == Ipv6Address{}) continue;
    if (std::ranges::find(scene.options.ns_ip6_target, way.target) == scene.options.ns_ip6_target.end())
      continue;
    all.push_back({way.target, way.source, way.tags, false, false});
  }
  return all;
}

bool nobody_carries(const Scene& scene) {
  return scene.admin_up && scene.active == nullptr;
}

bool may_speak(const Scene& scene, const Slave& slave) {
  return slave.monitor.is_up() && !slave.drained && !scene.is_idle(slave.ifindex);
}

/// A slave's time is no whole part of the time for which another host asks by one of its own, so that two
/// that are in step meet.
bool has_its_turn(const Scene& scene, const Slave& slave, TimePoint now) {
  if (!scene.has_active_slave) return true;
  const auto& options = scene.options;
  const Duration interval = options.path_target.empty() ? options.arp_interval : options.path_interval;
  const Duration turn = std::max<Duration>(interval * 7 / 10, Milliseconds{1});
  std::vector<IfIndex> speakers;
  for (const Slave& each : scene.slaves) {
    if (may_speak(scene, each)) speakers.push_back(each.ifindex);
  }
  const auto place = static_cast<std::size_t>(now.time_since_epoch() / turn) % speakers.size();
  return speakers[place] == slave.ifindex;
}

bool is_link_local(const Ipv6Address& address) {
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

bool is_own(const Scene& scene, const MacAddress& mac) {
  return mac == scene.bond_mac || std::ranges::any_of(scene.slaves, [&](const Slave& slave) {
           return mac == slave.mac || mac == slave.permanent_mac ||
                  mac == probe_mac(slave, scene.slaves, scene.bond_mac);
         });
}

/// Whatever priority a switch gave it.
bool are_same_vlans(const wire::VlanTags& ours, const wire::VlanTags& theirs) {
  return std::ranges::equal(ours, theirs, [](const wire::VlanTag& a, const wire::VlanTag& b) {
    return a.protocol == b.protocol && a.id == b.id;
  });
}

template <class Fits>
const Asker* find_asker(const std::vector<Asker>& all, const wire::EthernetFrame& frame, const Fits& fits) {
  const auto found = std::ranges::find_if(
      all, [&](const Asker& asker) { return are_same_vlans(asker.tags, frame.header.tags) && fits(asker); });
  return found == all.end() ? nullptr : &*found;
}

std::optional<wire::Bytes> answer_arp(const Scene& scene, const wire::EthernetFrame& frame) {
  const auto arp = wire::parse_arp(frame.payload);
  if (!arp || arp->operation != wire::ArpPacket::Operation::request ||
      arp->sender_mac != frame.header.source) {
    return std::nullopt;
  }
  const auto all = askers(scene);
  const auto* asker = find_asker(all, frame, [&](const Asker& each) {
    const bool is_nobody = each.may_hide && arp->sender_ip == Ipv4Address{};
    return each.asks_for == IpAddress(arp->target_ip) &&
           (is_nobody || each.address == IpAddress(arp->sender_ip));
  });
  if (!asker) return std::nullopt;
  return wire::build_arp(arp->sender_mac, scene.bond_mac, frame.header.tags,
                         {.operation = wire::ArpPacket::Operation::reply,
                          .sender_mac = scene.bond_mac,
                          .sender_ip = arp->target_ip,
                          .target_mac = arp->sender_mac,
                          .target_ip = arp->sender_ip});
}

std::optional<wire::Bytes> answer_solicitation(const Scene& scene, const wire::EthernetFrame& frame) {
  const auto nd = wire::parse_neighbor_message(frame.payload);
  if (!nd || nd->kind != wire::NeighborMessage::Kind::solicitation || nd->source == Ipv6Address{})
    return std::nullopt;
  const auto all = askers(scene);
  const auto* asker = find_asker(all, frame, [&](const Asker& each) {
    const bool hides = each.may_hide && is_link_local(nd->source);
    return each.asks_for == IpAddress(nd->target) && (hides || each.address == IpAddress(nd->source));
  });
  if (!asker) return std::nullopt;
  return wire::solicited_na(
      {.destination = frame.header.source, .source = scene.bond_mac, .tags = frame.header.tags}, nd->target,
      nd->source);
}

template <class Packet>
std::optional<wire::Bytes> answer_echo(const Scene& scene, const wire::EthernetFrame& frame,
                                       const std::optional<Packet>& packet) {
  if (!packet || packet->echo.reply || frame.header.destination.is_multicast()) return std::nullopt;
  const auto all = askers(scene);
  const auto* asker = find_asker(all, frame, [&](const Asker& each) {
    return each.may_echo && each.address == IpAddress(packet->source) &&
           each.asks_for == IpAddress(packet->destination);
  });
  if (!asker) return std::nullopt;
  Packet back{.source = packet->destination, .destination = packet->source, .echo = packet->echo};
  back.echo.reply = true;
  return wire::build_echo(
      {.destination = frame.header.source, .source = scene.bond_mac, .tags = frame.header.tags}, back);
}

std::optional<wire::Bytes> answer_to(const Scene& scene, const wire::EthernetFrame& frame) {
  switch (frame.header.ethertype) {
    case wire::ethertype::kArp:
      return answer_arp(scene, frame);
    case wire::ethertype::kIpv4:
      return answer_echo(scene, frame, wire::parse_echo4(frame.payload));
    case wire::ethertype::kIpv6:
      if (auto advertisement = answer_solicitation(scene, frame)) return advertisement;
      return answer_echo(scene, frame, wire::parse_echo6(frame.payload));
    default:
      return std::nullopt;
  }
}

}  // namespace

void hear_questions(const Scene& scene, Listening& wanted) {
  if (!nobody_carries(scene)) return;
  for (const Asker& asker : askers(scene)) {
    if (const auto* ours = std::get_if<Ipv4Address>(&asker.asks_for)) {
      if (wanted.arp) {
        wanted.arp->push_back({.senders = {std::get<Ipv4Address>(asker.address), {}}, .targets = {*ours}});
      }
    } else if (wanted.nd) {
      wanted.nd->push_back({.kind = wire::NeighborMessage::Kind::solicitation,
                            .targets = {std::get<Ipv6Address>(asker.asks_for)}});
    }
    if (wanted.icmp && asker.may_echo) {
      wanted.icmp->push_back({.source = asker.address, .destination = asker.asks_for, .is_reply = false});
    }
  }
}

std::vector<Probe> answer_question(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                                   TimePoint now) {
  if (!nobody_carries(scene) || !may_speak(scene, slave) || is_own(scene, frame.header.source)) return {};
  auto answer = answer_to(scene, frame);
  if (!answer) return {};
  if (frame.header.destination.is_multicast() && !has_its_turn(scene, slave, now)) return {};
  return {{slave.ifindex, std::move(*answer)}};
}

}  // namespace ebond::core
