// Why a port carries nothing, in one plain sentence for the person at the cables: what is so, then what to
// check. Empty where it carries.
#pragma once

#include <string>

#include "core/lacp/member.h"
#include "core/lacp/system.h"

namespace ebond::core::lacp {

std::string advice(const Members& members, const Member& member, const Settings& settings);

}  // namespace ebond::core::lacp
