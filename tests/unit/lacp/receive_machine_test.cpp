// Every transition of the Receive machine's diagram, and the functions of 6.4.8 by what they change.
#include "core/lacp/receive_machine.h"

#include "tests/unit/lacp/machine_fixture.h"

namespace ebond::core::lacp {
namespace {

using ReceiveState = ReceiveMachine::State;

class Receive : public Machines {
 protected:
  /// Brings the machine to a state the way a link would.
  void reach(ReceiveState state) {
    port.port_enabled = false;
    port.BEGIN = true;
    settle();
    if (state == ReceiveState::PORT_DISABLED) return;
    port.port_enabled = true;
    port.LACP_Enabled = state != ReceiveState::LACP_DISABLED;
    settle();
    if (state == ReceiveState::EXPIRED || state == ReceiveState::LACP_DISABLED) return;
    if (state == ReceiveState::CURRENT) {
      machine.lacpdu(port, pdu(), now);
    } else {
      now += kShortTimeoutTime;
      settle();
    }
    ASSERT_EQ(machine.state(), state);
  }
  void settle() {
    while (machine.step(port, now)) port.BEGIN = false;
  }
  void settle_after(Duration time) {
    now += time;
    settle();
  }
  bool actor_has(LacpBit bit) const { return port.actor.state.has(bit); }

  ReceiveMachine machine;
};

TEST_F(Receive, BeginsWithTheDefaultPartnerAndDisabled) {
  port.selected = Selected::SELECTED;
  port.partner = pdu().actor;
  port.port_moved = true;
  port.port_enabled = false;
  port.BEGIN = true;
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), ReceiveState::INITIALIZE);
  EXPECT_EQ(port.selected, Selected::UNSELECTED);
  EXPECT_EQ(port.partner, default_partner());
  EXPECT_TRUE(actor_has(LacpBit::defaulted));
  EXPECT_FALSE(port.port_moved);
  port.BEGIN = false;
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), ReceiveState::PORT_DISABLED);
  EXPECT_FALSE(machine.step(port, now));
}

TEST_F(Receive, GoesFromInitializeToPortDisabledEvenWithALink) {
  port.BEGIN = true;
  machine.step(port, now);
  port.BEGIN = false;
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), ReceiveState::PORT_DISABLED);
}

TEST_F(Receive, GoesToPortDisabledFromEveryStateWhenTheLinkIsLost) {
  for (const auto state :
       {ReceiveState::EXPIRED, ReceiveState::LACP_DISABLED, ReceiveState::DEFAULTED, ReceiveState::CURRENT}) {
    reach(state);
    port.port_enabled = false;
    settle();
    EXPECT_EQ(machine.state(), ReceiveState::PORT_DISABLED) << ReceiveMachine::name(state);
    EXPECT_FALSE(port.partner_has(LacpBit::synchronization));
    EXPECT_EQ(machine.deadline(), std::nullopt);
  }
}

TEST_F(Receive, RemembersThePartnerWhileTheLinkIsDown) {
  reach(ReceiveState::CURRENT);
  port.port_enabled = false;
  settle();
  EXPECT_EQ(port.partner.system, kTheirSystem);
}

TEST_F(Receive, GoesFromPortDisabledToExpiredWithShortTimeoutWhenTheLinkIsUp) {
  reach(ReceiveState::PORT_DISABLED);
  port.port_enabled = true;
  settle();
  EXPECT_EQ(machine.state(), ReceiveState::EXPIRED);
  EXPECT_EQ(machine.deadline(), now + seconds(3));
  EXPECT_TRUE(port.partner_has(LacpBit::short_timeout));
  EXPECT_FALSE(port.partner_has(LacpBit::synchronization));
  EXPECT_TRUE(actor_has(LacpBit::expired));
}

TEST_F(Receive, GoesFromPortDisabledToLacpDisabledWhereTheLinkIsNotFullDuplex) {
  reach(ReceiveState::LACP_DISABLED);
  EXPECT_EQ(port.selected, Selected::UNSELECTED);
  EXPECT_FALSE(port.partner_has(LacpBit::aggregation));
  EXPECT_TRUE(actor_has(LacpBit::defaulted));
  EXPECT_FALSE(actor_has(LacpBit::expired));
}

TEST_F(Receive, ForgetsAPartnerThatMovedToAnotherPort) {
  reach(ReceiveState::CURRENT);
  port.port_enabled = false;
  settle();
  port.selected = Selected::SELECTED;
  port.port_moved = true;
  settle();
  EXPECT_EQ(machine.state(), ReceiveState::PORT_DISABLED);
  EXPECT_EQ(port.partner, default_partner());
  EXPECT_EQ(port.selected, Selected::UNSELECTED);
  EXPECT_FALSE(port.port_moved);
}

