#include "wire/learning_packet.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/addresses.h"
#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;

TEST(LearningPacket, GoesFromAMacToItselfInSixtyBytes) {
  EXPECT_EQ(learning_packet(kOne), test::operator+(hex("020000000001 020000000001 9000"), Bytes(46, 0)));
}

TEST(LearningPacket, GrowsByItsTag) {
  EXPECT_EQ(learning_packet(kOne, {{.id = 10}}),
            test::operator+(hex("020000000001 020000000001 8100 000a 9000"), Bytes(46, 0)));
}

}  // namespace
}  // namespace ebond::wire
