// What a caller may do, as a question: the door asks the kernel about its peers (peer.h), tests have their
// own answers.
#pragma once

#include "control/service.h"

namespace ebond::control {

class Rights {
 public:
  virtual ~Rights() = default;
  /// Change, make and delete bonds of this network namespace? As of now: a peer may have lost what it had.
  virtual Result<> may_change(NamespaceRef netns) const = 0;
  /// Make another one, which takes descriptors and memory of the daemon's?
  virtual Result<> may_add(NamespaceRef netns) const { return may_change(netns); }
  /// Have the daemon make a network namespace under a name of the host's?
  virtual Result<> may_name_a_namespace() const { return {}; }
};

}  // namespace ebond::control
