#include "core/lacp/churn_machine.h"

#include <array>
#include <string>
#include <utility>

namespace ebond::core::lacp {

std::string_view ChurnMachine::name(State state) const {
  static constexpr std::array<std::string_view, 3> kActor{"NO_ACTOR_CHURN", "ACTOR_CHURN_MONITOR",
                                                          "ACTOR_CHURN"};
  static constexpr std::array<std::string_view, 3> kPartner{"NO_PARTNER_CHURN", "PARTNER_CHURN_MONITOR",
                                                            "PARTNER_CHURN"};
  return (end_ == End::actor ? kActor : kPartner).at(std::to_underlying(state));
}

std::string_view ChurnMachine::text() const {
  static constexpr std::array<std::string_view, 3> kTexts{"none", "monitoring", "churned"};
  return kTexts.at(std::to_underlying(state_));
}

bool ChurnMachine::step(Port& port, TimePoint now) {
  const auto& info = end_ == End::actor ? port.actor : port.partner;
  const bool in_sync = info.state.has(LacpBit::synchronization);
  if (port.BEGIN || !port.port_enabled) {
    const bool moves = state_ != State::CHURN_MONITOR;
    if (moves) enter(State::CHURN_MONITOR, port.BEGIN ? "begin" : "link down", port, now);
    churn_timer_.stop();  // it starts anew as long as this holds
    return moves;
  }
  if (state_ == State::CHURN_MONITOR && !churn_timer_.running()) churn_timer_.start(now, kChurnDetectionTime);
  if (state_ == State::NO_CHURN && !in_sync) {
    enter(State::CHURN_MONITOR, "out of sync", port, now);
  } else if (state_ != State::NO_CHURN && in_sync) {
    enter(State::NO_CHURN, "in sync", port, now);
  } else if (state_ == State::CHURN_MONITOR && churn_timer_.expired(now)) {
    enter(State::CHURN, "out of sync for 60 s", port, now);
  } else {
    return false;
  }
  return true;
}

void ChurnMachine::resume(State state, std::uint32_t count, TimePoint now) {
  state_ = state;
  count_ = count;
  if (state == State::CHURN_MONITOR) churn_timer_.start(now, kChurnDetectionTime);
}

void ChurnMachine::enter(State state, std::string_view why, Port& port, TimePoint now) {
  port.trace.push_back(
      {end_ == End::actor ? "Actor churn" : "Partner churn", name(state_), name(state), std::string(why)});
  state_ = state;
  churn_timer_.stop();
  if (state == State::CHURN_MONITOR) churn_timer_.start(now, kChurnDetectionTime);
  if (state == State::CHURN) ++count_;
}

}  // namespace ebond::core::lacp
