// Whether a slave's path is proved: the second half of the question whether it may carry traffic. The link
// monitor says whether its link is up; this says whether a judge holds it out although it is.
//
// A path is taken for proved until a judge says otherwise. Judges know nothing of each other: each holds and
// lets pass for itself, and a slave passes when none holds it. All they say comes by the bench (bench.h) to
// the bond's turn, which alone brings it to the gate.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"
#include "core/types.h"

namespace ebond::core {

/// What a judge says of a slave: it holds it out, for a reason, or lets it pass.
struct PathVerdict {
  PathJudge judge{};
  bool proved = true;
  std::string why{};
  MiiStatus shown = MiiStatus::down;      ///< while held; see PathHold
  std::optional<TimePoint> until{};       ///< while held; see PathHold
  std::optional<Milliseconds> silence{};  ///< how long it has been so when it is first said, for the record
  bool takes_in = false;                  ///< while held; see PathHold
};

struct JudgedPath {
  IfIndex slave{};
  PathVerdict verdict{};
};

class PathGate {
 public:
  PathGate() = default;
  /// As an earlier process left it.
  PathGate(std::vector<PathHold> holds, std::uint32_t failures);

  bool is_open() const { return holds_.empty(); }
  /// What of a held slave the driver would show: down, if any of its holds says so. Up where none holds.
  MiiStatus shown() const;
  /// In the order they began.
  std::span<const PathHold> holds() const { return holds_; }
  const PathHold* held_by(PathJudge judge) const;

  /// Held, but only by judges that give way to the last slave there is: failback, damping.
  bool holds_only_back() const;

  /// False if this is what the judge said last. A hold that goes on for another reason keeps its `since`.
  bool judged(const PathVerdict& verdict, TimePoint now);

  /// Times a slave in use was held out because its path was lost.
  std::uint32_t failures() const { return failures_; }
  void count_failure();

 private:
  std::vector<PathHold> holds_;
  std::uint32_t failures_ = 0;
};

}  // namespace ebond::core
