#include "wire/ip_address.h"

#include <gtest/gtest.h>

namespace ebond::wire {
namespace {

TEST(Ipv4Address, ReadsAndPrintsDottedDecimal) {
  const Ipv4Address address{192, 0, 2, 255};
  EXPECT_EQ(parse_ipv4("192.0.2.255"), address);
  EXPECT_EQ(to_string(address), "192.0.2.255");
  EXPECT_EQ(parse_ipv4("0.0.0.0"), Ipv4Address{});
}

TEST(Ipv4Address, RefusesAnythingElse) {
  for (auto text : {"", "192.0.2", "192.0.2.1.", "192.0.2.1.5", "192.0.2.256", "192.0.02.1", "192.0.2.-1",
                    "192.0.2.1 ", "192..2.1", "0x1.0.2.1", "1921.0.2.1", "eth0"}) {
    EXPECT_EQ(parse_ipv4(text), std::nullopt) << text;
  }
}

TEST(Ipv6Address, ReadsEveryTextForm) {
  const Ipv6Address expected{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(parse_ipv6("2001:db8::1"), expected);
  EXPECT_EQ(parse_ipv6("2001:0DB8:0:0:0:0:0:1"), expected);
  EXPECT_EQ(parse_ipv6("2001:db8::0.0.0.1"), expected);
  EXPECT_EQ(parse_ipv6("::"), Ipv6Address{});
  EXPECT_EQ(parse_ipv6("2001:db8::"),
            (Ipv6Address{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Ipv6Address, RefusesAnythingElse) {
  for (auto text : {"", ":", ":::", "2001:db8", "2001:db8:::1", "2001::db8::1", "2001:db8::1:", ":1::2",
                    "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "12345::", "2001:db8::g", "2001:db8::1/64",
                    "fe80::1%eth0", "::192.0.2.1:1", "192.0.2.1::", "192.0.2.1", "1:2:3:4:5:6:7:192.0.2.1"}) {
    EXPECT_EQ(parse_ipv6(text), std::nullopt) << text;
  }
}

TEST(Ipv6Address, PrintsAsRfc5952Asks) {
  for (auto text : {"::", "::1", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1", "2001:db8::1:0:0:1",
                    "fe80::", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1"}) {
    auto address = parse_ipv6(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_string(*address), text);
  }
}

TEST(IpAddress, IsReadOfEitherFamilyAndWrittenAgain) {
  for (const auto* text : {"192.0.2.1", "2001:db8::1"}) {
    const auto address = parse_ip(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_string(*address), text);
  }
  EXPECT_FALSE(parse_ip("192.0.2"));
  EXPECT_FALSE(parse_ip("gateway"));
}

}  // namespace
}  // namespace ebond::wire
