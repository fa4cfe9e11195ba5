// Who answers for a bond through which nobody is reached: while no slave carries, bond0 has no carrier, and
// nothing of what comes in gets to this host's own stack. Two hosts that watch each other would then both
// wait for an answer for good, each because the other waits: the path between them was gone for a moment, and
// their bonds with it. So as long as no slave carries, the bond itself answers what proves a path: ARP and
// Neighbor Solicitations of path_target and of next hops to it, and of ns_ip6_target, and echoes where they
// are what is asked here.
//
// Used by Bench, beside the judges. Proves nothing and holds nobody: the other end comes back by its own
// judge, and answers then. The ARP monitor has no need of it: as in the driver, a target's question counts as
// its answer.
#pragma once

#include <vector>

#include "core/judges/judge.h"

namespace ebond::core {

/// Adds what is asked, to kinds that are heard anyway.
void hear_questions(const Scene& scene, Listening& wanted);
/// By the slave that the question came in by, from the bond's MAC. What is sent to all comes in by each
/// slave, and is answered by one, each in turn, so that a switch does not see the MAC at all of them at once.
std::vector<Probe> answer_question(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                                   TimePoint now);

}  // namespace ebond::core
