// How long a link that goes and comes is held out: the more often it was lost, the longer.
//
// The first loss costs nothing. From the second on a link that is back is held 1 s, 2 s, 4 s, … to five
// minutes; a link that then kept still is forgiven. Used by the bond for each slave, where flap_damping is
// on.
#pragma once

#include "core/types.h"

namespace ebond::core {

class FlapDamper {
 public:
  static constexpr Duration kFirstHold = std::chrono::seconds(1);
  static constexpr Duration kLongestHold = std::chrono::minutes(5);
  /// A loss that comes later than this, and than twice the hold that was due, counts as the first again.
  static constexpr Duration kForgiven = std::chrono::minutes(1);

  void link_lost(TimePoint now);
  /// Losses without a rest between them.
  unsigned losses() const { return losses_; }
  /// How long the link is to be held now that it is back; zero: not at all.
  Duration hold() const;

 private:
  unsigned losses_ = 0;
  TimePoint last_loss_{};
};

}  // namespace ebond::core
