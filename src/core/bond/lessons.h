// The MACs behind a bond that switches are to be taught once traffic has moved (announce_behind): a learning
// frame (wire/rarp.h) for each, a few at a time.
//
// Which there are is asked of the daemon at each move and not kept: guests come and go without telling
// anybody.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/mac_behind.h"
#include "core/types.h"
#include "wire/bytes.h"

namespace ebond::core {

class Lessons {
 public:
  /// For each move: what is more is left to the guests' own frames.
  static constexpr std::size_t kMost = 4096;
  // 1,600 frames a second are a thousandth of a link of 1 Gbit/s, and below what storm control is set to.
  static constexpr std::size_t kAtOnce = 64;
  static constexpr std::size_t kEachStep = 16;
  static constexpr Milliseconds kStep{10};

  /// Traffic has moved from these buckets: what was left of an earlier lesson is forgotten, and must be found
  /// out again.
  void start(std::vector<SlotId> from);
  void stop() {
    queue_.clear();
    wants_reading_ = takes_more_ = false;
  }
  /// The buckets as switches know them; empty if nobody can tell, for they were still being taught.
  const std::vector<SlotId>& from() const { return from_; }
  /// True once after start().
  bool take_due_reading();
  /// The answer. Takes kMost of them, and says how many it took.
  std::size_t read(std::vector<MacBehind> found, TimePoint now);
  /// More of the same, found later; none are taken once the lesson was stopped. Says how many it took.
  std::size_t add(std::vector<MacBehind> found, TimePoint now);
  /// The frames that are due.
  std::vector<wire::Bytes> take_due(TimePoint now);
  std::optional<TimePoint> deadline() const {
    return queue_.empty() ? std::nullopt : std::optional(next_step_);
  }

 private:
  bool wants_reading_ = false;
  bool takes_more_ = false;
  std::vector<SlotId> from_;
  std::vector<MacBehind> queue_;  ///< those that are left, the next one last
  std::size_t next_many_ = 0;
  TimePoint next_step_{};
};

}  // namespace ebond::core
