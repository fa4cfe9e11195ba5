#include "core/lacp/receive_machine.h"

#include <array>
#include <utility>

namespace ebond::core::lacp {
namespace {

using wire::Lacpdu;

bool same_identity(const LacpInfo& a, const LacpInfo& b) {
  return a.port_number == b.port_number && a.port_priority == b.port_priority && a.system == b.system &&
         a.system_priority == b.system_priority && a.key == b.key &&
         a.state.has(LacpBit::aggregation) == b.state.has(LacpBit::aggregation);
}

/// update_Selected (6.4.8): a partner other than the recorded one wants the port selected anew.
void update_Selected(Port& port, const Lacpdu& pdu) {
  if (!same_identity(pdu.actor, port.partner)) port.selected = Selected::UNSELECTED;
}

void update_Default_Selected(Port& port) {
  if (!same_identity(port.partner_admin, port.partner)) port.selected = Selected::UNSELECTED;
}

/// update_NTT: the partner has a wrong idea of us.
void update_NTT(Port& port, const Lacpdu& pdu) {
  const auto differs = [&](LacpBit bit) { return pdu.partner.state.has(bit) != port.actor.state.has(bit); };
  if (!same_identity(pdu.partner, port.actor) || differs(LacpBit::activity) ||
      differs(LacpBit::short_timeout) || differs(LacpBit::synchronization)) {
    port.NTT = true;
  }
}

void recordDefault(Port& port) {
  port.partner = port.partner_admin;
  port.partner_knows_us = false;
  port.actor.state.set(LacpBit::defaulted);
}

/// recordPDU: the partner is in sync where it says so, means us (or keeps an individual link), and the link
/// is kept up actively by one side at least.
void recordPDU(Port& port, const Lacpdu& pdu) {
  port.partner = pdu.actor;
  port.actor.state.set(LacpBit::defaulted, false);
  port.partner_knows_us = same_identity(pdu.partner, port.actor);
  const bool individual = !pdu.actor.state.has(LacpBit::aggregation);
  const bool maintained =
      pdu.actor.state.has(LacpBit::activity) ||
      (port.actor.state.has(LacpBit::activity) && pdu.partner.state.has(LacpBit::activity));
  port.partner.state.set(LacpBit::synchronization, pdu.actor.state.has(LacpBit::synchronization) &&
                                                       (port.partner_knows_us || individual) && maintained);
}

}  // namespace

std::string_view ReceiveMachine::name(State state) {
  static constexpr std::array<std::string_view, 6> kNames{"INITIALIZE",    "PORT_DISABLED", "EXPIRED",
                                                          "LACP_DISABLED", "DEFAULTED",     "CURRENT"};
  return kNames.at(std::to_underlying(state));
}

bool ReceiveMachine::step(Port& port, TimePoint now) {
  if (port.BEGIN) {
    enter(State::INITIALIZE, "begin", port, now);
    return true;
  }
  if (!port.port_enabled && !port.port_moved && state_ != State::PORT_DISABLED) {
    enter(State::PORT_DISABLED, state_ == State::INITIALIZE ? "initialised" : "link down", port, now);
    return true;
  }
  switch (state_) {
    case State::INITIALIZE:
      enter(State::PORT_DISABLED, "initialised", port, now);
      return true;
    case State::PORT_DISABLED:
      if (port.port_moved) {
        enter(State::INITIALIZE, "partner moved to another port", port, now);
      } else if (port.LACP_Enabled) {
        if (!port.port_enabled) return false;
        enter(State::EXPIRED, "link up", port, now);
      } else {
        if (!port.port_enabled) return false;
        enter(State::LACP_DISABLED, "link up, not full duplex", port, now);
      }
      return true;
    case State::EXPIRED:
      if (!current_while_timer_.expired(now)) return false;
      enter(State::DEFAULTED, "no LACPDU", port, now);
      return true;
    case State::CURRENT:
      if (!current_while_timer_.expired(now)) return false;
      enter(State::EXPIRED, "partner fell silent", port, now);
      return true;
    case State::LACP_DISABLED:
    case State::DEFAULTED:
      return false;
  }
  return false;
}

bool ReceiveMachine::lacpdu(Port& port, const Lacpdu& pdu, TimePoint now) {
  if (state_ != State::EXPIRED && state_ != State::DEFAULTED && state_ != State::CURRENT) return false;
  update_Selected(port, pdu);
  update_NTT(port, pdu);
  recordPDU(port, pdu);
  enter(State::CURRENT, "LACPDU", port, now);
  return true;
}

void ReceiveMachine::resume(State state, const Port& port, TimePoint now) {
  state_ = state;
  if (state == State::CURRENT) start_current_while(port.actor_has(LacpBit::short_timeout), now);
  if (state == State::EXPIRED) start_current_while(true, now);
}

void ReceiveMachine::enter(State state, std::string why, Port& port, TimePoint now) {
  if (state != state_) port.trace.push_back({"Receive", name(state_), name(state), std::move(why)});
  state_ = state;
  current_while_timer_.stop();
  switch (state) {
    case State::INITIALIZE:
      port.selected = Selected::UNSELECTED;
      recordDefault(port);
      port.actor.state.set(LacpBit::expired, false);
      port.port_moved = false;
      break;
    case State::PORT_DISABLED:
      port.partner.state.set(LacpBit::synchronization, false);
      break;
    case State::EXPIRED:
      port.partner.state.set(LacpBit::synchronization, false);
      port.partner.state.set(LacpBit::short_timeout);
      start_current_while(true, now);
      port.actor.state.set(LacpBit::expired);
      break;
    case State::LACP_DISABLED:
      port.selected = Selected::UNSELECTED;
      recordDefault(port);
      port.partner.state.set(LacpBit::aggregation, false);
      port.actor.state.set(LacpBit::expired, false);
      break;
    case State::DEFAULTED:
      update_Default_Selected(port);
      recordDefault(port);
      port.actor.state.set(LacpBit::expired, false);
      break;
    case State::CURRENT:
      start_current_while(port.actor_has(LacpBit::short_timeout), now);
      port.actor.state.set(LacpBit::expired, false);
      break;
  }
}

void ReceiveMachine::start_current_while(bool short_timeout, TimePoint now) {
  current_while_timer_.start(now, short_timeout ? kShortTimeoutTime : kLongTimeoutTime);
}

}  // namespace ebond::core::lacp
