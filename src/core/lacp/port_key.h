// The key of a port: links with one key may aggregate. Composed as the driver composes it (bond_3ad.c):
//
//   15              6 5          1  0
//   | user key        | speed     | full duplex |
//
// A link that is down, or of a speed the driver does not list, has speed 0.
#pragma once

#include <cstdint>

#include "core/types.h"

namespace ebond::core::lacp {

/// The driver's number of a speed: 2 for 10 Mbit/s, 3 for 100, 4 for 1000, … 16 for 400000; else 0.
std::uint16_t speed_class(std::uint32_t speed_mbps);
/// `user_key`: the option ad_user_port_key, 0..1023. Duplex unknown counts as half.
std::uint16_t port_key(std::uint16_t user_key, bool link_up, std::uint32_t speed_mbps, Duplex duplex);

}  // namespace ebond::core::lacp
