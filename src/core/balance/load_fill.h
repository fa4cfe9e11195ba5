// The load-driven fill of balance-tlb and balance-alb: 256 buckets, one for each hash of a destination,
// shared out by what each of them sends and what each slave can carry. A pure function; measuring is
// tx_balance's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/table.h"

namespace ebond::core {

/// TLB_HASH_TABLE_SIZE, RLB_HASH_TABLE_SIZE
inline constexpr std::size_t kBalanceBuckets = 256;

/// A slave that may send.
struct LoadShare {
  SlotId slot{};
  std::uint32_t speed_mbps = 0;  ///< 0: not known, counts as the slowest known
  std::uint64_t own_load = 0;    ///< bytes a second it sends beside the buckets' (the active slave)
  bool operator==(const LoadShare&) const = default;
};

/// Bucket i goes to a slave with room for loads[i] bytes a second. What has a place in `previous` (empty, or
/// a fill of before) keeps it, unless the freest slave has more to spare than the busiest by over a tenth of
/// all load: then the fewest buckets that mend it move. Buckets that send nothing are shared out as if each
/// were about to send as much as the others do on average. Empty where there are no shares.
std::vector<SlotId> load_fill(std::span<const LoadShare> shares, std::span<const std::uint64_t> loads,
                              std::span<const SlotId> previous);

}  // namespace ebond::core
