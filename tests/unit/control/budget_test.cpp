#include "control/budget.h"

#include <gtest/gtest.h>

namespace ebond::control {
namespace {

using namespace std::chrono_literals;
constexpr uid_t kSpender = 1000, kMiser = 1001;
constexpr auto kNoWait = Budget::Clock::duration::zero();

class BudgetTest : public testing::Test {
 protected:
  static Limits limits() {
    Limits result;
    result.calls_of_one = {20ms, 10};
    result.calls = {5ms, 2};
    return result;
  }
  Budget budget{limits()};
  Budget::Clock::time_point now{1h};
};

TEST_F(BudgetTest, LetsAFewCallsThroughAtOnceAndThenOnePerInterval) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(budget.charge(kSpender, 1, now), kNoWait) << i;
  EXPECT_EQ(budget.charge(kSpender, 1, now), 20ms);
  EXPECT_EQ(budget.charge(kSpender, 1, now), 40ms);
  now += 40ms;
  EXPECT_EQ(budget.charge(kSpender, 1, now), 20ms);
}

TEST_F(BudgetTest, ForgivesWithTimeButSavesUpNoMoreThanTheBurst) {
  (void)budget.charge(kSpender, 10, now);
  now += 24h;
  EXPECT_EQ(budget.charge(kSpender, 10, now), kNoWait);
  EXPECT_EQ(budget.charge(kSpender, 1, now), 20ms);
}

TEST_F(BudgetTest, LetsOneUserNotPayForAnother) {
  (void)budget.charge(kSpender, 1000, now);
  EXPECT_EQ(budget.charge(kMiser, 1, now), kNoWait);
}

TEST_F(BudgetTest, SpacesTheCallsOfAllGuestsWhoeverTheyAre) {
  EXPECT_EQ(budget.charge_all(1, now), kNoWait);
  EXPECT_EQ(budget.charge_all(1, now), kNoWait);
  EXPECT_EQ(budget.charge_all(1, now), 5ms);
  EXPECT_EQ(budget.charge_all(1, now), 10ms);
  now += 10ms;
  EXPECT_EQ(budget.charge_all(1, now), 5ms);
}

TEST_F(BudgetTest, ForgetsUsersWithoutDebts) {
  for (uid_t user = 0; user < 100; ++user) (void)budget.charge(user, 1, now);
  EXPECT_EQ(budget.known_users(), 100u);
  now += 1s;
  (void)budget.charge(kSpender, 1, now);
  EXPECT_EQ(budget.known_users(), 1u);
}

TEST(Cost, GrowsWithTheBytes) {
  EXPECT_EQ(cost_of_call(0), 1u);
  EXPECT_EQ(cost_of_call(1023), 1u);
  EXPECT_EQ(cost_of_call(16384), 17u);
  EXPECT_EQ(cost_of_reply(65535), 0u);
  EXPECT_EQ(cost_of_reply(1 << 20), 16u);
}

}  // namespace
}  // namespace ebond::control
