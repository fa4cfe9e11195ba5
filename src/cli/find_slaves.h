// Cards for the slaves that a configuration describes instead of naming them: by MAC address, by a pattern.
// Used by bring_up.h before anything is changed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/host.h"
#include "config/bond_config.h"

namespace ebond::cli {

struct FoundSlaves {
  config::BondConfig bond;  ///< every slave with a name and nothing to match, the primary by name
  std::vector<std::pair<std::string, std::string>> renames{};  ///< from, to
  std::vector<std::string> warnings{};                         ///< who is left out, and why
};

/// A name alone stays, be the card there or not; one that must have a MAC as well is left out if it has
/// another.
FoundSlaves find_slaves(const config::BondConfig& bond, const std::vector<Card>& cards);

/// If find_slaves() has anything to do.
bool describes_cards(const config::BondConfig& bond);

}  // namespace ebond::cli
