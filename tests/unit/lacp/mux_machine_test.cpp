// Every transition of the Mux machine's two diagrams, coupled and independent control.
#include "core/lacp/mux_machine.h"

#include "tests/unit/lacp/machine_fixture.h"

namespace ebond::core::lacp {
namespace {

using MuxState = MuxMachine::State;

class Mux : public Machines, public testing::WithParamInterface<bool> {
 protected:
  Mux() : coupled(GetParam()) {}

  void settle() {
    while (machine.step(port, coupled, now)) port.Ready = port.Ready_N;
  }
  void partner(bool in_sync, bool collecting) {
    port.partner.state.set(LacpBit::synchronization, in_sync);
    port.partner.state.set(LacpBit::collecting, collecting);
  }
  /// Past WAITING, with what the partner says so far.
  void attach() {
    port.selected = Selected::SELECTED;
    settle();
    now += kAggregateWaitTime;
    settle();
    port.NTT = false;
  }
  /// "S", "SC", "SCD": what we tell the partner.
  std::string told() const {
    std::string text;
    if (port.actor_has(LacpBit::synchronization)) text += 'S';
    if (port.actor_has(LacpBit::collecting)) text += 'C';
    if (port.actor_has(LacpBit::distributing)) text += 'D';
    return text;
  }
  MuxState joined() const { return coupled ? MuxState::COLLECTING_DISTRIBUTING : MuxState::DISTRIBUTING; }

