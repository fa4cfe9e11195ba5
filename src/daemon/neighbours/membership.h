// Multicast memberships, said again after a failover, so that snooping switches learn the new port: the
// driver's resend_igmp.
#pragma once

#include "daemon/bond/hands.h"

namespace ebond::daemon {

/// One IGMP report per IPv4 group and one MLD report per IPv6 group joined on the bond and on what is reached
/// through it, out of those interfaces. Answers how many frames went.
os::Result<int> resend_memberships(Hands& hands, os::IfIndex bond);
/// The same on what stands on the bond in other namespaces, as soon as it is found.
void resend_memberships_elsewhere(Hands& hands, os::IfIndex bond);

}  // namespace ebond::daemon
