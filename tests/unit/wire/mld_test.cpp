#include "wire/mld.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/wire/addresses.h"
#include "tests/unit/wire/hex.h"
#include "wire/ethernet.h"
#include "wire/ip_header.h"

namespace ebond::wire {
namespace {

using test::hex;

TEST(MldReport, GoesToTheRoutersAndAsksForEverySource) {
  EXPECT_EQ(mld_report(kOne, *parse_ipv6("fe80::1"), *parse_ipv6("ff02::1:ff00:a")),
            hex("333300000016 020000000001 86dd"
                "60000000 0024 00 01 fe800000 00000000 00000000 00000001 ff020000 00000000 00000000 00000016"
                "3a 00 05 02 0000 01 00"
                "8f 00 72fe 0000 0001 02 00 0000 ff020000 00000000 00000001 ff00000a"));
}

TEST(MldReport, NamesTheSourcesOfASourceSpecificGroupAndMayComeFromNobody) {
  const std::vector<Ipv6Address> sources{*parse_ipv6("2001:db8::b")};
  EXPECT_EQ(mld_report(kOne, {}, *parse_ipv6("ff3e::1234"), sources),
            hex("333300000016 020000000001 86dd"
                "60000000 0034 00 01 00000000 00000000 00000000 00000000 ff020000 00000000 00000000 00000016"
                "3a 00 05 02 0000 01 00"
                "8f 00 3147 0000 0001 01 00 0001 ff3e0000 00000000 00000000 00001234"
                "20010db8 00000000 00000000 0000000b"));
}

TEST(MldReport, FitsAnEthernetFrameHoweverManySourcesThereAre) {
  const std::vector<Ipv6Address> sources(1000, *parse_ipv6("2001:db8::b"));
  const auto bytes = mld_report(kOne, {}, *parse_ipv6("ff3e::1234"), sources);
  const auto frame = parse_ethernet(bytes);
  ASSERT_TRUE(frame);
  EXPECT_LE(frame->payload.size(), 1500u);
  EXPECT_TRUE(parse_ipv6_packet(frame->payload));
}

}  // namespace
}  // namespace ebond::wire
