#include "core/log_limiter.h"

#include <algorithm>
#include <utility>

namespace ebond::core {

void LogLimiter::Budget::refill(TimePoint now) {
  const auto more = (now - refilled) / kInterval;
  refilled += more * kInterval;
  left = std::min(kBurst, left + static_cast<std::size_t>(more));
}

bool LogLimiter::allows(std::string_view kind, TimePoint now) {
  auto found = budgets_.find(kind);
  if (found == budgets_.end()) found = budgets_.emplace(kind, Budget{.refilled = now}).first;
  Budget& budget = found->second;
  budget.refill(now);
  if (budget.left == 0) {
    ++budget.left_out;
    return false;
  }
  --budget.left;
  return true;
}

std::vector<LogLimiter::LeftOut> LogLimiter::take_left_out(TimePoint now) {
  std::vector<LeftOut> told;
  for (auto& [kind, budget] : budgets_) {
    if (budget.left_out == 0) continue;
    budget.refill(now);
    if (budget.left == 0) continue;
    --budget.left;
    told.push_back({kind, std::exchange(budget.left_out, 0)});
  }
  return told;
}

std::optional<TimePoint> LogLimiter::next_room() const {
  std::optional<TimePoint> next;
  for (const auto& [kind, budget] : budgets_) {
    if (budget.left_out > 0) next = earlier(next, budget.refilled + kInterval);
  }
  return next;
}

}  // namespace ebond::core
