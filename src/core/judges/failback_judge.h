// The proof before failback: a slave whose link was lost and is back is held until a frame came in by it. A
// switch port has a link before it forwards.
//
// Any frame counts (Slave::last_rx; link-local ones are not stamped, a port that forwards nothing sends them
// too). After an updelay the slave has waited long enough, and a link that came back within its downdelay
// never went.
#pragma once

#include "core/judges/judge.h"

namespace ebond::core {

class FailbackJudge : public Judge {
 public:
  /// How often stamps are looked at while a proof is waited for.
  static constexpr Milliseconds kLook{10};

  /// By default where path_monitor has targets.
  static bool is_wanted(const BondOptions& options);

  JudgeNews follow(const Scene& scene, TimePoint now) override;
  JudgeNews link_changed(const Scene& scene, const Slave& slave, const LinkChange& change,
                         TimePoint now) override;
  JudgeNews advance(const Scene& scene, TimePoint now) override;
  std::optional<TimePoint> next_deadline(const Scene&) const override { return next_look_; }
  bool counts_any_frame(const BondOptions&) const override { return true; }

 private:
  std::optional<TimePoint> next_look_;  ///< while a slave waits
};

}  // namespace ebond::core
