// What a link that is back must pass: the proof before failback, and flap damping.
#include "tests/unit/core/bond_lab.h"

namespace ebond::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

BondOptions proving(Mode mode = Mode::active_backup) {
  auto options = BondLab::unpolled(mode);
  options.failback = Failback::proof;
  options.primary = mode == Mode::active_backup ? "eth0" : "";
  return options;
}

/// eth0 was lost and is back; a second has passed.
class FailbackProof : public ::testing::Test {
 protected:
  void lose_and_restore() {
    lab.with_slaves(2);
    lab.pull(0);
    lab.after(1s);
    lab.plug(0);
  }
  BondLab lab{proving()};
};

TEST_F(FailbackProof, KeepsAReturnedPrimaryOutUntilAFrameCameIn) {
  lose_and_restore();
  EXPECT_EQ(lab.active(), "eth1");
  EXPECT_EQ(lab.slave(0).mii_status, MiiStatus::going_back);
  EXPECT_EQ(lab.slave(0).link_status, MiiStatus::up);
  lab.after(10s);
  EXPECT_EQ(lab.active(), "eth1") << "nothing came in";
  lab.bond.activity(nic(0), lab.now);
  lab.after(10ms);
  EXPECT_EQ(lab.active(), "eth0");
  EXPECT_EQ(lab.slave(0).mii_status, MiiStatus::up);
}

TEST_F(FailbackProof, IsNotGivenByAFrameFromBeforeTheLinkWasBack) {
  lab.with_slaves(2);
  lab.bond.activity(nic(0), lab.now);
  lab.pull(0);
  lab.after(1s);
  lab.plug(0);
  lab.after(1s);
  EXPECT_EQ(lab.active(), "eth1");
}

TEST_F(FailbackProof, LooksForAFrameEveryTenMilliseconds) {
  lose_and_restore();
  EXPECT_EQ(lab.bond.next_deadline(), lab.now + 10ms);
}

TEST_F(FailbackProof, AsksTheKernelToStampFrames) {
  EXPECT_TRUE(lab.bond.datapath_spec().stamp_rx);
  EXPECT_FALSE(BondLab(BondLab::unpolled(Mode::active_backup)).bond.datapath_spec().stamp_rx);
}

TEST_F(FailbackProof, IsNotAskedOfTheLastSlaveThereIs) {
  lose_and_restore();
  lab.pull(1);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST_F(FailbackProof, IsNotAskedWhereNoOtherSlaveIsUp) {
  lab.with_slaves(2);
  lab.pull(0);
  lab.pull(1);
  lab.plug(0);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST_F(FailbackProof, LeavesTheUnprovedSlaveTheLastOfTheStandbys) {
  lab.with_slaves(3);
  lab.pull(0);
  lab.plug(0);
  EXPECT_THAT(lab.standby(), ElementsAre(2, 0));
}

TEST_F(FailbackProof, IsAskedAnewAfterEveryLoss) {
  lose_and_restore();
  lab.bond.activity(nic(0), lab.now);
  lab.after(10ms);
  lab.pull(0);
  lab.after(1s);
  lab.plug(0);
  lab.after(1s);
  EXPECT_EQ(lab.active(), "eth1");
}

TEST_F(FailbackProof, EndsWhereItIsSwitchedOff) {
  lose_and_restore();
  ASSERT_TRUE(lab.bond.set({{"failback", "immediate"}}, lab.now));
  lab.after(10ms);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST(FailbackAfterUpdelay, HasWaitedLongEnough) {
  auto options = proving();
  options.miimon = 100ms;
  options.updelay = 500ms;
  BondLab lab(options);
  lab.with_slaves(2);
  lab.after(500ms);
  lab.pull(0);
  lab.after(100ms);
  lab.plug(0);
  lab.after(400ms);
  EXPECT_EQ(lab.active(), "eth1");
  lab.after(100ms);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST(FailbackOfABalancingBond, GivesTheReturnedSlaveItsShareOnceProved) {
  BondLab lab(proving(Mode::balance_xor));
  lab.with_slaves(2);
  lab.pull(0);
  lab.plug(0);
  EXPECT_THAT(lab.buckets(), ElementsAre(1));
  lab.after(1ms);
  lab.bond.activity(nic(0), lab.now);
  lab.after(10ms);
  EXPECT_THAT(lab.buckets(), ElementsAre(0, 1));
}

TEST(FailbackAuto, AsksForAProofOnlyWhereATargetIsWatched) {
  auto options = proving();
  options.failback = Failback::automatic;
  BondLab unwatched(options);
  unwatched.with_slaves(2);
  unwatched.pull(0);
  unwatched.plug(0);
  EXPECT_EQ(unwatched.active(), "eth0");
}

class Damping : public ::testing::Test {
 protected:
  static BondOptions damping() {
    auto options = BondLab::unpolled(Mode::active_backup);
    options.flap_damping = true;
    options.primary = "eth0";
    return options;
  }
  void flap() {
    lab.pull(0);
    lab.after(50ms);
    lab.plug(0);
  }
  BondLab lab{damping()};
};

TEST_F(Damping, ForgivesTheFirstLossAndHoldsFromTheSecondOn) {
  lab.with_slaves(2);
  flap();
  EXPECT_EQ(lab.active(), "eth0");
  flap();
  EXPECT_EQ(lab.active(), "eth1");
  ASSERT_FALSE(lab.slave(0).path.empty());
  EXPECT_EQ(lab.slave(0).path.front().judge, PathJudge::damping);
  EXPECT_EQ(lab.slave(0).path.front().until, lab.now + 1s);
  lab.after(999ms);
  EXPECT_EQ(lab.active(), "eth1");
  lab.after(1ms);
  EXPECT_EQ(lab.active(), "eth0");
}

TEST_F(Damping, DoublesWithEveryLossUpToFiveMinutes) {
  lab.with_slaves(2);
  std::vector<std::int64_t> held;
  for (int loss = 1; loss <= 12; ++loss) {
    flap();
    const auto holds = lab.slave(0).path;
    held.push_back(
        holds.empty() ? 0 : std::chrono::ceil<std::chrono::seconds>(*holds[0].until - lab.now).count());
  }
  EXPECT_THAT(held, ElementsAre(0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300));
}

TEST_F(Damping, ForgetsWhatWasLongAgo) {
  lab.with_slaves(2);
  flap();
  flap();
  lab.after(90s);
  flap();
  EXPECT_THAT(lab.slave(0).path, IsEmpty());
}

TEST_F(Damping, NeverHoldsTheLastSlaveThereIs) {
  lab.with_slaves(2);
  lab.pull(1);
  flap();
  flap();
  EXPECT_EQ(lab.active(), "eth0");
}

TEST_F(Damping, EndsWhenItIsSwitchedOff) {
  lab.with_slaves(2);
  flap();
  flap();
  ASSERT_TRUE(lab.bond.set({{"flap_damping", "off"}}, lab.now));
  lab.after(10ms);
  EXPECT_EQ(lab.active(), "eth0");
}

}  // namespace
}  // namespace ebond::core
