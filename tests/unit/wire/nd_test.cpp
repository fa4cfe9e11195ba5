#include "wire/nd.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/addresses.h"
#include "tests/unit/wire/hex.h"
#include "wire/checksum.h"

namespace ebond::wire {
namespace {

using test::hex;

const Ipv6Address kHost6 = *parse_ipv6("2001:db8::a");
const Ipv6Address kTarget = *parse_ipv6("2001:db8::b:1234:5678");

// A solicited advertisement of kTarget to kHost6: a nonce option to skip, then the target's MAC.
constexpr auto kSolicitedNa =
    "60000000 0028 3a ff 20010db8 00000000 0000000b 12345678 20010db8 00000000 00000000 0000000a"
    "88 00 2af4 e0000000 20010db8 00000000 0000000b 12345678 0e01 000000000000 0201 020000000002";

/// The packet with these octets from `offset` on, and a checksum that is right for it.
Bytes changed(std::string_view packet, std::size_t offset, const Bytes& octets) {
  Bytes bytes = hex(packet);
  std::copy(octets.begin(), octets.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  store_checksum(bytes, 42, 0);
  InternetChecksum sum;
  sum.add(ByteView(bytes).subspan(8)).add(hex("0000 003a"));
  const auto length = static_cast<std::uint8_t>(bytes.size() - 40);
  sum.add(Bytes{0, length});
  store_checksum(bytes, 42, sum.value());
  return bytes;
}

TEST(NeighborAdvertisement, IsSentUnsolicitedAsTheKernelDoes) {
  EXPECT_EQ(unsolicited_na(kOne, kHost6, false),
            hex("333300000001 020000000001 86dd"
                "60000000 0020 3a ff 20010db8 00000000 00000000 0000000a ff020000 00000000 00000000 00000001"
                "88 00 f918 20000000 20010db8 00000000 00000000 0000000a 0201 020000000001"));
}

TEST(NeighborAdvertisement, CarriesTheRouterFlagAndAVlanTag) {
  const auto bytes = unsolicited_na(kOne, kHost6, true, {{.id = 10}});
  const auto frame = parse_ethernet(bytes);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header.tags, (VlanTags{{.id = 10}}));
  const auto message = parse_neighbor_message(frame->payload);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->router);
  EXPECT_TRUE(message->override_entry);
  EXPECT_FALSE(message->solicited);
}

/// kTarget's, to kHost6, which asked for it.
NeighborMessage answer_to_host(const MacAddress& mac) {
  return {.kind = NeighborMessage::Kind::advertisement,
          .source = kTarget,
          .destination = kHost6,
          .target = kTarget,
          .router = true,
          .solicited = true,
          .override_entry = true,
          .mac = mac};
}

TEST(NeighborAdvertisement, AnswersWhoAsked) {
  const auto bytes =
      solicited_na({.destination = kTwo, .source = kOne, .tags = {{.id = 10}}}, kTarget, kHost6);
  const auto frame = parse_ethernet(bytes);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header.destination, kTwo);
  EXPECT_EQ(frame->header.source, kOne);
  EXPECT_EQ(frame->header.tags, (VlanTags{{.id = 10}}));
  EXPECT_EQ(parse_neighbor_message(frame->payload), answer_to_host(kOne));
}

TEST(NeighborSolicitation, AsksTheSolicitedNodeGroup) {
  EXPECT_EQ(neighbor_solicitation(kOne, kHost6, kTarget),
            hex("3333ff345678 020000000001 86dd"
                "60000000 0020 3a ff 20010db8 00000000 00000000 0000000a ff020000 00000000 00000001 ff345678"
                "87 00 5cbe 00000000 20010db8 00000000 0000000b 12345678 0101 020000000001"));
}

TEST(NeighborSolicitation, FromNobodyCarriesNoLinkLayerOption) {
  EXPECT_EQ(neighbor_solicitation(kOne, {}, kTarget),
            hex("3333ff345678 020000000001 86dd"
                "60000000 0018 3a ff 00000000 00000000 00000000 00000000 ff020000 00000000 00000001 ff345678"
                "87 00 8d8b 00000000 20010db8 00000000 0000000b 12345678"));
}

TEST(NeighborMessage, ReadsASolicitedAdvertisementAndSkipsUnknownOptions) {
  EXPECT_EQ(parse_neighbor_message(hex(kSolicitedNa)), answer_to_host(kTwo));
}

TEST(NeighborMessage, ReadsASolicitation) {
  const auto bytes = neighbor_solicitation(kOne, kHost6, kTarget);
  const auto message = parse_neighbor_message(ByteView(bytes).subspan(14));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, NeighborMessage::Kind::solicitation);
  EXPECT_EQ(message->source, kHost6);
  EXPECT_EQ(message->target, kTarget);
  EXPECT_EQ(message->mac, kOne);
}

TEST(NeighborMessage, RefusesOneThatCrossedARouterOrHasAWrongChecksum) {
  Bytes forwarded = hex(kSolicitedNa);
  forwarded[7] = 254;
  EXPECT_FALSE(parse_neighbor_message(forwarded));
  Bytes corrupt = hex(kSolicitedNa);
  corrupt.back() ^= 1;
  EXPECT_FALSE(parse_neighbor_message(corrupt));
}

TEST(NeighborMessage, RefusesWhatRfc4861Section7Refuses) {
  ASSERT_EQ(changed(kSolicitedNa, 0, {}), hex(kSolicitedNa));
  EXPECT_FALSE(parse_neighbor_message(changed(kSolicitedNa, 40, hex("80")))) << "an echo request";
  EXPECT_FALSE(parse_neighbor_message(changed(kSolicitedNa, 41, hex("01")))) << "code 1";
  EXPECT_FALSE(parse_neighbor_message(changed(kSolicitedNa, 48, hex("ff")))) << "a multicast target";
  EXPECT_FALSE(parse_neighbor_message(changed(kSolicitedNa, 24, hex("ff")))) << "solicited, yet to a group";
  EXPECT_FALSE(parse_neighbor_message(changed(kSolicitedNa, 65, hex("00")))) << "an option of length 0";
  EXPECT_FALSE(parse_neighbor_message(changed(kSolicitedNa, 65, hex("03")))) << "an option past the end";
  EXPECT_FALSE(parse_neighbor_message(changed(kSolicitedNa, 6, hex("11")))) << "UDP";
}

TEST(NeighborMessage, RefusesASolicitationFromNobodyToAnythingButItsGroup) {
  const auto bytes = neighbor_solicitation(kOne, {}, kTarget);
  ASSERT_TRUE(parse_neighbor_message(ByteView(bytes).subspan(14)));
  const auto packet =
      "60000000 0018 3a ff 00000000 00000000 00000000 00000000 ff020000 00000000 00000000 00000001"
      "87 00 0000 00000000 20010db8 00000000 0000000b 12345678";
  EXPECT_FALSE(parse_neighbor_message(changed(packet, 0, {})));
}

TEST(NeighborMessage, RefusesAPacketCutWhereverItIsCut) {
  const Bytes whole = hex(kSolicitedNa);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_neighbor_message(ByteView(whole).first(size))) << size;
  }
}

}  // namespace
}  // namespace ebond::wire
