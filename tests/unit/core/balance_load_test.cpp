// A bond in balance-tlb and balance-alb: MACs, learning packets, who receives what, and the next daemon.
#include "bond_lab.h"
#include "core/balance/settling.h"
#include "wire/arp.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class LoadBalanced : public testing::TestWithParam<Mode> {
 protected:
  BondLab lab{BondLab::unpolled(GetParam())};
  bool is_alb() const { return GetParam() == Mode::balance_alb; }
  const TableSlot& slot(unsigned number) const {
    return *std::ranges::find(lab.bond.table().slots, nic(number), &TableSlot::ifindex);
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, LoadBalanced, testing::Values(Mode::balance_tlb, Mode::balance_alb),
                         [](const auto& tested) {
                           return tested.param == Mode::balance_tlb ? "BalanceTlb" : "BalanceAlb";
                         });

TEST_P(LoadBalanced, SendsWhatIsNotBalancedByTheActiveSlaveAndTheRestByTwoHundredFiftySixBuckets) {
  lab.with_slaves(2);
  const Table& table = lab.bond.table();
  EXPECT_EQ(table.unbalanced, SlotId{0});
  EXPECT_EQ(table.buckets.size(), kBalanceBuckets);
  EXPECT_NEAR(std::ranges::count(table.buckets, SlotId{1}), 128, 2);
  EXPECT_THAT(lab.standby(), ElementsAre(1));
  EXPECT_TRUE(lab.bond.datapath_spec().count_tx);
}

TEST_P(LoadBalanced, SpeaksWithTheBondsMacOnTheActiveSlaveAndWithItsOwnOnTheOther) {
  lab.with_slaves(2);
  EXPECT_EQ(slot(0).own_mac, mac(1));
  EXPECT_FALSE(slot(0).rewrites_source);
  EXPECT_EQ(slot(1).own_mac, mac(2));
  EXPECT_TRUE(slot(1).rewrites_source);
}

TEST_P(LoadBalanced, SwapsTheMacsAtAFailoverAndTeachesTheSwitch) {
  lab.with_slaves(2);
  const auto done = deeds(lab.pull(0));
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(slot(1).own_mac, mac(1));
  EXPECT_EQ(slot(0).own_mac, mac(2));
  EXPECT_EQ(done.front(), "publish table");
  EXPECT_THAT(done, Contains("teach eth1 02:00:00:00:00:01"));
  if (is_alb()) {
    EXPECT_THAT(done, Contains("eth1 MAC 02:00:00:00:00:01"));
    EXPECT_THAT(done, Contains("eth0 MAC 02:00:00:00:00:02"));
  } else {
    EXPECT_THAT(done, Not(Contains(StartsWith("eth")))) << "in balance-tlb no NIC's MAC moves";
  }
}

TEST_P(LoadBalanced, SwapsBackToThePrimary) {
  auto options = BondLab::unpolled(GetParam());
  options.primary = "eth0";
  BondLab with_primary(options);
  with_primary.with_slaves(2).pull(0);
  const auto done = deeds(with_primary.plug(0));
  EXPECT_EQ(with_primary.active(), "eth0");
  EXPECT_THAT(done, Contains("teach eth0 02:00:00:00:00:01 eth1 02:00:00:00:00:02"));
}

TEST_P(LoadBalanced, SendsLearningPacketsOfEverySlaveEachLpInterval) {
  lab.with_slaves(2);
  ASSERT_TRUE(lab.bond.set({{"lp_interval", "3"}}, lab.now).has_value());
  const auto seen = lab.watch(9500ms);
  const std::string both = "teach eth0 02:00:00:00:00:01 eth1 02:00:00:00:00:02";
  std::vector<std::string> taught;
  std::ranges::copy_if(seen, std::back_inserter(taught),
                       [](const auto& line) { return line.contains("teach"); });
  EXPECT_THAT(taught, ElementsAre("3000 ms: " + both, "6000 ms: " + both, "9000 ms: " + both));
}

