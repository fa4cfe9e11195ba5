// "Did you mean …?": which of the accepted words a wrong one is near to.
#include "core/options/nearest.h"

#include <gtest/gtest.h>

namespace ebond::core {
namespace {

TEST(Nearest, FindsTypingMistakesAndNothingFarOff) {
  const std::vector<std::string> accepted{"primary", "primary_reselect", "via", "to", "prio"};
  EXPECT_EQ(nearest("primery", accepted), "primary");
  EXPECT_EQ(nearest("vai", accepted), "via");
  EXPECT_EQ(nearest("priority", accepted), "prio");
  EXPECT_EQ(nearest("xyz", accepted), "");
  EXPECT_EQ(nearest("ab", accepted), "");
  EXPECT_EQ(nearest("", accepted), "");
}

}  // namespace
}  // namespace ebond::core
