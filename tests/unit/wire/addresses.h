// The addresses that tests of frames use: two stations, their MACs, and a port's MAC.
#pragma once

#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::wire {

inline const MacAddress kOne({2, 0, 0, 0, 0, 1});
inline const MacAddress kTwo({2, 0, 0, 0, 0, 2});
inline const Ipv4Address kFirst{192, 0, 2, 1};
inline const Ipv4Address kSecond{192, 0, 2, 2};
inline const MacAddress kPort({0x02, 0, 0, 0, 0, 0x11});

}  // namespace ebond::wire
