// What tells this boot, and anything made in it, from every other; and what processes are called.
// Used by the daemon to know again what an earlier one left, and to say who changed what.
#pragma once

#include <cstdint>
#include <string>

namespace ebond::os {

/// The kernel's random name for the time since it booted; empty if it cannot be read.
std::string boot_id();
/// Of what no try can tell: a counter that stands still until Linux 6.7 does so for lack of frames, too.
bool is_linux_at_least(unsigned version, unsigned patchlevel);
/// Sixteen random hexadecimal digits.
std::string random_digits();
/// "tc"; empty if there is no process with that id.
std::string process_name(std::uint32_t id);

}  // namespace ebond::os