TEST_F(Receive, GoesFromExpiredToDefaultedAfterTheShortTimeout) {
  reach(ReceiveState::EXPIRED);
  settle_after(seconds(3) - milliseconds(1));
  EXPECT_EQ(machine.state(), ReceiveState::EXPIRED);
  settle_after(milliseconds(1));
  EXPECT_EQ(machine.state(), ReceiveState::DEFAULTED);
  EXPECT_TRUE(actor_has(LacpBit::defaulted));
  EXPECT_FALSE(actor_has(LacpBit::expired));
  EXPECT_EQ(machine.deadline(), std::nullopt);
}

TEST_F(Receive, StaysSelectedWhenDefaultedPartnerIsTheOneItHad) {
  reach(ReceiveState::EXPIRED);
  port.selected = Selected::SELECTED;
  settle_after(seconds(3));
  EXPECT_EQ(port.selected, Selected::SELECTED);
}

TEST_F(Receive, IsUnselectedWhenAPartnerIsGivenUp) {
  reach(ReceiveState::CURRENT);
  port.selected = Selected::SELECTED;
  settle_after(seconds(90));
  EXPECT_EQ(port.selected, Selected::SELECTED);
  settle_after(seconds(3));
  EXPECT_EQ(machine.state(), ReceiveState::DEFAULTED);
  EXPECT_EQ(port.selected, Selected::UNSELECTED);
}

TEST_F(Receive, TakesALacpduInExpiredDefaultedAndCurrent) {
  for (const auto state : {ReceiveState::EXPIRED, ReceiveState::DEFAULTED, ReceiveState::CURRENT}) {
    reach(state);
    EXPECT_TRUE(machine.lacpdu(port, pdu(), now)) << ReceiveMachine::name(state);
    EXPECT_EQ(machine.state(), ReceiveState::CURRENT);
    EXPECT_FALSE(actor_has(LacpBit::expired));
    EXPECT_FALSE(actor_has(LacpBit::defaulted));
  }
}

TEST_F(Receive, TakesNoLacpduInPortDisabledAndLacpDisabled) {
  for (const auto state : {ReceiveState::PORT_DISABLED, ReceiveState::LACP_DISABLED}) {
    reach(state);
    EXPECT_FALSE(machine.lacpdu(port, pdu(), now));
    EXPECT_EQ(machine.state(), state);
    EXPECT_TRUE(port.partner.system.is_zero());
  }
}

TEST_F(Receive, ExpiresASilentPartnerAfterThreePeriodsOfOurTimeout) {
  for (const auto& [state, time] : {std::pair{0x05, seconds(90)}, std::pair{0x07, seconds(3)}}) {
    port.actor.state = LacpState(static_cast<std::uint8_t>(state));
    reach(ReceiveState::CURRENT);
    EXPECT_EQ(machine.deadline(), now + time);
    settle_after(time - milliseconds(1));
    EXPECT_EQ(machine.state(), ReceiveState::CURRENT);
    EXPECT_TRUE(port.partner_has(LacpBit::synchronization));
    settle_after(milliseconds(1));
    EXPECT_EQ(machine.state(), ReceiveState::EXPIRED);
    EXPECT_FALSE(port.partner_has(LacpBit::synchronization));
  }
}

TEST_F(Receive, StartsTheTimeoutAnewWithEveryLacpdu) {
  reach(ReceiveState::CURRENT);
  settle_after(seconds(89));
  machine.lacpdu(port, pdu(), now);
  EXPECT_EQ(machine.deadline(), now + seconds(90));
}

TEST_F(Receive, RecordsThePartnerAsItDescribesItself) {
  reach(ReceiveState::EXPIRED);
  machine.lacpdu(port, pdu(), now);
  EXPECT_EQ(port.partner, pdu().actor);
  EXPECT_TRUE(port.partner_knows_us);
}

TEST_F(Receive, BelievesInSyncOnlyWhereThePartnerMeansUs) {
  const auto sync_of = [&](const wire::Lacpdu& received) {
    reach(ReceiveState::EXPIRED);
    machine.lacpdu(port, received, now);
    return port.partner_has(LacpBit::synchronization);
  };
  EXPECT_TRUE(sync_of(pdu()));
  const auto with = [&](auto change) {
    auto changed = pdu();
    change(changed);
    return changed;
  };
  EXPECT_FALSE(sync_of(with([](auto& p) { p.actor.state.set(LacpBit::synchronization, false); })));
  EXPECT_FALSE(sync_of(with([](auto& p) { p.partner.port_number = 2; })));
  EXPECT_FALSE(sync_of(with([](auto& p) { p.partner.port_priority = 2; })));
  EXPECT_FALSE(sync_of(with([](auto& p) { p.partner.system = kTheirSystem; })));
  EXPECT_FALSE(sync_of(with([](auto& p) { p.partner.system_priority = 1; })));
  EXPECT_FALSE(sync_of(with([](auto& p) { p.partner.key = 1; })));
  EXPECT_FALSE(sync_of(with([](auto& p) { p.partner.state.set(LacpBit::aggregation, false); })));
  // An individual link needs to know nothing of us.
  EXPECT_TRUE(sync_of(with([](auto& p) {
    p.partner = {};
    p.actor.state.set(LacpBit::aggregation, false);
  })));
}

