// A bond's life: enslaving and what is refused, releasing, unplugging, up and down, modes, memory.
#include "bond_lab.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Enslaving, RefusesAMacThatIsZeroOrMulticast) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  for (const MacAddress bad : {MacAddress(), MacAddress::broadcast(), MacAddress({1, 0, 0x5e, 0, 0, 1})}) {
    auto facts = lab.facts(0);
    facts.current_mac = bad;
    const auto refused = lab.bond.enslave(facts, lab.now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Refusal::Kind::bad_value);
    EXPECT_THAT(refused.error().message, HasSubstr(bad.to_string()));
  }
  EXPECT_THAT(lab.status().slaves, IsEmpty());
}

TEST(Enslaving, RefusesASlaveTwiceAndTheBondItself) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.enslave(0);
  const auto twice = lab.bond.enslave(lab.facts(0), lab.now);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message, "eth0 is enslaved to bond0 already.");
  auto itself = lab.facts(1);
  itself.ifindex = kBond;
  EXPECT_FALSE(lab.bond.enslave(itself, lab.now));
  EXPECT_EQ(lab.status().slaves.size(), 1U);
}

TEST(Enslaving, RefusesTheSixtyFifth) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(64);
  const auto refused = lab.bond.enslave(lab.facts(64), lab.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "bond0 has 64 slaves, as many as a bond can have.");
  lab.release(10);
  EXPECT_TRUE(lab.bond.enslave(lab.facts(64), lab.now));
}

TEST(Enslaving, GivesAFreedSlotToTheNextAndLeavesTheOthersTheirs) {
  BondLab lab(BondLab::unpolled(Mode::balance_xor));
  lab.with_slaves(3).release(1);
  lab.enslave(5);
  EXPECT_EQ(lab.slave(2).slot, SlotId{2});
  EXPECT_EQ(lab.slave(5).slot, SlotId{1});
  EXPECT_THAT(lab.buckets(), ElementsAre(0, 2, 1)) << "enslave order, not slot order";
}

TEST(Link, ALostCarrierLeavesSpeedAndDuplexAsLastReported) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  EXPECT_TRUE(has<action::PublishTable>(lab.bond.carrier_lost(nic(0), LinkSource::hook, lab.now)));
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(lab.slave(0).link, (LinkState{false, 1000, Duplex::full}));
  EXPECT_THAT(lab.bond.carrier_lost(nic(7), LinkSource::hook, lab.now), IsEmpty()) << "not a slave";
}

TEST(Enslaving, ADownSlaveWaitsForItsLink) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.enslave(0, link_down());
  EXPECT_EQ(lab.active(), "");
  EXPECT_FALSE(lab.status().carrier);
  EXPECT_EQ(lab.slave(0).link_failure_count, 0U) << "it has not failed, it was never up";
  lab.plug(0);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST(Releasing, RefusesWhatIsNotASlave) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  const auto refused = lab.bond.release(nic(3), lab.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::no_such_slave);
}

TEST(Releasing, TheActiveSlaveIsOneFailoverAndNoActionNamesItAgain) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  const auto actions = lab.release(0);
  EXPECT_THAT(deeds(actions), ElementsAre("publish table", "eth1 noarp off", "announce", "resend igmp"));
  EXPECT_THAT(reports(actions),
              ElementsAre("report released eth0: 'up' -> '' because by command",
                          "report active-slave eth1: 'eth0' -> 'eth1' because eth0 released",
                          "report failover bond: 'eth0' -> 'eth1' because eth0 released",
                          "report announce eth1: '' -> '' because round 1 of 1"));
}

TEST(Unplugging, IsLikeReleasingButForTheRecord) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  EXPECT_THAT(reports(lab.bond.slave_unplugged(nic(0), lab.now)),
              Contains("report unplugged eth0: 'up' -> '' because the interface is gone"));
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_THAT(lab.bond.slave_unplugged(nic(0), lab.now), IsEmpty());
}

