// A timer of the standard's: started for a time, expired from its end until it is started or stopped.
// Holds a point in time, never looks at a clock.
#pragma once

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

}  // namespace ebond::core::lacp
