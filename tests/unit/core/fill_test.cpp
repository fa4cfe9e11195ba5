#include "core/fill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace ebond::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Share share(unsigned slot, std::uint32_t weight = 1) {
  return {SlotId{static_cast<std::uint8_t>(slot)}, weight};
}

std::vector<Share> equal_shares(std::initializer_list<unsigned> slots) {
  std::vector<Share> shares;
  for (const unsigned slot : slots) shares.push_back(share(slot));
  return shares;
}

std::vector<unsigned> numbers(const std::vector<SlotId>& buckets) {
  std::vector<unsigned> slots;
  for (const SlotId slot : buckets) slots.push_back(static_cast<unsigned>(slot));
  return slots;
}

std::map<unsigned, int> count(const std::vector<SlotId>& buckets) {
  std::map<unsigned, int> counts;
  for (const SlotId slot : buckets) ++counts[static_cast<unsigned>(slot)];
  return counts;
}

/// Buckets that changed hands, by who had them before.
std::map<unsigned, int> moved(const std::vector<SlotId>& before, const std::vector<SlotId>& after) {
  std::map<unsigned, int> counts;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) ++counts[static_cast<unsigned>(before[i])];
  }
  return counts;
}

int spread(const std::vector<SlotId>& buckets) {
  int fewest = static_cast<int>(buckets.size());
  int most = 0;
  for (const auto& [slot, buckets_held] : count(buckets)) {
    fewest = std::min(fewest, buckets_held);
    most = std::max(most, buckets_held);
  }
  return most - fewest;
}

TEST(ModuloFill, MakesBucketIOfTheIthSlot) {
  EXPECT_THAT(numbers(modulo_fill(equal_shares({0, 1, 2, 3}))), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers(modulo_fill(equal_shares({5, 2, 7}))), ElementsAre(5, 2, 7));
}

TEST(ModuloFill, IsEmptyWhereNobodyMaySend) {
  EXPECT_THAT(modulo_fill({}), IsEmpty());
}

TEST(ModuloFill, GivesOneAndTenGigabitTheirElevenths) {
  const std::vector<Share> shares{share(0, 1000), share(1, 10000)};
  const auto buckets = modulo_fill(shares);
  EXPECT_EQ(buckets.size(), 11U);
  EXPECT_EQ(count(buckets)[0], 1);
  EXPECT_EQ(count(buckets)[1], 10);
}

TEST(ModuloFill, InterleavesUnequalSlots) {
  const std::vector<Share> shares{share(0, 2500), share(1, 5000)};
  EXPECT_THAT(numbers(modulo_fill(shares)), ElementsAre(1, 0, 1));
}

TEST(ModuloFill, StaysWithinTheTableForAwkwardSpeedsAndLeavesNobodyOut) {
  const std::vector<Share> shares{share(0, 9), share(1, 399'983), share(2, 100'003)};
  const auto buckets = modulo_fill(shares);
  EXPECT_EQ(buckets.size(), Table::kMaxBuckets);
  auto counts = count(buckets);
  EXPECT_EQ(counts[0], 1);
  EXPECT_NEAR(counts[1], 8192.0 * 399'983 / 499'995, 2.0);  // one of its own went to slot 0
  EXPECT_NEAR(counts[2], 8192.0 * 100'003 / 499'995, 1.0);
}

TEST(ResilientFill, LosingOneOfFourMovesExactlyItsQuarter) {
  const auto four = resilient_fill(equal_shares({0, 1, 2, 3}), {});
  const auto three = resilient_fill(equal_shares({0, 1, 3}), four);
  EXPECT_EQ(moved(four, three), (std::map<unsigned, int>{{2, 1260}}));
  EXPECT_EQ(spread(three), 0);
}

TEST(ResilientFill, AReturnedSlotTakesItsShareBackAndNoMore) {
  const auto four = resilient_fill(equal_shares({0, 1, 2, 3}), {});
  const auto three = resilient_fill(equal_shares({0, 1, 3}), four);
  const auto again = resilient_fill(equal_shares({0, 1, 2, 3}), three);
  EXPECT_EQ(moved(three, again), (std::map<unsigned, int>{{0, 420}, {1, 420}, {3, 420}}));
  EXPECT_EQ(count(again)[2], 1260);
}

TEST(ResilientFill, KeepsItsSizeAndItsSpreadWithinOneBucketForAnyNumberOfSlots) {
  std::vector<Share> shares;
  std::vector<SlotId> buckets;
  for (unsigned slot = 0; slot < kMaxSlots; ++slot) {
    shares.push_back(share(slot));
    buckets = resilient_fill(shares, buckets);
    ASSERT_EQ(buckets.size(), kResilientBuckets);
    ASSERT_LE(spread(buckets), 1) << shares.size() << " slots";
  }
  while (shares.size() > 1) {
    shares.erase(shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2));
    const auto before = std::exchange(buckets, resilient_fill(shares, buckets));
    ASSERT_LE(spread(buckets), 1) << shares.size() << " slots";
    const auto most_it_held = static_cast<int>(kResilientBuckets / (shares.size() + 1) + 1);
    int changed = 0;
    for (const auto& [slot, buckets_moved] : moved(before, buckets)) changed += buckets_moved;
    ASSERT_LE(changed, most_it_held) << "leaving " << shares.size();
  }
}

TEST(ResilientFill, ChangesNothingWhereNothingChanged) {
  const auto before = resilient_fill(equal_shares({0, 1, 2}), {});
  EXPECT_EQ(resilient_fill(equal_shares({0, 1, 2}), before), before);
}

TEST(ResilientFill, FollowsSpeeds) {
  const std::vector<Share> shares{share(0, 1000), share(1, 10000)};
  auto counts = count(resilient_fill(shares, {}));
  EXPECT_NEAR(counts[0], 5040.0 / 11, 1.0);
  EXPECT_NEAR(counts[1], 50400.0 / 11, 1.0);
}

TEST(ResilientFill, LosingASlotOfUnequalSpeedMovesOnlyItsOwnBuckets) {
  const std::vector<Share> three{share(0, 1000), share(1, 2500), share(2, 10000)};
  const auto before = resilient_fill(three, {});
  const std::vector<Share> two{share(0, 1000), share(1, 2500)};
  EXPECT_EQ(moved(before, resilient_fill(two, before)), (std::map<unsigned, int>{{2, count(before)[2]}}));
}

}  // namespace
}  // namespace ebond::core
