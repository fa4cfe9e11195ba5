#include "core/lacp/advice.h"

#include <fmt/core.h>

#include "core/lacp/data_path.h"

namespace ebond::core::lacp {
namespace {

/// Nobody was heard, or nobody is any more.
std::string unheard(const Member& member, const Settings& settings) {
  switch (member.receive.state()) {
    case ReceiveMachine::State::LACP_DISABLED:
      return "the link is not full duplex, which LACP needs: check the port's speed and duplex settings";
    case ReceiveMachine::State::EXPIRED:
      return member.last_heard ? "partner fell silent: is its end of the cable down, or its LACP stuck?"
                               : "waiting for the partner's first LACPDU";
    default:
      break;
  }
  if (!settings.active) {
    return "lacp_active is off and the partner does not begin either: set it to on, at one end at least";
  }
  return "partner does not answer LACP: is the switch port in the channel?";
}

/// A partner is there, but the port is not in the active aggregator.
std::string elsewhere(const Members& members, const Member& member) {
  const Aggregator* const active = active_aggregator(members);
  const Aggregator* const own = find_aggregator(members, member.attached_to);
  if (!own || !active) return "no aggregator is active: see the other slaves";
  if (own->is_individual) {
    return "partner treats this link as individual: is its port set to aggregate?";
  }
  if (own->key != active->key) {
    return fmt::format("runs at {} Mbit/s, unlike the links in use: links of one speed aggregate",
                       member.facts.link.speed_mbps);
  }
  if (own->partner_system != active->partner_system || own->partner_priority != active->partner_priority) {
    return fmt::format("is cabled to {}, the links in use to {}: is it plugged into another switch?",
                       own->partner_system.to_string(), active->partner_system.to_string());
  }
  return fmt::format(
      "partner has it in another channel (key {}) than the links in use (key {}): check its "
      "channel group",
      own->partner_key, active->partner_key);
}

/// In the active aggregator, partner heard: how far the two are.
std::string joining(const Member& member) {
  const Port& port = member.port;
  if (member.mux.state() == MuxMachine::State::DETACHED || member.mux.state() == MuxMachine::State::WAITING) {
    return "about to join: waits for links that come up at the same time";
  }
  if (!port.partner_knows_us && port.partner_has(LacpBit::aggregation)) {
    return "partner does not hear our LACPDUs, we hear its: check the cable's other direction";
  }
  if (!port.partner_has(LacpBit::synchronization)) {
    return "partner has not taken this link into its channel: is its port blocked, or its channel full?";
  }
  return "partner is in sync but does not collect yet: is its port blocked?";
}

}  // namespace

std::string advice(const Members& members, const Member& member, const Settings& settings) {
  if (distributes(members, member, settings)) return {};
  if (!member.port.port_enabled) return "no link: check the cable and the partner's port";
  if (member.is_looped()) {
    return "receives its own LACPDUs: two of our ports, or both ends of one cable, meet in a switch without "
           "LACP";
  }
  const Aggregator* const aggregator = find_aggregator(members, member.attached_to);
  const bool in_active = aggregator && aggregator->is_active;
  if (member.receive.state() != ReceiveMachine::State::CURRENT) return unheard(member, settings);
  return in_active ? joining(member) : elsewhere(members, member);
}

}  // namespace ebond::core::lacp
