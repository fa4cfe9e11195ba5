#include "wire/mac_address.h"

#include <gtest/gtest.h>

namespace ebond::wire {
namespace {

TEST(MacAddress, PrintsLowerCaseWithColons) {
  EXPECT_EQ(MacAddress({0x00, 0x0e, 0x7f, 0x25, 0xd9, 0x8b}).to_string(), "00:0e:7f:25:d9:8b");
}

TEST(MacAddress, ReadsEitherCaseAndBothSeparators) {
  const MacAddress expected({0x00, 0x0e, 0x7f, 0x25, 0xd9, 0x8b});
  EXPECT_EQ(MacAddress::parse("00:0E:7F:25:D9:8B"), expected);
  EXPECT_EQ(MacAddress::parse("00-0e-7f-25-d9-8b"), expected);
}

TEST(MacAddress, RefusesAnythingElse) {
  for (auto text : {"", "00:0e:7f:25:d9", "00:0e:7f:25:d9:8b:", "00:0e:7f:25:d9:8g", "0:0e:7f:25:d9:8b0",
                    "00 0e 7f 25 d9 8b", "+0:0e:7f:25:d9:8b"}) {
    EXPECT_EQ(MacAddress::parse(text), std::nullopt) << text;
  }
}

TEST(MacAddress, KnowsGroupAddresses) {
  EXPECT_TRUE(MacAddress::broadcast().is_multicast());
  EXPECT_FALSE(MacAddress::broadcast().is_valid_unicast());
  EXPECT_FALSE(MacAddress().is_valid_unicast());
  EXPECT_TRUE(MacAddress({2, 0, 0, 0, 0, 1}).is_valid_unicast());
}

}  // namespace
}  // namespace ebond::wire
