// How long a failover took: from when its cause became known to when the new table stood and when the
// neighbours were told. The record is what `show` and `events` give.
//
// Used by Executor, which carries out what the core decided.
#pragma once

#include <optional>

#include "core/report.h"
#include "core/types.h"

namespace ebond::daemon {

class FailoverClock {
 public:
  /// One call of Executor::carry_out().
  struct Turn {
    core::TimePoint heard{};  ///< when what is being handled became known
    std::optional<core::TimePoint> table_written{}, announced{};
  };

  /// A round of announcements went out. The first one after a failover completes its record.
  void announced(Turn& turn, core::TimePoint when, int frames);
  /// Gives an event of kind "failover" its times, and notes it as the latest.
  void note(core::StampedEvent& failover, const Turn& turn);

  const std::optional<core::Failover>& latest() const { return latest_; }
  const core::FailoverHistory& history() const { return history_; }
  /// As an earlier daemon knew it.
  void restore(std::optional<core::Failover> latest, core::FailoverHistory history) {
    latest_ = std::move(latest);
    history_ = std::move(history);
  }

 private:
  std::optional<core::Failover> latest_;
  core::FailoverHistory history_;
  std::optional<core::TimePoint> heard_;  ///< of the latest; none: an earlier daemon's
};

}  // namespace ebond::daemon
