// Devices of other network namespaces that stand on devices of this one: a container's macvlan or VLAN on
// bond0. The kernel tells nobody here of them, so every namespace that has a name or a process is looked
// into; those that have neither here, a name in another mount namespace perhaps, can still be asked for their
// links, but not entered.
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

/// For each of these, in their order: one for each other namespace that has such devices. A namespace that
/// cannot be looked into is left out.
std::vector<std::vector<StackedElsewhere>> stacked_elsewhere(std::span<const Namespace* const> several);
/// VLANs alone, which the kernel finds at little cost, and at none while it has none.
std::vector<std::vector<StackedElsewhere>> vlans_elsewhere(std::span<const Namespace* const> several);

/// The links alone, of one namespace; also from namespaces that cannot be entered but that this one has a
/// number for, as it has whenever a device of its own went there.
std::vector<LinkInfo> links_stacked_elsewhere(const Namespace& here);

}  // namespace ebond::os
