// Links as the kernel tells of them, retold as the driver would: bond0 is of kind bond and not one end of a
// veth pair, its slaves have a master, its lower half is not there. Pure: messages in, messages out.
#pragma once

#include "cli/ip/bonds.h"
#include "cli/ip/netlink_message.h"

namespace ebond::cli::ip {

/// A datagram of the kernel's, RTM_NEWLINK messages retold and all others as they are. May be empty: then all
/// it told of was hidden.
Bytes retold(View datagram, const Bonds& bonds);

/// A request for links without its filters on master and kind, which the kernel would apply to what it knows
/// of bonds; the real ip applies them once more to what it is told.
Bytes without_filters(View request);

}  // namespace ebond::cli::ip
