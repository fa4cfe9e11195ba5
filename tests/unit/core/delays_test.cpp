// updelay, downdelay and miimon, on whole bonds in virtual time.
#include "bond_lab.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

BondOptions with_delays(Mode mode, Milliseconds up, Milliseconds down) {
  auto options = BondLab::unpolled(mode);
  options.updelay = up;
  options.downdelay = down;
  return options;
}

TEST(Updelay, IsIgnoredForTheFirstSlaveAndHoldsTheSecond) {
  BondLab lab(with_delays(Mode::active_backup, 500ms, 0ms));
  lab.with_slaves(2);
  EXPECT_EQ(lab.slave(0).mii_status, MiiStatus::up);
  EXPECT_EQ(lab.slave(1).mii_status, MiiStatus::going_back);
  EXPECT_EQ(lab.slave(1).delay_left, 500ms);
  EXPECT_EQ(lab.bond.next_deadline(), lab.now + 500ms);
  lab.after(500ms);
  EXPECT_EQ(lab.slave(1).mii_status, MiiStatus::up);
  EXPECT_EQ(lab.bond.next_deadline(), std::nullopt);
}

TEST(Updelay, KeepsAReturnedPrimaryFromTakingOverTooEarly) {
  auto options = with_delays(Mode::active_backup, 500ms, 0ms);
  options.primary = "eth0";
  BondLab lab(options);
  lab.with_slaves(2);
  lab.after(1s);
  lab.pull(0);
  lab.plug(0);
  lab.after(499ms);
  EXPECT_EQ(lab.active(), "eth1");
  lab.after(1ms);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST(Updelay, IsIgnoredWhenNoSlaveIsUsable) {
  for (const Mode mode : {Mode::balance_rr, Mode::active_backup, Mode::balance_xor, Mode::broadcast}) {
    BondLab lab(with_delays(mode, 500ms, 0ms));
    lab.with_slaves(2);
    lab.pull(0);
    lab.pull(1);
    lab.plug(1);
    EXPECT_EQ(lab.slave(1).mii_status, MiiStatus::up) << static_cast<int>(mode);
    EXPECT_THAT(lab.buckets(), ElementsAre(1));
    lab.plug(0);
    EXPECT_EQ(lab.slave(0).mii_status, MiiStatus::going_back) << "one is usable again";
  }
}

TEST(Updelay, IsCutShortForTheOneSoonestThroughWhenTheLastUsableSlaveFails) {
  BondLab lab(with_delays(Mode::active_backup, 500ms, 0ms));
  lab.with_slaves(1);
  lab.enslave(2);
  lab.after(100ms);
  lab.enslave(1);
  lab.after(100ms);
  EXPECT_THAT(lab.standby(), ElementsAre(1, 2)) << "slot 1 is eth2, enslaved before eth1";
  EXPECT_THAT(
      reports(lab.pull(0)),
      Contains("report link eth2: 'going back' -> 'up' because updelay cut short: no other slave is up"));
  EXPECT_EQ(lab.active(), "eth2");
  EXPECT_EQ(lab.slave(1).mii_status, MiiStatus::going_back);
}

TEST(Downdelay, KeepsTheActiveSlaveUntilItIsOver) {
  BondLab lab(with_delays(Mode::active_backup, 0ms, 300ms));
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.pull(0)), IsEmpty());
  EXPECT_EQ(lab.slave(0).mii_status, MiiStatus::going_down);
  EXPECT_EQ(lab.slave(0).delay_left, 300ms);
  lab.after(299ms);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_THAT(deeds(lab.after(1ms)), Contains("publish table"));
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(lab.slave(0).link_failure_count, 1U);
}

TEST(Downdelay, IsForgottenWhenTheCarrierReturns) {
  BondLab lab(with_delays(Mode::active_backup, 0ms, 300ms));
  lab.with_slaves(2).pull(0);
  lab.after(200ms);
  lab.plug(0);
  lab.after(10s);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_EQ(lab.slave(0).link_failure_count, 0U);
}

TEST(Downdelay, DoesNotKeepABalancingBondSendingIntoTheVoid) {
  BondLab lab(with_delays(Mode::balance_xor, 0ms, 300ms));
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.pull(0)), ElementsAre("publish table"));
  EXPECT_THAT(lab.buckets(), ElementsAre(1));
}

TEST(Downdelay, OfTheLastSlaveOfABalancingBondCutsUpdelayShort) {
  BondLab lab(with_delays(Mode::balance_xor, 500ms, 300ms));
  lab.with_slaves(2);
  lab.after(100ms);
  lab.pull(0);
  EXPECT_EQ(lab.slave(0).mii_status, MiiStatus::going_down);
  EXPECT_EQ(lab.slave(1).mii_status, MiiStatus::up);
  EXPECT_THAT(lab.buckets(), ElementsAre(1));
}

TEST(Polling, GoesOnEachMiimonWhileTheBondIsUpAndHasSlaves) {
  auto options = BondLab::unpolled(Mode::active_backup);
  options.miimon = 100ms;
  BondLab lab(options);
  EXPECT_EQ(lab.bond.polled_every(), std::nullopt) << "no slave, nothing to poll";
  lab.enslave(0);
  EXPECT_EQ(lab.bond.polled_every(), 100ms);
  EXPECT_EQ(lab.bond.next_deadline(), std::nullopt) << "at rest the bond itself has nothing to do";
  lab.bond.admin_state(false, lab.now);
  EXPECT_EQ(lab.bond.polled_every(), std::nullopt);
  lab.bond.admin_state(true, lab.now);
  ASSERT_TRUE(lab.bond.set({{"miimon", "50"}}, lab.now));
  EXPECT_EQ(lab.bond.polled_every(), 50ms);
  lab.release(0);
  EXPECT_EQ(lab.bond.polled_every(), std::nullopt);
}

TEST(Polling, IsOffWithMiimonZero) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.enslave(0);
  EXPECT_EQ(lab.bond.polled_every(), std::nullopt);
}

TEST(Polling, NamesThePollWhereThePollSawIt) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.enslave(0);
  EXPECT_THAT(reports(lab.bond.link_report(nic(0), link_down(), LinkSource::poll, lab.now)),
              Contains(HasSubstr("carrier lost (poll)")));
}

}  // namespace
}  // namespace ebond::core
