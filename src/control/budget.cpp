#include "control/budget.h"

#include <algorithm>

namespace ebond::control {
namespace {

/// The generic cell rate algorithm (ITU-T I.371): one time tells all that was used.
Budget::Clock::duration charge_to(Budget::Clock::time_point& paid, std::size_t units, const Rate& rate,
                                  Budget::Clock::time_point now) {
  paid = std::max(paid, now) + rate.each * units;
  return std::max(Budget::Clock::duration::zero(), paid - now - rate.each * rate.at_once);
}

}  // namespace

Budget::Clock::duration Budget::charge(uid_t user, std::size_t units, Clock::time_point now) {
  std::erase_if(users_, [now](const auto& known) { return known.second <= now; });
  return charge_to(users_[user], units, each_, now);
}

Budget::Clock::duration Budget::charge_all(std::size_t units, Clock::time_point now) {
  return charge_to(all_paid_, units, all_, now);
}

}  // namespace ebond::control