TEST_F(Receive, BelievesInSyncOnlyWhileLacpKeepsTheLinkUpActively) {
  reach(ReceiveState::EXPIRED);
  auto passive = pdu();
  passive.actor.state.set(LacpBit::activity, false);
  machine.lacpdu(port, passive, now);
  EXPECT_TRUE(port.partner_has(LacpBit::synchronization)) << "we are active, and the partner says it knows";
  passive.partner.state.set(LacpBit::activity, false);
  machine.lacpdu(port, passive, now);
  EXPECT_FALSE(port.partner_has(LacpBit::synchronization));
  port.actor.state.set(LacpBit::activity, false);
  machine.lacpdu(port, pdu(), now);
  EXPECT_TRUE(port.partner_has(LacpBit::synchronization)) << "the partner is active";
}

TEST_F(Receive, IsUnselectedByAnyChangeOfThePartnersIdentity) {
  const auto unselects = [&](auto change) {
    reach(ReceiveState::CURRENT);
    port.selected = Selected::SELECTED;
    auto changed = pdu();
    change(changed.actor);
    machine.lacpdu(port, changed, now);
    return port.selected == Selected::UNSELECTED;
  };
  EXPECT_FALSE(unselects([](auto&) {}));
  EXPECT_FALSE(unselects([](auto& a) { a.state.set(LacpBit::synchronization, false); }));
  EXPECT_FALSE(unselects([](auto& a) { a.state.set(LacpBit::short_timeout); }));
  EXPECT_TRUE(unselects([](auto& a) { a.port_number = 8; }));
  EXPECT_TRUE(unselects([](auto& a) { a.port_priority = 8; }));
  EXPECT_TRUE(unselects([](auto& a) { a.system = MacAddress({2, 0, 0, 0, 0, 9}); }));
  EXPECT_TRUE(unselects([](auto& a) { a.system_priority = 8; }));
  EXPECT_TRUE(unselects([](auto& a) { a.key = 8; }));
  EXPECT_TRUE(unselects([](auto& a) { a.state.set(LacpBit::aggregation, false); }));
}

TEST_F(Receive, WantsToTransmitWhereThePartnerHasAWrongIdeaOfUs) {
  const auto wants = [&](auto change) {
    reach(ReceiveState::CURRENT);
    port.NTT = false;
    auto changed = pdu();
    change(changed.partner);
    machine.lacpdu(port, changed, now);
    return port.NTT;
  };
  EXPECT_FALSE(wants([](auto&) {}));
  EXPECT_FALSE(wants([](auto& p) { p.state.set(LacpBit::collecting); })) << "not among the values compared";
  EXPECT_TRUE(wants([](auto& p) { p.port_number = 8; }));
  EXPECT_TRUE(wants([](auto& p) { p.port_priority = 8; }));
  EXPECT_TRUE(wants([](auto& p) { p.system = kTheirSystem; }));
  EXPECT_TRUE(wants([](auto& p) { p.system_priority = 8; }));
  EXPECT_TRUE(wants([](auto& p) { p.key = 8; }));
  EXPECT_TRUE(wants([](auto& p) { p.state.set(LacpBit::activity, false); }));
  EXPECT_TRUE(wants([](auto& p) { p.state.set(LacpBit::short_timeout); }));
  EXPECT_TRUE(wants([](auto& p) { p.state.set(LacpBit::synchronization); }));
  EXPECT_TRUE(wants([](auto& p) { p.state.set(LacpBit::aggregation, false); }));
}

TEST_F(Receive, RecordsEveryTransitionWithItsReason) {
  reach(ReceiveState::PORT_DISABLED);
  port.trace.clear();
  port.port_enabled = true;
  settle();
  settle_after(seconds(3));
  ASSERT_EQ(port.trace.size(), 2U);
  EXPECT_EQ(port.trace[0].from, "PORT_DISABLED");
  EXPECT_EQ(port.trace[0].to, "EXPIRED");
  EXPECT_EQ(port.trace[0].why, "link up");
  EXPECT_EQ(port.trace[1].to, "DEFAULTED");
  EXPECT_EQ(port.trace[1].why, "no LACPDU");
}

}  // namespace
}  // namespace ebond::core::lacp
