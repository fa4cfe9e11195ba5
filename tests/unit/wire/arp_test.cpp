#include "wire/arp.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/addresses.h"
#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;

TEST(Arp, AnnouncesAnAddressAsTheKernelDoes) {
  EXPECT_EQ(gratuitous_arp(kOne, kFirst), hex("ffffffffffff 020000000001 0806 0001 0800 06 04 0001"
                                              "020000000001 c0000201 000000000000 c0000201"));
}

TEST(Arp, AnnouncesOnAVlan) {
  EXPECT_EQ(gratuitous_arp(kOne, kFirst, {{.id = 10}}),
            hex("ffffffffffff 020000000001 8100 000a 0806 0001 0800 06 04 0001"
                "020000000001 c0000201 000000000000 c0000201"));
}

TEST(Arp, AsksForATarget) {
  EXPECT_EQ(arp_request(kOne, kFirst, kSecond), hex("ffffffffffff 020000000001 0806 0001 0800 06 04 0001"
                                                    "020000000001 c0000201 000000000000 c0000202"));
}

TEST(Arp, ReadsAPaddedReply) {
  const Bytes payload = hex("0001 0800 06 04 0002 020000000002 c0000202 020000000001 c0000201 00000000 0000");
  EXPECT_EQ(parse_arp(payload), (ArpPacket{ArpPacket::Operation::reply, kTwo, kSecond, kOne, kFirst}));
}

TEST(Arp, BuildsWhatItReads) {
  const ArpPacket reply{ArpPacket::Operation::reply, kTwo, kSecond, kOne, kFirst};
  const auto frame = build_arp(kOne, kTwo, {}, reply);
  const auto ethernet = parse_ethernet(frame);
  ASSERT_TRUE(ethernet);
  EXPECT_EQ(ethernet->header, (EthernetHeader{kOne, kTwo, {}, ethertype::kArp}));
  EXPECT_EQ(parse_arp(ethernet->payload), reply);
}

TEST(Arp, RefusesACutPacketWhereverItIsCut) {
  const Bytes whole = hex("0001 0800 06 04 0002 020000000002 c0000202 020000000001 c0000201");
  ASSERT_TRUE(parse_arp(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_arp(ByteView(whole).first(size))) << size;
  }
}

TEST(Arp, RefusesOtherHardwareProtocolsLengthsAndOperations) {
  for (auto text : {"0006 0800 06 04 0002", "0001 86dd 06 04 0002", "0001 0800 08 04 0002",
                    "0001 0800 06 10 0002", "0001 0800 06 04 0003", "0001 0800 06 04 0000"}) {
    const auto addresses = hex("020000000002 c0000202 020000000001 c0000201");
    EXPECT_FALSE(parse_arp(test::operator+(hex(text), addresses))) << text;
  }
}

}  // namespace
}  // namespace ebond::wire
