// `ebond up`, `ebond down`, `ebond apply`: from files to bonds; `ebond import`: from files to TOML.
#pragma once

#include "cli/arguments.h"

namespace ebond::cli {

/// The exit code. A mistake in the files is told before the daemon is asked for anything.
int run_configured(const Arguments& arguments);

/// The exit code. Asks no daemon.
int run_import(const Arguments& arguments);

}  // namespace ebond::cli
