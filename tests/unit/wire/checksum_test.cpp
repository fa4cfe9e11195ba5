#include "wire/checksum.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;

TEST(InternetChecksum, IsTheComplementOfRfc1071sExampleSum) {
  EXPECT_EQ(InternetChecksum().add(hex("0001 f203 f4f5 f6f7")).value(), 0x220d);  // ~0xddf2
}

TEST(InternetChecksum, PadsAnOddLastOctetWithZero) {
  EXPECT_EQ(InternetChecksum().add(hex("0001 f2")).value(), InternetChecksum().add(hex("0001 f200")).value());
}

TEST(InternetChecksum, IsZeroOverAMessageThatHoldsIt) {
  Bytes message = hex("0800 0000 1234 0007 6162 63");
  store_checksum(message, 2, InternetChecksum().add(message).value());
  EXPECT_EQ(message, hex("0800 2162 1234 0007 6162 63"));
  EXPECT_EQ(InternetChecksum().add(message).value(), 0);
}

}  // namespace
}  // namespace ebond::wire
