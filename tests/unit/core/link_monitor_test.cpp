#include "core/link_monitor.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ebond::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{10s};
constexpr LinkDelays kNoDelay{};
constexpr LinkDelays kDelays{.up = 500ms, .down = 200ms};

TEST(LinkMonitor, StartsAsTheCarrierIs) {
  EXPECT_EQ(LinkMonitor(true, 0ms, kStart).status(), MiiStatus::up);
  EXPECT_EQ(LinkMonitor(false, 0ms, kStart).status(), MiiStatus::down);
  EXPECT_EQ(LinkMonitor(false, 500ms, kStart).status(), MiiStatus::down);
}

TEST(LinkMonitor, HoldsANewSlaveBackForUpdelay) {
  LinkMonitor monitor(true, 500ms, kStart);
  EXPECT_EQ(monitor.status(), MiiStatus::going_back);
  EXPECT_EQ(monitor.delay_left(kStart + 100ms), 400ms);
  EXPECT_FALSE(monitor.expire(kStart + 499ms));
  ASSERT_TRUE(monitor.expire(kStart + 500ms));
  EXPECT_EQ(monitor.status(), MiiStatus::up);
}

TEST(LinkMonitor, GoesDownAtOnceWithoutDowndelayAndCountsIt) {
  LinkMonitor monitor(true, 0ms, kStart);
  const auto lost = monitor.report(false, kNoDelay, LinkSource::netlink, kStart);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->from, MiiStatus::up);
  EXPECT_EQ(lost->to, MiiStatus::down);
  EXPECT_EQ(lost->why, "carrier lost (netlink)");
  EXPECT_EQ(monitor.failures(), 1U);
}

TEST(LinkMonitor, SaysNothingTwice) {
  LinkMonitor monitor(true, 0ms, kStart);
  EXPECT_FALSE(monitor.report(true, kNoDelay, LinkSource::poll, kStart));
  monitor.report(false, kNoDelay, LinkSource::netlink, kStart);
  EXPECT_FALSE(monitor.report(false, kNoDelay, LinkSource::poll, kStart));
  EXPECT_EQ(monitor.failures(), 1U);
}

TEST(LinkMonitor, WaitsOutDowndelayToTheNanosecond) {
  LinkMonitor monitor(true, 0ms, kStart);
  monitor.report(false, kDelays, LinkSource::hook, kStart);
  EXPECT_EQ(monitor.status(), MiiStatus::going_down);
  EXPECT_EQ(monitor.failures(), 0U);
  EXPECT_EQ(monitor.delay_ends(), kStart + 200ms);
  EXPECT_FALSE(monitor.expire(kStart + 200ms - 1ns));
  const auto over = monitor.expire(kStart + 200ms);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->to, MiiStatus::down);
  EXPECT_EQ(over->why, "downdelay over");
  EXPECT_EQ(monitor.failures(), 1U);
  EXPECT_FALSE(monitor.delay_ends());
}

TEST(LinkMonitor, AReturningCarrierCancelsDowndelayAndIsNoFailure) {
  LinkMonitor monitor(true, 0ms, kStart);
  monitor.report(false, kDelays, LinkSource::netlink, kStart);
  const auto back = monitor.report(true, kDelays, LinkSource::poll, kStart + 199ms);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->why, "carrier back within downdelay (poll)");
  EXPECT_TRUE(monitor.is_up());
  EXPECT_EQ(monitor.failures(), 0U);
  EXPECT_FALSE(monitor.expire(kStart + 1s));
}

TEST(LinkMonitor, WaitsOutUpdelayFromTheReport) {
  LinkMonitor monitor(false, 0ms, kStart);
  monitor.report(true, kDelays, LinkSource::netlink, kStart);
  EXPECT_EQ(monitor.status(), MiiStatus::going_back);
  EXPECT_FALSE(monitor.expire(kStart + 500ms - 1ns));
  const auto over = monitor.expire(kStart + 500ms);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->why, "updelay over");
}

TEST(LinkMonitor, CountsALinkThatGoesAgainWithinUpdelayAsTheDriverDoes) {
  LinkMonitor monitor(false, 0ms, kStart);
  monitor.report(true, kDelays, LinkSource::netlink, kStart);
  const auto lost = monitor.report(false, kDelays, LinkSource::netlink, kStart + 300ms);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->from, MiiStatus::going_back);
  EXPECT_EQ(lost->to, MiiStatus::down);
  EXPECT_EQ(monitor.failures(), 1U);
  EXPECT_FALSE(monitor.expire(kStart + 1s));
}

TEST(LinkMonitor, RoundsTheDelayLeftUpAndNeverBelowZero) {
  LinkMonitor monitor(true, 500ms, kStart);
  EXPECT_EQ(monitor.delay_left(kStart + 100us), 500ms);
  EXPECT_EQ(monitor.delay_left(kStart + 700ms), 0ms);
}

}  // namespace
}  // namespace ebond::core
