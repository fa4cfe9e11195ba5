// The devices that send what is sent on a bond: itself, and the VLANs above it.
#pragma once

#include <vector>

#include "daemon/network.h"

namespace ebond::daemon {

/// The bond first, then the VLANs on it and the VLANs on those, of this namespace. Empty where the bond is
/// gone.
os::Result<std::vector<os::LinkInfo>> stack_on(Network& network, os::IfIndex bond);

}  // namespace ebond::daemon
