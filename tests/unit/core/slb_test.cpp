// balance-slb: which slave a MAC has, who takes broadcasts, what switches are taught, and what a slave takes
// meanwhile.
#include <map>
#include <set>

#include "bond_lab.h"
#include "core/balance/source_hash.h"
#include "core/options/option_table.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

BondOptions slb() {
  auto options = BondLab::unpolled(Mode::balance_slb);
  options.resend_igmp = 0;
  options.announce_behind = true;
  return options;
}

MacAddress guest(unsigned number, unsigned step = 1) {
  const unsigned low = number * step;
  return MacAddress({0x52, 0x54, 0, static_cast<std::uint8_t>(low >> 16), static_cast<std::uint8_t>(low >> 8),
                     static_cast<std::uint8_t>(low)});
}
std::vector<MacBehind> many_guests(unsigned count) {
  std::vector<MacBehind> found;
  for (unsigned i = 0; i < count; ++i) found.push_back({.mac = guest(i)});
  return found;
}

class Slb : public testing::Test {
 protected:
  BondLab lab{slb()};
  /// That many slaves, and nothing left to be said.
  void settle(unsigned slaves) {
    lab.with_slaves(slaves);
    (void)lab.bond.behind_read({}, lab.now);
    lab.watch(10s);
  }
  const TableSlot& slot(unsigned number) const {
    return *std::ranges::find(lab.bond.table().slots, nic(number), &TableSlot::ifindex);
  }
  SlotId slot_of(const MacAddress& mac) const { return *slot_of_source(lab.bond.table().buckets, mac, {}); }
  /// The guests that are taught, by their MACs.
  std::set<MacAddress> taught(const Actions& first) {
    std::set<MacAddress> macs;
    const auto collect = [&](const Actions& actions) {
      for (const Action& each : actions) {
        const auto* send = std::get_if<action::SendByBond>(&each);
        if (!send) continue;
        for (const auto& frame : send->frames) macs.insert(wire::parse_ethernet(frame)->header.source);
      }
    };
    collect(first);
    for (int step = 0; step < 1000 && lab.bond.next_deadline(); ++step) {
      lab.now = std::max(lab.now, *lab.bond.next_deadline());
      collect(lab.bond.advance(lab.now));
    }
    return macs;
  }
};

TEST(SourceHash, SharesMacsEvenlyAlsoThoseThatDifferBySteps) {
  for (const unsigned step : {1U, 2U, 4U, 256U}) {
    std::map<unsigned, unsigned> shares;
    for (unsigned i = 0; i < 3000; ++i) ++shares[source_hash(guest(i, step), 0) % 5040 % 3];
    for (const auto& [slave, count] : shares) EXPECT_NEAR(count, 1000, 100) << "step " << step;
  }
}

TEST(SourceHash, TakesTheVlanIntoAccount) {
  std::set<std::uint32_t> hashes;
  for (std::uint16_t vlan = 0; vlan < 100; ++vlan) hashes.insert(source_hash(guest(1), vlan));
  EXPECT_EQ(hashes.size(), 100U);
}

TEST_F(Slb, HasOneActiveSlaveForBroadcastsAndATableOfAll) {
  settle(2);
  const Table& table = lab.bond.table();
  EXPECT_EQ(table.buckets.size(), 5040U);
  EXPECT_EQ(std::ranges::count(table.buckets, SlotId{1}), 2520);
  EXPECT_EQ(table.unbalanced, SlotId{0});
  EXPECT_THAT(lab.standby(), ElementsAre(1));
  EXPECT_EQ(lab.active(), "eth0");
  for (unsigned number : {0U, 1U}) {
    EXPECT_TRUE(slot(number).accepts && slot(number).unicast_only && slot(number).only_its_own) << number;
    EXPECT_TRUE(lab.slave(number).active) << number;
  }
}

TEST_F(Slb, AsksForGroupsFromMacsThatAreNotTheBonds) {
  settle(2);
  EXPECT_NE(slot(0).own_mac, lab.status().mac);
  EXPECT_NE(slot(1).own_mac, lab.status().mac);
  EXPECT_NE(slot(0).own_mac, slot(1).own_mac);
}

TEST_F(Slb, MovesNoMacsButThoseOfTheLostSlave) {
  settle(3);
  const auto before = lab.bond.table().buckets;
  lab.pull(2);
  const auto& after = lab.bond.table().buckets;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == SlotId{2}) continue;
    EXPECT_EQ(after[i], before[i]);
  }
}

