#include "wire/bfd.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;

// Up, final set, Detect Mult 3, 10 ms both ways.
constexpr auto kUp = "20 d0 03 18 00000001 00000002 00002710 00002710 00000000";
const BfdControl kUpPacket{.state = BfdState::up,
                           .final = true,
                           .detect_mult = 3,
                           .my_discriminator = 1,
                           .your_discriminator = 2,
                           .desired_min_tx_us = 10'000,
                           .required_min_rx_us = 10'000};

std::expected<BfdControl, BfdFault> parse_with(std::size_t offset, std::uint8_t octet) {
  Bytes bytes = hex(kUp);
  bytes.at(offset) = octet;
  return parse_bfd(bytes);
}

TEST(Bfd, IsBuiltAsRfc5880DrawsIt) {
  EXPECT_EQ(build_bfd(kUpPacket), hex(kUp));
}

TEST(Bfd, IsRead) {
  EXPECT_EQ(parse_bfd(hex(kUp)), kUpPacket);
}

TEST(Bfd, KeepsEveryFlagAndTheDiagnostic) {
  const BfdControl packet{.diagnostic = BfdDiagnostic::detection_time_expired,
                          .state = BfdState::init,
                          .poll = true,
                          .control_plane_independent = true,
                          .demand = true,
                          .detect_mult = 50,
                          .my_discriminator = 0xdeadbeef,
                          .your_discriminator = 9,
                          .desired_min_tx_us = 1'000'000,
                          .required_min_rx_us = 2'000'000,
                          .required_min_echo_rx_us = 3};
  EXPECT_EQ(build_bfd(packet), hex("21 aa 32 18 deadbeef 00000009 000f4240 001e8480 00000003"));
  EXPECT_EQ(parse_bfd(build_bfd(packet)), packet);
}

TEST(Bfd, AcceptsNoDiscriminatorOfOursWhileDown) {
  const auto down = parse_bfd(hex("20 40 03 18 00000001 00000000 000f4240 000f4240 00000000"));
  ASSERT_TRUE(down);
  EXPECT_EQ(down->state, BfdState::down);
  EXPECT_TRUE(parse_bfd(hex("27 00 03 18 00000001 00000000 000f4240 000f4240 00000000")));
}

TEST(Bfd, RefusesWhatSection6_8_6Discards) {
  EXPECT_EQ(parse_with(0, 0x00).error(), BfdFault::wrong_version);
  EXPECT_EQ(parse_with(0, 0x40).error(), BfdFault::wrong_version);
  EXPECT_EQ(parse_with(3, 23).error(), BfdFault::too_short);
  EXPECT_EQ(parse_with(3, 25).error(), BfdFault::truncated);
  EXPECT_EQ(parse_with(2, 0).error(), BfdFault::zero_detect_mult);
  EXPECT_EQ(parse_with(1, 0xd1).error(), BfdFault::multipoint);
  EXPECT_EQ(parse_with(7, 0).error(), BfdFault::zero_my_discriminator);
  EXPECT_EQ(parse_with(11, 0).error(), BfdFault::zero_your_discriminator);
}

TEST(Bfd, WantsTwentySixBytesOfAnAuthenticatedPacketAndReportsTheBit) {
  EXPECT_EQ(parse_with(1, 0xd4).error(), BfdFault::too_short);
  const auto packet = parse_bfd(hex("20 c4 03 1c 00000001 00000002 00002710 00002710 00000000 01040100"));
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->authenticated);
}

TEST(Bfd, RefusesAPacketCutWhereverItIsCut) {
  const Bytes whole = hex(kUp);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse_bfd(ByteView(whole).first(size)).error(), BfdFault::too_short) << size;
  }
}

}  // namespace
}  // namespace ebond::wire
