// A timer of the standard's: started for a time, expired from its end until it is started or stopped.
// Holds a point in time, never looks at a clock.
#pragma once

#include <algorithm>
#include <optional>

#include "core/types.h"

namespace ebond::core::lacp {

class Timer {
 public:
  void start(TimePoint now, Duration time) { end_ = now + time; }
  void stop() { end_.reset(); }
  bool running() const { return end_.has_value(); }
  bool expired(TimePoint now) const { return end_ && *end_ <= now; }
  /// When it expires; none while stopped.
  std::optional<TimePoint> deadline() const { return end_; }

 private:
  std::optional<TimePoint> end_;
};

/// The earlier of two deadlines, where none is never.
inline std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace ebond::core::lacp
