// Where bond0, the upper half of the pair, stands: beside its slaves, or apart from them in another network
// namespace: somebody moved it there (`ip link set bond0 netns web`, `ebond add bond0 … netns web`).
//
// A Runner's own; its parts read it. All that is done to bond0 and asked of it goes through hands(), under
// ifindex(): a number means something only in its namespace. Slaves, programs and the lower half stay where
// they are. Never decides where bond0 belongs.
#pragma once

#include <string>

#include "daemon/bond/home.h"

namespace ebond::daemon {

class UpperHalf {
 public:
  /// `below`: where slaves and the lower half are.
  UpperHalf(Hands& below, const Home& home, os::IfIndex ifindex)
      : below_(below), home_(home), ifindex_(ifindex) {}

  Hands& hands() const { return is_apart() ? *apart_.hands : below_; }
  os::IfIndex ifindex() const { return ifindex_; }
  /// From its slaves.
  bool is_apart() const { return apart_.hands != nullptr; }
  /// From where the bond belongs.
  bool is_away() const { return &hands() != &home_.hands(); }
  /// Is this bond0, where its slaves are?
  bool is_below_as(os::IfIndex ifindex) const { return !is_apart() && ifindex == ifindex_; }

  /// "netns web"; "home".
  std::string where_in_words() const {
    if (!is_away()) return "home";
    const auto& label = hands().label();
    return label.empty() ? "the initial netns" : "netns " + label;
  }

  void is_now_apart(Visit visit, os::IfIndex ifindex) {
    apart_ = std::move(visit);
    ifindex_ = ifindex;
  }
  void is_now_below(os::IfIndex ifindex) {
    apart_ = {};
    ifindex_ = ifindex;
  }

 private:
  Hands& below_;
  const Home& home_;
  Visit apart_;
  os::IfIndex ifindex_;
};

}  // namespace ebond::daemon
