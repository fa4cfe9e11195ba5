// The load-driven fill: who gets room where, and what stays where it is.
#include "core/balance/load_fill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/balance/tx_balance.h"

namespace ebond::core {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::IsEmpty;
using Loads = std::vector<std::uint64_t>;

constexpr SlotId kFirst{0}, kSecond{1}, kThird{2};

std::vector<LoadShare> equal_load_shares(unsigned count, std::uint32_t mbps = 1000) {
  std::vector<LoadShare> shares;
  for (unsigned i = 0; i < count; ++i) {
    shares.push_back({.slot = SlotId{static_cast<std::uint8_t>(i)}, .speed_mbps = mbps});
  }
  return shares;
}

std::uint64_t load_on(SlotId slot, const std::vector<SlotId>& buckets, const Loads& loads) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) sum += buckets[i] == slot ? loads[i] : 0;
  return sum;
}

TEST(LoadFill, DealsBucketsThatNeverSentOutInTurn) {
  const auto buckets = load_fill(equal_load_shares(3), Loads(kBalanceBuckets), {});
  ASSERT_EQ(buckets.size(), kBalanceBuckets);
  for (std::size_t i = 0; i < buckets.size(); ++i) EXPECT_EQ(buckets[i], SlotId(i % 3));
}

TEST(LoadFill, HasNoBucketsWithoutASlave) {
  EXPECT_THAT(load_fill({}, Loads(kBalanceBuckets), {}), IsEmpty());
}

TEST(LoadFill, MovesLoadUntilBothCarryAboutTheSame) {
  Loads loads(kBalanceBuckets);
  for (std::size_t i = 0; i < 8; ++i) loads[i] = 1'000'000;
  const std::vector<SlotId> all_on_first(kBalanceBuckets, kFirst);
  const auto buckets = load_fill(equal_load_shares(2), loads, all_on_first);
  EXPECT_EQ(load_on(kFirst, buckets, loads), 4'000'000U);
  EXPECT_EQ(load_on(kSecond, buckets, loads), 4'000'000U);
}

TEST(LoadFill, LeavesFlowsWhereTheyAreWhileTheDifferenceIsATenth) {
  Loads loads(kBalanceBuckets);
  std::vector<SlotId> before(kBalanceBuckets, kFirst);
  for (std::size_t i = 0; i < 20; ++i) {
    loads[i] = i < 11 ? 1'000'000 : 1'000'000 * 10 / 9;
    before[i] = i < 11 ? kFirst : kSecond;
  }
  const auto after = load_fill(equal_load_shares(2), loads, before);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(after[i], before[i]) << i;
}

TEST(LoadFill, DoesNotMoveOneHeavyFlowToAndFro) {
  Loads loads(kBalanceBuckets);
  loads[7] = 50'000'000;
  std::vector<SlotId> before(kBalanceBuckets, kFirst);
  before[7] = kSecond;
  EXPECT_EQ(load_fill(equal_load_shares(2), loads, before)[7], kSecond);
}

TEST(LoadFill, MovesNothingOfTheOthersWhenASlaveIsLost) {
  Loads loads(kBalanceBuckets);
  for (std::size_t i = 0; i < 30; ++i) loads[i] = 1000;
  const auto before = load_fill(equal_load_shares(3), loads, {});
  const auto after = load_fill(equal_load_shares(2), loads, before);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_NE(after[i], kThird);
    if (before[i] != kThird && loads[i] > 0) {
      EXPECT_EQ(after[i], before[i]) << i;
    }
  }
}

TEST(LoadFill, GivesTheFasterSlaveWhatTheSlowerHasNoRoomFor) {
  Loads loads(kBalanceBuckets);
  for (std::size_t i = 0; i < 100; ++i) loads[i] = 1'250'000;  // 10 Mbit/s each, 1 Gbit/s in all
  const std::vector<LoadShare> shares{{.slot = kFirst, .speed_mbps = 100},
                                      {.slot = kSecond, .speed_mbps = 10'000}};
  const auto buckets = load_fill(shares, loads, std::vector<SlotId>(kBalanceBuckets, kFirst));
  EXPECT_EQ(load_on(kFirst, buckets, loads), 0U) << "9 Gbit/s are free on the other still";
}

TEST(LoadFill, CountsWhatTheActiveSlaveSendsBeside) {
  Loads loads(kBalanceBuckets);
  for (std::size_t i = 0; i < 4; ++i) loads[i] = 1'000'000;
  auto shares = equal_load_shares(2);
  shares[0].own_load = 4'000'000;
  const auto buckets = load_fill(shares, loads, {});
  EXPECT_EQ(load_on(kFirst, buckets, loads), 0U);
}

TEST(LoadFill, TakesAnUnknownSpeedForTheSlowestKnown) {
  const std::vector<LoadShare> shares{
      {.slot = kFirst}, {.slot = kSecond, .speed_mbps = 10'000}, {.slot = kThird, .speed_mbps = 1000}};
  EXPECT_THAT(load_fill(shares, Loads(kBalanceBuckets), {}), Each(kSecond));
  const auto unknown = load_fill(equal_load_shares(2, 0), Loads(kBalanceBuckets), {});
  EXPECT_EQ(std::ranges::count(unknown, kFirst), 128);
}

class Measuring : public testing::Test {
 protected:
  TimePoint now{1s};
  TxTotals totals;
  TxBalance balance;

  /// Ten seconds in which these buckets sent so much.
  void send(std::initializer_list<std::size_t> buckets, std::uint64_t bytes) {
    now += 10s;
    for (const auto i : buckets) totals.buckets[i] += bytes;
    balance.measured(totals, now);
  }
};

TEST_F(Measuring, AsksForTheCountsEveryTenSeconds) {
  balance.start(now);
  EXPECT_TRUE(balance.take_due(now));
  EXPECT_FALSE(balance.take_due(now + 9s));
  EXPECT_EQ(balance.due(), now + 10s);
  balance.stop();
  EXPECT_EQ(balance.due(), std::nullopt);
}

TEST_F(Measuring, SpreadsFlowsThatWereDealtToOneSlave) {
  balance.measured(totals, now);
  const auto before = balance.follow(equal_load_shares(2), kFirst);
  ASSERT_EQ(before[0], kFirst);
  ASSERT_EQ(before[2], kFirst);
  send({0, 2, 4, 6}, 10'000'000);
  const auto& after = balance.follow(equal_load_shares(2), kFirst);
  EXPECT_EQ(std::ranges::count(std::array{after[0], after[2], after[4], after[6]}, kSecond), 2);
}

TEST_F(Measuring, KeepsWhatAnEarlierProcessMade) {
  std::vector<SlotId> made(kBalanceBuckets, kFirst);
  std::ranges::fill(made.begin() + 100, made.end(), kSecond);
  balance.resume(made);
  EXPECT_EQ(balance.follow(equal_load_shares(2), kFirst), made);
  balance.measured(totals, now);
  EXPECT_EQ(balance.follow(equal_load_shares(2), kFirst), made) << "one reading is no measurement";
}

TEST_F(Measuring, TakesCountersThatBeganAnewForNoLoad) {
  totals.buckets[0] = 1'000'000;
  balance.measured(totals, now);
  totals.buckets[0] = 0;
  send({}, 0);
  EXPECT_EQ(balance.follow(equal_load_shares(2), kFirst)[0], kFirst);
}

}  // namespace
}  // namespace ebond::core
