#include "core/fill.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

namespace ebond::core {
namespace {

using Counts = std::vector<std::size_t>;  // one per share

std::uint64_t total_weight(std::span<const Share> shares) {
  return std::accumulate(shares.begin(), shares.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Share& share) { return sum + share.weight; });
}

/// Shares `size` buckets out by weight: everyone's quota rounded down, and the buckets left over one each,
/// first to those who hold one more than that already, then by largest remainder. Nobody gets none.
Counts apportion(std::span<const Share> shares, std::size_t size, const Counts& held) {
  const std::uint64_t total = total_weight(shares);
  Counts counts(shares.size());
  std::vector<std::size_t> by_claim(shares.size());
  std::iota(by_claim.begin(), by_claim.end(), std::size_t{0});
  const auto claim = [&](std::size_t i) {
    const auto quota = size * shares[i].weight;
    return std::tuple(held[i] > quota / total, quota % total);
  };
  std::ranges::stable_sort(by_claim, [&](auto left, auto right) { return claim(left) > claim(right); });

  std::size_t left_over = size;
  for (std::size_t i = 0; i < shares.size(); ++i) left_over -= counts[i] = size * shares[i].weight / total;
  for (std::size_t i = 0; i < left_over; ++i) ++counts[by_claim[i]];
  for (auto& count : counts) {
    if (count > 0) continue;
    --*std::ranges::max_element(counts);
    count = 1;
  }
  return counts;
}

/// Lays out counts[i] buckets of share i, each slot's spread as evenly as they go (smooth weighted
/// round-robin).
std::vector<SlotId> interleave(std::span<const Share> shares, const Counts& counts) {
  const auto size = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  std::vector<std::int64_t> credit(shares.size());
  std::vector<SlotId> buckets;
  buckets.reserve(size);
  while (buckets.size() < size) {
    for (std::size_t i = 0; i < shares.size(); ++i) credit[i] += static_cast<std::int64_t>(counts[i]);
    const auto next = static_cast<std::size_t>(std::ranges::max_element(credit) - credit.begin());
    credit[next] -= static_cast<std::int64_t>(size);
    buckets.push_back(shares[next].slot);
  }
  return buckets;
}

/// The index of each slot's share; shares.size() where a slot has none.
std::array<std::size_t, kMaxSlots> index_of_slots(std::span<const Share> shares) {
  std::array<std::size_t, kMaxSlots> index{};
  index.fill(shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) index[static_cast<std::size_t>(shares[i].slot)] = i;
  return index;
}

}  // namespace

std::vector<SlotId> modulo_fill(std::span<const Share> shares) {
  std::uint32_t divisor = 0;
  for (const Share& share : shares) divisor = std::gcd(divisor, share.weight);
  if (divisor == 0) return {};
  const auto size = std::min<std::uint64_t>(total_weight(shares) / divisor, Table::kMaxBuckets);
  return interleave(shares, apportion(shares, size, Counts(shares.size())));
}

std::vector<SlotId> resilient_fill(std::span<const Share> shares, std::span<const SlotId> previous) {
  if (shares.empty()) return {};
  if (previous.size() != kResilientBuckets) {
    return interleave(shares, apportion(shares, kResilientBuckets, Counts(shares.size())));
  }

  const auto index = index_of_slots(shares);
  const auto share_of = [&](SlotId slot) { return index[static_cast<std::size_t>(slot)]; };
  Counts held(shares.size() + 1);  // the last counts buckets of slots that left
  for (const SlotId slot : previous) ++held[share_of(slot)];
  const Counts wanted = apportion(shares, kResilientBuckets, held);

  std::vector<SlotId> buckets(previous.begin(), previous.end());
  for (SlotId& bucket : buckets) {
    const auto from = share_of(bucket);
    const bool stays = from < shares.size() && held[from] <= wanted[from];
    if (stays) continue;
    std::size_t neediest = 0;
    const auto need = [&](std::size_t i) { return static_cast<std::int64_t>(wanted[i] - held[i]); };
    for (std::size_t i = 1; i < shares.size(); ++i) {
      if (need(i) > need(neediest)) neediest = i;
    }
    --held[from];
    ++held[neediest];
    bucket = shares[neediest].slot;
  }
  return buckets;
}

}  // namespace ebond::core
