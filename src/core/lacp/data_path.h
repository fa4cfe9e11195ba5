// Which ports may carry, from what the machines decided. The Mux machine speaks LACP; this is what the frames
// of a bond do, and it differs from the Mux in three cases, each to lose or misdirect no frame:
//
// - coupled control sends only once the partner says it collects, and already accepts in ATTACHED, when the
//   partner knows us and may begin to send any moment;
// - a port whose partner does not speak LACP carries alone, as the driver has it (but not under lacp_strict);
// - a port of an aggregator that is not the active one carries nothing.
#pragma once

#include "core/lacp/member.h"
#include "core/lacp/system.h"

namespace ebond::core::lacp {

bool collects(const Members& members, const Member& member, const Settings& settings);
bool distributes(const Members& members, const Member& member, const Settings& settings);
/// The bond's carrier.
bool has_carrier(const Members& members, const Settings& settings);

}  // namespace ebond::core::lacp
