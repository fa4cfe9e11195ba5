// Every transition of the Periodic Transmission machine's diagram.
#include "core/lacp/periodic_machine.h"

#include "tests/unit/lacp/machine_fixture.h"

namespace ebond::core::lacp {
namespace {

using PeriodicState = PeriodicMachine::State;

class Periodic : public Machines {
 protected:
  void settle() {
    while (machine.step(port, now)) {
    }
  }
  void partner_timeout(bool is_short) { port.partner.state.set(LacpBit::short_timeout, is_short); }

  PeriodicMachine machine;
};

TEST_F(Periodic, StartsFast) {
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), PeriodicState::FAST_PERIODIC);
  EXPECT_EQ(machine.deadline(), now + seconds(1));
}

TEST_F(Periodic, SlowsDownForAPartnerWithTheLongTimeout) {
  partner_timeout(false);
  settle();
  EXPECT_EQ(machine.state(), PeriodicState::SLOW_PERIODIC);
  EXPECT_EQ(machine.deadline(), now + seconds(30));
  EXPECT_FALSE(port.NTT);
}

TEST_F(Periodic, TransmitsEverySecondForAPartnerWithTheShortTimeout) {
  partner_timeout(true);
  settle();
  for (int i = 0; i < 3; ++i) {
    port.NTT = false;
    now += milliseconds(999);
    EXPECT_FALSE(machine.step(port, now));
    now += milliseconds(1);
    ASSERT_TRUE(machine.step(port, now));
    EXPECT_EQ(machine.state(), PeriodicState::PERIODIC_TX);
    EXPECT_TRUE(port.NTT);
    settle();
    EXPECT_EQ(machine.state(), PeriodicState::FAST_PERIODIC);
  }
}

TEST_F(Periodic, TransmitsEveryThirtySecondsForAPartnerWithTheLongTimeout) {
  partner_timeout(false);
  settle();
  now += seconds(30);
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), PeriodicState::PERIODIC_TX);
  settle();
  EXPECT_EQ(machine.state(), PeriodicState::SLOW_PERIODIC);
  EXPECT_EQ(machine.deadline(), now + seconds(30));
}

TEST_F(Periodic, TransmitsAtOnceWhenThePartnerTurnsToTheShortTimeout) {
  partner_timeout(false);
  settle();
  partner_timeout(true);
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), PeriodicState::PERIODIC_TX);
  EXPECT_TRUE(port.NTT);
  settle();
  EXPECT_EQ(machine.state(), PeriodicState::FAST_PERIODIC);
}

TEST_F(Periodic, StopsWithoutALinkWithoutLacpAtBeginAndBetweenTwoPassiveEnds) {
  const auto stops = [&](auto change) {
    Port before = port;
    settle();
    change(port);
    settle();
    const bool stopped = machine.state() == PeriodicState::NO_PERIODIC && !machine.deadline();
    port = before;
    return stopped;
  };
  EXPECT_FALSE(stops([](Port&) {}));
  EXPECT_TRUE(stops([](Port& p) { p.port_enabled = false; }));
  EXPECT_TRUE(stops([](Port& p) { p.LACP_Enabled = false; }));
  EXPECT_TRUE(stops([](Port& p) { p.BEGIN = true; }));
  EXPECT_TRUE(stops([](Port& p) { p.actor.state.set(LacpBit::activity, false); }));
  EXPECT_FALSE(stops([](Port& p) {
    p.actor.state.set(LacpBit::activity, false);
    p.partner.state.set(LacpBit::activity);
  }));
}

}  // namespace
}  // namespace ebond::core::lacp
