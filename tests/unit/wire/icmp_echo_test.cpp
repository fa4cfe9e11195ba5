#include "wire/icmp_echo.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;

const LinkAddresses kLink{MacAddress({2, 0, 0, 0, 0, 2}), MacAddress({2, 0, 0, 0, 0, 1}), {}};
const Ipv4Address kFirst4{192, 0, 2, 1};
const Ipv4Address kSecond4{192, 0, 2, 2};
const Ipv6Address kFirst6 = *parse_ipv6("2001:db8::a");
const Ipv6Address kSecond6 = *parse_ipv6("2001:db8::b:1234:5678");
const Echo kRequest{.reply = false, .identifier = 0x1234, .sequence = 7, .data = {'a', 'b', 'c'}};

constexpr auto kFrame4 =
    "020000000002 020000000001 0800"
    "4500 001f 0000 4000 40 01 b6da c0000201 c0000202 0800 2162 1234 0007 616263";
constexpr auto kFrame6 =
    "020000000002 020000000001 86dd"
    "60000000 000b 3a 40 20010db8 00000000 00000000 0000000a 20010db8 00000000 0000000b 12345678"
    "8000 e4e8 1234 0007 616263";

TEST(IcmpEcho, IsBuiltForIpv4) {
  EXPECT_EQ(build_echo(kLink, EchoPacket4{kFirst4, kSecond4, kRequest}), hex(kFrame4));
}

TEST(IcmpEcho, IsBuiltForIpv6) {
  EXPECT_EQ(build_echo(kLink, EchoPacket6{kFirst6, kSecond6, kRequest}), hex(kFrame6));
}

TEST(IcmpEcho, IsReadFromIpv4) {
  EXPECT_EQ(parse_echo4(ByteView(hex(kFrame4)).subspan(14)), (EchoPacket4{kFirst4, kSecond4, kRequest}));
}

TEST(IcmpEcho, IsReadFromIpv6) {
  EXPECT_EQ(parse_echo6(ByteView(hex(kFrame6)).subspan(14)), (EchoPacket6{kFirst6, kSecond6, kRequest}));
}

TEST(IcmpEcho, TellsAReplyFromARequest) {
  Echo reply = kRequest;
  reply.reply = true;
  const auto frame4 = build_echo(kLink, EchoPacket4{kSecond4, kFirst4, reply});
  const auto frame6 = build_echo(kLink, EchoPacket6{kSecond6, kFirst6, reply});
  EXPECT_EQ(parse_echo4(ByteView(frame4).subspan(14)), (EchoPacket4{kSecond4, kFirst4, reply}));
  EXPECT_EQ(parse_echo6(ByteView(frame6).subspan(14)), (EchoPacket6{kSecond6, kFirst6, reply}));
}

TEST(IcmpEcho, RefusesEveryCorruptedOctet) {
  const auto ipv4 = hex(kFrame4);
  for (std::size_t i = 14; i < ipv4.size(); ++i) {
    Bytes corrupt = ipv4;
    corrupt[i] ^= 0x5a;
    EXPECT_FALSE(parse_echo4(ByteView(corrupt).subspan(14))) << i;
  }
  const auto ipv6 = hex(kFrame6);
  for (std::size_t i = 22; i < ipv6.size(); ++i) {  // class, flow label and hop limit have no checksum
    Bytes corrupt = ipv6;
    corrupt[i] ^= 0x5a;
    EXPECT_FALSE(parse_echo6(ByteView(corrupt).subspan(14))) << i;
  }
}

TEST(IcmpEcho, RefusesAPacketCutWhereverItIsCut) {
  const auto ipv4 = hex(kFrame4);
  for (std::size_t size = 14; size < ipv4.size(); ++size) {
    EXPECT_FALSE(parse_echo4(ByteView(ipv4).subspan(14, size - 14))) << size;
  }
  const auto ipv6 = hex(kFrame6);
  for (std::size_t size = 14; size < ipv6.size(); ++size) {
    EXPECT_FALSE(parse_echo6(ByteView(ipv6).subspan(14, size - 14))) << size;
  }
}

TEST(IcmpEcho, RefusesOtherMessagesAndOtherProtocols) {
  // Destination unreachable with a right checksum, then a UDP packet.
  EXPECT_FALSE(parse_echo4(hex("4500 001c 0000 4000 40 01 b6dd c0000201 c0000202 0301 fcfe 0000 0000")));
  EXPECT_FALSE(parse_echo4(hex("4500 001c 0000 4000 40 11 b6cd c0000201 c0000202 0800 f7ff 0000 0000")));
}

}  // namespace
}  // namespace ebond::wire
