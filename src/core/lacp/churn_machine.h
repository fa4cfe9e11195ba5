// The Actor and Partner Churn Detection machines: a link that should aggregate and, for a minute, does not
// (IEEE 802.1AX-2020 6.4.15). One class, made once for each end's Synchronization bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/lacp/port.h"
#include "core/lacp/timer.h"

namespace ebond::core::lacp {

class ChurnMachine {
 public:
  enum class End : std::uint8_t { actor, partner };
  /// NO_ACTOR_CHURN or NO_PARTNER_CHURN, and so on.
  enum class State : std::uint8_t { NO_CHURN, CHURN_MONITOR, CHURN };

  explicit ChurnMachine(End end) : end_(end) {}
  std::string_view name(State state) const;
  /// As the driver's proc text has it: "none", "monitoring", "churned".
  std::string_view text() const;

  bool step(Port& port, TimePoint now);

  State state() const { return state_; }
  std::uint32_t count() const { return count_; }  ///< times CHURN was entered
  std::optional<TimePoint> deadline() const { return churn_timer_.deadline(); }

  void resume(State state, std::uint32_t count, TimePoint now);

 private:
  void enter(State state, std::string_view why, Port& port, TimePoint now);

  End end_;
  State state_ = State::CHURN_MONITOR;
  std::uint32_t count_ = 0;
  Timer churn_timer_;
};

}  // namespace ebond::core::lacp
