// The ARP monitor in the modes where every slave sends: bond_loadbalance_arp_mon's rules, and what is added
// to them for modes in which the driver has no ARP monitor.
#include <set>

#include "arp_lab.h"
#include "core/options/option_table.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

wire::ArpPacket packet_of(const ArpLab::Sent& sent) {
  return *wire::parse_arp(wire::parse_ethernet(sent.bytes)->payload);
}
MacAddress source_of(const ArpLab::Sent& sent) {
  return wire::parse_ethernet(sent.bytes)->header.source;
}

class EverySlave : public testing::TestWithParam<Mode> {};

TEST_P(EverySlave, AsksForItself) {
  ArpLab lab(watched(GetParam()), 3);
  lab.run(50ms);
  std::vector<unsigned> slaves;
  for (const auto& each : lab.sent) slaves.push_back(each.slave);
  EXPECT_THAT(slaves, ElementsAre(0U, 1U, 2U));
}

TEST_P(EverySlave, IsHeldOutOnceItsRoundsWentUnansweredAndComesBackWhenItIsAnswered) {
  ArpLab lab(watched(GetParam()), 3);
  lab.run(1001ms);
  lab.dead = {1};
  lab.log.clear();
  lab.run(1s);
  ASSERT_FALSE(lab.log.empty());
  EXPECT_EQ(lab.log.front(), "1250 ms path eth1: up -> down (no answer from 192.0.2.254 for 250 ms)");
  EXPECT_THAT(lab.buckets(), Not(Contains(1U)));
  EXPECT_EQ(lab.slave(1).link_failure_count, 1U);
  EXPECT_EQ(lab.slave(1).link_status, MiiStatus::up);
  EXPECT_TRUE(lab.status().carrier);
  lab.dead.clear();
  lab.run(300ms);
  EXPECT_EQ(lab.status_of(1), MiiStatus::up);
  EXPECT_EQ(lab.slave(1).link_failure_count, 1U);
}

TEST_P(EverySlave, LosesTheBondsCarrierWhenNoneIsAnsweredAndHasItBack) {
  ArpLab lab(watched(GetParam()));
  lab.run(1001ms);
  lab.silent = {kRouter};
  lab.run(1s);
  EXPECT_FALSE(lab.status().carrier);
  lab.silent.clear();
  lab.run(300ms);
  EXPECT_TRUE(lab.status().carrier);
}

TEST_P(EverySlave, IsProvedAnewWhenItsLinkIsBack) {
  ArpLab lab(watched(GetParam()));
  lab.run(1001ms);
  lab.take(lab.pull(1));
  lab.dead = {1};
  lab.run(500ms);
  lab.take(lab.plug(1));
  lab.run(500ms);
  EXPECT_THAT(lab.buckets(), Not(Contains(1U)));
  lab.dead.clear();
  lab.run(300ms);
  EXPECT_EQ(lab.status_of(1), MiiStatus::up);
}

std::string mode_word(const testing::TestParamInfo<Mode>& tested) {
  auto word = std::string(mode_name(tested.param));
  std::ranges::replace(word, '-', '_');
  return word;
}
INSTANTIATE_TEST_SUITE_P(In, EverySlave,
                         testing::Values(Mode::balance_rr, Mode::balance_xor, Mode::broadcast,
                                         Mode::balance_tlb, Mode::balance_alb, Mode::balance_slb),
                         mode_word);

TEST(ArpBalancing, AnySlaveIsProvedByAnyFrameWhereNothingIsValidated) {
  ArpLab lab(watched(Mode::balance_xor, ArpValidate::none));
  lab.run(1001ms);
  lab.dead = {0, 1};
  lab.log.clear();
  for (int round = 0; round < 20; ++round) {
    lab.stamps[0] = lab.now;
    lab.run(100ms);
  }
  EXPECT_EQ(lab.status_of(0), MiiStatus::up);
  EXPECT_EQ(lab.status_of(1), MiiStatus::down);
  EXPECT_EQ(lab.why(1), "nothing received");
}

TEST(ArpBalancing, ArpAllTargetsIsForActiveBackup) {  // as slave_last_rx is asked there alone
  auto options = watched(Mode::balance_rr);
  options.arp_ip_target = {kRouter, kSecond};
  options.arp_all_targets = ArpAllTargets::all;
  ArpLab lab(options);
  lab.silent = {kSecond};
  lab.run(3s);
  EXPECT_EQ(lab.status_of(0), MiiStatus::up);
}

TEST(ArpBalancing, SlavesThatShareTheBondsMacAskInItsName) {
  ArpLab lab(watched(Mode::balance_xor));
  lab.run(50ms);
  for (const auto& each : lab.sent) {
    EXPECT_EQ(source_of(each), mac(1));
    EXPECT_EQ(packet_of(each).sender_ip, kOurs);
  }
}

