// What the other ends of a bond's cables say of how it is cabled: sentences for people.
#pragma once

#include <string>
#include <vector>

#include "core/status.h"

namespace ebond::views {

/// What is not as the mode wants it, or makes the bond depend on one switch. Goes by neighbours that still
/// speak.
std::vector<std::string> cabling_remarks(const core::BondStatus& bond);

}  // namespace ebond::views
