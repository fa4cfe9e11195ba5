// Teams in Red Hat's ifcfg files: TEAM_CONFIG and TEAM_PORT_CONFIG hold teamd's JSON, the rest is as for
// bonds.
#pragma once

#include "config/bond_config.h"
#include "config/problem.h"
#include "config/sysconfig.h"

namespace ebond::config {

Result<Configuration> read_rhel_team(const SysconfigPaths& paths);

}  // namespace ebond::config
