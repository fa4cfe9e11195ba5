// Something said several times at a fixed spacing: gratuitous ARP rounds, IGMP reports.
#pragma once

#include <optional>

#include "core/types.h"

namespace ebond::core {

class Repeater {
 public:
  /// `times` rounds, the first due at once, then one every `spacing`. Forgets what was left of an earlier
  /// start.
  void start(unsigned times, Duration spacing, TimePoint now) {
    left_ = total_ = times;
    spacing_ = spacing;
    next_ = now;
  }
  void stop() { left_ = 0; }

  std::optional<TimePoint> deadline() const { return left_ ? std::optional(next_) : std::nullopt; }
  /// Takes the round that is due at `now`, if one is, and says which it was: 1 is the first. A late caller
  /// gets one round, not all it missed.
  std::optional<unsigned> take(TimePoint now) {
    if (left_ == 0 || now < next_) return std::nullopt;
    next_ = now + spacing_;
    return total_ - left_-- + 1;
  }
  unsigned total() const { return total_; }

 private:
  unsigned left_ = 0;
  unsigned total_ = 0;
  Duration spacing_{0};
  TimePoint next_{};
};

}  // namespace ebond::core
