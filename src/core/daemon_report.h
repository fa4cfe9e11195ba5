// What a daemon reports of itself: how well its loop keeps up, and what it could not do. Values alone, as
// core/report.h has them of bonds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ebond::core {

/// How late the loop was at what it had to do at a certain time.
class LoopLag {
 public:
  /// Upper ends of the classes; one more class is above them.
  static constexpr std::array<std::int64_t, 9> kBoundsUs = {100,    250,     1'000,   2'500,    10'000,
                                                            25'000, 100'000, 250'000, 1'000'000};
  void note(std::int64_t us);
  const std::array<std::uint64_t, kBoundsUs.size() + 1>& by_time() const { return by_time_; }
  std::uint64_t total_us() const { return total_us_; }

 private:
  std::array<std::uint64_t, kBoundsUs.size() + 1> by_time_{};
  std::uint64_t total_us_ = 0;
};

struct DaemonReport {
  std::string version{};
  std::int64_t started_ns = 0;  ///< CLOCK_REALTIME
  LoopLag lag{};
  std::size_t bonds = 0;           ///< of all network namespaces
  std::size_t not_taken_over = 0;  ///< bonds of an earlier daemon
  std::size_t events_kept = 0;
  std::uint64_t hooks_run = 0, hooks_failed = 0;
  std::uint64_t hook_events_lost = 0;  ///< that hooks were too slow for
};

}  // namespace ebond::core
