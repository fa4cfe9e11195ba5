#include "control/frame_buffer.h"

#include <gtest/gtest.h>

namespace ebond::control {
namespace {

using namespace std::string_view_literals;

TEST(FrameBuffer, CutsAStreamAtItsNulBytes) {
  FrameBuffer frames(100);
  frames.append("one\0two\0"sv);
  EXPECT_EQ(frames.next(), "one");
  EXPECT_EQ(frames.next(), "two");
  EXPECT_EQ(frames.next(), std::nullopt);
  EXPECT_TRUE(frames.empty());
}

TEST(FrameBuffer, PutsAMessageTogetherFromSingleBytes) {
  FrameBuffer frames(100);
  for (const char byte : "{\"a\":1}"sv) {
    frames.append({&byte, 1});
    EXPECT_EQ(frames.next(), std::nullopt);
  }
  frames.append("\0"sv);
  EXPECT_EQ(frames.next(), "{\"a\":1}");
}

TEST(FrameBuffer, KeepsTheStartOfTheNextMessage) {
  FrameBuffer frames(100);
  frames.append("one\0tw"sv);
  EXPECT_EQ(frames.next(), "one");
  EXPECT_EQ(frames.next(), std::nullopt);
  EXPECT_FALSE(frames.empty());
  frames.append("o\0"sv);
  EXPECT_EQ(frames.next(), "two");
}

TEST(FrameBuffer, TakesAMessageAtItsLimitAndNoLongerOne) {
  FrameBuffer at_limit(3);
  at_limit.append("abc\0"sv);
  EXPECT_EQ(at_limit.next(), "abc");

  FrameBuffer complete(3);
  complete.append("abcd\0ok\0"sv);
  EXPECT_EQ(complete.next(), std::nullopt);
  EXPECT_TRUE(complete.overflowed());
  EXPECT_EQ(complete.next(), std::nullopt);

  FrameBuffer endless(3);
  endless.append("abcd"sv);
  EXPECT_EQ(endless.next(), std::nullopt);
  EXPECT_TRUE(endless.overflowed());
}

}  // namespace
}  // namespace ebond::control
