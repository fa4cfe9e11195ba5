// Flap damping: a link that was lost more than once without a rest between is held once it is back, the
// longer the more often it was lost (flap_damper.h). Holds only while the option flap_damping is on, but
// counts always.
#pragma once

#include "core/judges/flap_damper.h"
#include "core/judges/judge.h"
#include "core/judges/per_slave.h"

namespace ebond::core {

class DampingJudge : public Judge {
 public:
  JudgeNews follow(const Scene& scene, TimePoint now) override;
  JudgeNews link_changed(const Scene& scene, const Slave& slave, const LinkChange& change,
                         TimePoint now) override;
  JudgeNews advance(const Scene& scene, TimePoint now) override;
  std::optional<TimePoint> next_deadline(const Scene& scene) const override;

 private:
  struct Record {
    IfIndex slave{};
    FlapDamper damper{};
  };
  PerSlave<Record> records_;
};

}  // namespace ebond::core
