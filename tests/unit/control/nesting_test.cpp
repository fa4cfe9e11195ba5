#include "control/nesting.h"

#include <gtest/gtest.h>

#include <string>

namespace ebond::control {
namespace {

TEST(Nesting, CountsArraysAndObjectsThatAreOpenAtOnce) {
  EXPECT_FALSE(is_nested_deeper("1", 0));
  EXPECT_TRUE(is_nested_deeper("[]", 0));
  EXPECT_FALSE(is_nested_deeper(R"({"a":[1,{"b":2}]})", 3));
  EXPECT_TRUE(is_nested_deeper(R"({"a":[1,{"b":2}]})", 2));
  EXPECT_FALSE(is_nested_deeper("[[],[],[],{},{}]", 2)) << "side by side is not inside";
}

TEST(Nesting, TakesBracketsInAStringForText) {
  EXPECT_FALSE(is_nested_deeper(R"(["[[[[{{{{"])", 1));
  EXPECT_FALSE(is_nested_deeper(R"(["\"[[[["])", 1));
  EXPECT_TRUE(is_nested_deeper(R"(["\\",[[]]])", 2)) << "a backslash that is escaped itself escapes nothing";
}

TEST(Nesting, StopsAtTheFirstBracketTooMany) {
  EXPECT_TRUE(is_nested_deeper(std::string(1'000'000, '['), 16));
  EXPECT_FALSE(is_nested_deeper("]]]]\"", 0)) << "and is no arithmetic to be fooled by closing first";
}

}  // namespace
}  // namespace ebond::control