TEST_P(LoadBalanced, ReadsWhatWasSentEveryTenSeconds) {
  lab.with_slaves(2);
  std::vector<std::string> reads;
  std::ranges::copy_if(lab.watch(25s), std::back_inserter(reads),
                       [](const auto& line) { return line.contains("read"); });
  EXPECT_THAT(reads, ElementsAre("10000 ms: read TX totals", "20000 ms: read TX totals"));
}

TEST_P(LoadBalanced, MovesFlowsWhenOneSlaveHasMostOfTheLoad) {
  lab.with_slaves(2);
  TxTotals totals;
  lab.bond.tx_measured(totals, lab.now);
  lab.after(10s);
  const auto before = lab.buckets();
  for (std::size_t i = 0; i < before.size(); ++i) totals.buckets[i] = before[i] == 0 ? 10'000'000 : 0;
  const auto sent = [&](unsigned slave) {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
      bytes += lab.buckets()[i] == slave ? totals.buckets[i] : 0;
    return bytes;
  };
  ASSERT_EQ(sent(1), 0U);
  EXPECT_THAT(deeds(lab.bond.tx_measured(totals, lab.now)), ElementsAre("publish table"));
  EXPECT_LE(sent(0) - sent(1), (sent(0) + sent(1)) / 10);
}

TEST_P(LoadBalanced, PlacesFlowsByTheHashPolicyWithoutDynamicBalancing) {
  auto options = BondLab::unpolled(GetParam());
  options.tlb_dynamic_lb = false;
  options.xmit_hash_policy = XmitHashPolicy::layer34;
  BondLab by_hash(options);
  by_hash.with_slaves(3);
  EXPECT_THAT(by_hash.buckets(), ElementsAre(0, 1, 2));
  EXPECT_FALSE(by_hash.bond.datapath_spec().count_tx);
  EXPECT_FALSE(by_hash.bond.datapath_spec().by_destination);
  EXPECT_EQ(by_hash.bond.datapath_spec().xmit_hash_policy, XmitHashPolicy::layer34);
  EXPECT_EQ(by_hash.bond.next_deadline().has_value(), is_alb())
      << "as the driver: no monitor, no learning packets";
}

TEST_P(LoadBalanced, HashesTheDestinationAloneInBalanceAlb) {
  EXPECT_EQ(lab.bond.datapath_spec().by_destination, is_alb());
}

TEST_P(LoadBalanced, AcceptsBroadcastsFromTheActiveSlaveOnly) {
  lab.with_slaves(2);
  EXPECT_TRUE(slot(0).accepts);
  EXPECT_FALSE(slot(0).unicast_only);
  EXPECT_EQ(slot(1).accepts, is_alb());
  EXPECT_EQ(slot(1).unicast_only, is_alb());
}

TEST_P(LoadBalanced, AcceptsEverythingFromEverySlaveWithAllSlavesActive) {
  lab.with_slaves(2);
  ASSERT_TRUE(lab.bond.set({{"all_slaves_active", "1"}}, lab.now).has_value());
  EXPECT_TRUE(slot(1).accepts);
  EXPECT_FALSE(slot(1).unicast_only);
}

TEST_P(LoadBalanced, TakesANewMacOfTheBondToTheActiveSlave) {
  lab.with_slaves(2);
  const auto done = deeds(lab.bond.mac_changed(mac(0x99), lab.now));
  EXPECT_EQ(slot(0).own_mac, mac(0x99));
  EXPECT_EQ(slot(1).own_mac, mac(2));
  EXPECT_THAT(done, Contains("teach eth0 02:00:00:00:00:99"));
  if (is_alb()) {
    EXPECT_THAT(done, Not(Contains(StartsWith("eth1 MAC"))));
  }
}

