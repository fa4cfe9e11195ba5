// What a slave, a daemon and the kernel have, read so that before and after can be compared. Used by the soak
// when it begins and when it ends.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "lab/node.h"
#include "tests/soak/checks.h"

namespace ebond::soak {

/// MAC, MTU, flags, qdiscs, filters, and addresses and routes that somebody gave it.
std::vector<std::string> footing_of(lab::Node& where, const std::string& interface);
/// What of it is known of an interface that was made again: what somebody gave it is not there, and a bond
/// that took it at once may have found it up or still down.
std::vector<std::string> of_a_new_one(std::vector<std::string> footing);

Holdings holdings_of(pid_t daemon);

/// The kernel's numbers of the programs on an interface's filters, which are never used twice.
std::set<unsigned> programs_on(lab::Node& where, const std::string& interface);
bool program_is_there(const lab::Node& anywhere, unsigned id);

}  // namespace ebond::soak
