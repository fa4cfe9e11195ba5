#include "wire/lacpdu.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/wire/addresses.h"
#include "wire/ethernet.h"

namespace ebond::wire {
namespace {

Lacpdu example() {
  Lacpdu pdu;
  pdu.actor = {0x8000, MacAddress({0x02, 0, 0, 0, 0, 1}), 0x000f, 0x00ff, 0x0102, LacpState(0x3d)};
  pdu.partner = {0xffff, MacAddress({0x02, 0, 0, 0, 0, 2}), 0x1234, 0x0080, 0x0007, LacpState(0x45)};
  pdu.collector_max_delay = 50;
  return pdu;
}

Bytes lacpdu_payload(const Lacpdu& pdu) {
  const auto frame = build_lacpdu(kPort, pdu);
  return {frame.begin() + 14, frame.end()};
}

/// A version 2 PDU: the example, then `tlvs` behind Collector Information.
Bytes version2(const Bytes& tlvs) {
  auto bytes = lacpdu_payload(example());
  bytes[1] = 2;
  std::ranges::copy(tlvs, bytes.begin() + 58);
  return bytes;
}

TEST(Lacpdu, IsWrittenByteByByteAsTheStandardDrawsIt) {
  const auto frame = build_lacpdu(kPort, example());
  ASSERT_EQ(frame.size(), 124U);
  const Bytes head{0x01, 0x80, 0xc2, 0,    0,    0x02, 0x02, 0,    0,    0,    0,    0x11, 0x88, 0x09, 0x01,
                   0x01,  //
                   0x01, 20,   0x80, 0x00, 0x02, 0,    0,    0,    0,    1,    0x00, 0x0f, 0x00, 0xff, 0x01,
                   0x02, 0x3d, 0,    0,    0,    0x02, 20,   0xff, 0xff, 0x02, 0,    0,    0,    0,    2,
                   0x12, 0x34, 0x00, 0x80, 0x00, 0x07, 0x45, 0,    0,    0,    0x03, 16,   0,    50};
  EXPECT_TRUE(std::equal(head.begin(), head.end(), frame.begin()));
  EXPECT_TRUE(std::all_of(frame.begin() + static_cast<std::ptrdiff_t>(head.size()), frame.end(),
                          [](auto byte) { return byte == 0; }));
}

TEST(Lacpdu, ReadsBackWhatItWrote) {
  EXPECT_EQ(parse_lacpdu(lacpdu_payload(example())), example());
}

TEST(Lacpdu, IgnoresWhatFollowsThePdu) {
  auto bytes = lacpdu_payload(example());
  bytes.resize(1500, 0xaa);
  EXPECT_EQ(parse_lacpdu(bytes), example());
}

TEST(Lacpdu, ReadsVersion2AndSkipsTheTlvsItDoesNotKnow) {
  // Port Algorithm (4), Port Conversation ID Digest (5) and one nobody has defined.
  Bytes tlvs{0x04, 6, 0x00, 0x80, 0xc2, 0x01, 0x05, 20};
  tlvs.resize(tlvs.size() + 18, 0x77);
  tlvs.insert(tlvs.end(), {0xee, 2, 0x00, 0x00});
  auto expected = example();
  expected.version = 2;
  EXPECT_EQ(parse_lacpdu(version2(tlvs)), expected);
}

TEST(Lacpdu, ReadsVersion2WithoutATerminator) {
  Bytes fills_the_pdu{0x0a, 52};
  fills_the_pdu.resize(52, 1);
  EXPECT_TRUE(parse_lacpdu(version2(fills_the_pdu)).has_value());
}

TEST(Lacpdu, DoesNotMindOddTrailersInVersion1) {
  auto bytes = lacpdu_payload(example());
  bytes[42] = 9;
  bytes[43] = 1;
  ASSERT_TRUE(parse_lacpdu(bytes).has_value());
  EXPECT_EQ(parse_lacpdu(bytes)->collector_max_delay, 0);
}

TEST(Lacpdu, RefusesEveryTruncation) {
  const auto bytes = lacpdu_payload(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(parse_lacpdu(ByteView(bytes).first(size)).error(), LacpduError::truncated) << size;
  }
}

TEST(Lacpdu, SaysWhatIsWrongWithAMalformedOne) {
  const auto broken = [](std::size_t at, std::uint8_t value) {
    auto bytes = lacpdu_payload(example());
    bytes.at(at) = value;
    return parse_lacpdu(bytes).error();
  };
  EXPECT_EQ(broken(0, 2), LacpduError::not_lacp);
  EXPECT_EQ(broken(1, 0), LacpduError::version_zero);
  EXPECT_EQ(broken(2, 2), LacpduError::bad_actor_tlv);
  EXPECT_EQ(broken(3, 19), LacpduError::bad_actor_tlv);
  EXPECT_EQ(broken(22, 1), LacpduError::bad_partner_tlv);
  EXPECT_EQ(broken(23, 22), LacpduError::bad_partner_tlv);
  EXPECT_EQ(broken(6, 0x03), LacpduError::bad_actor_system);
  auto nobody = example();
  nobody.actor.system = {};
  EXPECT_EQ(parse_lacpdu(lacpdu_payload(nobody)).error(), LacpduError::bad_actor_system);
}

TEST(Lacpdu, RefusesAVersion2TlvThatDoesNotFit) {
  EXPECT_EQ(parse_lacpdu(version2({0x04, 1})).error(), LacpduError::tlv_overrun);
  EXPECT_EQ(parse_lacpdu(version2({0x04, 0})).error(), LacpduError::tlv_overrun);
  EXPECT_EQ(parse_lacpdu(version2({0x04, 53})).error(), LacpduError::tlv_overrun);
  EXPECT_TRUE(parse_lacpdu(version2({0x04, 52})).has_value());
}

TEST(Lacpdu, NamesEveryErrorDifferently) {
  for (std::size_t a = 0; a < kLacpduErrors; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_NE(lacpdu_error_name(static_cast<LacpduError>(a)),
                lacpdu_error_name(static_cast<LacpduError>(b)));
    }
  }
}

TEST(LacpState, SetsAndClearsItsBitsAlone) {
  LacpState state(0xff);
  state.set(LacpBit::synchronization, false);
  EXPECT_EQ(state.octet(), 0xf7);
  EXPECT_FALSE(state.has(LacpBit::synchronization));
  state.set(LacpBit::synchronization);
  EXPECT_EQ(state.octet(), 0xff);
}

}  // namespace
}  // namespace ebond::wire
