#include "core/balance/load_fill.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>

namespace ebond::core {
namespace {

constexpr std::int64_t kBitsPerByte = 8;
/// Of all load: a difference no larger is left as it is.
constexpr std::int64_t kTolerance = 10;

std::int64_t bits(std::uint64_t bytes) {
  return static_cast<std::int64_t>(bytes) * kBitsPerByte;
}

/// What of every slave's speed is still free, as compute_gap of the driver counts it: bits a second, and
/// below zero where a slave has more than it can carry.
std::vector<std::int64_t> free_speeds(std::span<const LoadShare> shares) {
  constexpr int kMegabit = 20;  // a shift
  std::uint32_t slowest = std::numeric_limits<std::uint32_t>::max();
  for (const LoadShare& share : shares) {
    if (share.speed_mbps > 0) slowest = std::min(slowest, share.speed_mbps);
  }
  std::vector<std::int64_t> gaps;
  for (const LoadShare& share : shares) {
    const auto speed = share.speed_mbps > 0 ? share.speed_mbps : slowest;
    gaps.push_back((std::int64_t{speed} << kMegabit) - bits(share.own_load));
  }
  return gaps;
}

class Fill {
 public:
  Fill(std::span<const LoadShare> shares, std::span<const std::uint64_t> loads)
      : shares_(shares), loads_(loads), gaps_(free_speeds(shares)), place_(loads.size(), shares.size()) {}

  void keep(std::span<const SlotId> previous) {
    for (std::size_t i = 0; i < previous.size() && i < loads_.size(); ++i) {
      const auto before = index_of(previous[i]);
      if (loads_[i] > 0 && before < shares_.size()) put(i, before);
    }
  }
  /// The heaviest first: they are the hardest to find room for.
  void house_the_homeless() {
    std::vector<std::size_t> homeless;
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      if (loads_[i] > 0 && !has_place(i)) homeless.push_back(i);
    }
    std::ranges::stable_sort(homeless, [&](auto left, auto right) { return loads_[left] > loads_[right]; });
    for (const auto i : homeless) put(i, freest());
  }
  void rebalance() {
    const auto tolerance = bits(total_load()) / kTolerance;
    for (std::size_t moves = 0; moves < loads_.size(); ++moves) {
      const auto to = freest(), from = busiest();
      const auto difference = gaps_[to] - gaps_[from];
      if (difference <= tolerance) return;
      const auto moved = best_to_move(from, difference);
      if (!moved) return;
      gaps_[from] += bits(loads_[*moved]);
      put(*moved, to);
    }
  }
  void deal_out_the_idle(std::span<const SlotId> previous) {
    const auto busy = std::ranges::count_if(loads_, [](auto load) { return load > 0; });
    const auto expected = busy == 0 ? 1 : std::max<std::int64_t>(bits(total_load()) / busy, 1);
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      if (loads_[i] > 0) continue;
      auto to = freest();
      const auto before = i < previous.size() ? index_of(previous[i]) : shares_.size();
      if (before < shares_.size() && gaps_[to] - gaps_[before] <= expected) to = before;
      place_[i] = to;
      gaps_[to] -= expected;
    }
  }
  std::vector<SlotId> buckets() const {
    std::vector<SlotId> slots;
    slots.reserve(place_.size());
    for (const auto place : place_) slots.push_back(shares_[place].slot);
    return slots;
  }

 private:
  std::size_t index_of(SlotId slot) const {
    return static_cast<std::size_t>(std::ranges::find(shares_, slot, &LoadShare::slot) - shares_.begin());
  }
  bool has_place(std::size_t i) const { return place_[i] < shares_.size(); }
  void put(std::size_t i, std::size_t share) {
    place_[i] = share;
    gaps_[share] -= bits(loads_[i]);
  }
  std::uint64_t total_load() const { return std::accumulate(loads_.begin(), loads_.end(), std::uint64_t{0}); }
  std::size_t freest() const {
    return static_cast<std::size_t>(std::ranges::max_element(gaps_) - gaps_.begin());
  }
  std::size_t busiest() const {
    return static_cast<std::size_t>(std::ranges::min_element(gaps_) - gaps_.begin());
  }
  /// The one that brings both closest together; none where each would only turn the difference round.
  std::optional<std::size_t> best_to_move(std::size_t from, std::int64_t difference) const {
    std::optional<std::size_t> best;
    const auto left_over = [&](std::size_t i) { return std::abs(difference - 2 * bits(loads_[i])); };
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      if (place_[i] != from || loads_[i] == 0 || bits(loads_[i]) >= difference) continue;
      if (!best || left_over(i) < left_over(*best)) best = i;
    }
    return best;
  }

  std::span<const LoadShare> shares_;
  std::span<const std::uint64_t> loads_;
  std::vector<std::int64_t> gaps_;
  std::vector<std::size_t> place_;  ///< index of the bucket's share; shares_.size(): none yet
};

}  // namespace

std::vector<SlotId> load_fill(std::span<const LoadShare> shares, std::span<const std::uint64_t> loads,
                              std::span<const SlotId> previous) {
  if (shares.empty()) return {};
  Fill fill(shares, loads);
  fill.keep(previous);
  fill.house_the_homeless();
  fill.rebalance();
  fill.deal_out_the_idle(previous);
  return fill.buckets();
}

}  // namespace ebond::core
