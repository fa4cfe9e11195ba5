// ebond_tx: the verdict on a frame in every mode, and the slave it leaves by.
#include <linux/bpf.h>

#include <set>
#include <vector>

#include "tests/e2e/bpf_bench.h"

namespace ebond::os {
namespace {

using core::XmitHashPolicy;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

class TxInMode : public DatapathBench, public ::testing::WithParamInterface<Mode> {
 protected:
  TxInMode() : DatapathBench({.mode = GetParam()}) {}
  /// All that a mode may do with them differs.
  static std::vector<wire::Bytes> frames() {
    const MacAddress group4({0x01, 0, 0x5e, 0, 0, 0xfb}), group6({0x33, 0x33, 0, 0, 0, 0xfb});
    return {frame(kClientMac, kIpv4, udp(1000)),
            frame(kClientMac, kIpv6, ipv6(17, 0, 1)),
            frame(kClientMac, kIpv6, ipv6(58, 135, 1)),
            frame(group4, kIpv4, ipv4(2, {224, 0, 0, 251})),
            frame(group6, kIpv6, ipv6(17, 0, 1)),
            frame(MacAddress::broadcast(), kIpv4, ipv4(17, {192, 0, 2, 255})),
            wire::arp_request(kBondMac, kServer, kClient),
            frame(kClientMac, kTest)};
  }
  void publish(const std::vector<int>& buckets) {
    auto made = table(buckets);
    if (!buckets.empty()) made.unbalanced = SlotId(buckets.front());
    path.publish(made);
  }
};
INSTANTIATE_TEST_SUITE_P(AllModes, TxInMode, ::testing::ValuesIn(kEveryMode), label_of);

TEST_P(TxInMode, RedirectsEachFrameWhileASlaveCanSend) {
  publish({0, 1});
  for (const auto& each : frames()) EXPECT_EQ(run_tx(each), TC_ACT_REDIRECT);
  set_alive(0, false);
  const bool balances =
      GetParam() == Mode::balance_tlb || GetParam() == Mode::balance_alb || GetParam() == Mode::balance_slb;
  for (const auto& each : frames()) {
    const auto verdict = run_tx(each);
    if (balances && verdict == TC_ACT_SHOT) continue;  // not balanced, and nobody stands by
    EXPECT_EQ(verdict, TC_ACT_REDIRECT);
  }
}

TEST_P(TxInMode, DropsEachFrameOnceNoSlaveCan) {
  publish({});
  for (const auto& each : frames()) EXPECT_EQ(run_tx(each), TC_ACT_SHOT);
  publish({0, 1});
  set_alive(0, false);
  set_alive(1, false);
  for (const auto& each : frames()) EXPECT_EQ(run_tx(each), TC_ACT_SHOT);
}

TEST_P(TxInMode, LeavesByALivingSlaveWhereOneOfTwoIsDead) {
  publish({1, 0});
  set_alive(1, false);
  const auto way = way_of(frame(kClientMac, kIpv4, udp(1000)));
  EXPECT_EQ(way, 0);
}

/// The verifier looks at every copy anew: what it walks is what enslaving and a change of mode take.
TEST_P(TxInMode, IsQuicklyVerified) {
  for (const auto on : {device.lower(), index(0)}) {
    const auto program = program_on(on);
    bpf_prog_info info{};
    __u32 length = sizeof(info);
    ASSERT_EQ(bpf_obj_get_info_by_fd(program.get(), &info, &length), 0);
    RecordProperty(on == device.lower() ? "tx_instructions_walked" : "rx_instructions_walked",
                   static_cast<int>(info.verified_insns));
    EXPECT_GT(info.verified_insns, 0U);
    EXPECT_LT(info.verified_insns, 40'000U);
  }
}

class Tx : public DatapathBench {
 protected:
  static void stay_on_one_processor() {
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    ASSERT_EQ(::sched_setaffinity(0, sizeof(first), &first), 0);
  }
  std::vector<int> ways_of_the_next(int frames) {
    std::vector<int> ways;
    ways.reserve(static_cast<std::size_t>(frames));
    for (int i = 0; i < frames; ++i) ways.push_back(way_of(frame(kClientMac, kIpv4, udp(1000))));
    return ways;
  }
  void publish(const std::vector<int>& buckets, const std::vector<int>& standby = {}) {
    path.publish(table(buckets, standby));
  }
  /// The place, from a frame on, of what comes in turns.
  static std::vector<int> from(int first, int count, const std::vector<int>& turn) {
    std::vector<int> ways;
    for (int i = 0; i < count; ++i) ways.push_back(turn[static_cast<std::size_t>(first + i) % turn.size()]);
    return ways;
  }
};

TEST_F(Tx, BalanceRrTakesTheSlavesInTurn) {
  stay_on_one_processor();
  specialise({.mode = Mode::balance_rr, .packets_per_slave = 1});
  publish({0, 1, 2});
  const auto first = way_of(frame(kClientMac, kIpv4, udp(1000)));
  ASSERT_NE(first, kNone);
  EXPECT_THAT(ways_of_the_next(6), ElementsAreArray(from(first + 1, 6, {0, 1, 2})));
}

TEST_F(Tx, BalanceRrSendsPacketsPerSlaveByOneBeforeTheNext) {
  stay_on_one_processor();
  specialise({.mode = Mode::balance_rr, .packets_per_slave = 2});
  publish({0, 1});
  const auto ways = ways_of_the_next(9);
  const auto change = std::ranges::adjacent_find(ways, std::ranges::not_equal_to{});
  ASSERT_NE(change, ways.end());
  const int start = static_cast<int>(change - ways.begin()) + 1;
  EXPECT_LE(start, 2);
  const std::vector<int> rest(ways.begin() + start, ways.end());
  const int other = rest.front();
  EXPECT_THAT(rest,
              ElementsAreArray(from(0, static_cast<int>(rest.size()), {other, other, 1 - other, 1 - other})));
}

TEST_F(Tx, BalanceRrChoosesAtRandomWherePacketsPerSlaveIsZero) {
  specialise({.mode = Mode::balance_rr, .packets_per_slave = 0});
  publish({0, 1, 2});
  std::set<int> ways;
  for (int i = 0; i < 200 && ways.size() < 3; ++i) ways.insert(way_of(frame(kClientMac, kIpv4, udp(1000))));
  EXPECT_THAT(ways, ElementsAre(0, 1, 2));
}

TEST_F(Tx, BalanceRrKeepsIgmpToTheFirstBucket) {
  specialise({.mode = Mode::balance_rr, .packets_per_slave = 1});
  publish({2, 0, 1});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(way_of(frame(MacAddress({0x01, 0, 0x5e, 0, 0, 0xfb}), kIpv4, ipv4(2, {224, 0, 0, 251}))), 2);
  }
}

TEST_F(Tx, ActiveBackupSendsAllByTheActiveSlaveAndThenByTheStandby) {
  publish({1}, {3, 0});
  for (std::uint16_t port = 0; port < 8; ++port) EXPECT_EQ(way_of(frame(kClientMac, kIpv4, udp(port))), 1);
  set_alive(1, false);
  EXPECT_EQ(way_of(frame(kClientMac, kIpv4, udp(0))), 3);
}

TEST_F(Tx, BroadcastSendsACopyByEachLivingSlave) {
  specialise({.mode = Mode::broadcast});
  publish({0, 1, 3});
  EXPECT_THAT(ways_of(frame(kClientMac, kIpv4, udp(1000)), 3), ElementsAre(0, 1, 3));
  set_alive(1, false);
  EXPECT_THAT(ways_of(frame(kClientMac, kIpv4, udp(1000)), 2), ElementsAre(0, 3));
  set_alive(3, false);
  EXPECT_THAT(ways_of(frame(kClientMac, kIpv4, udp(1000)), 1), ElementsAre(0));
}

TEST_F(Tx, BroadcastNeighborSendsArpAndNeighbourDiscoveryByEverySlaveThatSends) {
  specialise({.mode = Mode::ieee8023ad, .broadcast_neighbor = true});
  publish({0, 2});
  EXPECT_THAT(ways_of(wire::arp_request(kBondMac, kServer, kClient), 2), ElementsAre(0, 2));
  EXPECT_THAT(ways_of(frame(kClientMac, kIpv6, ipv6(58, 135, 1)), 2), ElementsAre(0, 2));
  EXPECT_THAT(ways_of(frame(kClientMac, kIpv6, ipv6(58, 136, 1)), 2), ElementsAre(0, 2));
  EXPECT_EQ(ways_of(frame(kClientMac, kIpv6, ipv6(58, 128, 1)), 1).size(), 1U);
  EXPECT_EQ(ways_of(frame(kClientMac, kIpv4, udp(1000)), 1).size(), 1U);
}

TEST_F(Tx, BalanceXorLayer2TakesTheLastOctetsOfBothAddressesAndTheEtherType) {
  specialise({.mode = Mode::balance_xor, .xmit_hash_policy = XmitHashPolicy::layer2});
  publish({0, 1, 2, 3});
  for (std::uint8_t last = 0; last < 4; ++last) {
    EXPECT_EQ(way_of(frame(mac(last), kTest)), (last ^ 1 ^ kTest) % kSlaves);
    EXPECT_EQ(way_of(frame(mac(last), kIpv4, udp(1000))), (last ^ 1 ^ kIpv4) % kSlaves);
  }
}

TEST_F(Tx, ALayer34HashTellsFlowsApartByTheirPortsAndLooksPastAVlanTag) {
  specialise({.mode = Mode::balance_xor, .xmit_hash_policy = XmitHashPolicy::layer34});
  publish({0, 1, 2, 3});
  std::set<int> ways;
  for (std::uint16_t port = 1000; port < 1064; port += 2) {
    const auto flow = frame(kClientMac, kIpv4, udp(port));
    const int way = way_of(flow);
    ways.insert(way);
    EXPECT_EQ(way_of(tagged(kVlan, 7, flow)), way);
  }
  EXPECT_EQ(ways.size(), 4U);
}

TEST_F(Tx, AVlanSrcmacHashTakesTheVlanAndTheSourceAddress) {
  specialise({.mode = Mode::balance_xor, .xmit_hash_policy = XmitHashPolicy::vlan_srcmac});
  publish({0, 1, 2, 3});
  constexpr int kVendor = 0x020000, kDevice = 0x000001;  // of the bond's MAC
  for (std::uint16_t vlan = 1; vlan < 6; ++vlan) {
    EXPECT_EQ(way_of(tagged(kVlan, vlan, frame(kClientMac, kIpv4, udp(1000)))),
              (vlan ^ kVendor ^ kDevice) % kSlaves);
  }
  EXPECT_EQ(way_of(frame(kClientMac, kIpv4, udp(1000))), (kVendor ^ kDevice) % kSlaves);
}

/// Frames of which the first piece is the Ethernet header alone, as those of a tun device or a guest may be:
/// what packet(7) makes of a large one whose sender says so.
class TxInPieces : public Tx {
 protected:
  void SetUp() override {
    Tx::SetUp();
    for (const auto& each : must(net.links())) must(net.set_mtu(each.ifindex, kMtu));
    const int yes = 1;
    ASSERT_EQ(::setsockopt(socket_.get(), SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof yes), 0);
  }
  /// struct virtio_net_hdr, whose header is not for C++.
  struct FirstPiece {
    std::uint8_t flags = 0, gso_type = 0;
    std::uint16_t length, gso_size = 0, csum_start = 0, csum_offset = 0;
  };
  static wire::Bytes large(wire::Bytes small) {
    small.resize(kLarge);
    return small;
  }
  int way_in_pieces_of(const wire::Bytes& sent) {
    FirstPiece first{.length = ETH_HLEN};
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_ifindex = static_cast<int>(std::to_underlying(device.upper()));
    iovec pieces[] = {{.iov_base = &first, .iov_len = sizeof first},
                      {.iov_base = const_cast<std::uint8_t*>(sent.data()), .iov_len = sent.size()}};
    msghdr message{};
    message.msg_name = &where;
    message.msg_namelen = sizeof where;
    message.msg_iov = pieces;
    message.msg_iovlen = std::size(pieces);
    if (::sendmsg(socket_.get(), &message, 0) < 0) throw std::runtime_error(std::strerror(errno));
    int way = kNone;
    lab::eventually(
        [&] {
          for (int i = 0; i < kSlaves && way == kNone; ++i) {
            if (must(far[static_cast<std::size_t>(i)].receive())) way = i;
          }
          return way != kNone;
        },
        kEnough);
    return way;
  }

