// The Mux machine: joins a link to its aggregator and takes it out again (IEEE 802.1AX-2020 6.4.13), in both
// forms: coupled control (COLLECTING_DISTRIBUTING is one state) and independent control (COLLECTING first,
// DISTRIBUTING once the partner collects). WAITING lets links that come up together join together.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/lacp/port.h"
#include "core/lacp/timer.h"

namespace ebond::core::lacp {

class MuxMachine {
 public:
  enum class State : std::uint8_t {
    DETACHED,
    WAITING,
    ATTACHED,
    COLLECTING,
    DISTRIBUTING,
    COLLECTING_DISTRIBUTING
  };
  static std::string_view name(State state);

  /// `coupled`: the option coupled_control. A state of the other form goes back to ATTACHED.
  bool step(Port& port, bool coupled, TimePoint now);

  State state() const { return state_; }
  std::optional<TimePoint> deadline() const { return wait_while_timer_.deadline(); }

  void resume(State state, TimePoint now);

 private:
  bool step_joined(Port& port, bool coupled);
  void enter(State state, std::string why, Port& port);

  State state_ = State::DETACHED;
  Timer wait_while_timer_;
};

}  // namespace ebond::core::lacp
