// A bond that runs, made what a configuration says: only what differs is changed. For `ebond apply`.
#pragma once

#include <functional>
#include <string>

#include "cli/host.h"
#include "config/bond_config.h"

namespace ebond::cli {

/// Options that the configuration leaves out are at their defaults afterwards, and slaves, addresses and
/// routes that it lacks are gone; but what a bond adopted, what was leased, and VLANs are left. What is new
/// comes before what is old goes. The first step that is refused ends it. Slaves must have names.
Step<> update(Host& host, const config::BondConfig& wanted, const config::BondConfig& running,
              const std::function<void(const std::string&)>& warn);

}  // namespace ebond::cli
