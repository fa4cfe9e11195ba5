// What `ebond` does for each command but up, down and apply: one exchange with the daemon, and its answer
// told.
#pragma once

#include "cli/arguments.h"
#include "control/client.h"
#include "views/paint.h"

namespace ebond::cli {

/// As standard output and NO_COLOR want it.
views::Colour colour();

/// Tries the kernel, in this process and with its rights: no daemon is asked. The exit code.
int run_check(const Arguments& arguments);

/// The exit code.
int run_command(const Arguments& arguments, control::Client& client);

}  // namespace ebond::cli
