// Which BPF programs are attached to a device at one place of it. Private to os/.
#pragma once

#include <cstdint>
#include <vector>

#include "core/types.h"
#include "os/error.h"

namespace ebond::os {

/// Their ids, in the order in which they are asked; `place` is of enum bpf_attach_type, which may be newer
/// than the headers this is built with. ENXIO: this device, or this kernel, has no such place. ENODEV: it has
/// no such device.
Result<std::vector<std::uint32_t>> attached_programs(core::IfIndex device, int place);

}  // namespace ebond::os
