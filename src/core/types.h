// The small types every part of core speaks in. Types over comments: an IfIndex is not a SlotId.
#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "wire/mac_address.h"

namespace ebond::core {

using wire::MacAddress;

/// The clock of core: CLOCK_MONOTONIC as the daemon reads it. It has no now(): time always comes in as an
/// argument, so a test owns it.
struct Monotonic {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Monotonic, duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = Monotonic::time_point;
using Duration = Monotonic::duration;
using Milliseconds = std::chrono::milliseconds;

/// The earlier of two deadlines, where none is never.
inline std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// A kernel interface index. Unique in one network namespace; 0 is none.
enum class IfIndex : std::uint32_t {};

/// A slave's place in the table the kernel reads. Kept for as long as the slave is enslaved.
enum class SlotId : std::uint8_t {};
inline constexpr std::size_t kMaxSlots = 64;

enum class Duplex : std::uint8_t { half, full, unknown };

/// What a NIC says of its link.
struct LinkState {
  bool carrier = false;
  std::uint32_t speed_mbps = 0;  ///< 0: not known
  Duplex duplex = Duplex::unknown;
  auto operator<=>(const LinkState&) const = default;
};

/// Who told us of a link, for the record.
enum class LinkSource : std::uint8_t { enslave, hook, netlink, poll };

}  // namespace ebond::core
