// tcx (Linux 6.6): programs on what an interface receives that are asked ahead of tc. tc knows nothing of
// them and cannot take them away; they stay until somebody detaches them, or the interface goes.
//
// Used by Datapath. What the kernel's interface has of it may be newer than the headers this is built with.
// Knows nothing of bonds. Everything is done in the current namespace.
#pragma once

#include <cstdint>
#include <vector>

#include "core/types.h"
#include "os/error.h"

namespace ebond::os::tcx {

/// Their ids, in the order in which they are asked. None if the interface is gone. ENXIO: no tcx here.
Result<std::vector<std::uint32_t>> programs_on(core::IfIndex device);

/// Puts a program behind those that are there.
Result<> attach(core::IfIndex device, int program);
/// Puts it in the place of the one with this id: each frame meets that one or this.
Result<> replace(core::IfIndex device, std::uint32_t old, int program);
/// One that is gone is not an error.
Result<> detach(core::IfIndex device, std::uint32_t program);

}  // namespace ebond::os::tcx