  bool coupled;
  MuxMachine machine;
};

INSTANTIATE_TEST_SUITE_P(BothForms, Mux, testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "Coupled" : "Independent"; });

TEST_P(Mux, StaysDetachedWhileUnselected) {
  EXPECT_FALSE(machine.step(port, coupled, now));
  EXPECT_EQ(machine.state(), MuxState::DETACHED);
}

TEST_P(Mux, WaitsTwoSecondsOnceSelectedOrStandby) {
  for (const auto selected : {Selected::SELECTED, Selected::STANDBY}) {
    MuxMachine fresh;
    port.selected = selected;
    ASSERT_TRUE(fresh.step(port, coupled, now));
    EXPECT_EQ(fresh.state(), MuxState::WAITING);
    EXPECT_EQ(fresh.deadline(), now + seconds(2));
    EXPECT_EQ(told(), "");
  }
}

TEST_P(Mux, GoesFromWaitingBackToDetachedWhenUnselected) {
  port.selected = Selected::STANDBY;
  settle();
  port.selected = Selected::UNSELECTED;
  settle();
  EXPECT_EQ(machine.state(), MuxState::DETACHED);
  EXPECT_FALSE(port.Ready_N);
  EXPECT_EQ(machine.deadline(), std::nullopt);
}

TEST_P(Mux, SaysItIsReadyAfterTheWaitAndAttachesWhenAllAre) {
  port.selected = Selected::SELECTED;
  machine.step(port, coupled, now);
  now += milliseconds(1999);
  EXPECT_FALSE(machine.step(port, coupled, now));
  now += milliseconds(1);
  ASSERT_TRUE(machine.step(port, coupled, now));
  EXPECT_TRUE(port.Ready_N);
  EXPECT_FALSE(machine.step(port, coupled, now)) << "the others are not ready yet";
  port.Ready = true;
  port.NTT = false;
  ASSERT_TRUE(machine.step(port, coupled, now));
  EXPECT_EQ(machine.state(), MuxState::ATTACHED);
  EXPECT_EQ(told(), "S");
  EXPECT_TRUE(port.NTT);
}

TEST_P(Mux, StaysInWaitingWhileStandbyHoweverReady) {
  port.selected = Selected::STANDBY;
  settle();
  now += seconds(10);
  settle();
  EXPECT_TRUE(port.Ready_N);
  EXPECT_EQ(machine.state(), MuxState::WAITING);
  port.selected = Selected::SELECTED;
  settle();
  EXPECT_EQ(machine.state(), MuxState::ATTACHED) << "a standby that is called up has waited already";
}

TEST_P(Mux, DetachesFromAttachedWhenUnselectedOrStandby) {
  for (const auto selected : {Selected::UNSELECTED, Selected::STANDBY}) {
    attach();
    ASSERT_EQ(machine.state(), MuxState::ATTACHED);
    port.selected = selected;
    ASSERT_TRUE(machine.step(port, coupled, now));
    EXPECT_EQ(machine.state(), MuxState::DETACHED);
    EXPECT_EQ(told(), "");
    EXPECT_TRUE(port.NTT);
    EXPECT_FALSE(port.Ready_N);
    port.selected = Selected::UNSELECTED;
    settle();
  }
}

TEST_P(Mux, StaysAttachedUntilThePartnerIsInSync) {
  attach();
  partner(false, true);
  EXPECT_FALSE(machine.step(port, coupled, now));
  EXPECT_EQ(machine.state(), MuxState::ATTACHED);
}

TEST_P(Mux, LeavesFromTheTopWhenThePartnerFallsOutOfSyncUnselectedOrStandby) {
  const auto leaves_to = [&](auto change) {
    partner(true, true);
    attach();
    EXPECT_EQ(machine.state(), joined());
    EXPECT_EQ(told(), "SCD");
    change();
    EXPECT_TRUE(machine.step(port, coupled, now));
    EXPECT_FALSE(port.actor_has(LacpBit::distributing));
    EXPECT_TRUE(port.NTT);
    settle();
    const auto state = machine.state();
    port.selected = Selected::UNSELECTED;
    settle();
    return state;
  };
  EXPECT_EQ(leaves_to([&] { partner(false, true); }), MuxState::ATTACHED);
  EXPECT_EQ(leaves_to([&] { port.selected = Selected::UNSELECTED; }), MuxState::DETACHED);
  EXPECT_EQ(leaves_to([&] { port.selected = Selected::STANDBY; }), MuxState::WAITING);
}

TEST_P(Mux, DetachesAtBeginFromAnywhere) {
  partner(true, true);
  attach();
  port.BEGIN = true;
  machine.step(port, coupled, now);
  EXPECT_EQ(machine.state(), MuxState::DETACHED);
  EXPECT_EQ(told(), "");
}

TEST_P(Mux, GoesBackToAttachedWhenCoupledControlChanges) {
  partner(true, true);
  attach();
  coupled = !coupled;
  while (machine.state() != MuxState::ATTACHED) ASSERT_TRUE(machine.step(port, coupled, now));
  settle();
  EXPECT_EQ(machine.state(), joined());
}

TEST_P(Mux, ReadsOnlyTheCollectingBitWhereControlIsIndependent) {
  partner(true, false);
  attach();
  EXPECT_EQ(machine.state(), coupled ? MuxState::COLLECTING_DISTRIBUTING : MuxState::COLLECTING);
  EXPECT_EQ(told(), coupled ? "SCD" : "SC");
}

class IndependentMux : public Mux {};
INSTANTIATE_TEST_SUITE_P(, IndependentMux, testing::Values(false));

TEST_P(IndependentMux, DistributesOnceThePartnerCollects) {
  partner(true, false);
  attach();
  ASSERT_EQ(machine.state(), MuxState::COLLECTING);
  partner(true, true);
  ASSERT_TRUE(machine.step(port, false, now));
  EXPECT_EQ(machine.state(), MuxState::DISTRIBUTING);
  EXPECT_EQ(told(), "SCD");
  EXPECT_FALSE(port.NTT) << "entering DISTRIBUTING is not worth a LACPDU";
}

TEST_P(IndependentMux, StopsDistributingButStillCollectsWhenThePartnerStopsCollecting) {
  partner(true, true);
  attach();
  port.NTT = false;
  partner(true, false);
  ASSERT_TRUE(machine.step(port, false, now));
  EXPECT_EQ(machine.state(), MuxState::COLLECTING);
  EXPECT_EQ(told(), "SC");
  EXPECT_TRUE(port.NTT);
}

TEST_P(IndependentMux, LeavesCollectingWhenUnselectedStandbyOrOutOfSync) {
  for (int reason = 0; reason < 3; ++reason) {
    partner(true, false);
    attach();
    ASSERT_EQ(machine.state(), MuxState::COLLECTING);
    if (reason == 0) partner(false, false);
    if (reason == 1) port.selected = Selected::UNSELECTED;
    if (reason == 2) port.selected = Selected::STANDBY;
    ASSERT_TRUE(machine.step(port, false, now));
    EXPECT_EQ(machine.state(), MuxState::ATTACHED);
    EXPECT_EQ(told(), "S");
    port.selected = Selected::UNSELECTED;
    settle();
  }
}

}  // namespace
}  // namespace ebond::core::lacp
