#include "wire/lldp.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;
using test::operator+;

/// Of lldpd 1.0.16, less its Ethernet header.
const Bytes kLldpOfLldpd = hex(
    "02 07 04 4a 25 86 98 de 84  04 07 03 4a 25 86 98 de 84  06 02 00 78  0a 08 73 77 31 2d 63 6f 72 65"
    "0c 03 73 77 31  0e 04 00 9c 00 80  10 18 11 02 fe 80 00 00 00 00 00 00 48 25 86 ff fe 98 de 84 02"
    "00 00 00 02 00  08 02 65 30  fe 09 00 12 0f 03 01 00 00 00 00  fe 09 00 12 0f 01 00 80 00 00 36  00 00");

Bytes lldp_tlv(std::uint8_t type, const Bytes& value) {
  return Bytes{static_cast<std::uint8_t>(type << 1 | value.size() >> 8),
               static_cast<std::uint8_t>(value.size())} +
         value;
}
Bytes letters_of(std::string_view letters) {
  return {letters.begin(), letters.end()};
}
const Bytes kChassisTlv = lldp_tlv(1, Bytes{7} + letters_of("sw1"));
const Bytes kPortTlv = lldp_tlv(2, Bytes{5} + letters_of("Ethernet1/7"));
const Bytes kTtlTlv = lldp_tlv(3, {0, 120});

TEST(Lldp, IsReadAsLldpdWritesIt) {
  const auto said = parse_lldp(kLldpOfLldpd);
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->chassis_id, "4a:25:86:98:de:84");
  EXPECT_EQ(said->port_id, "4a:25:86:98:de:84");
  EXPECT_EQ(said->ttl, std::chrono::seconds(120));
  EXPECT_EQ(said->system_name, "sw1-core");
  EXPECT_EQ(said->port_description, "e0");
  EXPECT_FALSE(said->port_vlan.has_value());
  EXPECT_FALSE(said->max_frame_size.has_value());
}

TEST(Lldp, TellsNamesVlanAndLargestFrame) {
  const auto said = parse_lldp(kChassisTlv + kPortTlv + kTtlTlv + lldp_tlv(127, hex("00 80 c2 01 00 07")) +
                               lldp_tlv(127, hex("00 12 0f 04 23 28")) + lldp_tlv(0, {}));
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->chassis_id, "sw1");
  EXPECT_EQ(said->port_id, "Ethernet1/7");
  EXPECT_EQ(said->port_vlan, 7);
  EXPECT_EQ(said->max_frame_size, 9000);
}

TEST(Lldp, ReadsIdsThatAreAddresses) {
  const auto ids = [](const Bytes& chassis, const Bytes& port) {
    const auto said = parse_lldp(lldp_tlv(1, chassis) + lldp_tlv(2, port) + kTtlTlv);
    return said ? said->chassis_id + " " + said->port_id : "refused";
  };
  EXPECT_EQ(ids(hex("05 01 c0 00 02 01"), hex("04 02 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01")),
            "192.0.2.1 2001:db8::1");
  EXPECT_EQ(ids(hex("06 62 72 30"), hex("01 75 70 00")), "br0 up") << "a final NUL is no part of it";
}

TEST(Lldp, ATimeToLiveOfZeroTakesBackWhatWasSaid) {
  const auto said = parse_lldp(kChassisTlv + kPortTlv + lldp_tlv(3, {0, 0}) + lldp_tlv(0, {}));
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->ttl, std::chrono::seconds(0));
}

TEST(Lldp, NeedsItsThreeTlvsInFront) {
  EXPECT_EQ(parse_lldp(kPortTlv + kChassisTlv + kTtlTlv).error(), LldpError::bad_order);
  EXPECT_EQ(parse_lldp(kChassisTlv + kTtlTlv).error(), LldpError::bad_order);
  EXPECT_EQ(parse_lldp(kChassisTlv + kPortTlv).error(), LldpError::truncated);
  EXPECT_EQ(parse_lldp(lldp_tlv(1, {7}) + kPortTlv + kTtlTlv).error(), LldpError::bad_id);
  EXPECT_EQ(parse_lldp(lldp_tlv(1, {7, 0, 0}) + kPortTlv + kTtlTlv).error(), LldpError::bad_id);
  EXPECT_EQ(parse_lldp(kChassisTlv + lldp_tlv(2, {7, 0}) + kTtlTlv).error(), LldpError::bad_id);
  EXPECT_EQ(parse_lldp(kChassisTlv + kPortTlv + lldp_tlv(3, {1})).error(), LldpError::truncated);
}

TEST(Lldp, EveryBeginningOfItIsReadOrRefused) {
  for (std::size_t size = 0; size < kLldpOfLldpd.size(); ++size) {
    const auto said = parse_lldp(ByteView(kLldpOfLldpd).first(size));
    EXPECT_EQ(said ? said->chassis_id : "4a:25:86:98:de:84", "4a:25:86:98:de:84") << size;
    EXPECT_FALSE(said && size < 22) << size;
  }
}

}  // namespace
}  // namespace ebond::wire
