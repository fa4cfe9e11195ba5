// The two systems that tests of LACP are about.
#pragma once

#include "core/types.h"

namespace ebond::core::lacp {

inline constexpr MacAddress kOurSystem({0x02, 0, 0, 0, 0, 0x01});
inline constexpr MacAddress kTheirSystem({0x02, 0, 0, 0, 0, 0x02});

}  // namespace ebond::core::lacp
