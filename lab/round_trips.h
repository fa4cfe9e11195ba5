// How long a question takes to be answered: a datagram there and one back, one at a time.
#pragma once

#include <chrono>
#include <vector>

#include "lab/node.h"

namespace ebond::lab {

/// Microseconds of each round trip of 64 octets of payload by UDP, in the order they were made. One that is
/// not answered within 50 ms is left out.
std::vector<double> measure_round_trips(const Node& from, const Node& to, const std::string& to_address,
                                        std::chrono::milliseconds duration, std::uint16_t port = 7300);

}  // namespace ebond::lab
