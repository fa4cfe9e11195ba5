#include "core/daemon_report.h"

#include <algorithm>

namespace ebond::core {

void LoopLag::note(std::int64_t us) {
  us = std::max<std::int64_t>(us, 0);
  const auto place = std::ranges::lower_bound(kBoundsUs, us) - kBoundsUs.begin();
  ++by_time_.at(static_cast<std::size_t>(place));
  total_us_ += static_cast<std::uint64_t>(us);
}

}  // namespace ebond::core
