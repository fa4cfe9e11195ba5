// Who speaks through a bond: the MACs behind the bridges over it, of the macvlans on it, and of the devices
// on it.
//
// Asked after a failover, that switches be taught them. Decides nothing: whom to teach, and when, is core's.
#pragma once

#include <functional>
#include <vector>

#include "core/mac_behind.h"
#include "daemon/bond/hands.h"

namespace ebond::daemon {

/// Each MAC with the VLAN that its frames leave the bond in, once; the bond's own first, then those that were
/// sent to last. Empty if the bond is gone.
///
/// What a bridge learned at a port that is not on the bond counts as behind it; a bridge with another way out
/// of this host knows MACs there, too.
os::Result<std::vector<core::MacBehind>> macs_behind(Hands& hands, os::IfIndex bond);

/// The same of the VLANs and macvlans that the bond has in other namespaces, and of what stands on them
/// there: `found` is called on the loop, once for each.
void macs_behind_elsewhere(Hands& hands, os::IfIndex bond,
                           std::function<void(std::vector<core::MacBehind>)> found);

}  // namespace ebond::daemon
