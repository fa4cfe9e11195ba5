// The path gate: judges that hold a slave out, and what the bond makes of it.
#include "core/judges/gate.h"

#include "bond_lab.h"
#include "core/bond/turn.h"

namespace ebond::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PathVerdict lost(PathJudge judge = PathJudge::icmp, std::string why = "no answer from 192.0.2.254") {
  return {.judge = judge, .proved = false, .why = std::move(why)};
}
PathVerdict proved(PathJudge judge = PathJudge::icmp) {
  return {.judge = judge, .why = "192.0.2.254 answers"};
}

TEST(PathGate, IsOpenUntilSomebodyHolds) {
  PathGate gate;
  EXPECT_TRUE(gate.is_open());
  EXPECT_EQ(gate.shown(), MiiStatus::up);
  EXPECT_FALSE(gate.judged(proved(), TimePoint{1s})) << "nothing new";
  EXPECT_TRUE(gate.judged(lost(), TimePoint{2s}));
  EXPECT_FALSE(gate.is_open());
  EXPECT_EQ(gate.shown(), MiiStatus::down);
}

TEST(PathGate, OpensWhenTheLastJudgeLetsPass) {
  PathGate gate;
  gate.judged(lost(PathJudge::arp), TimePoint{1s});
  gate.judged(lost(PathJudge::bfd), TimePoint{2s});
  EXPECT_TRUE(gate.judged(proved(PathJudge::arp), TimePoint{3s}));
  EXPECT_FALSE(gate.is_open());
  EXPECT_EQ(gate.held_by(PathJudge::arp), nullptr);
  ASSERT_NE(gate.held_by(PathJudge::bfd), nullptr);
  EXPECT_TRUE(gate.judged(proved(PathJudge::bfd), TimePoint{4s}));
  EXPECT_TRUE(gate.is_open());
}

TEST(PathGate, KeepsSinceWhenThePlaintChanges) {
  PathGate gate;
  gate.judged(lost(PathJudge::arp, "no answer from 192.0.2.1"), TimePoint{1s});
  EXPECT_FALSE(gate.judged(lost(PathJudge::arp, "no answer from 192.0.2.1"), TimePoint{2s}));
  EXPECT_TRUE(gate.judged(lost(PathJudge::arp, "no answer from 192.0.2.2"), TimePoint{3s}));
  EXPECT_EQ(gate.holds().front().since, TimePoint{1s});
  EXPECT_EQ(gate.holds().front().why, "no answer from 192.0.2.2");
}

TEST(PathGate, ShowsDownRatherThanGoingBack) {
  PathGate gate;
  auto waits = lost(PathJudge::failback, "waits for a proof");
  waits.shown = MiiStatus::going_back;
  gate.judged(waits, TimePoint{1s});
  EXPECT_EQ(gate.shown(), MiiStatus::going_back);
  gate.judged(lost(), TimePoint{2s});
  EXPECT_EQ(gate.shown(), MiiStatus::down);
}

/// The inside of a bond with three slaves whose links are up.
class PathOfASlave : public testing::Test {
 protected:
  explicit PathOfASlave(Mode mode = Mode::active_backup)
      : state("bond0", kBond, mac(0xb0), false, BondLab::unpolled(mode)) {
    Turn turn(state, now);
    turn.admin_state(true);
    for (unsigned number = 0; number < 3; ++number) {
      const auto address = mac(static_cast<std::uint8_t>(number + 1));
      turn.enslave({nic(number), nic_name(number), address, address, link_up()});
    }
    turn.end();
  }
  Actions judged(unsigned number, const PathVerdict& verdict) {
    Turn turn(state, now);
    turn.carry_out({.judged = {{nic(number), verdict}}});
    return turn.end();
  }
  Actions reported(unsigned number, const LinkState& link) {
    Turn turn(state, now);
    turn.link_reported(nic(number), link, LinkSource::netlink);
    return turn.end();
  }
  const Slave& slave(unsigned number) const { return *state.roster.find(nic(number)); }
  std::optional<IfIndex> active() const { return state.roster.active_index(); }

  TimePoint now{1s};
  Bond::State state;
};

