// Draining: a slave that a command took out (Slave::drained) is held until another lets it back, whatever its
// link does. Nothing failed, so nothing is counted as a failure.
//
// What others still send to it is the bond's for kGrace: a switch that has not heard the announcement yet, a
// partner that has not had our goodbye (802.3ad), what is under way on the cable. So no frame is lost.
#pragma once

#include "core/judges/judge.h"

namespace ebond::core {

class DrainJudge : public Judge {
 public:
  /// A partner answers a goodbye at once; a bridge learns by the first announcement, or by the second, which
  /// peer_notif_delay may put a while after it.
  static constexpr Milliseconds kGrace{2000};

  JudgeNews follow(const Scene& scene, TimePoint now) override;
  JudgeNews advance(const Scene& scene, TimePoint now) override;
  std::optional<TimePoint> next_deadline(const Scene& scene) const override;
};

}  // namespace ebond::core
