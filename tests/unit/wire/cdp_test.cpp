#include "wire/cdp.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;
using test::operator+;

/// Of lldpd 1.0.16, whole.
const Bytes kCdpOfLldpd =
    hex("01 00 0c cc cc cc 16 42 45 88 bd da 00 36 aa aa 03 00 00 0c 20 00 02 78 8a f5 00 01 00 0c 73 77"
        "31 2d 63 6f 72 65 00 03 00 06 65 30 00 04 00 08 00 00 00 10 00 05 00 07 73 77 31 00 06 00 09 4c"
        "69 6e 75 78");

Bytes cdp_packet(const Bytes& tlvs) {
  auto frame = hex("01 00 0c cc cc cc 02 00 00 00 00 01 00 00 aa aa 03 00 00 0c 20 00 02 b4 00 00") + tlvs;
  frame.at(13) = static_cast<std::uint8_t>(frame.size() - 14);
  return frame;
}
const Bytes kCdpNames = hex("00 01 00 07 73 77 31  00 03 00 09 47 69 30 2f 31");

TEST(Cdp, IsReadAsLldpdWritesIt) {
  const auto said = parse_cdp(kCdpOfLldpd);
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->chassis_id, "sw1-core");
  EXPECT_EQ(said->system_name, "sw1-core");
  EXPECT_EQ(said->port_id, "e0");
  EXPECT_EQ(said->ttl, std::chrono::seconds(120));
}

TEST(Cdp, TellsNameVlanAndLargestFrame) {
  const auto said = parse_cdp(
      cdp_packet(kCdpNames + hex("00 0a 00 06 00 07  00 11 00 08 00 00 23 16  00 14 00 08 63 6f 72 65")));
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->chassis_id, "sw1");
  EXPECT_EQ(said->system_name, "core");
  EXPECT_EQ(said->port_id, "Gi0/1");
  EXPECT_EQ(said->port_vlan, 7);
  EXPECT_EQ(said->max_frame_size, 9000);
}

TEST(Cdp, AFinalNulIsNoPartOfAText) {
  const auto said = parse_cdp(cdp_packet(hex("00 01 00 08 73 77 31 00  00 03 00 0a 47 69 30 2f 31 00")));
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->chassis_id, "sw1");
  EXPECT_EQ(said->port_id, "Gi0/1");
}

TEST(Cdp, PaddingBehindTheLengthIsNoPartOfIt) {
  EXPECT_TRUE(parse_cdp(cdp_packet(kCdpNames) + Bytes(20, 0xff)).has_value());
}

TEST(Cdp, OtherFramesAreNotIt) {
  auto elsewhere = cdp_packet(kCdpNames), vtp = cdp_packet(kCdpNames), ethernet = cdp_packet(kCdpNames);
  elsewhere.at(5) = 0xcd;
  vtp.at(20) = 0x20, vtp.at(21) = 0x03;
  ethernet.at(12) = 0x08;
  for (const auto& other : {elsewhere, vtp, ethernet}) EXPECT_EQ(parse_cdp(other).error(), CdpError::not_cdp);
}

TEST(Cdp, SaysWhatIsWrongWithAMalformedOne) {
  EXPECT_EQ(parse_cdp(cdp_packet(hex("00 01 00 07 73 77 31"))).error(), CdpError::nameless);
  EXPECT_EQ(parse_cdp(cdp_packet(kCdpNames + hex("00 0a 00 03"))).error(), CdpError::truncated);
  for (std::size_t size = 14; size < kCdpOfLldpd.size(); ++size) {
    EXPECT_EQ(parse_cdp(ByteView(kCdpOfLldpd).first(size)).error(), CdpError::truncated) << size;
  }
}

}  // namespace
}  // namespace ebond::wire
