#include "cli/time_words.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <ctime>

namespace ebond::cli {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'767'355'384 * kSecond;  // 2026-01-02T12:03:04Z

/// In the zone of a place that is an hour ahead of UTC, in winter.
class TimeWords : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "CET-1", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static std::int64_t ago(const char* text) {
    const auto when = parse_time(text, kNow);
    EXPECT_TRUE(when) << when.error();
    return (kNow - when.value_or(0)) / kSecond;
  }
  static std::string complaint(const char* text) {
    const auto when = parse_time(text, kNow);
    return when ? "none" : when.error();
  }
};

TEST_F(TimeWords, CanBeHowLongAgo) {
  EXPECT_EQ(ago("30s"), 30);
  EXPECT_EQ(ago("10m"), 600);
  EXPECT_EQ(ago("-10m"), 600);
  EXPECT_EQ(ago("2h"), 7200);
  EXPECT_EQ(ago("1h30m"), 5400);
  EXPECT_EQ(ago("1d"), 86400);
}

TEST_F(TimeWords, CanBeAnHourOfTodayInTheLocalZone) {
  EXPECT_EQ(ago("13:03:04"), 0);
  EXPECT_EQ(ago("13:03"), 4);
  EXPECT_EQ(ago("00:00"), 13 * 3600 + 3 * 60 + 4);
  EXPECT_EQ(kNow - *parse_time("13:03:03.25", kNow), kSecond * 3 / 4);
}

TEST_F(TimeWords, CanBeRfc3339) {
  EXPECT_EQ(ago("2026-01-02T12:03:04Z"), 0);
  EXPECT_EQ(ago("2026-01-02 12:03:00z"), 4);
  EXPECT_EQ(ago("2026-01-02T13:03:04+01:00"), 0);
  EXPECT_EQ(ago("2026-01-02T06:33:04-05:30"), 0);
  EXPECT_EQ(kNow - *parse_time("2026-01-02T12:03:03.999999Z", kNow), 1000);
}

TEST_F(TimeWords, NamesWhatIsNone) {
  for (const auto* text : {"", "-", "10", "m", "10x", "10m5", "--10m", "now", "25:00", "12:60", "1:02",
                           "12:03:", "12:03:04x", "2026-01-02", "2026-01-02T12:03Z", "2026-01-02T12:03:04.Z",
                           "99999999999999999999s", "999999d", "2026-1-02T12:03:04Z"}) {
    EXPECT_THAT(complaint(text), HasSubstr("is not a time")) << text;
    EXPECT_THAT(complaint(text), HasSubstr("10m")) << text;
  }
  EXPECT_THAT(complaint("2026-01-02T12:03:04"), HasSubstr("its zone is missing"));
  EXPECT_THAT(complaint("2026-01-02T12:03:04+25:00"), HasSubstr("zone"));
  EXPECT_THAT(complaint("2025-02-30T12:03:04Z"), HasSubstr("there is no such day"));
  EXPECT_THAT(complaint("2025-13-01T12:03:04Z"), HasSubstr("there is no such day"));
}

TEST_F(TimeWords, AreOfThePast) {
  EXPECT_THAT(complaint("13:03:05"), HasSubstr("still to come"));
  EXPECT_THAT(complaint("2027-01-02T12:03:04Z"), HasSubstr("still to come"));
}

}  // namespace
}  // namespace ebond::cli
