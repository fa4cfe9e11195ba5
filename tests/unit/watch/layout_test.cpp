#include "cli/watch/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ebond::cli::watch {
namespace {

TEST(Layout, CountsAndClipsCharactersNotBytes) {
  EXPECT_EQ(width_of("84 µs"), 5);
  EXPECT_EQ(clipped("µµµ", 2), "µµ");
  EXPECT_EQ(clipped("abc", 5), "abc");
  Line line = {{"ab", Style::bold}, {"cd"}, {"ef"}};
  clip(line, 3);
  EXPECT_THAT(line, testing::ElementsAre(Span{"ab", Style::bold}, Span{"c"}));
}

TEST(Layout, WrapsBetweenWords) {
  using testing::ElementsAre;
  EXPECT_THAT(wrapped("one two three", 80), ElementsAre("one two three"));
  EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("one two three", 8), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("onetwothree", 4), ElementsAre("onet", "woth", "ree"));
}

TEST(Layout, ShowsWhatATerminalWithoutUtf8CanShow) {
  EXPECT_EQ(in_ascii("after 84 µs → up"), "after 84 us ? up");
}

TEST(Layout, KeepsToASecondsBarWhatIsNotZeroAboveNothing) {
  const std::vector<double> values = {0, 0.001, 50, 100};
  EXPECT_EQ(sparkline(values, 100, 4, true), " ▁▄█");
  EXPECT_EQ(sparkline(values, 100, 4, false), " _-#");
}

TEST(Layout, ShowsTheNewestToTheRight) {
  const std::vector<double> values = {100, 0, 100};
  EXPECT_EQ(sparkline(values, 100, 2, false), " #");
  EXPECT_EQ(sparkline(values, 100, 5, false), "  # #");
  EXPECT_EQ(sparkline(values, 0, 3, false), "   ") << "no traffic at all";
}

TEST(Layout, WritesRatesInFiveColumns) {
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(999), "999");
  EXPECT_EQ(rate_text(999.6), "1.00k");
  EXPECT_EQ(rate_text(12'340), "12.3k");
  EXPECT_EQ(rate_text(99'960'000), "100M");
  EXPECT_EQ(rate_text(1.25e9), "1.25G");
  EXPECT_EQ(rate_text(9.4e15), "9400T");
}

TEST(Layout, KeepsWhatIsChosenInSight) {
  EXPECT_EQ(first_shown(3, 5, 2), 0) << "all have room";
  EXPECT_EQ(first_shown(20, 4, 0), 0);
  EXPECT_EQ(first_shown(20, 4, 10), 8);
  EXPECT_EQ(first_shown(20, 4, 19), 16);
}

TEST(Layout, AlignsColumns) {
  const auto lines = laid_out({{{{"a"}}, {{"1"}, true}, {{"x"}}}, {{{"long"}}, {{"22"}, true}, {{"yy"}}}});
  const auto text = [](const Line& line) {
    std::string all;
    for (const auto& span : line) all += span.text;
    return all;
  };
  EXPECT_EQ(text(lines.at(0)), "a      1  x");
  EXPECT_EQ(text(lines.at(1)), "long  22  yy");
}

}  // namespace
}  // namespace ebond::cli::watch
