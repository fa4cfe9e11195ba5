#include "core/lacp/system_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/lacp/data_path.h"
#include "core/lacp/port_key.h"
#include "core/lacp/selection_logic.h"
#include "wire/marker.h"

namespace ebond::core::lacp {
namespace {

/// PERIODIC_TX is passed through once a period: recorded is only where the Periodic machine rests.
void record_trace(Member& member, Actions& actions) {
  std::optional<std::pair<Transition, Transition>> periodic;  // first, last
  for (Transition& t : member.port.trace) {
    if (t.machine == "Periodic") {
      if (!periodic) periodic.emplace(t, t);
      periodic->second = std::move(t);
      continue;
    }
    actions.emplace_back(Event{EventKind::lacp, member.facts.name, std::string(t.from), std::string(t.to),
                               fmt::format("{}: {}", t.machine, t.why)});
  }
  member.port.trace.clear();
  if (!periodic || periodic->first.from == periodic->second.to) return;
  actions.emplace_back(Event{EventKind::lacp, member.facts.name, std::string(periodic->first.from),
                             std::string(periodic->second.to), "Periodic: " + periodic->second.why});
}

std::string describe(const Members& members, const Aggregator& aggregator) {
  const auto ports = usable_ports(members, aggregator.id);
  if (!aggregator.has_partner()) return fmt::format("{} port(s), no LACP partner", ports);
  return fmt::format("{} port(s) to {}", ports, aggregator.partner_system.to_string());
}

std::string aggregator_text(std::uint16_t id) {
  return id == 0 ? std::string("none") : fmt::format("aggregator {}", id);
}

}  // namespace

/// Numbered as the driver does it: ports on from the latest one, aggregators from 1 when there were no ports.
Member& System::State::add_member(const PortFacts& facts) {
  if (members.empty()) last_aggregator = 0;
  const int latest = members.empty() ? 0 : members.back().port.actor.port_number;
  do {
    ++last_aggregator;
  } while (last_aggregator == 0 || find_aggregator(members, last_aggregator));
  Member& member = members.emplace_back();
  member.facts = facts;
  member.own_aggregator.id = last_aggregator;
  member.port.actor.port_number = static_cast<std::uint16_t>(latest + 1);
  return member;
}

void System::State::set_actor(Member& member) {
  Port& port = member.port;
  const LacpInfo before = port.actor;
  port.actor.system = settings.system;
  port.actor.system_priority = settings.system_priority;
  port.actor.port_priority = member.facts.port_priority;
  port.actor.state.set(LacpBit::activity, settings.active);
  port.actor.state.set(LacpBit::short_timeout, settings.rate == LacpRate::fast);
  port.actor.state.set(LacpBit::aggregation);
  const LinkState& link = member.facts.link;
  port.actor.key = port_key(settings.user_port_key, link.carrier, link.speed_mbps, link.duplex);
  if (port.actor != before) port.NTT = true;
  const Aggregator* const aggregator = find_aggregator(members, member.attached_to);
  // A link that went down has key and speed 0, but keeps its place: most come back as they were.
  if (aggregator && link.carrier && aggregator->key != port.actor.key) port.selected = Selected::UNSELECTED;
}

void System::State::set_link(Member& member, const LinkState& link) {
  member.facts.link = link;
  Port& port = member.port;
  port.port_enabled = link.carrier;
  if (!link.carrier) {
    member.loop_timer.stop();
  } else if (const bool full = link.duplex == Duplex::full; full != port.LACP_Enabled) {
    port.LACP_Enabled = full;
    port.BEGIN = true;
  }
  set_actor(member);
}

void System::State::take_lacpdu(Member& member, const wire::Lacpdu& pdu, TimePoint now, Actions& actions) {
  if (pdu.actor.system == settings.system) return take_loop(member, pdu, now, actions);
  ++member.counters.lacpdu_rx;
  member.loop_timer.stop();
  member.last_heard = now;
  for (Member& other : members) {
    if (&other != &member && other.receive.state() == ReceiveMachine::State::PORT_DISABLED &&
        other.port.partner.system == pdu.actor.system &&
        other.port.partner.port_number == pdu.actor.port_number) {
      other.port.port_moved = true;
    }
  }
  member.receive.lacpdu(member.port, pdu, now);
}

/// A port that hears its partner is not looped, whatever else comes in by it: anybody on the link can repeat
/// one of our own LACPDUs. As with the driver it is said, and no more.
void System::State::take_loop(Member& member, const wire::Lacpdu& pdu, TimePoint now, Actions& actions) {
  ++member.counters.loop_rx;
  if (member.receive.state() == ReceiveMachine::State::CURRENT) {
    if (member.loop_told && now < *member.loop_told + kLoopMemory) return;
    member.loop_told = now;
    actions.emplace_back(
        Event{EventKind::warning, member.facts.name, "", "",
              fmt::format("receives LACPDUs with our own system ID beside those of its partner {}: ignored",
                          member.port.partner.system.to_string())});
    return;
  }
  if (!member.is_looped()) {
    const auto sender = std::ranges::find(members, pdu.actor.port_number,
                                          [](const Member& m) { return m.port.actor.port_number; });
    const std::string from = sender == members.end() ? "another bond with our system ID"
                             : &*sender == &member   ? "this very port"
                                                     : sender->facts.name;
    actions.emplace_back(
        Event{EventKind::warning, member.facts.name, "", "loop",
              fmt::format("receives our own LACPDUs, sent by {}: the cabling makes a loop, or "
                          "the switch does not speak LACP",
                          from)});
  }
  member.loop_timer.start(now, kLoopMemory);
}

void System::State::take_marker(Member& member, wire::ByteView pdu, TimePoint now, Actions& actions) {
  const auto marker = wire::parse_marker(pdu);
  if (!marker) {
    ++member.counters.marker_unknown_rx;
    return;
  }
  const bool is_information = marker->kind == wire::Marker::Kind::information;
  ++(is_information ? member.counters.marker_rx : member.counters.marker_response_rx);
  if (marker->requester_system == settings.system || !member.port.port_enabled) return;
  if (const auto response = member.marker_responder.respond(*marker, now)) {
    ++member.counters.marker_response_tx;
    actions.emplace_back(action::SendFrame{member.facts.id, wire::build_marker(member.facts.mac, *response)});
  }
}

void System::State::converge_and_tell(TimePoint now, Actions& actions) {
  resumed_at.reset();
  for (Member& member : members) {
    if (member.loop_timer.expired(now)) member.loop_timer.stop();
  }
  // Every machine passes through a handful of states at most; more rounds than this would be for ever.
  const int limit = 100 + 10 * static_cast<int>(members.size());
  for (int round = 0; run_machines(now); ++round) {
    if (round > limit) throw std::logic_error("LACP machines do not converge");
  }
  tell_data_path(actions);
  send(now, actions);
  record(actions);
}

/// Every machine of every port once. True if one moved.
bool System::State::run_machines(TimePoint now) {
  bool moved = false;
  for (Member& m : members) {
    moved |= m.receive.step(m.port, now);
    moved |= m.periodic.step(m.port, now);
    moved |= select_aggregator(members, m);
  }
  moved |= choose_active_aggregator(members, settings, now);
  update_Ready(members);
  for (Member& m : members) {
    moved |= m.mux.step(m.port, settings.coupled_control, now);
    moved |= m.actor_churn.step(m.port, now);
    moved |= m.partner_churn.step(m.port, now);
    m.port.BEGIN = false;
  }
  return moved;
}

void System::State::tell_data_path(Actions& actions) {
  for (Member& member : members) {
    const bool collects_now = collects(members, member, settings);
    const bool distributes_now = distributes(members, member, settings);
    if (collects_now == member.collects && distributes_now == member.distributes) continue;
    member.collects = collects_now;
    member.distributes = distributes_now;
    actions.emplace_back(action::PortChanged{member.facts.id, distributes_now});
  }
}

void System::State::send(TimePoint now, Actions& actions) {
  for (Member& member : members) {
    const bool no_periodic = member.periodic.state() == PeriodicMachine::State::NO_PERIODIC;
    if (!member.transmit.step(member.port, no_periodic, now)) continue;
    ++member.counters.lacpdu_tx;
    actions.emplace_back(action::SendFrame{member.facts.id, lacpdu_frame(member)});
  }
}

void System::State::record(Actions& actions) {
  for (Member& member : members) record_trace(member, actions);
  const Aggregator* const active = lacp::active_aggregator(members);
  const std::uint16_t id = active ? active->id : 0;
  if (id == told_active) return;
  actions.emplace_back(Event{EventKind::lacp, "", aggregator_text(told_active), aggregator_text(id),
                             active ? describe(members, *active) : "no usable port"});
  told_active = id;
}

void System::State::say_goodbye(const Member& member, bool for_good, Actions& actions) {
  const bool speaks = member.port.port_enabled && member.port.LACP_Enabled &&
                      member.periodic.state() != PeriodicMachine::State::NO_PERIODIC;
  if (!speaks) return;
  Member leaving = member;
  for (const auto bit : {LacpBit::synchronization, LacpBit::collecting, LacpBit::distributing}) {
    leaving.port.actor.state.set(bit, false);
  }
  if (for_good) leaving.port.actor.state.set(LacpBit::aggregation, false);
  actions.emplace_back(action::SendFrame{member.facts.id, lacpdu_frame(leaving)});
}

wire::Bytes System::State::lacpdu_frame(const Member& member) {
  wire::Lacpdu pdu;
  pdu.actor = member.port.actor;
  pdu.partner = member.port.partner;
  return wire::build_lacpdu(member.facts.mac, pdu);
}

}  // namespace ebond::core::lacp