TEST_P(LoadBalanced, TakesTheMacOfABackupForTheBondBySwapping) {
  lab.with_slaves(2);
  lab.bond.mac_changed(mac(2), lab.now);
  EXPECT_EQ(slot(0).own_mac, mac(2));
  EXPECT_EQ(slot(1).own_mac, mac(1));
}

TEST_P(LoadBalanced, GivesASlaveThatBringsTheBondsMacTheSpareOne) {
  lab.with_slaves(2);
  lab.release(0);
  EXPECT_EQ(slot(1).own_mac, mac(1)) << "eth1 is active now and speaks for the bond";
  lab.enslave(0);
  EXPECT_EQ(slot(0).own_mac, mac(2));
}

TEST_P(LoadBalanced, LetsNobodySpeakWithTheMacOfASlaveThatLeft) {
  lab.with_slaves(3);
  lab.pull(0);  // eth1 has the bond's MAC now and eth0 eth1's
  lab.plug(0);
  const auto done = deeds(lab.release(1));
  EXPECT_THAT(done, Not(Contains(StartsWith("eth1 "))));
  EXPECT_NE(slot(0).own_mac, mac(2));
  EXPECT_NE(slot(0).own_mac, slot(2).own_mac);
}

TEST_P(LoadBalanced, RefusesASlaveForWhichNoMacIsLeft) {
  lab.enslave(0);
  auto twin = lab.facts(1);
  twin.current_mac = twin.permanent_mac = mac(1);
  const auto refused = lab.bond.enslave(twin, lab.now);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Refusal::Kind::conflict);
  EXPECT_EQ(lab.status().slaves.size(), 1U);
}

TEST_P(LoadBalanced, GoesOnInTheNextDaemonAsIfNothingHadHappened) {
  lab.with_slaves(3).pull(0);
  const auto table = lab.bond.table();
  Bond next = Bond::restore(lab.bond.memory(), lab.now);
  EXPECT_EQ(next.table(), table);
  EXPECT_THAT(deeds(next.advance(lab.now)), testing::Each("read TX totals"));
}

class BalanceAlb : public testing::Test {
 protected:
  static constexpr Ipv4Address kServer{192, 0, 2, 1};
  BondLab lab{BondLab::unpolled(Mode::balance_alb)};
  void SetUp() override { lab.with_slaves(2); }

  static Ipv4Address client(std::uint8_t last) { return {192, 0, 2, last}; }
  Actions answer(std::uint8_t last, std::uint16_t vlan = 0) {
    const auto to = mac(static_cast<std::uint8_t>(0x40 + last));
    wire::VlanTags tags;
    if (vlan != 0) tags.push_back({.id = vlan});
    return lab.bond.frame_sent(
        wire::build_arp(to, mac(1), tags,
                        {wire::ArpPacket::Operation::reply, mac(1), kServer, to, client(last)}),
        lab.now);
  }
  /// A client on each slave: the last octets of their addresses.
  void two_clients() {
    answer(10);
    answer(11);
  }
  static std::vector<wire::EthernetFrame> frames(const Actions& actions, IfIndex out) {
    std::vector<wire::EthernetFrame> found;
    for (const auto& each : actions) {
      const auto* sent = std::get_if<action::Transmit>(&each);
      if (sent && sent->slave == out) found.push_back(*wire::parse_ethernet(sent->frame));
    }
    return found;
  }
};

TEST_F(BalanceAlb, TellsTheClientsOfALostSlaveTwiceEachFromTheirNewOne) {
  two_clients();
  const auto actions = lab.pull(1);
  const auto told = frames(actions, nic(0));
  ASSERT_EQ(told.size(), 2U);
  const auto arp = wire::parse_arp(told[0].payload);
  EXPECT_EQ(arp->operation, wire::ArpPacket::Operation::reply);
  EXPECT_EQ(arp->sender_mac, mac(1));
  EXPECT_EQ(arp->sender_ip, kServer);
  EXPECT_EQ(told[0].header.destination, arp->target_mac);
  EXPECT_EQ(told[0].header.source, mac(1));
}

