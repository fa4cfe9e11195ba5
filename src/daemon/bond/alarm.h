// A clock that rings once: the one kind of timer in the daemon. Tests turn the time by hand.
#pragma once

#include <functional>

#include "core/types.h"

namespace ebond::daemon {

class Alarm {
 public:
  /// Cancels it: what it was set for is not called after that.
  virtual ~Alarm() = default;
  /// In place of what it was set for before. A time that has passed rings at once. `ring` is called on the
  /// loop, never from here.
  virtual void set(core::TimePoint when, std::function<void()> ring) = 0;
  virtual void cancel() = 0;
};

}  // namespace ebond::daemon
