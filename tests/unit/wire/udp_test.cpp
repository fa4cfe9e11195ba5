// UDP in IPv4 and IPv6 frames.
#include "wire/udp.h"

#include <gtest/gtest.h>

#include "wire/checksum.h"

namespace ebond::wire {
namespace {

const UdpHeader k4{.source = Ipv4Address{192, 0, 2, 1},
                   .destination = Ipv4Address{192, 0, 2, 2},
                   .ttl = 255,
                   .tos = 0xc0,
                   .source_port = 50'000,
                   .destination_port = 3784};
const UdpHeader k6{.source = *parse_ipv6("2001:db8::1"),
                   .destination = *parse_ipv6("2001:db8::2"),
                   .ttl = 255,
                   .tos = 0xc0,
                   .source_port = 50'000,
                   .destination_port = 3784};
constexpr MacAddress kHere({2, 0, 0, 0, 0, 1}), kThere({2, 0, 0, 0, 0, 2});
const Bytes kPayload{1, 2, 3, 4, 5};

Bytes frame_of(const UdpHeader& header) {
  return build_udp(kThere, kHere, {}, header, kPayload);
}
std::optional<UdpDatagram> read(const Bytes& frame) {
  const auto parsed = parse_ethernet(frame);
  return parsed ? parse_udp(*parsed) : std::nullopt;
}
/// The checksum begins two bytes before the payload.
void set_checksum(Bytes& frame, std::uint16_t value) {
  const auto at = frame.size() - kPayload.size() - 2;
  frame[at] = static_cast<std::uint8_t>(value >> 8);
  frame[at + 1] = static_cast<std::uint8_t>(value);
}

TEST(Udp, ReadsWhatItBuilds) {
  for (const auto& header : {k4, k6}) {
    const auto frame = frame_of(header);
    const auto datagram = read(frame);
    ASSERT_TRUE(datagram);
    EXPECT_EQ(datagram->header, header);
    EXPECT_EQ(Bytes(datagram->payload.begin(), datagram->payload.end()), kPayload);
  }
}

TEST(Udp, IsBuiltByteForByteAsTheRfcHasIt) {
  const auto frame = frame_of(k4);
  const Bytes datagram(frame.begin() + 14 + 20, frame.end());
  InternetChecksum sum;
  sum.add(Bytes{192, 0, 2, 1, 192, 0, 2, 2, 0, 17, 0, 13});
  sum.add(Bytes{0xc3, 0x50, 0x0e, 0xc8, 0, 13, 0, 0, 1, 2, 3, 4, 5});
  const auto checksum = sum.value();
  EXPECT_EQ(datagram, (Bytes{0xc3, 0x50, 0x0e, 0xc8, 0, 13, static_cast<std::uint8_t>(checksum >> 8),
                             static_cast<std::uint8_t>(checksum), 1, 2, 3, 4, 5}));
}

TEST(Udp, PaddingIsNotPayload) {
  auto frame = frame_of(k4);
  frame.resize(kMinFrameSize);
  const auto datagram = read(frame);
  ASSERT_TRUE(datagram);
  EXPECT_EQ(datagram->payload.size(), kPayload.size());
}

TEST(Udp, TakesNoFrameThatIsCutOrWithAFlippedBit) {
  for (const auto& header : {k4, k6}) {
    const auto whole = frame_of(header);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
    }
    const auto payload_at = whole.size() - kPayload.size() - 8;
    for (std::size_t bit = payload_at * 8; bit < whole.size() * 8; ++bit) {
      auto flipped = whole;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      EXPECT_FALSE(read(flipped)) << "bit " << bit;
    }
  }
}

TEST(Udp, MayGoWithoutAChecksumInIpv4Alone) {
  auto four = frame_of(k4), six = frame_of(k6);
  set_checksum(four, 0);
  set_checksum(six, 0);
  EXPECT_TRUE(read(four));
  EXPECT_FALSE(read(six));
}

TEST(Udp, TakesAChecksumThatWasLeftToANic) {
  InternetChecksum four, six;
  four.add(Bytes{192, 0, 2, 1, 192, 0, 2, 2, 0, 17, 0, 13});
  six.add_ipv6_pseudo_header(std::get<Ipv6Address>(k6.source), std::get<Ipv6Address>(k6.destination), 13, 17);
  for (auto [header, sum] : {std::pair{k4, four}, std::pair{k6, six}}) {
    auto frame = frame_of(header);
    set_checksum(frame, static_cast<std::uint16_t>(~sum.value()));
    EXPECT_TRUE(read(frame));
    set_checksum(frame, static_cast<std::uint16_t>(~sum.value() + 1));
    EXPECT_FALSE(read(frame));
  }
}

}  // namespace
}  // namespace ebond::wire
