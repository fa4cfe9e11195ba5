// Devices of other network namespaces that stand on devices of this one: a container's macvlan or VLAN on
// bond0. The kernel tells nobody here of them, so every namespace that has a name or a process is looked
// into.
//
// Used by the daemon: by enslavings, and every few seconds off its loop. Changes nothing.
#pragma once

#include <span>
#include <vector>

#include "os/netns.h"
#include "os/rtnetlink_types.h"

namespace ebond::os {

struct StackedElsewhere {
  Namespace where;
  std::vector<LinkInfo> links;  ///< whose `lower` is a device of the namespace that was asked about
};

/// One for each other namespace that has such devices. A namespace that cannot be looked into is left out.
std::vector<StackedElsewhere> stacked_elsewhere(const Namespace& here);
/// The same for several, in their order: every other namespace is looked into once.
std::vector<std::vector<StackedElsewhere>> stacked_elsewhere(std::span<const Namespace* const> several);

}  // namespace ebond::os
