// lacp::System's memory: what it gives to a successor, and how the successor takes it up.
#include <algorithm>
#include <utility>

#include "core/lacp/data_path.h"
#include "core/lacp/system_state.h"

namespace ebond::core::lacp {
namespace {

template <class State>
constexpr bool is_state(std::uint8_t number, State last) {
  return number <= std::to_underlying(last);
}

bool makes_sense(const PortMemory& memory) {
  return memory.own_aggregator != 0 && memory.port_number != 0 &&
         is_state(memory.receive_state, ReceiveMachine::State::CURRENT) &&
         is_state(memory.mux_state, MuxMachine::State::COLLECTING_DISTRIBUTING) &&
         is_state(memory.selected, Selected::STANDBY) &&
         is_state(memory.actor_churn_state, ChurnMachine::State::CHURN) &&
         is_state(memory.partner_churn_state, ChurnMachine::State::CHURN);
}

void resume(Member& member, const PortMemory& memory, TimePoint now) {
  Port& port = member.port;
  const auto receive_state = static_cast<ReceiveMachine::State>(memory.receive_state);
  const bool was_without_lacp = receive_state == ReceiveMachine::State::LACP_DISABLED;
  port.BEGIN = port.port_enabled && port.LACP_Enabled == was_without_lacp;  // the duplex changed meanwhile
  port.partner = memory.partner;
  port.partner_knows_us = memory.partner_knows_us;
  port.selected = static_cast<Selected>(memory.selected);
  port.NTT = true;
  if (memory.is_looped && port.port_enabled) member.loop_timer.start(now, kLoopMemory);
  member.attached_to = memory.aggregator;
  member.receive.resume(receive_state, port, now);
  member.mux.resume(static_cast<MuxMachine::State>(memory.mux_state), now);
  member.actor_churn.resume(static_cast<ChurnMachine::State>(memory.actor_churn_state),
                            memory.actor_churned_count, now);
  member.partner_churn.resume(static_cast<ChurnMachine::State>(memory.partner_churn_state),
                              memory.partner_churned_count, now);
}

/// A port attached to an aggregator that is not there begins anew, and so does one that is in none.
void drop_strays(Members& members) {
  for (Member& member : members) {
    if (find_aggregator(members, member.attached_to)) continue;
    member.attached_to = 0;
    member.port.BEGIN = true;
  }
}

/// An aggregator's LAG ID is that of its ports; one with a link tells it best.
void rebuild_aggregators(Members& members) {
  for (const bool with_link : {false, true}) {
    for (const Member& member : members) {
      Aggregator* const aggregator = find_aggregator(members, member.attached_to);
      if (!aggregator || member.port.port_enabled != with_link) continue;
      const LacpInfo& partner = member.port.partner;
      aggregator->key = member.port.actor.key;
      aggregator->partner_system = partner.system;
      aggregator->partner_priority = partner.system_priority;
      aggregator->partner_key = partner.key;
      aggregator->is_individual = !member.port.LACP_Enabled ||
                                  (!partner.system.is_zero() && !partner.state.has(LacpBit::aggregation));
    }
  }
}

}  // namespace

Memory System::memory() const {
  Memory memory;
  memory.last_aggregator = state_->last_aggregator;
  memory.active_aggregator = active_aggregator().value_or(0);
  for (const Member& m : state_->members) {
    memory.ports.push_back({.id = m.facts.id,
                            .port_number = m.port.actor.port_number,
                            .own_aggregator = m.own_aggregator.id,
                            .aggregator = m.attached_to,
                            .receive_state = std::to_underlying(m.receive.state()),
                            .mux_state = std::to_underlying(m.mux.state()),
                            .selected = std::to_underlying(m.port.selected),
                            .actor_churn_state = std::to_underlying(m.actor_churn.state()),
                            .partner_churn_state = std::to_underlying(m.partner_churn.state()),
                            .actor_churned_count = m.actor_churn.count(),
                            .partner_churned_count = m.partner_churn.count(),
                            .actor_state = m.port.actor.state.octet(),
                            .partner_knows_us = m.port.partner_knows_us,
                            .is_looped = m.is_looped(),
                            .partner = m.port.partner});
  }
  return memory;
}

System System::restore(const Settings& settings, const Memory& memory, const std::vector<PortFacts>& ports,
                       TimePoint now) {
  auto state = std::make_unique<State>();
  state->settings = settings;
  Members& members = state->members;
  for (const PortMemory& remembered : memory.ports) {
    const auto facts = std::ranges::find(ports, remembered.id, &PortFacts::id);
    const bool is_double = find_member(members, remembered.id) ||
                           find_aggregator(std::as_const(members), remembered.own_aggregator);
    if (facts == ports.end() || is_double || !makes_sense(remembered)) continue;
    Member& member = state->add_member(*facts);
    member.own_aggregator.id = remembered.own_aggregator;
    member.port.actor.port_number = remembered.port_number;
    member.port.actor.state = wire::LacpState(remembered.actor_state);
    state->set_link(member, facts->link);
    resume(member, remembered, now);
  }
  state->last_aggregator = memory.last_aggregator;
  for (const Member& member : members) {
    state->last_aggregator = std::max(state->last_aggregator, member.own_aggregator.id);
  }
  for (const PortFacts& facts : ports) {
    if (!find_member(members, facts.id)) state->set_link(state->add_member(facts), facts.link);
  }
  drop_strays(members);
  rebuild_aggregators(members);
  if (Aggregator* const active = find_aggregator(members, memory.active_aggregator)) active->is_active = true;
  state->told_active = memory.active_aggregator;
  for (Member& member : members) {
    member.collects = collects(members, member, settings);
    member.distributes = distributes(members, member, settings);
  }
  state->resumed_at = now;
  return System(std::move(state));
}

}  // namespace ebond::core::lacp
