// The Transmit machine: when a LACPDU leaves (IEEE 802.1AX-2020 6.4.14). At most three in any
// Fast_Periodic_Time; what was wanted in between leaves as soon as that allows, once, with the newest values.
#pragma once

#include <array>
#include <optional>

#include "core/lacp/port.h"

namespace ebond::core::lacp {

/// At most N in any `window`.
template <std::size_t N>
class RateLimit {
 public:
  explicit RateLimit(Duration window) : window_(window) {}
  bool allows(TimePoint now) const {
    const auto& oldest = times_[next_];
    return !oldest || now >= *oldest + window_;
  }
  void take(TimePoint now) {
    times_[next_] = now;
    next_ = (next_ + 1) % N;
  }
  /// When it allows one more; none where it always does.
  std::optional<TimePoint> free_at() const {
    const auto& oldest = times_[next_];
    return oldest ? std::optional(*oldest + window_) : std::nullopt;
  }

 private:
  Duration window_;
  std::array<std::optional<TimePoint>, N> times_{};
  std::size_t next_ = 0;  // the oldest
};

class TransmitMachine {
 public:
  /// True: a LACPDU leaves now. `no_periodic`: the Periodic machine is in NO_PERIODIC, where nothing is sent
  /// and NTT is forgotten.
  bool step(Port& port, bool no_periodic, TimePoint now);
  std::optional<TimePoint> deadline(const Port& port) const;

 private:
  RateLimit<kMaxLacpdusPerFastPeriod> limit_{kFastPeriodicTime};
};

}  // namespace ebond::core::lacp
