// How the buckets of a table are shared out among the slaves that may send. Pure functions of slots and
// weights; who may send, and in what mode, is the bond's to say.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/table.h"

namespace ebond::core {

struct Share {
  SlotId slot{};
  std::uint32_t weight = 1;  ///< in proportion to which it gets buckets; never 0
  bool operator==(const Share&) const = default;
};

/// Buckets of a resilient table. Divisible by 1 to 10 and many numbers above, so that the usual numbers of
/// slaves share it exactly.
inline constexpr std::size_t kResilientBuckets = 5040;

/// As few buckets as the weights allow, slots interleaved. With equal weights bucket i is the i-th slot, so
/// hash % size is the driver's choice.
std::vector<SlotId> modulo_fill(std::span<const Share> shares);

/// Always kResilientBuckets, changed no more than the new shares demand: a slot that left gives away its own
/// buckets only, one that came takes its share and no more. `previous` is the fill before, or empty.
std::vector<SlotId> resilient_fill(std::span<const Share> shares, std::span<const SlotId> previous);

}  // namespace ebond::core
