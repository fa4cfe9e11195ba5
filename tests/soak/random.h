// The soak's choices: one stream of numbers from one seed, the same on every machine.
//
// Used by the plan alone. What happens while a plan is played is never asked here, so that the same seed
// gives the same plan.
#pragma once

#include <cstdint>
#include <iterator>

#include "core/splitmix.h"

namespace ebond::soak {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// 0 … n-1, n at least 1.
  unsigned below(unsigned n) { return static_cast<unsigned>(core::splitmix64(state_) % n); }
  unsigned between(unsigned least, unsigned most) { return least + below(most - least + 1); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class All>
  const auto& pick(const All& all) {
    return *std::next(std::begin(all), below(static_cast<unsigned>(std::size(all))));
  }

 private:
  std::uint64_t state_;
};

}  // namespace ebond::soak
