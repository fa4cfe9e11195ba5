#include "core/lacp/mux_machine.h"

#include <array>
#include <utility>

namespace ebond::core::lacp {
namespace {

constexpr std::string_view kNotSelected = "not selected for an active aggregator";
constexpr std::string_view kPartnerOutOfSync = "partner out of sync";

}  // namespace

std::string_view MuxMachine::name(State state) {
  static constexpr std::array<std::string_view, 6> kNames{
      "DETACHED", "WAITING", "ATTACHED", "COLLECTING", "DISTRIBUTING", "COLLECTING_DISTRIBUTING"};
  return kNames.at(std::to_underlying(state));
}

bool MuxMachine::step(Port& port, bool coupled, TimePoint now) {
  if (port.BEGIN) {
    enter(State::DETACHED, "begin", port);
    return true;
  }
  switch (state_) {
    case State::DETACHED:
      if (port.selected == Selected::UNSELECTED) return false;
      enter(State::WAITING, "aggregator selected", port);
      wait_while_timer_.start(now, kAggregateWaitTime);
      return true;
    case State::WAITING:
      if (port.selected == Selected::UNSELECTED) {
        enter(State::DETACHED, "unselected", port);
        return true;
      }
      if (port.selected == Selected::SELECTED && port.Ready) {
        enter(State::ATTACHED, "waited for other links", port);
        return true;
      }
      if (wait_while_timer_.expired(now)) {
        wait_while_timer_.stop();
        port.Ready_N = true;
        return true;
      }
      return false;
    case State::ATTACHED:
    case State::COLLECTING:
    case State::DISTRIBUTING:
    case State::COLLECTING_DISTRIBUTING:
      return step_joined(port, coupled);
  }
  return false;
}

/// ATTACHED and the states above it.
bool MuxMachine::step_joined(Port& port, bool coupled) {
  const bool selected = port.selected == Selected::SELECTED;
  const bool in_sync = port.partner_has(LacpBit::synchronization);
  const bool partner_collects = port.partner_has(LacpBit::collecting);
  const auto leave_for = [&](State state) {
    enter(state, std::string(selected ? kPartnerOutOfSync : kNotSelected), port);
    return true;
  };
  switch (state_) {
    case State::ATTACHED:
      if (!selected) return leave_for(State::DETACHED);
      if (!in_sync) return false;
      enter(coupled ? State::COLLECTING_DISTRIBUTING : State::COLLECTING, "partner in sync", port);
      return true;
    case State::COLLECTING:
      if (!selected || !in_sync) return leave_for(State::ATTACHED);
      if (coupled) break;
      if (!partner_collects) return false;
      enter(State::DISTRIBUTING, "partner collects", port);
      return true;
    case State::DISTRIBUTING:
      if (!selected || !in_sync) return leave_for(State::COLLECTING);
      if (!coupled && partner_collects) return false;
      enter(State::COLLECTING, coupled ? "coupled_control set" : "partner stopped collecting", port);
      return true;
    case State::COLLECTING_DISTRIBUTING:
      if (!selected || !in_sync) return leave_for(State::ATTACHED);
      if (coupled) return false;
      break;
    case State::DETACHED:
    case State::WAITING:
      return false;
  }
  enter(State::ATTACHED, "coupled_control changed", port);
  return true;
}

void MuxMachine::resume(State state, TimePoint now) {
  state_ = state;
  if (state == State::WAITING) wait_while_timer_.start(now, kAggregateWaitTime);
}

void MuxMachine::enter(State state, std::string why, Port& port) {
  if (state != state_) port.trace.push_back({"Mux", name(state_), name(state), std::move(why)});
  state_ = state;
  wait_while_timer_.stop();
  const auto tell = [&](bool synchronization, bool collecting, bool distributing) {
    port.actor.state.set(LacpBit::synchronization, synchronization);
    port.actor.state.set(LacpBit::collecting, collecting);
    port.actor.state.set(LacpBit::distributing, distributing);
  };
  switch (state) {
    case State::DETACHED:
      tell(false, false, false);
      port.Ready_N = false;
      port.NTT = true;
      break;
    case State::WAITING:
      break;
    case State::ATTACHED:
      tell(true, false, false);
      port.NTT = true;
      break;
    case State::COLLECTING:
      tell(true, true, false);
      port.NTT = true;
      break;
    case State::DISTRIBUTING:
      tell(true, true, true);
      break;
    case State::COLLECTING_DISTRIBUTING:
      tell(true, true, true);
      port.NTT = true;
      break;
  }
}

}  // namespace ebond::core::lacp
