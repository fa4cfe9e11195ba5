// Attributes of interfaces under /sys/class/net, as a network namespace sees them.
//
// What is mounted at /sys shows one namespace's interfaces only: this looks into a sysfs of the namespace's
// own, mounted nowhere. Linux 5.2 and later.
#pragma once

#include <string_view>

#include "os/error.h"
#include "os/netns.h"

namespace ebond::os {

/// ENOENT if this kernel has no such attribute. `attribute` may be a path: "queues/tx-0/xps_cpus".
Result<> write_interface_attribute(const Namespace& where, std::string_view interface,
                                   std::string_view attribute, std::string_view value);

}  // namespace ebond::os
