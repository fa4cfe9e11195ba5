#include "wire/igmp.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/wire/addresses.h"
#include "tests/unit/wire/hex.h"
#include "wire/ethernet.h"
#include "wire/ip_header.h"

namespace ebond::wire {
namespace {

using test::hex;
using test::operator+;

constexpr Ipv4Address kHost{192, 0, 2, 10};
constexpr Ipv4Address kGroup{239, 129, 2, 3};

TEST(IgmpReport, OfVersion3GoesToTheRoutersAndAsksForEverySource) {
  EXPECT_EQ(igmp_report(kOne, kHost, kGroup, IgmpVersion::v3),
            hex("01005e000016 020000000001 0800"
                "46 c0 0028 0000 4000 01 02 41ef c000020a e0000016 94040000"
                "22 00 ea79 0000 0001 02 00 0000 ef810203") +
                Bytes(6, 0));
}

TEST(IgmpReport, OfVersion3NamesTheSourcesOfASourceSpecificGroup) {
  const std::vector<Ipv4Address> sources{{198, 51, 100, 1}, {198, 51, 100, 2}};
  EXPECT_EQ(igmp_report(kOne, kHost, {232, 1, 2, 3}, IgmpVersion::v3, sources),
            hex("01005e000016 020000000001 0800"
                "46 c0 0030 0000 4000 01 02 41e7 c000020a e0000016 94040000"
                "22 00 9e8c 0000 0001 01 00 0002 e8010203 c6336401 c6336402"));
}

TEST(IgmpReport, OfVersion2GoesToTheGroupItself) {
  EXPECT_EQ(igmp_report(kOne, kHost, kGroup, IgmpVersion::v2),
            hex("01005e010203 020000000001 0800"
                "46 c0 0020 0000 4000 01 02 3089 c000020a ef810203 94040000"
                "16 00 f87a ef810203") +
                Bytes(14, 0));
}

TEST(IgmpReport, OfVersion1DiffersInItsTypeAlone) {
  EXPECT_EQ(igmp_report(kOne, kHost, kGroup, IgmpVersion::v1),
            hex("01005e010203 020000000001 0800"
                "46 c0 0020 0000 4000 01 02 3089 c000020a ef810203 94040000"
                "12 00 fc7a ef810203") +
                Bytes(14, 0));
}

TEST(IgmpReport, FitsAnEthernetFrameHoweverManySourcesThereAre) {
  const std::vector<Ipv4Address> sources(1000, Ipv4Address{198, 51, 100, 1});
  const auto bytes = igmp_report(kOne, kHost, {232, 1, 2, 3}, IgmpVersion::v3, sources);
  const auto frame = parse_ethernet(bytes);
  ASSERT_TRUE(frame);
  EXPECT_LE(frame->payload.size(), 1500u);
  EXPECT_TRUE(parse_ipv4_packet(frame->payload));
}

TEST(MulticastMac, OfAnIpv4GroupHasItsLow23Bits) {
  EXPECT_EQ(multicast_mac(Ipv4Address{239, 255, 1, 2}), MacAddress({0x01, 0x00, 0x5e, 0x7f, 0x01, 0x02}));
}

}  // namespace
}  // namespace ebond::wire
