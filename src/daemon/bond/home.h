// Where a bond belongs: the network namespace in which it is asked for, named and shown, which its cards come
// from and go back to. Mostly its slaves stand there, too; a bond that has them away keeps them, with the
// lower half, in a namespace of its own.
//
// A Runner's own; its parts read it. What is done to slaves and to the lower half goes through the Runner's
// hands, which are where those stand.
#pragma once

#include <memory>
#include <string>

#include "daemon/bond/hands.h"

namespace ebond::daemon {

/// News of a namespace come to the bond for as long as it keeps this.
struct Visit {
  std::shared_ptr<Hands> hands;  ///< there
  std::shared_ptr<const void> stay;
};

class Home {
 public:
  explicit Home(Hands& below) : below_(below) {}

  Hands& hands() const { return is_elsewhere() ? *elsewhere_.hands : below_; }
  /// Do the slaves stand in another namespace than this one?
  bool is_elsewhere() const { return elsewhere_.hands != nullptr; }

  /// `netns`: what `ip netns` calls the namespace that the bond has for its slaves.
  void is_now_elsewhere(Visit visit, std::string netns) {
    elsewhere_ = std::move(visit);
    netns_ = std::move(netns);
  }
  /// Empty: it has none of its own.
  const std::string& own_netns() const { return netns_; }
  /// That namespace is no longer in use, and what came from it cannot go back.
  void is_gone() {
    elsewhere_ = {};
    is_gone_ = true;
  }
  bool gone() const { return is_gone_; }

 private:
  Hands& below_;
  Visit elsewhere_;
  std::string netns_;
  bool is_gone_ = false;
};

}  // namespace ebond::daemon
