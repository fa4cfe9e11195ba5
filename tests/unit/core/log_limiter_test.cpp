// The budget of lines each kind of event has in the log.
#include "core/log_limiter.h"

#include <gmock/gmock.h>

namespace ebond::core {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using LeftOut = LogLimiter::LeftOut;

class Limited : public testing::Test {
 protected:
  std::size_t write(std::string_view kind, std::size_t lines) {
    std::size_t written = 0;
    for (std::size_t i = 0; i < lines; ++i) written += limiter.allows(kind, now) ? 1 : 0;
    return written;
  }
  TimePoint now{1s};
  LogLimiter limiter;
};

TEST_F(Limited, ABurstPassesAndThenTwoLinesASecond) {
  EXPECT_EQ(write("lacp", 1000), LogLimiter::kBurst);
  std::size_t written = 0;
  for (int i = 0; i < 6000; ++i, now += 10ms) written += write("lacp", 6);
  EXPECT_GE(written, 119U);
  EXPECT_LE(written, 121U) << "of 36,000 in a minute";
}

TEST_F(Limited, OneKindTakesNothingFromAnother) {
  write("lacp", 1000);
  EXPECT_EQ(write("failover", 5), 5U);
  EXPECT_THAT(limiter.take_left_out(now + 10s), ElementsAre(LeftOut{"lacp", 800}));
}

TEST_F(Limited, WhatWasLeftOutIsToldOnceThereIsRoomAgainAndOnce) {
  write("path", LogLimiter::kBurst + 7);
  EXPECT_THAT(limiter.take_left_out(now), IsEmpty()) << "no room for it yet";
  EXPECT_EQ(limiter.next_room(), now + LogLimiter::kInterval);
  now += LogLimiter::kInterval;
  EXPECT_THAT(limiter.take_left_out(now), ElementsAre(LeftOut{"path", 7}));
  EXPECT_THAT(limiter.take_left_out(now), IsEmpty());
  EXPECT_FALSE(limiter.next_room());
  EXPECT_EQ(write("path", 1), 0U) << "the telling was a line, too";
}

TEST_F(Limited, NothingIsToldWhereNothingWasLeftOut) {
  EXPECT_EQ(write("path", LogLimiter::kBurst), LogLimiter::kBurst);
  EXPECT_THAT(limiter.take_left_out(now + 10s), IsEmpty());
  now += 1h;
  EXPECT_EQ(write("path", 1000), LogLimiter::kBurst) << "no more than a burst is saved up";
}

}  // namespace
}  // namespace ebond::core
