// Slaves that a command takes out and lets back: who carries instead, what still comes in by them, when it is
// refused, and that the next daemon knows of it.
#include "bond_lab.h"
#include "core/judges/drain_judge.h"

namespace ebond::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Actions drain(BondLab& lab, unsigned number) {
  return lab.bond.drain(nic(number), true, false, lab.now).value();
}
Actions undrain(BondLab& lab, unsigned number) {
  return lab.bond.drain(nic(number), false, false, lab.now).value();
}

TableSlot slot_of(const BondLab& lab, unsigned number) {
  for (const TableSlot& slot : lab.bond.table().slots) {
    if (slot.ifindex == nic(number)) return slot;
  }
  throw std::out_of_range(nic_name(number));
}

TEST(Drain, HandsOverFirstAndAnnouncesAfterwards) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  const auto actions = drain(lab, 0);
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_THAT(lab.buckets(), ElementsAre(1));
  EXPECT_THAT(lab.standby(), IsEmpty()) << "the kernel does not fall back to it either";
  const auto done = deeds(actions);
  const auto table = std::ranges::find(done, "publish table");
  const auto announcement = std::ranges::find(done, "announce");
  ASSERT_NE(announcement, done.end());
  EXPECT_LT(table, announcement);
  EXPECT_THAT(reports(actions), testing::Contains(HasSubstr("failover bond: 'eth0' -> 'eth1' because eth0: "
                                                            "drained by command")));
}

TEST(Drain, TakesInWhatStillComesForAWhileAndNoCopiesOfWhatIsFlooded) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  drain(lab, 0);
  EXPECT_TRUE(slot_of(lab, 0).accepts);
  EXPECT_TRUE(slot_of(lab, 0).unicast_only);
  (void)lab.watch(DrainJudge::kGrace - 1ms);
  EXPECT_TRUE(slot_of(lab, 0).accepts);
  (void)lab.watch(1ms);
  EXPECT_FALSE(slot_of(lab, 0).accepts);
  EXPECT_TRUE(slot_of(lab, 1).accepts);
  EXPECT_FALSE(slot_of(lab, 1).unicast_only);
}

TEST(Drain, OfABackupTakesNothingIn) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  drain(lab, 1);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_FALSE(slot_of(lab, 1).accepts);
}

TEST(Drain, MovesFlowsInModesThatBalanceAndStillReceives) {
  for (const auto mode : {Mode::balance_rr, Mode::balance_xor, Mode::broadcast}) {
    BondLab lab(BondLab::unpolled(mode));
    lab.with_slaves(3);
    drain(lab, 1);
    EXPECT_THAT(lab.buckets(), Not(testing::Contains(1u)));
    (void)lab.watch(60s);
    EXPECT_TRUE(slot_of(lab, 1).accepts) << "a switch with a static channel goes on using it";
  }
}

TEST(Drain, IsNoFailureAndIsShown) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  drain(lab, 0);
  EXPECT_TRUE(lab.slave(0).drained);
  EXPECT_EQ(lab.slave(0).link_failure_count, 0u);
  EXPECT_EQ(lab.slave(0).mii_status, MiiStatus::going_back);
  EXPECT_EQ(lab.slave(0).link_status, MiiStatus::up);
}

TEST(Drain, OfTheLastThatCarriesIsRefusedUnlessForced) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  lab.pull(1);
  const auto refused = lab.bond.drain(nic(0), true, false, lab.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::not_now);
  EXPECT_THAT(refused.error().message, HasSubstr("eth0 is the last slave that carries bond0"));
  EXPECT_FALSE(lab.slave(0).drained);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_TRUE(lab.bond.drain(nic(0), true, true, lab.now));
  EXPECT_EQ(lab.active(), "");
  EXPECT_FALSE(lab.status().carrier) << "it is not fallen back to";
}

TEST(Drain, OfOneThatDoesNotCarryNeedsNoOther) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(1);
  lab.pull(0);
  EXPECT_TRUE(lab.bond.drain(nic(0), true, false, lab.now));
  lab.plug(0);
  EXPECT_EQ(lab.active(), "") << "nor does its link bring it back";
}

TEST(Drain, EndsByCommandAlone) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  drain(lab, 0);
  lab.pull(0);
  lab.plug(0);
  EXPECT_EQ(lab.active(), "eth1");
  undrain(lab, 0);
  EXPECT_EQ(lab.active(), "eth1") << "without a primary nothing moves back";
  EXPECT_THAT(lab.standby(), ElementsAre(0));
  EXPECT_THAT(lab.slave(0).path, IsEmpty());
}

TEST(Drain, GoesOnInTheNextDaemon) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(2);
  drain(lab, 0);
  lab.now += 10ms;
  lab.bond = Bond::restore(lab.bond.memory(), lab.now);
  (void)lab.watch(10s);
  EXPECT_TRUE(lab.slave(0).drained);
  EXPECT_THAT(lab.buckets(), ElementsAre(1));
  undrain(lab, 0);
  EXPECT_THAT(lab.buckets(), ElementsAre(0, 1));
}

TEST(Drain, OfAStrangerIsRefused) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  EXPECT_EQ(lab.bond.drain(nic(4), true, false, lab.now).error().kind, Refusal::Kind::no_such_slave);
}

}  // namespace
}  // namespace ebond::core
