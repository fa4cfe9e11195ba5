// Whether a device has a qdisc that programs can hang on. Used before one is added, in the current network
// namespace.
#pragma once

#include "core/types.h"
#include "os/error.h"

namespace ebond::os {

/// True for a clsact or an ingress qdisc.
Result<bool> has_clsact(core::IfIndex device);

}  // namespace ebond::os
