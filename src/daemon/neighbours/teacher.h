// Sends the learning packets of balance-tlb and balance-alb: what the core wants switches to learn, in every
// VLAN they may learn it in.
#pragma once

#include "core/bond.h"
#include "daemon/bond/hands.h"

namespace ebond::daemon {

/// As alb_send_learning_packets: untagged, and tagged for every VLAN straight on the bond, with the VLAN's
/// own MAC where it has one. `slaves`: the hands that those are sent by. A slave that cannot send now is no
/// error.
os::Result<> teach(Hands& hands, os::IfIndex bond, Hands& slaves, const core::action::Teach& wanted);

}  // namespace ebond::daemon
