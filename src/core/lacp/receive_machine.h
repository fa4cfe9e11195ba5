// The Receive machine: is there a partner, and who (IEEE 802.1AX-2020 6.4.10, functions of 6.4.8).
// Takes LACPDUs, records the partner they describe, and forgets it when it falls silent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/lacp/port.h"
#include "core/lacp/timer.h"
#include "wire/lacpdu.h"

namespace ebond::core::lacp {

class ReceiveMachine {
 public:
  enum class State : std::uint8_t { INITIALIZE, PORT_DISABLED, EXPIRED, LACP_DISABLED, DEFAULTED, CURRENT };
  static std::string_view name(State state);

  /// Takes every transition whose condition holds. True if there was one.
  bool step(Port& port, TimePoint now);
  /// A LACPDU came in (CtrlMuxN:M_UNITDATA.indication). False where the state has no use for one.
  bool lacpdu(Port& port, const wire::Lacpdu& pdu, TimePoint now);

  State state() const { return state_; }
  std::optional<TimePoint> deadline() const { return current_while_timer_.deadline(); }

  /// Goes on in `state`, with a whole timeout ahead.
  void resume(State state, const Port& port, TimePoint now);

 private:
  void enter(State state, std::string why, Port& port, TimePoint now);
  void start_current_while(bool short_timeout, TimePoint now);

  State state_ = State::INITIALIZE;
  Timer current_while_timer_;
};

}  // namespace ebond::core::lacp
