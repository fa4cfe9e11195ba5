// A bond that runs, made what a configuration says: only what differs is changed. For `ebond apply`; what
// differs is `ebond doctor`'s question, too.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/host.h"
#include "config/bond_config.h"
#include "core/options/options.h"

namespace ebond::cli {

/// What these options come to: texts that mean the same come to the same. One that does not apply counts for
/// none.
core::BondOptions as_options(const config::KeyValues& options);
/// Slaves of one that are none of the other, by their names, in order.
std::vector<std::string> slaves_beyond(const config::BondConfig& bond, const config::BondConfig& other);

/// Options that the configuration leaves out are at their defaults afterwards, and slaves, addresses and
/// routes that it lacks are gone; but what a bond adopted, what was leased, and VLANs are left. What is new
/// comes before what is old goes. The first step that is refused ends it. Slaves must have names.
Step<> update(Host& host, const config::BondConfig& wanted, const config::BondConfig& running,
              const std::function<void(const std::string&)>& warn);

}  // namespace ebond::cli
