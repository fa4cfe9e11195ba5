// primary, primary_reselect and prio, on whole active-backup bonds.
#include "bond_lab.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class Selection : public testing::Test {
 protected:
  BondOptions options = BondLab::unpolled(Mode::active_backup);
  BondOptions with_primary(std::string name, PrimaryReselect reselect = PrimaryReselect::always) {
    options.primary = std::move(name);
    options.primary_reselect = reselect;
    return options;
  }
};

TEST_F(Selection, MakesThePrimaryActiveAsSoonAsItIsEnslaved) {
  BondLab lab(with_primary("eth1", PrimaryReselect::failure));
  lab.enslave(0);
  EXPECT_EQ(lab.active(), "eth0");
  lab.enslave(1);
  EXPECT_EQ(lab.active(), "eth1");
}

TEST_F(Selection, ReselectAlwaysTakesThePrimaryBack) {
  BondLab lab(with_primary("eth1"));
  lab.with_slaves(2).pull(1);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_THAT(reports(lab.plug(1)),
              Contains("report active-slave eth1: 'eth0' -> 'eth1' because primary is back"));
}

TEST_F(Selection, ReselectFailureLeavesThePrimaryUntilTheActiveSlaveFails) {
  BondLab lab(with_primary("eth1", PrimaryReselect::failure));
  lab.with_slaves(3).pull(1);
  EXPECT_EQ(lab.active(), "eth0");
  lab.plug(1);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_THAT(lab.standby(), ElementsAre(1, 2));
  lab.pull(0);
  EXPECT_EQ(lab.active(), "eth1");
}

TEST_F(Selection, ReselectBetterTakesThePrimaryBackOnlyIfItIsFaster) {
  BondLab lab(with_primary("eth1", PrimaryReselect::better));
  lab.with_slaves(2).pull(1);
  lab.plug(1, 1000);
  EXPECT_EQ(lab.active(), "eth0") << "equal speed is not better";
  lab.pull(1);
  lab.plug(1, 10000);
  EXPECT_EQ(lab.active(), "eth1");
}

TEST_F(Selection, ReselectBetterPrefersFullDuplexAtEqualSpeed) {
  BondLab lab(with_primary("eth1", PrimaryReselect::better));
  lab.enslave(0, {true, 100, Duplex::half});
  lab.enslave(1, {true, 100, Duplex::full});
  lab.pull(1);
  lab.bond.link_report(nic(1), {true, 100, Duplex::full}, LinkSource::netlink, lab.now);
  EXPECT_EQ(lab.active(), "eth1");
}

TEST_F(Selection, PrefersHigherPrioAmongBackups) {
  BondLab lab(options);
  lab.with_slaves(3);
  ASSERT_TRUE(lab.bond.set_slave(nic(0), "prio", "20", lab.now));
  ASSERT_TRUE(lab.bond.set_slave(nic(2), "prio", "10", lab.now));
  EXPECT_THAT(lab.standby(), ElementsAre(2, 1));
  lab.pull(0);
  EXPECT_EQ(lab.active(), "eth2");
}

TEST_F(Selection, ASlaveOfHigherPrioTakesOverWhenItsPrioIsSetOrItsLinkReturns) {
  BondLab lab(options);
  lab.with_slaves(2);
  ASSERT_TRUE(lab.bond.set_slave(nic(1), "prio", "5", lab.now));
  EXPECT_EQ(lab.active(), "eth1");
  lab.pull(1);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_THAT(reports(lab.plug(1)), Contains(HasSubstr("because a slave of higher prio is up")));
}

TEST_F(Selection, ReselectFailureHoldsForPrioToo) {
  options.primary_reselect = PrimaryReselect::failure;
  BondLab lab(options);
  lab.with_slaves(2);
  ASSERT_TRUE(lab.bond.set_slave(nic(1), "prio", "5", lab.now));
  EXPECT_EQ(lab.active(), "eth0");
}

TEST_F(Selection, PrioDoesNotMatterWhileThePrimaryIsUp) {
  BondLab lab(with_primary("eth0"));
  lab.with_slaves(3);
  ASSERT_TRUE(lab.bond.set_slave(nic(2), "prio", "100", lab.now));
  EXPECT_EQ(lab.active(), "eth0");
  lab.pull(0);
  EXPECT_EQ(lab.active(), "eth2");
}

TEST_F(Selection, EnslavingAnotherReturnsToTheFirstSlaveInOrderAsTheDriverDoes) {
  BondLab lab(options);
  lab.with_slaves(2).pull(0);
  lab.plug(0);
  EXPECT_EQ(lab.active(), "eth1");
  lab.enslave(2);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST_F(Selection, NamingAPrimaryTakesItWhateverThePolicy) {
  BondLab lab(with_primary("", PrimaryReselect::failure));
  lab.with_slaves(2);
  ASSERT_TRUE(lab.bond.set({{"primary", "eth1"}}, lab.now));
  EXPECT_EQ(lab.active(), "eth1");
}

TEST_F(Selection, ARenamedSlaveBecomesOrCeasesToBeThePrimary) {
  BondLab lab(with_primary("uplink"));
  lab.with_slaves(2);
  EXPECT_EQ(lab.active(), "eth0");
  lab.bond.slave_renamed(nic(1), "uplink", lab.now);
  EXPECT_EQ(lab.active(), "uplink");
  lab.bond.slave_renamed(nic(1), "eth1", lab.now);
  EXPECT_EQ(lab.active(), "eth0") << "without a primary the first in order is best, as in the driver";
}

TEST_F(Selection, ARenameAloneIsNoFailover) {
  BondLab lab(options);
  lab.with_slaves(2);
  EXPECT_THAT(reports(lab.bond.slave_renamed(nic(0), "lan", lab.now)), testing::IsEmpty());
  EXPECT_EQ(lab.active(), "lan");
}

TEST_F(Selection, AnActiveSlaveIsSetByCommandAndStays) {
  BondLab lab(options);
  lab.with_slaves(2);
  const auto actions = lab.bond.set({{"active_slave", "eth1"}}, lab.now);
  ASSERT_TRUE(actions);
  EXPECT_THAT(reports(*actions), Contains("report active-slave eth1: 'eth0' -> 'eth1' because by command"));
  EXPECT_EQ(lab.active(), "eth1");
}

TEST_F(Selection, ClearingTheActiveSlaveChoosesAnew) {
  BondLab lab(options);
  lab.with_slaves(2);
  ASSERT_TRUE(lab.bond.set({{"active_slave", "eth1"}}, lab.now));
  ASSERT_TRUE(lab.bond.set({{"active_slave", ""}}, lab.now));
  EXPECT_EQ(lab.active(), "eth0");
}

TEST_F(Selection, RefusesAnActiveSlaveThatIsDownOrUnknown) {
  BondLab lab(options);
  lab.with_slaves(2).pull(1);
  const auto down = lab.bond.set({{"active_slave", "eth1"}}, lab.now);
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().kind, Refusal::Kind::not_now);
  EXPECT_EQ(down.error().message, "active_slave eth1: the link of eth1 is down; it must be up.");
  const auto unknown = lab.bond.set({{"active_slave", "eth9"}}, lab.now);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, Refusal::Kind::no_such_slave);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST_F(Selection, ARefusedChangeUndoesTheOnesBesideIt) {
  BondLab lab(options);
  lab.with_slaves(1);
  EXPECT_FALSE(lab.bond.set({{"resend_igmp", "7"}, {"active_slave", "eth9"}}, lab.now));
  EXPECT_EQ(lab.bond.options().resend_igmp, 1);
}

}  // namespace
}  // namespace ebond::core