TEST(Views, TellOfTheBondAndItsSlavesWithoutACopy) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  EXPECT_EQ(lab.bond.name(), "bond0");
  EXPECT_EQ(lab.bond.mac(), mac(1));
  EXPECT_TRUE(lab.bond.admin_up());
  ASSERT_EQ(lab.bond.slaves().size(), 2U);
  EXPECT_EQ(lab.bond.slaves()[1].name, "eth1");
  EXPECT_EQ(lab.bond.find(nic(1)), &lab.bond.slaves()[1]);
  EXPECT_EQ(lab.bond.find(nic(1))->permanent_mac, mac(2));
  EXPECT_EQ(lab.bond.find(nic(5)), nullptr);
}

TEST(AdminState, LeavesTheCarrierToTheSlavesAsTheDriverDoes) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  EXPECT_THAT(deeds(lab.bond.admin_state(false, lab.now)), IsEmpty());
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_TRUE(lab.bond.status(lab.now).carrier);
  EXPECT_THAT(deeds(lab.bond.admin_state(true, lab.now)), IsEmpty());
}

TEST(AllSlavesActive, LetsBackupsAcceptFrames) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  EXPECT_TRUE(lab.bond.table().slots[0].accepts);
  EXPECT_FALSE(lab.bond.table().slots[1].accepts);
  EXPECT_THAT(deeds(lab.bond.set({{"all_slaves_active", "1"}}, lab.now).value()),
              ElementsAre("publish table"));
  EXPECT_TRUE(lab.bond.table().slots[1].accepts);
}

TEST(ModeChange, WithoutSlavesAsksForNewProgramsAndIsRecorded) {
  BondLab lab(BondLab::unpolled(Mode::balance_rr));
  lab.bond.admin_state(false, lab.now);
  const auto actions = lab.bond.set({{"mode", "active-backup"}}, lab.now).value();
  EXPECT_THAT(deeds(actions), ElementsAre("respecialise datapath"));
  EXPECT_THAT(reports(actions),
              Contains("report option bond: 'balance-rr' -> 'active-backup' because mode set"));
  EXPECT_EQ(lab.bond.datapath_spec().mode, Mode::active_backup);
}

TEST(ModeChange, WithSlavesIsRefused) {
  BondLab lab(BondLab::unpolled(Mode::balance_rr));
  lab.enslave(0);
  lab.bond.admin_state(false, lab.now);
  EXPECT_FALSE(lab.bond.set({{"mode", "active-backup"}}, lab.now));
  EXPECT_EQ(lab.bond.options().mode, Mode::balance_rr);
}

TEST(Memory, GoesOnInAnotherProcessWithNothingToTell) {
  auto options = BondLab::unpolled(Mode::active_backup);
  options.downdelay = 300ms;
  BondLab lab(options);
  lab.with_slaves(3).pull(0);
  lab.after(300ms);
  lab.pull(1);
  const auto memory = lab.bond.memory();
  Bond successor = Bond::restore(memory, lab.now);
  EXPECT_EQ(successor.table(), lab.bond.table());
  EXPECT_EQ(successor.status(lab.now).active_slave, "eth1");
  EXPECT_THAT(successor.advance(lab.now), IsEmpty());
  EXPECT_EQ(successor.next_deadline(), lab.now + 300ms) << "downdelay runs on";
  EXPECT_THAT(deeds(successor.advance(lab.now + 300ms)), Contains("publish table"));
  EXPECT_EQ(successor.status(lab.now).active_slave, "eth2");
  EXPECT_EQ(successor.status(lab.now).slaves[0].link_failure_count, 1U);
}

TEST(Memory, IsPolledAsBeforeToHearWhatWasMissed) {
  auto options = BondLab::unpolled(Mode::active_backup);
  options.miimon = 100ms;
  BondLab lab(options);
  lab.with_slaves(2);
  Bond successor = Bond::restore(lab.bond.memory(), lab.now);
  EXPECT_EQ(successor.polled_every(), 100ms);
  EXPECT_THAT(deeds(successor.link_report(nic(0), link_down(), LinkSource::poll, lab.now)),
              Contains("publish table"));
}

TEST(Memory, StartsADelayAgainWhoseEndWasNotKept) {
  auto options = BondLab::unpolled(Mode::active_backup);
  options.updelay = 500ms;
  BondLab lab(options);
  lab.with_slaves(2);
  auto memory = lab.bond.memory();
  memory.slaves[1].delay_ends.reset();
  EXPECT_EQ(Bond::restore(memory, lab.now + 1s).next_deadline(), lab.now + 1500ms);
}

}  // namespace
}  // namespace ebond::core
