// balance-slb and balance-alb: whether MACs have changed slaves of late, so that what is sent to one may
// still come by the slave that it had before.
#pragma once

#include <optional>

#include "core/types.h"

namespace ebond::core {

class Settling {
 public:
  /// As long as Lessons::kMost MACs are taught for, and more. The learning packets of balance-alb are sent at
  /// once, and again every lp_interval.
  static constexpr Milliseconds kTime{4000};

  void begin(TimePoint now) { until_ = now + kTime; }
  void end() { until_.reset(); }
  void expire(TimePoint now) {
    if (until_ && now >= *until_) until_.reset();
  }
  bool is_on() const { return until_.has_value(); }
  std::optional<TimePoint> deadline() const { return until_; }

 private:
  std::optional<TimePoint> until_;
};

}  // namespace ebond::core
