// `ebond watch`: a screen of bonds, slaves, rates and events that follows what happens, until it is quit.
#pragma once

#include "cli/arguments.h"

namespace ebond::cli {

/// The exit code.
int run_watch(const Arguments& arguments);

}  // namespace ebond::cli
