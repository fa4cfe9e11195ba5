// Tells the neighbours where the bond's addresses live now: a gratuitous ARP for each IPv4 address and an
// unsolicited neighbour advertisement for each IPv6 address, on the bond and on every device above it that is
// reached through it: VLANs, macvlans, ipvlans, bridges. This is what moves the switches' MAC tables after a
// failover.
#pragma once

#include "daemon/bond/hands.h"

namespace ebond::daemon {

/// Sends one round out of the bond; the data path takes it to the active slave. Answers how many frames went.
os::Result<int> announce(Hands& hands, os::IfIndex bond);
/// The same for what stands on the bond in other namespaces, as soon as it is found.
void announce_elsewhere(Hands& hands, os::IfIndex bond);

}  // namespace ebond::daemon
