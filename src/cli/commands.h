// What `ebond` does for each command but up, down and apply: one exchange with the daemon, and its answer
// told.
#pragma once

#include "cli/arguments.h"
#include "control/client.h"

namespace ebond::cli {

/// The exit code.
int run_command(const Arguments& arguments, control::Client& client);

}  // namespace ebond::cli