TEST_F(Slb, TeachesTheMacsThatHaveAnotherSlaveAndTheBondsOwnAmongThem) {
  settle(3);
  auto found = many_guests(300);
  found.push_back({.mac = lab.status().mac, .is_own = true});
  std::set<MacAddress> moving;
  for (const auto& each : found) {
    if (slot_of(each.mac) == SlotId{1}) moving.insert(each.mac);
  }
  ASSERT_FALSE(moving.empty());
  EXPECT_THAT(deeds(lab.pull(1)), Contains("read MACs behind"));
  EXPECT_EQ(taught(lab.bond.behind_read(found, lab.now)), moving);
}

TEST_F(Slb, TeachesBackAgainWhatTheReturnedSlaveTakes) {
  settle(2);
  lab.pull(1);
  (void)taught(lab.bond.behind_read(many_guests(100), lab.now));
  EXPECT_THAT(deeds(lab.plug(1)), Contains("read MACs behind"));
  std::set<MacAddress> moving;
  for (const auto& each : many_guests(100)) {
    if (slot_of(each.mac) == SlotId{1}) moving.insert(each.mac);
  }
  EXPECT_EQ(taught(lab.bond.behind_read(many_guests(100), lab.now)), moving);
}

TEST_F(Slb, TeachesAllIfTheyMoveOnceMoreBeforeTheyWereTaught) {
  settle(3);
  lab.pull(1);
  (void)lab.bond.behind_read(many_guests(900), lab.now);
  lab.plug(1);
  EXPECT_EQ(taught(lab.bond.behind_read(many_guests(900), lab.now)).size(), 900U);
}

TEST_F(Slb, TakesUnicastByAnySlaveUntilSwitchesHaveLearnedAndThenByItsOwn) {
  settle(3);
  lab.pull(2);
  EXPECT_FALSE(slot(2).accepts);
  EXPECT_TRUE(slot(0).accepts);
  EXPECT_FALSE(slot(0).only_its_own);
  EXPECT_TRUE(slot(0).unicast_only);
  EXPECT_THAT(lab.watch(10s), ElementsAre("4000 ms: publish table"));
  EXPECT_TRUE(slot(0).only_its_own);
}

TEST_F(Slb, TeachesNobodyIfItShallNot) {
  auto options = slb();
  options.announce_behind = false;
  lab = BondLab(options);
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.pull(0)), Not(Contains("read MACs behind")));
}

TEST_F(Slb, HasAnotherSlaveTakeBroadcastsIfTheActiveOneIsLostAndLeavesItSo) {
  settle(2);
  lab.pull(0);
  EXPECT_EQ(lab.bond.table().unbalanced, SlotId{1});
  EXPECT_EQ(lab.active(), "eth1");
  lab.plug(0);
  EXPECT_EQ(lab.bond.table().unbalanced, SlotId{1});
}

TEST_F(Slb, ItsPrimaryTakesBroadcasts) {
  settle(2);
  ASSERT_TRUE(lab.bond.set({{"primary", "eth1"}}, lab.now));
  EXPECT_EQ(lab.bond.table().unbalanced, SlotId{1});
}

TEST_F(Slb, WeighsBySpeedIfItShall) {
  ASSERT_TRUE(lab.bond.set({{"weight", "speed"}}, lab.now));
  lab.enslave(0, link_up(1000));
  lab.enslave(1, link_up(3000));
  EXPECT_EQ(std::ranges::count(lab.bond.table().buckets, SlotId{1}), 3780);
}

TEST_F(Slb, GoesOnInTheNextDaemonWithTheSameSlavesAndTeachesAllOfThem) {
  settle(3);
  lab.pull(1);
  lab.plug(1);
  const auto buckets = lab.bond.table().buckets;
  lab.bond = Bond::restore(lab.bond.memory(), lab.now);
  EXPECT_EQ(lab.bond.table().buckets, buckets);
  const auto first = lab.bond.advance(lab.now);
  EXPECT_THAT(deeds(first), Contains("read MACs behind"));
  EXPECT_EQ(taught(lab.bond.behind_read(many_guests(50), lab.now)).size(), 50U);
  EXPECT_TRUE(slot(0).only_its_own);
}

TEST_F(Slb, RefusesWhatWouldUndoIt) {
  for (const auto& [key, value] :
       {std::pair{"all_slaves_active", "on"}, std::pair{"xmit_hash_policy", "layer3+4"},
        std::pair{"tx_table", "modulo"}, std::pair{"path_monitor", "icmp"}}) {
    const auto refused = lab.bond.set({{key, value}}, lab.now);
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(refused.error().kind, Refusal::Kind::not_in_mode) << key;
  }
}

}  // namespace
}  // namespace ebond::core
