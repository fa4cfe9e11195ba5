#include "wire/marker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/wire/addresses.h"

namespace ebond::wire {
namespace {

const Marker kExample{Marker::Kind::information, 0x0102, MacAddress({2, 0, 0, 0, 0, 9}), 0xdeadbeef};

Bytes marker_payload(const Marker& marker) {
  const auto frame = build_marker(kPort, marker);
  return {frame.begin() + 14, frame.end()};
}

TEST(MarkerPdu, IsWrittenByteByByteAsTheStandardDrawsIt) {
  const auto frame = build_marker(kPort, kExample);
  ASSERT_EQ(frame.size(), 124U);
  const Bytes head{0x01, 0x80, 0xc2, 0,    0,    2, 2, 0, 0, 0, 0,    0x11, 0x88, 0x09, 0x02, 0x01,
                   0x01, 22,   0x01, 0x02, 0x02, 0, 0, 0, 0, 9, 0xde, 0xad, 0xbe, 0xef, 0,    0};
  EXPECT_TRUE(std::equal(head.begin(), head.end(), frame.begin()));
  EXPECT_TRUE(std::all_of(frame.begin() + static_cast<std::ptrdiff_t>(head.size()), frame.end(),
                          [](auto byte) { return byte == 0; }));
}

TEST(MarkerPdu, ReadsBackBothKinds) {
  EXPECT_EQ(parse_marker(marker_payload(kExample)), kExample);
  auto response = kExample;
  response.kind = Marker::Kind::response;
  EXPECT_EQ(parse_marker(marker_payload(response)), response);
}

TEST(MarkerPdu, SaysWhatIsWrongWithAMalformedOne) {
  const auto broken = [](std::size_t at, std::uint8_t value) {
    auto bytes = marker_payload(kExample);
    bytes.at(at) = value;
    return parse_marker(bytes).error();
  };
  EXPECT_EQ(broken(0, 1), MarkerError::not_marker);
  EXPECT_EQ(broken(2, 3), MarkerError::unknown_kind);
  EXPECT_EQ(broken(3, 21), MarkerError::bad_length);
  const auto bytes = marker_payload(kExample);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(parse_marker(ByteView(bytes).first(size)).error(), MarkerError::truncated) << size;
  }
}

}  // namespace
}  // namespace ebond::wire
