// The Periodic Transmission machine: how often the partner is told (IEEE 802.1AX-2020 6.4.11).
// The partner's LACP_Timeout decides: a LACPDU a second or one in 30 s; none at all between two passive ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/lacp/port.h"
#include "core/lacp/timer.h"

namespace ebond::core::lacp {

class PeriodicMachine {
 public:
  enum class State : std::uint8_t { NO_PERIODIC, FAST_PERIODIC, SLOW_PERIODIC, PERIODIC_TX };
  static std::string_view name(State state);

  bool step(Port& port, TimePoint now);

  State state() const { return state_; }
  std::optional<TimePoint> deadline() const { return periodic_timer_.deadline(); }

 private:
  void enter(State state, std::string why, Port& port, TimePoint now);

  State state_ = State::NO_PERIODIC;
  Timer periodic_timer_;
};

}  // namespace ebond::core::lacp
