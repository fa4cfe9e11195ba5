// How much of the daemon its callers may use. Root may use what there is; everybody else shares a part of it,
// small enough that bonds do not notice: a call takes some 0.3 ms of the loop, during which no failover
// happens.
#pragma once

#include <chrono>
#include <cstddef>

namespace ebond::control {

/// A call costs one unit, and one more for each KiB of it and for each 64 KiB of its reply.
struct Rate {
  std::chrono::microseconds each;  ///< one unit each so long …
  unsigned at_once;                ///< … after so many that were saved up
};

struct Limits {
  std::size_t root_message = std::size_t{256} * 1024;  ///< a bond with every option takes a few KiB
  std::size_t root_events = 1024;                      ///< that wait for one subscriber

  // Guests: all whose peer is not root of the daemon's own user namespace.
  std::size_t guest_message = std::size_t{16} * 1024;
  std::size_t guest_events = 256;
  std::size_t connections = 64;  ///< each takes up to three descriptors
  std::size_t connections_of_one = 16;
  Rate calls{std::chrono::milliseconds(5), 8};
  Rate calls_of_one{std::chrono::milliseconds(20), 50};
  /// So long may a connection be silent, a message take to come, and a reply wait to be read.
  std::chrono::milliseconds patience{std::chrono::seconds(30)};
};

}  // namespace ebond::control
