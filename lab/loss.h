// Losing frames at random at one end of a cable: a TC program of six instructions, for kernels without netem.
#pragma once

#include "core/types.h"
#include "os/netns.h"

namespace ebond::lab {

enum class LossPoint { ingress, egress };

/// Loses that share of frames, 0 … 1; 0 takes the program away. Other TC programs of the interface run after
/// it.
void set_loss(const os::Namespace& where, core::IfIndex interface, LossPoint point, double share);

}  // namespace ebond::lab
