// `ebond doctor`: what the daemon's findings are (views/doctor.h), and what this program sees of the machine
// beside them. Changes nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "config/bond_config.h"
#include "views/doctor.h"

namespace ebond::cli {

/// What of a running bond is otherwise than in the file that makes it, a phrase each: "miimon is 100, and 50
/// there". Options that the file does not name are not compared, nor slaves that it knows by something else
/// than a name.
std::vector<std::string> drift_of(const config::BondConfig& running, const config::BondConfig& file);

/// What the machine's files say, in the order in which they are brought up. One that cannot be read is left
/// out.
std::vector<config::Configuration> enabled_configurations(const Arguments& arguments);

/// Prints what is found, the heaviest first, as text or JSON. The exit code: kDone if nothing was.
int run_doctor(const Arguments& arguments);

}  // namespace ebond::cli