 private:
  static constexpr std::uint32_t kMtu = 9000;
  static constexpr std::size_t kLarge = 6000;  // more than a page: smaller ones are one piece
  UniqueFd socket_{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
};

TEST_F(TxInPieces, AFlowLeavesByTheSameSlaveAsInOne) {
  for (const auto policy : {XmitHashPolicy::layer34, XmitHashPolicy::layer23, XmitHashPolicy::encap34}) {
    specialise({.mode = Mode::balance_xor, .xmit_hash_policy = policy});
    publish({0, 1, 2, 3});
    std::set<int> ways;
    for (std::uint8_t n = 0; n < 16; ++n) {
      auto packet = udp(static_cast<std::uint16_t>(1000 + 2 * n));
      packet[15] = n;  // of the source address
      for (const auto& flow : {frame(kClientMac, kIpv4, packet), frame(kClientMac, kIpv6, ipv6(17, 0, n))}) {
        const int way = way_of(flow);
        EXPECT_EQ(way_in_pieces_of(large(flow)), way);
        ways.insert(way);
      }
    }
    EXPECT_EQ(ways.size(), 4U);
  }
}

TEST_F(TxInPieces, BalanceRrKeepsIgmpToTheFirstBucket) {
  specialise({.mode = Mode::balance_rr, .packets_per_slave = 1});
  publish({2, 0, 1});
  const auto report = frame(MacAddress({0x01, 0, 0x5e, 0, 0, 0xfb}), kIpv4, ipv4(2, {224, 0, 0, 251}));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(way_in_pieces_of(large(report)), 2);
}

/// A filter of somebody's that chooses a TX queue, as `skbedit queue_mapping` does, and asks the next filter.
class TxByQueue : public Tx {
 protected:
  void choose_queue(int queue) {
    const bpf_insn program[] = {{.code = BPF_ST | BPF_MEM | BPF_W,
                                 .dst_reg = BPF_REG_1,
                                 .src_reg = 0,
                                 .off = offsetof(__sk_buff, queue_mapping),
                                 .imm = queue},
                                {.code = BPF_ALU64 | BPF_MOV | BPF_K,
                                 .dst_reg = BPF_REG_0,
                                 .src_reg = 0,
                                 .off = 0,
                                 .imm = TC_ACT_UNSPEC},
                                {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    const UniqueFd loaded(
        bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "choose_queue", "GPL", program, std::size(program), nullptr));
    ASSERT_TRUE(loaded) << std::strerror(errno);
    must(attach_program(device.lower(), loaded.get(), 5, 1));
  }
  void SetUp() override {
    Tx::SetUp();
    specialise({.mode = Mode::active_backup, .queue_ids = true});
    auto made = table({0}, {1, 2});
    made.slots[2].queue_id = 5;
    path.publish(made);
  }
};

TEST_F(TxByQueue, AFrameLeavesByTheSlaveItsQueueNames) {
  EXPECT_EQ(way_of_a_frame(), 0);
  choose_queue(5);
  EXPECT_EQ(way_of_a_frame(), 2);
  choose_queue(6);
  EXPECT_EQ(way_of_a_frame(), 0) << "nobody's";
  choose_queue(99);
  EXPECT_EQ(way_of_a_frame(), 0) << "bond0 has no such queue";
}

TEST_F(TxByQueue, TheModeDecidesOnceThatSlaveIsDead) {
  choose_queue(5);
  set_alive(2, false);
  EXPECT_EQ(way_of_a_frame(), 0);
}

}  // namespace
}  // namespace ebond::os
