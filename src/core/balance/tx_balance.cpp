#include "core/balance/tx_balance.h"

#include <algorithm>
#include <utility>

namespace ebond::core {
namespace {

/// Less than this says nothing of a load.
constexpr Milliseconds kLeastTime{500};

}  // namespace

void TxBalance::start(TimePoint now) {
  if (!due_) due_ = now;
}

bool TxBalance::take_due(TimePoint now) {
  if (!due_ || now < *due_) return false;
  due_ = now + kInterval;
  return true;
}

void TxBalance::measured(const TxTotals& totals, TimePoint now) {
  if (measured_at_ && now - *measured_at_ < kLeastTime) return;
  if (measured_at_) {
    const auto elapsed = std::chrono::duration_cast<Milliseconds>(now - *measured_at_).count();
    const auto per_second = [&](std::uint64_t before, std::uint64_t after) {
      return after > before ? (after - before) * 1000 / static_cast<std::uint64_t>(elapsed) : 0;
    };
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      loads_[i] = per_second(totals_.buckets[i], totals.buckets[i]);
    }
    unbalanced_load_ = per_second(totals_.unbalanced, totals.unbalanced);
    loads_are_new_ = true;
  }
  totals_ = totals;
  measured_at_ = now;
}

/// What an earlier process made for these slaves is as good as what would be made now, and moves nothing.
bool TxBalance::is_resumed_with(const std::vector<LoadShare>& shares) const {
  return shares_.empty() && std::ranges::all_of(buckets_, [&](SlotId slot) {
           return std::ranges::find(shares, slot, &LoadShare::slot) != shares.end();
         });
}

const std::vector<SlotId>& TxBalance::follow(std::vector<LoadShare> shares, std::optional<SlotId> active) {
  for (LoadShare& share : shares) {
    if (share.slot == active) share.own_load = unbalanced_load_;
  }
  // Of one who took over from another nothing is known but that it sends what is not balanced: that alone
  // moves nothing.
  const auto same_slaves = [](const LoadShare& left, const LoadShare& right) {
    return left.slot == right.slot && left.speed_mbps == right.speed_mbps;
  };
  const bool stays = !loads_are_new_ && !buckets_.empty() &&
                     (std::ranges::equal(shares, shares_, same_slaves) || is_resumed_with(shares));
  if (!stays) buckets_ = load_fill(shares, loads_, buckets_);
  loads_are_new_ = false;
  shares_ = std::move(shares);
  return buckets_;
}

}  // namespace ebond::core
