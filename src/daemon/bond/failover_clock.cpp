#include "daemon/bond/failover_clock.h"

#include <algorithm>
#include <chrono>

namespace ebond::daemon {
namespace {

std::int64_t microseconds(core::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

void count(const core::Failover& failover, core::FailoverHistory& history) {
  history.latest.push_back(failover);
  if (history.latest.size() > core::FailoverHistory::kKept) history.latest.erase(history.latest.begin());
  const auto cause = core::seen_by_name(failover.seen_by);
  ++history.by_cause[cause.empty() ? "unknown" : std::string(cause)];
  if (failover.table_us < 0) return;
  const auto bound = std::ranges::lower_bound(core::FailoverHistory::kBoundsUs, failover.table_us);
  ++history.by_time.at(static_cast<std::size_t>(bound - core::FailoverHistory::kBoundsUs.begin()));
  history.total_us += static_cast<std::uint64_t>(failover.table_us);
}

}  // namespace

void FailoverClock::announced(Turn& turn, core::TimePoint when, int frames) {
  turn.announced = when;
  if (latest_ && heard_ && latest_->announce_us < 0 && frames > 0) {
    latest_->announce_us = microseconds(when - *heard_);
    if (!history_.latest.empty()) history_.latest.back().announce_us = latest_->announce_us;
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
  count(*latest_, history_);
}

}  // namespace ebond::daemon
