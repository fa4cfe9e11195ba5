#include "core/judges/flap_damper.h"

#include <algorithm>

namespace ebond::core {

void FlapDamper::link_lost(TimePoint now) {
  const bool rested = now - last_loss_ > std::max(kForgiven, 2 * hold());
  losses_ = rested ? 1 : losses_ + 1;
  last_loss_ = now;
}

Duration FlapDamper::hold() const {
  if (losses_ < 2) return Duration::zero();
  Duration hold = kFirstHold;
  for (unsigned loss = 2; loss < losses_ && hold < kLongestHold; ++loss) hold *= 2;
  return std::min(hold, kLongestHold);
}

}  // namespace ebond::core