/// A partner answers by the link its own hash chooses.
class Aggregated : public testing::Test {
 protected:
  ArpLab lab{watched(Mode::ieee8023ad), 3};
  Aggregated() { lab.answers_by = 2; }
};

TEST_F(Aggregated, EachSlaveAsksByItsPermanentMacAndOnlyTheBondsOwnInItsName) {
  lab.run(50ms);
  ASSERT_THAT(lab.sent, testing::SizeIs(3));
  for (unsigned number = 0; number < 3; ++number) {
    EXPECT_EQ(source_of(lab.sent[number]), mac(static_cast<std::uint8_t>(number + 1)));
    EXPECT_EQ(packet_of(lab.sent[number]).sender_ip, number == 0 ? kOurs : Ipv4Address{});
  }
}

TEST_F(Aggregated, NobodyIsAccusedBeforeThePartnerLetsAnythingThrough) {
  lab.silent = {kRouter};
  lab.run(1900ms);
  EXPECT_THAT(lab.log, testing::IsEmpty());
}

TEST_F(Aggregated, AnAnswerProvesTheSlaveThatAskedByWhicheverLinkItComes) {
  lab.run(6s);
  for (unsigned number : {0U, 1U, 2U}) {
    EXPECT_EQ(lab.status_of(number), MiiStatus::up) << number;
    EXPECT_TRUE(lab.slave(number).active) << number;
  }
  lab.dead = {0};
  lab.run(1s);
  EXPECT_EQ(lab.status_of(0), MiiStatus::down) << "its probes reach nobody";
  EXPECT_EQ(lab.status_of(1), MiiStatus::up);
  EXPECT_EQ(lab.why(0), "no answer from 192.0.2.254");
  EXPECT_THAT(lab.buckets(), ElementsAre(1U, 2U));
  lab.run(30s);
  EXPECT_TRUE(lab.status().slaves[0].lacp) << "LACP goes on, or no probe would ever get through again";
  lab.dead.clear();
  lab.run(300ms);
  EXPECT_THAT(lab.buckets(), ElementsAre(0U, 1U, 2U));
}

TEST_F(Aggregated, WithoutAnyPathItHasNoCarrier) {
  lab.run(6s);
  EXPECT_TRUE(lab.status().carrier);
  lab.silent = {kRouter};
  lab.run(1s);
  EXPECT_FALSE(lab.status().carrier);
  lab.silent.clear();
  lab.run(300ms);
  EXPECT_TRUE(lab.status().carrier);
}

TEST(ArpBalancing, SlavesThatWearMacsOfTheirOwnDoNotLeadTheBondsAddressAstray) {
  ArpLab lab(watched(Mode::balance_tlb));
  lab.run(50ms);
  for (const auto& each : lab.sent) {
    const bool bonds_mac = source_of(each) == lab.status().mac;
    EXPECT_EQ(packet_of(each).sender_ip, bonds_mac ? kOurs : Ipv4Address{});
  }
}

TEST(ArpBalancing, WatchesIpv6TargetsToo) {
  auto options = watched(Mode::balance_xor);
  options.arp_ip_target.clear();
  options.ns_ip6_target = {kRouter6};
  ArpLab lab(options);
  lab.run(1ms);
  ASSERT_THAT(lab.sent, testing::SizeIs(2));
  const auto frame = wire::parse_ethernet(lab.sent.front().bytes);
  const auto asked = wire::parse_neighbor_message(frame->payload);
  EXPECT_EQ(asked->target, kRouter6);
  EXPECT_EQ(asked->source, kOurs6);
  for (int round = 0; round < 20; ++round) {
    lab.hear(0, wire::unsolicited_na(kRouterMac, kRouter6, false));
    lab.run(100ms);
  }
  EXPECT_EQ(lab.status_of(0), MiiStatus::up);
  EXPECT_EQ(lab.status_of(1), MiiStatus::down);
  EXPECT_EQ(lab.why(1), "no answer from 2001:db8::fe");
}

TEST(SlbArp, EachSlaveAsksAsNobodyFromAMacOfItsOwn) {
  ArpLab lab(watched(Mode::balance_slb), 3);
  lab.run(50ms);
  std::set<MacAddress> sources;
  for (const auto& each : lab.sent) {
    const auto frame = wire::parse_ethernet(each.bytes);
    EXPECT_NE(frame->header.source, lab.status().mac);
    EXPECT_EQ(wire::parse_arp(frame->payload)->sender_ip, Ipv4Address{});
    EXPECT_EQ(lab.bond.probe_mac(nic(each.slave)), frame->header.source) << "and is heard there";
    sources.insert(frame->header.source);
  }
  EXPECT_EQ(sources.size(), 3U);
}

}  // namespace
}  // namespace ebond::core
