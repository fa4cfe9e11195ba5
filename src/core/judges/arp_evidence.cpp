#include "core/judges/arp_evidence.h"

#include <algorithm>

namespace ebond::core {
namespace {

template <class Range, class Value>
bool holds(const Range& range, const Value& value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

template <class Address>
std::optional<TargetIndex> index_in(std::span<const Address> targets, const Address& address,
                                    std::size_t first) {
  const auto found = std::ranges::find(targets, address);
  if (found == targets.end()) return std::nullopt;
  return TargetIndex{first + static_cast<std::size_t>(found - targets.begin())};
}

}  // namespace

std::optional<NeighborFrame> NeighborFrame::parse(const wire::EthernetFrame& frame) {
  if (frame.header.ethertype == wire::ethertype::kArp) {
    if (const auto arp = wire::parse_arp(frame.payload)) return NeighborFrame(frame.header, *arp);
  }
  if (frame.header.ethertype == wire::ethertype::kIpv6) {
    if (const auto nd = wire::parse_neighbor_message(frame.payload)) return NeighborFrame(frame.header, *nd);
  }
  return std::nullopt;
}

bool NeighborFrame::is_reply() const {
  if (const auto* arp = std::get_if<wire::ArpPacket>(&message_)) {
    return arp->operation == wire::ArpPacket::Operation::reply;
  }
  return std::get<wire::NeighborMessage>(message_).kind == wire::NeighborMessage::Kind::advertisement;
}

std::optional<TargetIndex> NeighborFrame::from_target(const Known& known) const {
  // An echo of what this host sent is no answer.
  if (!source_.is_valid_unicast() || holds(known.own_macs, source_)) return std::nullopt;
  if (const auto* arp = std::get_if<wire::ArpPacket>(&message_)) {
    if (!arp->sender_mac.is_valid_unicast() || holds(known.own_macs, arp->sender_mac)) return std::nullopt;
    // Who has no address yet asks from 0.0.0.0, and is answered there.
    const bool to_nobody = arp->target_ip == Ipv4Address{};
    const bool to_us = to_nobody ? known.around.own_ipv4.empty() || known.asked_anonymously
                                 : holds(known.around.own_ipv4, arp->target_ip);
    if (!to_us) return std::nullopt;
    return index_in(known.arp_targets, arp->sender_ip, 0);
  }
  const auto& nd = std::get<wire::NeighborMessage>(message_);
  if (nd.destination != wire::kAllNodes && !holds(known.around.own_ipv6, nd.destination)) return std::nullopt;
  const bool speaks_of_itself = !is_reply() || nd.target == nd.source;
  if (!speaks_of_itself || (nd.mac && holds(known.own_macs, *nd.mac))) return std::nullopt;
  return index_in(known.ns_targets, nd.source, known.arp_targets.size());
}

std::optional<TargetIndex> NeighborFrame::own_probe(const Known& known, const MacAddress& sender) const {
  if (is_reply() || source_ != sender) return std::nullopt;
  if (const auto* arp = std::get_if<wire::ArpPacket>(&message_)) {
    const bool from_nobody = arp->sender_ip == Ipv4Address{} && known.around.own_ipv4.empty();
    const bool from_us = from_nobody || holds(known.around.own_ipv4, arp->sender_ip);
    if (arp->sender_mac != sender || !from_us) return std::nullopt;
    return index_in(known.arp_targets, arp->target_ip, 0);
  }
  const auto& nd = std::get<wire::NeighborMessage>(message_);
  if (!holds(known.around.own_ipv6, nd.source)) return std::nullopt;
  return index_in(known.ns_targets, nd.target, known.arp_targets.size());
}

}  // namespace ebond::core
