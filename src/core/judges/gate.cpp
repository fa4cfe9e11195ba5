#include "core/judges/gate.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/judges/rows.h"

namespace ebond::core {

PathGate::PathGate(std::vector<PathHold> holds, std::uint32_t failures)
    : holds_(std::move(holds)), failures_(failures) {}

MiiStatus PathGate::shown() const {
  if (holds_.empty()) return MiiStatus::up;
  const bool any_down =
      std::ranges::any_of(holds_, [](const PathHold& hold) { return hold.shown == MiiStatus::down; });
  return any_down ? MiiStatus::down : holds_.front().shown;
}

const PathHold* PathGate::held_by(PathJudge judge) const {
  const auto found = std::ranges::find(holds_, judge, &PathHold::judge);
  return found == holds_.end() ? nullptr : &*found;
}

bool PathGate::holds_only_back() const {
  return !holds_.empty() &&
         std::ranges::all_of(holds_, [](const PathHold& hold) { return row_of(hold.judge).gives_way; });
}

bool PathGate::judged(const PathVerdict& verdict, TimePoint now) {
  const auto found = std::ranges::find(holds_, verdict.judge, &PathHold::judge);
  if (verdict.proved) {
    if (found == holds_.end()) return false;
    holds_.erase(found);
    return true;
  }
  PathHold hold{.judge = verdict.judge,
                .why = verdict.why,
                .shown = verdict.shown,
                .since = now,
                .until = verdict.until,
                .takes_in = verdict.takes_in};
  if (found == holds_.end()) {
    holds_.push_back(std::move(hold));
    return true;
  }
  hold.since = found->since;
  if (hold == *found) return false;
  *found = std::move(hold);
  return true;
}

void PathGate::count_failure() {
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
}

}  // namespace ebond::core
