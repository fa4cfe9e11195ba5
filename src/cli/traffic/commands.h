// `ebond flow`: which slave a flow takes.
#pragma once

#include "cli/arguments.h"

namespace ebond::cli {

/// The exit code.
int run_flow(const Arguments& arguments);

}  // namespace ebond::cli
