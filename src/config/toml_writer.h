// The other way: bonds as the text of a TOML file that toml.h reads as the same bonds. For `ebond import`.
#pragma once

#include <string>

#include "config/bond_config.h"

namespace ebond::config {

/// A table for each bond, in the order given. Options as numbers, lists or strings, as a person would write
/// them.
std::string to_toml(const std::vector<BondConfig>& bonds);

}  // namespace ebond::config
