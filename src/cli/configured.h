// `ebond up`, `ebond down`, `ebond apply`: from files to bonds; `ebond import` and `ebond export`: from files
// and from what runs to TOML.
#pragma once

#include "cli/arguments.h"
#include "config/bond_config.h"
#include "config/problem.h"

namespace ebond::cli {

/// The exit code. A mistake in the files is told before the daemon is asked for anything.
int run_configured(const Arguments& arguments);

/// The exit code. Bonds that run are made what the file says, the others brought up; all of it, or nothing.
int run_apply(const Arguments& arguments);

/// The exit code. Asks no daemon.
int run_import(const Arguments& arguments);
/// The exit code. Changes nothing.
int run_export(const Arguments& arguments);

/// The file or the machine's files that the arguments mean.
config::Result<config::Configuration> read_configuration(const Arguments& arguments);

/// The exit code: whether the files can be read and describe a bond to bring up. Brings nothing up.
int check_configured(const Arguments& arguments);

}  // namespace ebond::cli