TEST_F(BalanceAlb, TellsAClientInItsVlan) {
  answer(10, 7);
  answer(11, 7);
  const auto told = frames(lab.pull(1), nic(0));
  ASSERT_FALSE(told.empty());
  ASSERT_EQ(told[0].header.tags.size(), 1U);
  EXPECT_EQ(told[0].header.tags[0].id, 7);
}

TEST_F(BalanceAlb, TakesFramesForALostSlavesMacByTheActiveOneForTenSeconds) {
  const auto done = deeds(lab.pull(1));
  EXPECT_THAT(done, Contains("eth0 promiscuous on"));
  EXPECT_THAT(done, Contains("teach eth0 02:00:00:00:00:02"));
  EXPECT_TRUE(lab.bond.table().takes_others);
  const auto later = lab.watch(11s);
  EXPECT_THAT(later, Contains("10000 ms: eth0 promiscuous off"));
  lab.plug(1);
  EXPECT_FALSE(lab.bond.table().takes_others);
}

TEST_F(BalanceAlb, TakesWhatASwitchSendsToAMacWhereItWasUntilItHasLearned) {
  lab.enslave(2);
  const auto former = [&] {
    std::vector<std::string> names;
    for (const TableSlot& slot : lab.bond.table().slots) {
      if (slot.former_wearer) names.push_back(nic_name(static_cast<unsigned>(slot.slot)));
    }
    return names;
  };
  EXPECT_THAT(former(), testing::IsEmpty());
  (void)lab.bond.drain(nic(0), true, false, lab.now).value();
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_THAT(former(), testing::ElementsAre("eth0"));
  EXPECT_TRUE(lab.bond.table().takes_others);
  (void)lab.bond.drain(nic(0), false, false, lab.now).value();
  (void)lab.watch(Settling::kTime - 1ms);
  EXPECT_THAT(former(), testing::ElementsAre("eth0"));
  (void)lab.watch(1ms);
  EXPECT_THAT(former(), testing::IsEmpty());
  EXPECT_FALSE(lab.bond.table().takes_others);
}

// A switch forgets what it learned at a port that loses its link, and sends what it has forgotten to all: the
// active slave and the one that wore the bond's MAC before would take the same frame.
TEST_F(BalanceAlb, TakesNothingByASlaveThatLostItsLinkForAMacThatItWore) {
  lab.enslave(2);
  const auto former = [&] { return std::ranges::any_of(lab.bond.table().slots, &TableSlot::former_wearer); };
  lab.pull(0);
  lab.plug(0);
  EXPECT_FALSE(former()) << "it had no link when the MACs moved";
  (void)lab.watch(Settling::kTime);
  (void)lab.bond.drain(nic(1), true, false, lab.now).value();
  EXPECT_TRUE(former());
  lab.pull(1);
  lab.plug(1);
  (void)lab.bond.drain(nic(1), false, false, lab.now).value();
  EXPECT_FALSE(former()) << "it lost its link since";
}

TEST_F(BalanceAlb, TakesNothingForTheBondsMacByASlaveThatWoreItWhileNoneHadALink) {
  lab.pull(1);
  lab.pull(0);
  lab.plug(1);
  EXPECT_EQ(lab.active(), "eth1");
  lab.plug(0);
  EXPECT_FALSE(std::ranges::any_of(lab.bond.table().slots, &TableSlot::former_wearer));
}

