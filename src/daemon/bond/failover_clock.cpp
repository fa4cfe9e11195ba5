#include "daemon/bond/failover_clock.h"

#include <chrono>

namespace ebond::daemon {
namespace {

std::int64_t microseconds(core::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

}  // namespace

void FailoverClock::announced(Turn& turn, core::TimePoint when, int frames) {
  turn.announced = when;
  if (latest_ && heard_ && latest_->announce_us < 0 && frames > 0) {
    latest_->announce_us = microseconds(when - *heard_);
  }
}

void FailoverClock::note(core::StampedEvent& failover, const Turn& turn) {
  if (turn.table_written) failover.table_us = microseconds(*turn.table_written - turn.heard);
  if (turn.announced) failover.announce_us = microseconds(*turn.announced - turn.heard);
  heard_ = turn.heard;
  latest_ = core::Failover{.realtime_ns = failover.realtime_ns,
                           .from = failover.event.from,
                           .to = failover.event.to,
                           .why = failover.event.why,
                           .seen_by = failover.event.seen_by,
                           .table_us = failover.table_us,
                           .announce_us = failover.announce_us};
}

}  // namespace ebond::daemon
