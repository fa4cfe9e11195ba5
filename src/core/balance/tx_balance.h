// What a bond that balances by load (tlb_dynamic_lb) sends, and where each of its 256 buckets goes: measures,
// and moves buckets every ten seconds and whenever a slave comes or goes.
//
// Used by Bond in modes balance-tlb and balance-alb. The kernel counts; the daemon reads the counts when
// due() says so.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/balance/load_fill.h"
#include "core/types.h"

namespace ebond::core {

/// Bytes sent since the bond began, as the kernel counts them.
struct TxTotals {
  std::array<std::uint64_t, kBalanceBuckets> buckets{};
  std::uint64_t unbalanced = 0;  ///< frames no bucket chose the slave of
};

class TxBalance {
 public:
  static constexpr Milliseconds kInterval{10'000};  // BOND_TLB_REBALANCE_INTERVAL

  /// Starts measuring, the first reading due at once; later ones every kInterval.
  void start(TimePoint now);
  void stop() { due_.reset(); }
  std::optional<TimePoint> due() const { return due_; }
  /// True once for each time it is due: then the counts are to be read.
  bool take_due(TimePoint now);
  void measured(const TxTotals& totals, TimePoint now);

  /// The fill for these slaves, made anew where they or the loads are not what they were. `active` sends what
  /// is not balanced.
  const std::vector<SlotId>& follow(std::vector<LoadShare> shares, std::optional<SlotId> active);
  const std::vector<SlotId>& buckets() const { return buckets_; }
  /// As an earlier process left them.
  void resume(std::vector<SlotId> buckets) { buckets_ = std::move(buckets); }

 private:
  bool is_resumed_with(const std::vector<LoadShare>& shares) const;

  std::optional<TimePoint> due_;
  std::optional<TimePoint> measured_at_;
  TxTotals totals_;                                     ///< at measured_at_
  std::array<std::uint64_t, kBalanceBuckets> loads_{};  ///< bytes a second
  std::uint64_t unbalanced_load_ = 0;
  bool loads_are_new_ = false;
  std::vector<LoadShare> shares_;
  std::vector<SlotId> buckets_;
};

}  // namespace ebond::core