TEST_F(PathOfASlave, FailsOverWhenTheActiveOnesPathIsLostThoughItsLinkIsUp) {
  const auto actions = judged(0, lost());
  EXPECT_THAT(deeds(actions),
              ElementsAre("publish table", "eth0 noarp on", "eth1 noarp off", "announce", "resend igmp"));
  EXPECT_THAT(
      reports(actions),
      ElementsAre("report path eth0: 'up' -> 'down' because no answer from 192.0.2.254",
                  "report active-slave eth1: 'eth0' -> 'eth1' because eth0: no answer from 192.0.2.254",
                  "report failover bond: 'eth0' -> 'eth1' because eth0: no answer from 192.0.2.254",
                  "report announce eth1: '' -> '' because round 1 of 1"));
  EXPECT_EQ(slave(0).failures(), 1U);
  EXPECT_EQ(slave(0).mii_status(), MiiStatus::down);
  EXPECT_THAT(state.told.table().standby, ElementsAre(SlotId{2})) << "a dead path is no standby";
}

TEST_F(PathOfASlave, SaysNothingTwice) {
  judged(0, lost());
  EXPECT_THAT(judged(0, lost()), IsEmpty());
  EXPECT_EQ(slave(0).failures(), 1U);
}

TEST_F(PathOfASlave, HasNoCarrierWithoutAProvedPathAndTakesTheFirstThatIs) {
  for (unsigned number = 0; number < 3; ++number) judged(number, lost());
  EXPECT_FALSE(state.told.carrier());
  EXPECT_FALSE(active());
  judged(2, proved());
  EXPECT_TRUE(state.told.carrier());
  EXPECT_EQ(active(), nic(2));
}

TEST_F(PathOfASlave, AProvedPathOnADownLinkIsNoUse) {
  judged(0, lost());
  reported(0, link_down());
  EXPECT_THAT(deeds(judged(0, proved())), IsEmpty());
  EXPECT_EQ(slave(0).mii_status(), MiiStatus::down);
}

TEST_F(PathOfASlave, ALinkThatComesUpWaitsForItsPath) {
  state.options.primary = "eth0";
  reported(0, link_down());
  judged(0, lost());
  EXPECT_EQ(slave(0).failures(), 1U) << "its link was down already";
  reported(0, link_up());
  EXPECT_EQ(active(), nic(1));
  judged(0, proved());
  EXPECT_EQ(active(), nic(0)) << "the primary is back";
}

TEST_F(PathOfASlave, WaitingForProofIsNoFailure) {
  auto waits = lost(PathJudge::failback, "waits for a proof");
  waits.shown = MiiStatus::going_back;
  judged(1, waits);
  EXPECT_EQ(slave(1).failures(), 0U);
  EXPECT_EQ(slave(1).mii_status(), MiiStatus::going_back);
}

TEST_F(PathOfASlave, TakesASlaveFromUpdelayWhenTheLastProvedOneIsLost) {
  state.options.updelay = 300ms;
  reported(2, link_down());
  reported(2, link_up());
  judged(1, lost());
  EXPECT_EQ(slave(2).mii_status(), MiiStatus::going_back);
  judged(0, lost());
  EXPECT_EQ(active(), nic(2));
  EXPECT_EQ(slave(2).mii_status(), MiiStatus::up);
}

class PathOfABalancingSlave : public PathOfASlave {
 protected:
  PathOfABalancingSlave() : PathOfASlave(Mode::balance_xor) {}
};

TEST_F(PathOfABalancingSlave, LeavesTheTableAndComesBack) {
  judged(1, lost());
  EXPECT_THAT(state.told.table().buckets, ElementsAre(SlotId{0}, SlotId{2}));
  judged(1, proved());
  EXPECT_THAT(state.told.table().buckets, ElementsAre(SlotId{0}, SlotId{1}, SlotId{2}));
}

TEST(PathMemory, IsKeptForTheNextDaemon) {
  BondLab lab(BondLab::unpolled(Mode::active_backup));
  lab.with_slaves(2);
  BondMemory memory = lab.bond.memory();
  memory.slaves[1].path = {{.judge = PathJudge::arp, .why = "no answer", .since = TimePoint{1s}}};
  memory.slaves[1].path_failure_count = 3;
  const Bond next = Bond::restore(memory, lab.now + 1s);
  const auto status = next.status(lab.now + 1s);
  EXPECT_EQ(status.slaves[1].mii_status, MiiStatus::down);
  EXPECT_EQ(status.slaves[1].link_status, MiiStatus::up);
  EXPECT_EQ(status.slaves[1].link_failure_count, 3U);
  EXPECT_EQ(next.memory().slaves[1].path, memory.slaves[1].path);
  EXPECT_THAT(next.table().standby, IsEmpty());
}

}  // namespace
}  // namespace ebond::core
