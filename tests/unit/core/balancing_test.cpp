// The table in balance-rr, balance-xor and broadcast.
#include "bond_lab.h"
#include "core/fill.h"

namespace ebond::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Balancing : public testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(Modes, Balancing,
                         testing::Values(Mode::balance_rr, Mode::balance_xor, Mode::broadcast),
                         [](const auto& tested) {
                           return fmt::format("Mode{}", static_cast<int>(tested.param));
                         });

TEST_P(Balancing, SendsThroughEverySlaveThatIsUpInEnslaveOrder) {
  BondLab lab(BondLab::unpolled(GetParam()));
  lab.with_slaves(3);
  EXPECT_THAT(lab.buckets(), ElementsAre(0, 1, 2));
  EXPECT_EQ(deeds(lab.pull(1)), std::vector<std::string>{"publish table"});
  EXPECT_THAT(lab.buckets(), ElementsAre(0, 2));
  lab.plug(1);
  EXPECT_THAT(lab.buckets(), ElementsAre(0, 1, 2));
}

TEST_P(Balancing, AcceptsFromEverySlaveAndHasNoBackups) {
  BondLab lab(BondLab::unpolled(GetParam()));
  lab.with_slaves(2).pull(1);
  for (const TableSlot& slot : lab.bond.table().slots) EXPECT_TRUE(slot.accepts);
  for (const SlaveStatus& slave : lab.status().slaves) EXPECT_TRUE(slave.active);
  EXPECT_EQ(lab.active(), "");
}

TEST_P(Balancing, HasCarrierAsLongAsOneSlaveIsUpWhateverMinLinks) {
  auto options = BondLab::unpolled(GetParam());
  options.min_links = 2;
  BondLab lab(options);
  lab.with_slaves(2);
  EXPECT_FALSE(has<action::SetCarrier>(lab.pull(0)));
  EXPECT_TRUE(lab.status().carrier);
  EXPECT_TRUE(has<action::SetCarrier>(lab.pull(1)));
  EXPECT_FALSE(lab.status().carrier);
  EXPECT_THAT(lab.buckets(), IsEmpty());
}

TEST_P(Balancing, NeedsNoNewTableForASpeedItDoesNotWeigh) {
  BondLab lab(BondLab::unpolled(GetParam()));
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.plug(0, 10000)), IsEmpty());
  EXPECT_EQ(lab.slave(0).link.speed_mbps, 10000U);
}

TEST(BalanceRr, LooksForQueueIdsOnlyWhereASlaveHasOne) {
  BondLab lab(BondLab::unpolled(Mode::balance_rr));
  lab.with_slaves(2);
  EXPECT_FALSE(lab.bond.datapath_spec().queue_ids);
  const auto set = lab.bond.set_slave(nic(1), "queue_id", "2", lab.now).value();
  EXPECT_EQ(deeds(set), (std::vector<std::string>{"respecialise datapath", "publish table"}));
  EXPECT_TRUE(lab.bond.datapath_spec().queue_ids);
  EXPECT_EQ(lab.bond.table().slots[0].queue_id, 0);
  EXPECT_EQ(lab.bond.table().slots[1].queue_id, 2);
  EXPECT_EQ(Bond::restore(lab.bond.memory(), lab.now).datapath_spec(), lab.bond.datapath_spec());
  ASSERT_TRUE(lab.bond.set_slave(nic(1), "queue_id", "0", lab.now));
  EXPECT_FALSE(lab.bond.datapath_spec().queue_ids);
}

TEST(BalanceXor, PaysNoHeedToQueueIds) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(2);
  ASSERT_TRUE(lab.bond.set_slave(nic(1), "queue_id", "2", lab.now));
  EXPECT_FALSE(lab.bond.datapath_spec().queue_ids);
}

TEST(BalanceRr, KeepsIgmpOnOneSlaveForAsLongAsItIsUp) {
  BondLab lab(BondLab::unpolled(Mode::balance_rr));
  lab.with_slaves(3).pull(0);
  lab.plug(0);
  EXPECT_THAT(lab.buckets(), ElementsAre(1, 2, 0)) << "eth1 took IGMP over and keeps it";
}

TEST(BalanceRr, SharesFramesBySpeedWithWeightSpeed) {
  auto options = BondLab::unpolled(Mode::balance_rr);
  options.weight = Weight::speed;
  BondLab lab(options);
  lab.enslave(0, link_up(1000));
  lab.enslave(1, link_up(2000));
  EXPECT_THAT(lab.buckets(), ElementsAre(0, 1, 1));
}

TEST(BalanceXor, GivesAnUnknownSpeedTheWeightOfTheSlowestKnown) {
  auto options = BondLab::unpolled(Mode::balance_xor);
  options.weight = Weight::speed;
  BondLab lab(options);
  lab.enslave(0, link_up(0));
  lab.enslave(1, link_up(1000));
  lab.enslave(2, link_up(2000));
  EXPECT_EQ(lab.buckets().size(), 4U);
  EXPECT_EQ(std::ranges::count(lab.buckets(), 0U), 1);
  EXPECT_EQ(std::ranges::count(lab.buckets(), 2U), 2);
}

TEST(BalanceXor, MovesOnlyTheLostSlavesBucketsWithTxTableResilient) {
  auto options = BondLab::unpolled(Mode::balance_xor);
  options.tx_table = TxTable::resilient;
  BondLab lab(options);
  lab.with_slaves(4);
  const auto before = lab.buckets();
  ASSERT_EQ(before.size(), kResilientBuckets);
  lab.pull(2);
  const auto after = lab.buckets();
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != 2) {
      ASSERT_EQ(after[i], before[i]);
    }
    ASSERT_NE(after[i], 2U);
  }
}

TEST(BalanceXor, AsksForNewProgramsWhenItsPolicyChanges) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(2);
  const auto actions = lab.bond.set({{"xmit_hash_policy", "layer3+4"}}, lab.now);
  EXPECT_THAT(deeds(actions.value()), ElementsAre("respecialise datapath"));
  EXPECT_EQ(lab.bond.datapath_spec().xmit_hash_policy, XmitHashPolicy::layer34);
}

}  // namespace
}  // namespace ebond::core
