#include "wire/ip_header.h"

#include <gmock/gmock.h>

#include "tests/unit/wire/addresses.h"
#include "tests/unit/wire/hex.h"
#include "wire/checksum.h"

namespace ebond::wire {
namespace {

using test::hex;
using testing::ElementsAre;

// Twenty bytes of header for 11 of payload, checksum b6da.
constexpr auto kHeader = "4500 001f 0000 4000 40 01 b6da c0000201 c0000202";

/// Fills the checksum field, so that a test fails for its own reason.
void store_checksum_of_header(Bytes& bytes, std::size_t header_size) {
  store_checksum(bytes, 10, InternetChecksum().add(ByteView(bytes).first(header_size)).value());
}

TEST(Ipv4Packet, IsWrittenWithLengthAndChecksum) {
  Writer out;
  write_ipv4(out, {.protocol = 1, .source = kFirst, .destination = kSecond},
             hex("0800 2162 1234 0007 616263"));
  EXPECT_EQ(std::move(out).finish(), test::operator+(hex(kHeader), hex("0800 2162 1234 0007 616263")));
}

TEST(Ipv4Packet, EndsWhereItsTotalLengthSaysNotWhereTheFrameDoes) {
  const Bytes padded = test::operator+(hex(kHeader), hex("0102030405060708090a0b 0000 0000 0000"));
  const auto packet = parse_ipv4_packet(padded);
  ASSERT_TRUE(packet);
  EXPECT_THAT(packet->payload, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_EQ(packet->header.source, kFirst);
  EXPECT_EQ(packet->header.destination, kSecond);
  EXPECT_EQ(packet->header.ttl, 64);
}

TEST(Ipv4Packet, SkipsOptions) {
  Bytes bytes = hex("4600 0019 0000 4000 40 01 0000 c0000201 c0000202 01010101 aa");
  store_checksum_of_header(bytes, 24);
  const auto packet = parse_ipv4_packet(bytes);
  ASSERT_TRUE(packet);
  EXPECT_THAT(packet->payload, ElementsAre(0xaa));
}

TEST(Ipv4Packet, RefusesWrongChecksumVersionLengthsAndFragments) {
  const Bytes payload = hex("0102030405060708090a0b");
  ASSERT_TRUE(parse_ipv4_packet(test::operator+(hex(kHeader), payload)));
  EXPECT_FALSE(
      parse_ipv4_packet(test::operator+(hex("4500 001f 0000 4000 40 01 b6db c0000201 c0000202"), payload)));
  EXPECT_FALSE(parse_ipv4_packet({}));
  for (auto text : {"6500 001f 0000 4000 40 01 0000 c0000201 c0000202",     // version
                    "4400 001f 0000 4000 40 01 0000 c0000201 c0000202",     // header of 16 bytes
                    "4500 0013 0000 4000 40 01 0000 c0000201 c0000202",     // shorter than its header
                    "4500 0020 0000 4000 40 01 0000 c0000201 c0000202",     // longer than the bytes
                    "4500 001f 0000 2000 40 01 0000 c0000201 c0000202",     // first fragment
                    "4500 001f 0000 0001 40 01 0000 c0000201 c0000202"}) {  // last fragment
    Bytes bytes = test::operator+(hex(text), payload);
    store_checksum_of_header(bytes, static_cast<std::size_t>(bytes[0] & 0xf) * 4);
    EXPECT_FALSE(parse_ipv4_packet(bytes)) << text;
  }
}

TEST(Ipv4Packet, RefusesAPacketCutWhereverItIsCut) {
  const Bytes whole = test::operator+(hex(kHeader), hex("0102030405060708090a0b"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_ipv4_packet(ByteView(whole).first(size))) << size;
  }
}

TEST(Ipv6Packet, IsWrittenAndReadBack) {
  const Ipv6Address source = *parse_ipv6("2001:db8::1");
  const Ipv6Address destination = *parse_ipv6("2001:db8::2");
  const Ipv6Header header{.traffic_class = 0xc0,
                          .next_header = 58,
                          .hop_limit = 255,
                          .source = source,
                          .destination = destination};
  Writer out;
  write_ipv6(out, header, hex("0102"));
  const Bytes bytes = std::move(out).finish();
  EXPECT_EQ(bytes, hex("6c000000 0002 3a ff"
                       "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002 0102"));
  const auto packet = parse_ipv6_packet(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header, header);
  EXPECT_THAT(packet->payload, ElementsAre(1, 2));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_ipv6_packet(ByteView(bytes).first(size))) << size;
  }
}

}  // namespace
}  // namespace ebond::wire
