// The programs of balance-tlb and balance-alb by themselves: which frames are balanced, by the driver's
// rules, and what is written into them.
#include <algorithm>
#include <optional>
#include <vector>

#include "core/balance/rx_balance.h"
#include "tests/e2e/bpf_bench.h"
#include "wire/arp.h"

namespace ebond::os {
namespace {

//   s0   the active slave: the bond's MAC
//   s1   all buckets
class BalanceDatapath : public DatapathBench, public ::testing::WithParamInterface<Mode> {
 protected:
  static inline const MacAddress kOtherMac = mac(2);
  bool takes_others = false;
  bool has_just_taken_over = false;  ///< s0, whose MAC was s1's

  BalanceDatapath() : DatapathBench({.mode = GetParam(), .count_tx = true, .by_destination = is_alb()}) {}
  static bool is_alb() { return GetParam() == Mode::balance_alb; }
  MacAddress slave_mac(int slave) const override { return slave == 0 || !is_alb() ? kBondMac : kOtherMac; }
  void SetUp() override {
    DatapathBench::SetUp();
    publish();
  }
  void publish() {
    core::Table table{.buckets = std::vector<SlotId>(256, SlotId(1)), .standby = {SlotId(1)}, .slots = {}};
    table.unbalanced = SlotId(0);
    table.takes_others = takes_others;
    if (is_alb()) {
      table.bond_mac = kBondMac;
      table.receivers = std::vector<SlotId>(256, SlotId(0));
      table.receivers[core::RxBalance::hash(kClient)] = SlotId(1);
    }
    table.slots.push_back({.slot = SlotId(0), .ifindex = index(0), .accepts = true, .own_mac = kBondMac});
    table.slots.push_back({.slot = SlotId(1),
                           .ifindex = index(1),
                           .accepts = is_alb(),
                           .unicast_only = is_alb(),
                           .former_wearer = has_just_taken_over,
                           .own_mac = kOtherMac,
                           .rewrites_source = true});
    path.publish(table);
  }

  void expect_balanced(const wire::Bytes& sent) {
    const auto seen = send_out(sent);
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->slave, 1);
    EXPECT_EQ(seen->header.source, kOtherMac);
  }
  void expect_not_balanced(const wire::Bytes& sent) {
    const auto seen = send_out(sent);
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->slave, 0);
    EXPECT_EQ(seen->header.source, kBondMac);
  }
  wire::Bytes from_client(const MacAddress& to) { return frame(to, 0x0800, ipv4(17, kServer), kClientMac); }
};
INSTANTIATE_TEST_SUITE_P(Modes, BalanceDatapath, ::testing::Values(Mode::balance_tlb, Mode::balance_alb),
                         [](const auto& tested) {
                           return tested.param == Mode::balance_tlb ? "BalanceTlb" : "BalanceAlb";
                         });

const MacAddress kMulticast4({0x01, 0, 0x5e, 0, 0, 0xfb}), kMulticast6({0x33, 0x33, 0, 0, 0, 0xfb}),
    kAllNodes({0x33, 0x33, 0, 0, 0, 1});

TEST_P(BalanceDatapath, BalancesUnicastIpAndWritesTheSlavesMac) {
  expect_balanced(frame(kClientMac, kIpv4, ipv4(17, kClient)));
  expect_balanced(frame(kClientMac, kIpv6, ipv6(17, 0, 1)));
}

TEST_P(BalanceDatapath, SendsBroadcastsNeighbourDiscoveryAndOtherProtocolsByTheActiveSlave) {
  expect_not_balanced(frame(MacAddress::broadcast(), kIpv4, ipv4(17, {192, 0, 2, 255})));
  expect_not_balanced(frame(kClientMac, 0x88b5, {}));
  for (const std::uint8_t solicitation_or_advertisement : {135, 136}) {
    expect_not_balanced(frame(kClientMac, kIpv6, ipv6(58, solicitation_or_advertisement, 1)));
  }
  expect_balanced(frame(kClientMac, kIpv6, ipv6(58, 128, 1)));
}

TEST_P(BalanceDatapath, BalancesMulticastInBalanceAlbAlone) {
  for (const auto& sent :
       {frame(kMulticast4, kIpv4, ipv4(17, {224, 0, 0, 251})), frame(kMulticast6, kIpv6, ipv6(17, 0, 1))}) {
    if (is_alb()) {
      expect_balanced(sent);
    } else {
      expect_not_balanced(sent);
    }
  }
  expect_not_balanced(frame(kAllNodes, kIpv6, ipv6(17, 0, 1)));
  expect_not_balanced(frame(kMulticast4, kIpv4, ipv4(2, {224, 0, 0, 251})));
  expect_not_balanced(frame(kMulticast6, kIpv6, ipv6(17, 0, 0)));
}

TEST_P(BalanceDatapath, CountsBytesByBucketAndWhatIsNotBalanced) {
  send_out(frame(kClientMac, kIpv4, ipv4(17, kClient)));
  send_out(frame(MacAddress::broadcast(), 0x88b5, {}));
  const auto totals = must(path.tx_totals());
  EXPECT_EQ(std::ranges::count_if(totals.buckets, [](auto bytes) { return bytes > 0; }), 1);
  if (is_alb()) {
    EXPECT_EQ(totals.buckets[core::RxBalance::hash(kClient)], 94U);
  }
  EXPECT_EQ(totals.unbalanced, 74U);
}