TEST_F(BalanceAlb, HasTheCardsOfSlavesThatExchangeMacsTakeWhatTheyWoreUntilASwitchHasLearned) {
  const auto done = deeds(lab.bond.drain(nic(0), true, false, lab.now).value());
  const auto at = [&](const std::string& deed) { return std::ranges::find(done, deed) - done.begin(); };
  EXPECT_LT(at("eth0 takes 02:00:00:00:00:01 on"), at("eth0 MAC 02:00:00:00:00:02"));
  EXPECT_LT(at("eth1 takes 02:00:00:00:00:02 on"), at("eth0 MAC 02:00:00:00:00:02"));
  EXPECT_LT(at("eth0 MAC 02:00:00:00:00:02"), std::ssize(done));
  const auto later = lab.watch(5s);
  EXPECT_THAT(later, Contains("4000 ms: eth0 takes 02:00:00:00:00:01 off"));
  EXPECT_THAT(later, Contains("4000 ms: eth1 takes 02:00:00:00:00:02 off"));
}

TEST_F(BalanceAlb, HasNoCardTakeWhatALostSlaveWore) {
  EXPECT_THAT(deeds(lab.pull(0)), Not(Contains(testing::HasSubstr(" takes "))));
}

TEST_F(BalanceAlb, TakesFramesForTheMacTheNewActiveSlaveGaveUp) {
  const auto done = deeds(lab.pull(0));
  EXPECT_THAT(done, Contains("eth1 promiscuous on"));
  EXPECT_THAT(done, Contains("teach eth1 02:00:00:00:00:02"));
}

TEST_F(BalanceAlb, MovesPromiscuityWithTheActiveSlave) {
  lab.enslave(2);
  lab.pull(1);
  const auto done = deeds(lab.pull(0));
  EXPECT_THAT(done, Contains("eth0 promiscuous off"));
  EXPECT_THAT(done, Contains("eth2 promiscuous on"));
}

TEST_F(BalanceAlb, ReceivesByTheFastestSlavesOnly) {
  lab.plug(1, 10'000);
  EXPECT_THAT(lab.bond.table().receivers, testing::Each(SlotId{1}));
}

TEST_F(BalanceAlb, NotesNoClientOfAHostBridgedToTheBond) {
  const auto stranger = mac(0x77);
  lab.bond.frame_sent(
      wire::build_arp(mac(0x50), stranger, {},
                      {wire::ArpPacket::Operation::reply, stranger, client(5), mac(0x50), client(10)}),
      lab.now);
  EXPECT_THAT(lab.bond.memory().clients, IsEmpty());
}

TEST_F(BalanceAlb, IsNotUpsetByGarbage) {
  const std::vector<std::uint8_t> shreds(20, 0xff);
  EXPECT_THAT(lab.bond.frame_sent(shreds, lab.now), IsEmpty());
  EXPECT_THAT(lab.bond.frame_received(nic(0), shreds, lab.now), IsEmpty());
}

TEST_F(BalanceAlb, RemembersItsClientsForTheNextDaemon) {
  two_clients();
  Bond next = Bond::restore(lab.bond.memory(), lab.now);
  EXPECT_EQ(next.table().receivers, lab.bond.table().receivers);
  EXPECT_EQ(next.memory().clients.size(), 2U);
  EXPECT_FALSE(frames(next.link_report(nic(1), link_down(), LinkSource::netlink, lab.now), nic(0)).empty());
}

TEST_F(BalanceAlb, ListensForWhatItsClientsAnswerAndForWhoElseHasAnAddressOfOurs) {
  EXPECT_EQ(lab.bond.listening(nic(0)).arp, std::vector<ArpRule>{}) << "no client yet";
  two_clients();
  EXPECT_EQ(lab.bond.listening(nic(0)).arp,
            (std::vector<ArpRule>{{.is_reply = true, .targets = {kServer}}, {.senders = {kServer}}}));
  EXPECT_EQ(lab.bond.listening_to_itself().arp, (std::vector<ArpRule>{{.sender_mac = lab.status().mac}}));
  BondLab tlb(BondLab::unpolled(Mode::balance_tlb));
  tlb.with_slaves(2);
  EXPECT_FALSE(tlb.bond.listening(nic(0)).arp);
  EXPECT_EQ(tlb.bond.listening_to_itself(), Listening{});
}

}  // namespace
}  // namespace ebond::core
