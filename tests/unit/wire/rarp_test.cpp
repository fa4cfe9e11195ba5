#include "wire/rarp.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/addresses.h"
#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;

TEST(RarpAnnouncement, IsAReverseRequestToAllThatNamesNoAddress) {
  EXPECT_EQ(rarp_announcement(kOne), test::operator+(hex("ffffffffffff 020000000001 8035 0001 0800 06 04 0003"
                                                         "020000000001 00000000 020000000001 00000000"),
                                                     Bytes(18, 0)));
}

TEST(RarpAnnouncement, GrowsByItsTag) {
  const auto frame = rarp_announcement(kOne, {{.id = 10}});
  EXPECT_EQ(frame.size(), 64U);
  EXPECT_EQ(Bytes(frame.begin(), frame.begin() + 18), hex("ffffffffffff 020000000001 8100 000a 8035"));
}

}  // namespace
}  // namespace ebond::wire
