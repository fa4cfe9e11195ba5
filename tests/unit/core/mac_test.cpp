// Whose MAC address is on the bond and on its slaves.
#include "bond_lab.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

BondOptions failing_over(FailOverMac policy) {
  auto options = BondLab::unpolled(Mode::active_backup);
  options.fail_over_mac = policy;
  options.num_peer_notif = 0;
  options.resend_igmp = 0;
  return options;
}

Bond with_own_mac() {
  return {"bond0", kBond, mac(0xb0), true, BondLab::unpolled(Mode::balance_xor)};
}

TEST(BondMac, IsTheFirstSlavesAndTheOthersTakeIt) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  EXPECT_THAT(deeds(lab.enslave(0)), Contains("bond MAC 02:00:00:00:00:01"));
  EXPECT_THAT(deeds(lab.enslave(1)), Contains("eth1 MAC 02:00:00:00:00:01"));
  EXPECT_EQ(lab.slave(1).mac, mac(1));
  EXPECT_EQ(lab.slave(1).permanent_mac, mac(2));
}

TEST(BondMac, SetByTheUserIsKeptAndEverySlaveTakesIt) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  Bond bond = with_own_mac();
  EXPECT_THAT(deeds(bond.enslave(lab.facts(0), lab.now).value()),
              ElementsAre("publish table", "eth0 MAC 02:00:00:00:00:b0", "carrier on"));
  EXPECT_EQ(bond.status(lab.now).mac, mac(0xb0));
}

TEST(BondMac, StaysWhenTheLastSlaveGoesAndIsTheNextFirstOnes) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.enslave(0);
  EXPECT_THAT(deeds(lab.release(0)), ElementsAre("publish table", "carrier off"));
  EXPECT_EQ(lab.status().mac, mac(1));
  EXPECT_THAT(deeds(lab.enslave(1)), Contains("bond MAC 02:00:00:00:00:02"));
}

TEST(BondMac, SetOnTheInterfaceGoesToEverySlave) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.bond.mac_changed(mac(0x99), lab.now)),
              ElementsAre("eth0 MAC 02:00:00:00:00:99", "eth1 MAC 02:00:00:00:00:99"));
  EXPECT_THAT(deeds(lab.bond.mac_changed(mac(0x99), lab.now)), IsEmpty());
  EXPECT_TRUE(lab.bond.memory().mac_is_user_set);
}

TEST(BondMac, SetOnTheInterfaceIsPutBackUnderFailOverMac) {
  BondLab lab(failing_over(FailOverMac::active));
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.bond.mac_changed(mac(0x99), lab.now)), ElementsAre("bond MAC 02:00:00:00:00:01"));
  EXPECT_THAT(deeds(lab.bond.mac_changed(mac(1), lab.now)), IsEmpty()) << "our own doing, heard again";
}

TEST(FailOverMacNone, LeavesEveryMacAloneOnFailover) {
  BondLab lab(failing_over(FailOverMac::none));
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.pull(0)), ElementsAre("publish table", "eth0 noarp on", "eth1 noarp off"));
}

TEST(FailOverMacActive, GivesTheBondTheMacOfItsActiveSlave) {
  BondLab lab(failing_over(FailOverMac::active));
  lab.enslave(0);
  EXPECT_THAT(deeds(lab.enslave(1)), ElementsAre("publish table", "eth1 noarp on")) << "slaves keep theirs";
  EXPECT_THAT(deeds(lab.pull(0)),
              ElementsAre("publish table", "bond MAC 02:00:00:00:00:02", "eth0 noarp on", "eth1 noarp off"));
  EXPECT_THAT(reports(lab.plug(0)), Not(Contains("report mac")));
  EXPECT_EQ(lab.status().mac, mac(2));
}

TEST(FailOverMacFollow, SwapsTheMacsOfOldAndNewActiveSlave) {
  BondLab lab(failing_over(FailOverMac::follow));
  lab.with_slaves(2);
  EXPECT_EQ(lab.slave(1).mac, mac(2));
  EXPECT_THAT(deeds(lab.pull(0)),
              ElementsAre("publish table", "eth1 MAC 02:00:00:00:00:01", "eth0 MAC 02:00:00:00:00:02",
                          "eth0 noarp on", "eth1 noarp off"));
  EXPECT_EQ(lab.status().mac, mac(1));
}

TEST(FailOverMacFollow, SwapsWithTheOneWearingTheBondsMacAfterATotalLoss) {
  BondLab lab(failing_over(FailOverMac::follow));
  lab.with_slaves(2);
  lab.pull(1);
  lab.pull(0);
  EXPECT_THAT(deeds(lab.plug(1)), ElementsAre("publish table", "eth1 MAC 02:00:00:00:00:01",
                                              "eth0 MAC 02:00:00:00:00:02", "eth1 noarp off", "carrier on"));
}

TEST(FailOverMacFollow, GivesTheBondsMacToTheNextWhenTheActiveSlaveIsReleased) {
  BondLab lab(failing_over(FailOverMac::follow));
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.release(0)),
              ElementsAre("publish table", "eth1 MAC 02:00:00:00:00:01", "eth1 noarp off"));
}

TEST(FailOverMac, CountsInActiveBackupOnly) {
  auto options = failing_over(FailOverMac::active);
  options.mode = Mode::balance_xor;
  BondLab lab(options);
  lab.enslave(0);
  EXPECT_THAT(deeds(lab.enslave(1)), Contains("eth1 MAC 02:00:00:00:00:01"));
}

}  // namespace
}  // namespace ebond::core