TEST_P(BalanceDatapath, SendsWhatIsNotBalancedByTheStandbyOnceTheActiveSlaveIsDead) {
  links.set(path.link_of(SlotId(0)), false);
  const auto seen = send_out(frame(MacAddress::broadcast(), 0x88b5, {}));
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->slave, 1);
  EXPECT_EQ(seen->header.source, kBondMac) << "it is about to be the active one";
  EXPECT_TRUE(taken(1, frame(MacAddress::broadcast(), 0x88b5, {}, kClientMac)).has_value());
}

TEST_P(BalanceDatapath, TakesBroadcastsFromTheActiveSlaveAlone) {
  const auto broadcast = frame(MacAddress::broadcast(), 0x88b5, {}, kClientMac);
  EXPECT_EQ(taken(0, broadcast), MacAddress::broadcast());
  EXPECT_TRUE(drops(1, broadcast));
}

TEST_P(BalanceDatapath, TakesUnicastOfTheOtherSlaveInBalanceAlbAndMakesItsMacTheBonds) {
  EXPECT_EQ(taken(0, from_client(kBondMac)), kBondMac);
  if (is_alb()) {
    EXPECT_EQ(taken(1, from_client(kOtherMac)), kBondMac);
    EXPECT_EQ(taken(1, from_client(mac(0x55))), mac(0x55)) << "somebody's above the bond";
  } else {
    EXPECT_TRUE(drops(1, from_client(kBondMac)));
  }
}

TEST_P(BalanceDatapath, TakesFramesForALostSlavesMacByTheActiveOneInBalanceAlb) {
  if (!is_alb()) return;
  EXPECT_EQ(taken(0, from_client(kOtherMac)), kOtherMac);
  takes_others = true;
  publish();
  EXPECT_EQ(taken(0, from_client(kOtherMac)), kOtherMac) << "it lives, and takes it itself";
  links.set(path.link_of(SlotId(1)), false);
  EXPECT_EQ(taken(0, from_client(kOtherMac)), kBondMac);
  EXPECT_EQ(taken(0, from_client(mac(0x55))), mac(0x55));
}

TEST_P(BalanceDatapath, TakesWhatASwitchSentToAllPortsByOneSlaveAlone) {
  EXPECT_EQ(taken(0, from_client(kBondMac)), kBondMac);
  EXPECT_TRUE(drops(1, from_client(kBondMac)));
  if (!is_alb()) return;
  takes_others = true;
  publish();
  links.set(path.link_of(SlotId(0)), false);
  EXPECT_EQ(taken(1, from_client(kBondMac)), kBondMac) << "it is about to be the active one";
}

TEST_P(BalanceDatapath, TakesWhatASwitchStillSendsWhereAMacWasByBothThatExchangedTheirs) {
  if (!is_alb()) return;
  takes_others = has_just_taken_over = true;
  publish();
  EXPECT_EQ(taken(1, from_client(kBondMac)), kBondMac);
  EXPECT_EQ(taken(0, from_client(kOtherMac)), kBondMac);
  EXPECT_EQ(taken(0, from_client(kBondMac)), kBondMac);
  EXPECT_EQ(taken(1, from_client(kOtherMac)), kBondMac);
  const auto broadcast = frame(MacAddress::broadcast(), 0x0800, ipv4(17, kServer), kClientMac);
  EXPECT_TRUE(drops(1, broadcast));
}

TEST_P(BalanceDatapath, NamesTheClientsSlaveInAnArpToItInBalanceAlb) {
  const wire::ArpPacket reply{wire::ArpPacket::Operation::reply, kBondMac, kServer, kClientMac, kClient};
  const auto seen = send_out(wire::build_arp(kClientMac, kBondMac, {}, reply));
  ASSERT_TRUE(seen.has_value());
  const auto told = wire::parse_arp(wire::parse_ethernet(seen->frame)->payload);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(seen->slave, is_alb() ? 1 : 0);
  EXPECT_EQ(seen->header.source, is_alb() ? kOtherMac : kBondMac);
  EXPECT_EQ(told->sender_mac, is_alb() ? kOtherMac : kBondMac);
}

TEST_P(BalanceDatapath, NamesTheBondsMacInABroadcastRequestAndLeavesABridgedHostsArpAlone) {
  const auto request = send_out(wire::arp_request(kBondMac, kServer, kClient));
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->slave, is_alb() ? 1 : 0);
  EXPECT_EQ(wire::parse_arp(wire::parse_ethernet(request->frame)->payload)->sender_mac, kBondMac);
  const auto bridged = send_out(wire::arp_request(mac(0x77), {192, 0, 2, 77}, kClient));
  ASSERT_TRUE(bridged.has_value());
  EXPECT_EQ(bridged->slave, 0);
  EXPECT_EQ(bridged->header.source, mac(0x77));
  const auto announcement = send_out(wire::gratuitous_arp(kBondMac, kServer));
  ASSERT_TRUE(announcement.has_value());
  EXPECT_EQ(announcement->slave, 0);
}

}  // namespace
}  // namespace ebond::os
