// Where bond0, the upper half of the pair, stands: beside its slaves, or away in another network namespace,
// into which somebody moved it (`ip link set bond0 netns web`, `ebond add bond0 … netns web`).
//
// A Runner's own; its parts read it. All that is done to bond0 and asked of it goes through hands(), under
// ifindex(): a number means something only in its namespace. Slaves, programs and the lower half stay where
// the bond is. Never decides where bond0 belongs.
#pragma once

#include <memory>
#include <string>

#include "daemon/bond/hands.h"

namespace ebond::daemon {

/// News of a namespace that a bond's upper half stands in come to the bond for as long as it keeps this.
struct Visit {
  std::shared_ptr<Hands> hands;  ///< there
  std::shared_ptr<const void> stay;
};

class UpperHalf {
 public:
  UpperHalf(Hands& home, os::IfIndex ifindex) : home_(home), ifindex_(ifindex) {}

  Hands& hands() const { return is_away() ? *away_.hands : home_; }
  os::IfIndex ifindex() const { return ifindex_; }
  bool is_away() const { return away_.hands != nullptr; }
  /// Is this bond0, in the bond's own namespace?
  bool is_at_home_as(os::IfIndex ifindex) const { return !is_away() && ifindex == ifindex_; }

  /// "netns web"; "home".
  std::string where_in_words() const {
    if (!is_away()) return "home";
    const auto& label = away_.hands->label();
    return label.empty() ? "the initial netns" : "netns " + label;
  }

  void is_now_away(Visit visit, os::IfIndex ifindex) {
    away_ = std::move(visit);
    ifindex_ = ifindex;
  }
  void is_now_at_home(os::IfIndex ifindex) {
    away_ = {};
    ifindex_ = ifindex;
  }

 private:
  Hands& home_;
  Visit away_;
  os::IfIndex ifindex_;
};

}  // namespace ebond::daemon
