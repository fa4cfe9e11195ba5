// What tells this boot, and anything made in it, from every other.
// Used by the daemon to know again what an earlier one left.
#pragma once

#include <string>

namespace ebond::os {

/// The kernel's random name for the time since it booted; empty if it cannot be read.
std::string boot_id();
/// Sixteen random hexadecimal digits.
std::string random_digits();

}  // namespace ebond::os
