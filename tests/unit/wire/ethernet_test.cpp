#include "wire/ethernet.h"

#include <gmock/gmock.h>

#include "tests/unit/wire/addresses.h"
#include "tests/unit/wire/hex.h"

namespace ebond::wire {
namespace {

using test::hex;
using testing::ElementsAre;

TEST(Ethernet, ReadsAnUntaggedFrame) {
  const Bytes bytes = hex("020000000002 020000000001 0800 4500");
  const auto frame = parse_ethernet(bytes);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header, (EthernetHeader{kTwo, kOne, {}, ethertype::kIpv4}));
  EXPECT_THAT(frame->payload, ElementsAre(0x45, 0x00));
}

TEST(Ethernet, ReadsStackedTagsOutermostFirst) {
  const Bytes bytes = hex("020000000002 020000000001 88a8 0064 8100 b00a 0806 aa");
  const auto frame = parse_ethernet(bytes);
  ASSERT_TRUE(frame);
  EXPECT_THAT(frame->header.tags, ElementsAre(VlanTag{ethertype::kServiceVlan, 0, false, 100},
                                              VlanTag{ethertype::kVlan, 5, true, 10}));
  EXPECT_EQ(frame->header.ethertype, ethertype::kArp);
  EXPECT_THAT(frame->payload, ElementsAre(0xaa));
}

TEST(Ethernet, WritesWhatItReads) {
  for (auto text : {"020000000002 020000000001 0800", "020000000002 020000000001 8100 e00a 86dd",
                    "020000000002 020000000001 88a8 0064 8100 100a 0806"}) {
    const auto frame = parse_ethernet(hex(text));
    ASSERT_TRUE(frame) << text;
    Writer out;
    write_ethernet(out, frame->header);
    EXPECT_EQ(std::move(out).finish(), hex(text));
  }
}

TEST(Ethernet, RefusesAFrameCutAnywhereInItsHeader) {
  const Bytes whole = hex("020000000002 020000000001 88a8 0064 8100 b00a 0806");
  ASSERT_TRUE(parse_ethernet(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_ethernet(ByteView(whole).first(size))) << size;
  }
}

TEST(Ethernet, RefusesAnIeee8023LengthAndEndlessTags) {
  EXPECT_FALSE(parse_ethernet(hex("0180c2000000 020000000001 0026 424203")));
  Bytes tags = hex("020000000002 020000000001");
  for (int i = 0; i < 9; ++i) tags = test::operator+(tags, hex("8100 0001"));
  EXPECT_FALSE(parse_ethernet(test::operator+(tags, hex("0800"))));
}

}  // namespace
}  // namespace ebond::wire
