// What is brought up at boot: every TOML file of /etc/ebond, and the files of the format that `ebond enable`
// noted in /etc/ebond/from. `ebond up --enabled` is what ebond-up.service runs.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/arguments.h"

namespace ebond::cli {

/// What brings up one file or format, in the order in which it is done. The error is a sentence. `arguments`
/// are those of `up --enabled` or `down --enabled`. None if all is for ifupdown to do.
std::expected<std::vector<Arguments>, std::string> enabled_parts(const Arguments& arguments);

/// `ebond up --enabled`, `ebond down --enabled`: each part by itself, so that a fault in one file leaves the
/// others alone. The exit code: that of the first part that failed.
int run_enabled(const Arguments& arguments);

/// `ebond enable [--from FORMAT]`: notes the format, or that there is none, once all that is to be brought up
/// could be read; then has systemd, if it runs, start what does it at boot. The exit code.
int run_enable(const Arguments& arguments);

}  // namespace ebond::cli
