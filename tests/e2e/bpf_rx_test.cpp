// ebond_rx: whose a frame is that a slave received: the bond's, the slave's own, both, or nobody's.
#include <vector>

#include "tests/e2e/bpf_bench.h"

namespace ebond::os {
namespace {

constexpr std::uint16_t kSlow = 0x8809, kLldp = 0x88cc, kServiceVlan = 0x88a8;
constexpr std::uint16_t kEapol = 0x888e, kPtp = 0x88f7, kFcoe = 0x8906, kProfinet = 0x8892;
constexpr std::uint16_t kBesideIp[] = {kEapol, kPtp, kLldp, kFcoe, kProfinet};

class RxInMode : public DatapathBench, public ::testing::WithParamInterface<Mode> {
 protected:
  RxInMode() : DatapathBench({.mode = GetParam(), .stamp_rx = true}) {}
  /// s0 accepts, s1 does not.
  void SetUp() override {
    DatapathBench::SetUp();
    auto made = table({0}, {}, {0});
    made.unbalanced = SlotId(0);
    made.bond_mac = kBondMac;
    path.publish(made);
  }
  static wire::Bytes from_client(std::uint16_t ethertype = kIpv4) {
    return frame(kBondMac, ethertype, ethertype == kIpv4 ? ipv4(17, kServer) : wire::Bytes{}, kClientMac);
  }
  static wire::Bytes to_group(std::uint8_t last, std::uint16_t ethertype) {
    return frame(MacAddress({0x01, 0x80, 0xc2, 0, 0, last}), ethertype, {}, kClientMac);
  }
  std::uint64_t dropped(int slave) { return must(path.counters(SlotId(slave))).rx_inactive; }
};
INSTANTIATE_TEST_SUITE_P(AllModes, RxInMode, ::testing::ValuesIn(kEveryMode), label_of);

TEST_P(RxInMode, AnAcceptingSlavesFramesAreTheBonds) {
  for (const auto& each :
       {from_client(), frame(MacAddress::broadcast(), kIpv4, ipv4(17, {192, 0, 2, 255}), kClientMac),
        wire::arp_request(kClientMac, kClient, kServer), tagged(kVlan, 7, from_client())}) {
    EXPECT_EQ(run_rx(0, each), TC_ACT_REDIRECT);
    EXPECT_TRUE(come_in(0, each).has_value());
  }
  EXPECT_EQ(dropped(0), 0U);
}

TEST_P(RxInMode, ABackupsAreDroppedAndCounted) {
  EXPECT_EQ(run_rx(1, from_client()), TC_ACT_SHOT);
  EXPECT_EQ(run_rx(1, wire::arp_request(kClientMac, kClient, kServer)), TC_ACT_SHOT);
  EXPECT_EQ(dropped(1), 2U);
  EXPECT_TRUE(drops(1, from_client()));
  EXPECT_EQ(dropped(1), 3U);
  EXPECT_EQ(dropped(0), 0U);
  EXPECT_EQ(dropped(2), 0U);
}

TEST_P(RxInMode, WhatIsLinkLocalIsTheSlavesAndTheBonds) {
  for (const auto& each : {to_group(0x00, kTest), to_group(0x0e, kLldp), to_group(0x03, kEapol)}) {
    EXPECT_EQ(run_rx(0, each), TC_ACT_UNSPEC);
    EXPECT_TRUE(heard(*up, kEnough).has_value()) << "the copy of the run itself";
    EXPECT_EQ(run_rx(1, each), TC_ACT_UNSPEC);
  }
  EXPECT_TRUE(drops(1, to_group(0x0e, kLldp)));
  EXPECT_EQ(dropped(1), 0U);
}

TEST_P(RxInMode, ALacpduIsTheSlavesAlone) {
  const StackEar ear(index(0), kSlow);
  EXPECT_EQ(run_rx(0, to_group(0x02, kSlow)), TC_ACT_UNSPEC);
  EXPECT_TRUE(drops(0, to_group(0x02, kSlow)));
  EXPECT_TRUE(ear.hears());
}

TEST_P(RxInMode, WhatIsBesideIpIsTheSlavesAndTheBonds) {
  for (const auto ethertype : kBesideIp) {
    const StackEar ear(index(0), ethertype), backup(index(1), ethertype);
    EXPECT_TRUE(come_in(0, from_client(ethertype)).has_value());
    EXPECT_TRUE(ear.hears()) << std::hex << ethertype;
    EXPECT_TRUE(drops(1, from_client(ethertype)));
    EXPECT_TRUE(backup.hears()) << std::hex << ethertype;
  }
  EXPECT_EQ(dropped(1), 0U);
}

TEST_P(RxInMode, IpArpAndWhatIsInAVlanAreNotTheSlaves) {
  const StackEar ip(index(0), kIpv4), arp(index(0), kArp), test(index(0), kTest);
  EXPECT_TRUE(come_in(0, from_client()).has_value());
  EXPECT_TRUE(come_in(0, wire::arp_request(kClientMac, kClient, kServer)).has_value());
  EXPECT_TRUE(come_in(0, tagged(kVlan, 7, from_client(kTest))).has_value());
  EXPECT_TRUE(ip.is_silent());
  EXPECT_TRUE(arp.is_silent());
  EXPECT_TRUE(test.is_silent());
}

TEST_P(RxInMode, AFrameOfAVlanOnTheSlaveIsTheSlavesAlone) {
  for (int slave : {0, 1}) {
    must(path.set_own_vlans(index(slave), {{.protocol = kVlan, .id = 23}, {.protocol = kVlan, .id = 4094}}));
    const StackEar ear(index(slave), kIpv4);
    for (const std::uint16_t vlan : {23, 4094}) {
      EXPECT_TRUE(drops(slave, tagged(kVlan, vlan, from_client())));
      EXPECT_TRUE(ear.hears()) << vlan;
    }
  }
  EXPECT_EQ(dropped(1), 0U);
  EXPECT_TRUE(come_in(0, tagged(kVlan, 24, from_client())).has_value()) << "another VLAN";
  EXPECT_TRUE(come_in(0, tagged(kServiceVlan, 23, from_client())).has_value()) << "another protocol";
  EXPECT_TRUE(come_in(0, from_client()).has_value()) << "none";
  must(path.set_own_vlans(index(0), {{.protocol = kServiceVlan, .id = 23}}));
  EXPECT_TRUE(drops(0, tagged(kServiceVlan, 23, from_client())));
  EXPECT_TRUE(come_in(0, tagged(kVlan, 23, from_client())).has_value()) << "the VLAN is gone";
}

TEST_P(RxInMode, ASlaveIsHeardByWhateverComesButWhatIsLinkLocal) {
  for (int slave : {0, 1}) {
    run_rx(slave, to_group(0x00, kTest));
    EXPECT_FALSE(path.last_rx(SlotId(slave)).has_value());
    run_rx(slave, from_client());
    EXPECT_TRUE(path.last_rx(SlotId(slave)).has_value());
  }
}

class Rx : public DatapathBench {};

TEST_F(Rx, AStandbyAcceptsFromTheInstantTheKernelSendsByIt) {
  path.publish(table({0}, {1, 2}, {0}));
  const auto came = frame(kBondMac, kIpv4, ipv4(17, kServer), kClientMac);
  EXPECT_EQ(run_rx(1, came), TC_ACT_SHOT);
  set_alive(0, false);
  EXPECT_EQ(run_rx(1, came), TC_ACT_REDIRECT);
  EXPECT_EQ(run_rx(2, came), TC_ACT_SHOT);
  set_alive(1, false);
  EXPECT_EQ(run_rx(2, came), TC_ACT_REDIRECT);
}

TEST_F(Rx, NothingIsStampedUnlessTheBondAsks) {
  path.publish(table({0}, {}, {0}));
  run_rx(0, frame(kBondMac, kIpv4, ipv4(17, kServer), kClientMac));
  EXPECT_FALSE(path.last_rx(SlotId(0)).has_value());
}

}  // namespace
}  // namespace ebond::os
