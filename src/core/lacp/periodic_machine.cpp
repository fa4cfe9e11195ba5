#include "core/lacp/periodic_machine.h"

#include <array>
#include <utility>

namespace ebond::core::lacp {

std::string_view PeriodicMachine::name(State state) {
  static constexpr std::array<std::string_view, 4> kNames{"NO_PERIODIC", "FAST_PERIODIC", "SLOW_PERIODIC",
                                                          "PERIODIC_TX"};
  return kNames.at(std::to_underlying(state));
}

bool PeriodicMachine::step(Port& port, TimePoint now) {
  const bool both_passive = !port.actor_has(LacpBit::activity) && !port.partner_has(LacpBit::activity);
  if (port.BEGIN || !port.LACP_Enabled || !port.port_enabled || both_passive) {
    if (state_ == State::NO_PERIODIC) return false;
    enter(State::NO_PERIODIC, both_passive ? "both ends are passive" : "link not usable", port, now);
    return true;
  }
  const bool partner_wants_fast = port.partner_has(LacpBit::short_timeout);
  switch (state_) {
    case State::NO_PERIODIC:
      enter(State::FAST_PERIODIC, "LACP starts", port, now);
      return true;
    case State::FAST_PERIODIC:
      if (periodic_timer_.expired(now)) {
        enter(State::PERIODIC_TX, "periodic timer", port, now);
      } else if (!partner_wants_fast) {
        enter(State::SLOW_PERIODIC, "partner has the long timeout", port, now);
      } else {
        return false;
      }
      return true;
    case State::SLOW_PERIODIC:
      if (!periodic_timer_.expired(now) && !partner_wants_fast) return false;
      enter(State::PERIODIC_TX, partner_wants_fast ? "partner has the short timeout" : "periodic timer", port,
            now);
      return true;
    case State::PERIODIC_TX:
      if (partner_wants_fast) {
        enter(State::FAST_PERIODIC, "partner has the short timeout", port, now);
      } else {
        enter(State::SLOW_PERIODIC, "partner has the long timeout", port, now);
      }
      return true;
  }
  return false;
}

void PeriodicMachine::enter(State state, std::string why, Port& port, TimePoint now) {
  port.trace.push_back({"Periodic", name(state_), name(state), std::move(why)});
  state_ = state;
  switch (state) {
    case State::NO_PERIODIC:
      periodic_timer_.stop();
      break;
    case State::FAST_PERIODIC:
      periodic_timer_.start(now, kFastPeriodicTime);
      break;
    case State::SLOW_PERIODIC:
      periodic_timer_.start(now, kSlowPeriodicTime);
      break;
    case State::PERIODIC_TX:
      port.NTT = true;
      break;
  }
}

}  // namespace ebond::core::lacp
