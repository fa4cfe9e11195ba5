// The MAC address that this host knows of a neighbour, as the kernel would use it now. Asks nobody on the
// wire.
#pragma once

#include <optional>

#include "core/types.h"
#include "os/error.h"
#include "os/netns.h"
#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::os {

/// None if the kernel has no entry for it on this interface, or one without a MAC address.
Result<std::optional<wire::MacAddress>> known_mac(const Namespace& where, core::IfIndex on,
                                                  const wire::IpAddress& neighbour);

}  // namespace ebond::os
