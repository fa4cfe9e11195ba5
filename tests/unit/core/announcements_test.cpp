// Gratuitous ARP and NA rounds, and IGMP reports, after a failover: how many and when.
#include "bond_lab.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

BondOptions with_rounds(std::uint8_t rounds, Milliseconds spacing = 0ms) {
  auto options = BondLab::unpolled(Mode::active_backup);
  options.num_peer_notif = rounds;
  options.peer_notif_delay = spacing;
  options.resend_igmp = 0;
  return options;
}

/// Two slaves, and every round their enslaving gave rise to is over.
BondLab settled(BondOptions options) {
  BondLab lab(std::move(options));
  lab.with_slaves(2);
  lab.watch(100s);
  return lab;
}

TEST(Announcements, FollowTheTableAtOnceAndThenEveryPeerNotifDelay) {
  auto lab = settled(with_rounds(3, 400ms));
  EXPECT_THAT(deeds(lab.pull(0)),
              ElementsAre("publish table", "eth0 noarp on", "eth1 noarp off", "announce"));
  EXPECT_THAT(lab.watch(10s), ElementsAre("400 ms: announce", "800 ms: announce"));
}

TEST(Announcements, AreAMiimonApartWithoutAPeerNotifDelay) {
  auto options = with_rounds(3);
  options.miimon = 50ms;
  auto lab = settled(options);
  EXPECT_THAT(deeds(lab.pull(0)), Contains("announce"));
  EXPECT_THAT(lab.watch(200ms), ElementsAre("50 ms: announce", "100 ms: announce"));
}

TEST(Announcements, AreNotMadeWithNumPeerNotifZero) {
  auto lab = settled(with_rounds(0));
  EXPECT_THAT(deeds(lab.pull(0)), Not(Contains("announce")));
  EXPECT_THAT(lab.watch(10s), IsEmpty());
}

TEST(Announcements, StartAnewWithTheNextFailover) {
  auto lab = settled(with_rounds(3, 400ms));
  lab.pull(0);
  lab.watch(500ms);
  lab.plug(0);
  EXPECT_THAT(deeds(lab.pull(1)), Contains("announce"));
  EXPECT_THAT(lab.watch(10s), ElementsAre("400 ms: announce", "800 ms: announce"));
}

TEST(Announcements, StopWhenTheLastSlaveIsLostAndComeAfterTheCarrierWhenOneReturns) {
  auto lab = settled(with_rounds(2, 400ms));
  lab.pull(0);
  EXPECT_THAT(deeds(lab.pull(1)), ElementsAre("publish table", "eth1 noarp on", "carrier off"));
  EXPECT_THAT(lab.watch(10s), IsEmpty());
  EXPECT_THAT(deeds(lab.plug(0)), ElementsAre("publish table", "eth0 noarp off", "carrier on", "announce"));
}

TEST(Announcements, AreNotMadeWhileTheBondIsDown) {
  auto lab = settled(with_rounds(2, 400ms));
  lab.bond.admin_state(false, lab.now);
  EXPECT_THAT(deeds(lab.pull(0)), ElementsAre("publish table", "eth0 noarp on", "eth1 noarp off"));
  EXPECT_THAT(lab.watch(10s), IsEmpty());
}

TEST(Announcements, EndWhenTheBondIsSetDown) {
  auto lab = settled(with_rounds(3, 400ms));
  lab.pull(0);
  lab.bond.admin_state(false, lab.now);
  lab.bond.admin_state(true, lab.now);
  EXPECT_THAT(lab.watch(10s), IsEmpty());
}

TEST(Announcements, AreMadeInActiveBackupOnly) {
  for (const Mode mode : {Mode::balance_rr, Mode::balance_xor, Mode::broadcast}) {
    BondLab lab(BondLab::unpolled(mode));
    lab.with_slaves(2);
    EXPECT_FALSE(has<action::Announce>(lab.pull(0))) << static_cast<int>(mode);
  }
}

TEST(Announcements, MissedByALateCallerAreNotMadeUpFor) {
  auto lab = settled(with_rounds(3, 400ms));
  lab.pull(0);
  EXPECT_THAT(deeds(lab.after(2s)), ElementsAre("announce"));
  EXPECT_THAT(lab.watch(10s), ElementsAre("400 ms: announce"));
}

TEST(IgmpReports, AreResentEveryFifthOfASecondAfterAFailover) {
  auto options = with_rounds(0);
  options.resend_igmp = 3;
  auto lab = settled(options);
  EXPECT_THAT(deeds(lab.pull(0)), Contains("resend igmp"));
  EXPECT_THAT(lab.watch(10s), ElementsAre("200 ms: resend igmp", "400 ms: resend igmp"));
}

TEST(IgmpReports, AreResentInBalanceRrWhenTheSlaveThatCarriesThemIsLost) {
  BondLab lab(BondLab::unpolled(Mode::balance_rr));
  lab.with_slaves(3);
  EXPECT_FALSE(has<action::ResendIgmp>(lab.pull(2)));
  EXPECT_TRUE(has<action::ResendIgmp>(lab.pull(0)));
}

}  // namespace
}  // namespace ebond::core
