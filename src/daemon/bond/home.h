// Where a bond belongs: the network namespace in which it is asked for, named and shown, which its cards come
// from and go back to. Mostly its slaves stand there, too; a bond that has them away keeps them, with the
// lower half, in a namespace of its own.
//
// A Runner's own; its parts read it. What is done to slaves and to the lower half goes through the Runner's
// hands, which are where those stand.
#pragma once

#include <memory>

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

  void is_now_elsewhere(Visit visit) { elsewhere_ = std::move(visit); }

 private:
  Hands& below_;
  Visit elsewhere_;
};

}  // namespace ebond::daemon
