// The text of /proc/net/bonding/BOND, byte for byte as the driver prints it to root (Linux 6.1,
// bond_procfs.c), so that scripts that read it go on working. Written to the proc file on disk and printed
// by `ebond show --proc`.
#pragma once

#include <string>

#include "core/status.h"

namespace ebond::views {

std::string proc_text(const core::BondStatus& bond);

}  // namespace ebond::views
