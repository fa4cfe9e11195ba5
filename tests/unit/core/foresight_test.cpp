#include "core/foresight.h"

#include "tests/unit/core/bond_lab.h"

namespace ebond::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<unsigned> foreseen_slots(const std::vector<SlotId>& slots) {
  std::vector<unsigned> all;
  for (const auto slot : slots) all.push_back(static_cast<unsigned>(slot));
  return all;
}

std::vector<std::string> lost(const Foresight& seen) {
  std::vector<std::string> names;
  for (const auto& loss : seen.losses) names.push_back(loss.slave);
  return names;
}

TEST(Foresight, IsTheTableNowAndWithoutEachSlave) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(3);
  const auto seen = foresee(lab.bond, lab.now);
  EXPECT_EQ(seen.now, lab.bond.table());
  EXPECT_EQ(seen.spec, lab.bond.datapath_spec());
  EXPECT_THAT(seen.slaves,
              ElementsAre(Foresight::Named{SlotId{0}, "eth0"}, Foresight::Named{SlotId{1}, "eth1"},
                          Foresight::Named{SlotId{2}, "eth2"}));
  EXPECT_THAT(lost(seen), ElementsAre("eth0", "eth1", "eth2"));
  EXPECT_THAT(foreseen_slots(seen.losses[1].table.buckets), ElementsAre(0, 2));
}

TEST(Foresight, ChangesNothing) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  const auto table = lab.bond.table();
  const auto deadline = lab.bond.next_deadline();
  (void)foresee(lab.bond, lab.now);
  EXPECT_EQ(lab.bond.table(), table);
  EXPECT_EQ(lab.bond.next_deadline(), deadline);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_THAT(lab.watch(10s), IsEmpty());
}

TEST(Foresight, GoesByTheRulesOfTheBond) {
  auto options = BondLab::unpolled(Mode::active_backup);
  options.primary = "eth2";
  BondLab lab(options);
  lab.with_slaves(3);
  ASSERT_TRUE(lab.bond.set_slave(nic(1), "prio", "10", lab.now));
  const auto seen = foresee(lab.bond, lab.now);
  EXPECT_THAT(foreseen_slots(seen.now.buckets), ElementsAre(2));
  EXPECT_THAT(foreseen_slots(seen.losses.at(2).table.buckets), ElementsAre(1)) << "eth1 has the priority";
  EXPECT_THAT(foreseen_slots(seen.losses.at(0).table.buckets), ElementsAre(2))
      << "a backup's loss changes nothing";
}

TEST(Foresight, OfASlaveThatIsDownSaysNothing) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(2);
  lab.pull(0);
  const auto seen = foresee(lab.bond, lab.now);
  EXPECT_THAT(lost(seen), ElementsAre("eth1"));
  EXPECT_THAT(seen.losses[0].table.buckets, IsEmpty());
}

TEST(Foresight, LooksBehindDowndelay) {
  auto options = BondLab::unpolled(Mode::balance_xor);
  options.miimon = 100ms;
  options.downdelay = 500ms;
  BondLab lab(options);
  lab.with_slaves(2);
  EXPECT_THAT(foreseen_slots(foresee(lab.bond, lab.now).losses.at(0).table.buckets), ElementsAre(1));
}

TEST(Foresight, LeavesTheBucketsOfOthersInAResilientTable) {
  auto options = BondLab::unpolled(Mode::balance_xor);
  options.tx_table = TxTable::resilient;
  BondLab lab(options);
  lab.with_slaves(4);
  lab.pull(3);
  lab.plug(3);  // its buckets are no longer what a fresh fill would give it
  const auto seen = foresee(lab.bond, lab.now);
  ASSERT_EQ(seen.now, lab.bond.table());
  lab.pull(1);
  EXPECT_EQ(seen.losses.at(1).table.buckets, lab.bond.table().buckets) << "as it then comes";
}

TEST(Foresight, IsWhatThenComesInEveryModeThatWaitsForNobody) {
  for (const auto mode : {Mode::balance_rr, Mode::active_backup, Mode::balance_xor, Mode::broadcast,
                          Mode::balance_tlb, Mode::balance_alb, Mode::balance_slb}) {
    BondLab lab(BondLab::unpolled(mode));
    lab.with_slaves(3);
    lab.after(1s);
    const auto seen = foresee(lab.bond, lab.now);
    EXPECT_EQ(seen.now.buckets, lab.bond.table().buckets);
    lab.pull(0);
    const auto& then = lab.bond.table();
    EXPECT_EQ(seen.losses.at(0).table.buckets, then.buckets) << static_cast<int>(mode);
    EXPECT_EQ(seen.losses.at(0).table.unbalanced, then.unbalanced) << static_cast<int>(mode);
    EXPECT_EQ(seen.losses.at(0).table.standby, then.standby) << static_cast<int>(mode);
  }
}

}  // namespace
}  // namespace ebond::core
