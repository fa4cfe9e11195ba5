// What stands on a bond: the VLANs, macvlans, bridges and other devices of its namespace that what is sent on
// them leaves through it.
//
// Asked by whoever speaks for all of them: announcements, memberships, learning packets, the ways to probe
// targets.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "daemon/bond/hands.h"
#include "wire/ethernet.h"

namespace ebond::daemon {

struct StackedDevice {
  os::LinkInfo link;
  wire::VlanTags tags{};  ///< between it and the bond, outermost first
  /// What asks for its addresses is answered through the bond: nothing but VLANs, macvlans, ipvlans and
  /// bridges between it and the bond, itself included.
  bool answers_through_bond = true;
  std::size_t distance = 0;  ///< devices below it: 0 is the bond itself, 1 what stands straight on it
};

/// The bond first, then what stands on it, the nearer ones first. Empty if the bond is gone.
os::Result<std::vector<StackedDevice>> stack_on(Hands& hands, os::IfIndex bond);

/// The VLANs that a card below the bond must let in: those of VLAN devices that stand on the bond, or on a
/// macvlan on it.
os::Result<std::set<core::VlanKey>> vlans_on(Hands& hands, os::IfIndex bond);

/// An address that nobody may speak for yet, for it is not proved unique (RFC 4862 5.4).
bool is_tentative(const os::Address& address);

}  // namespace ebond::daemon
