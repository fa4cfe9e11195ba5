// A text as LLDP and CDP write it. For the two parsers of wire/discovery.h's values.
#pragma once

#include <cstddef>
#include <string>

#include "wire/bytes.h"

namespace ebond::wire {

inline constexpr std::size_t kLongestDiscoveryText = 255;  // octets; LLDP allows of no longer one

/// Its octets without final NULs, which some makers send along, cut to that length.
std::string discovery_text(ByteView octets);

}  // namespace ebond::wire
