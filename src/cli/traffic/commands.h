// `ebond flow` and `ebond balance`: which slave a flow takes, and how the traffic that is seen is shared.
#pragma once

#include "cli/arguments.h"

namespace ebond::cli {

// The exit codes.
int run_flow(const Arguments& arguments);
int run_balance(const Arguments& arguments);

}  // namespace ebond::cli
