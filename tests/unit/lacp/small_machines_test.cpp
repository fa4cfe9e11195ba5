// Transmit, Churn Detection, Marker Responder, and the key of a port.
#include "core/lacp/churn_machine.h"
#include "core/lacp/marker_responder.h"
#include "core/lacp/port_key.h"
#include "core/lacp/transmit_machine.h"
#include "tests/unit/lacp/machine_fixture.h"

namespace ebond::core::lacp {
namespace {

class Transmit : public Machines {
 protected:
  bool sends() { return machine.step(port, false, now); }
  TransmitMachine machine;
};

TEST_F(Transmit, SendsOnceForEveryNeed) {
  EXPECT_FALSE(sends());
  port.NTT = true;
  EXPECT_TRUE(sends());
  EXPECT_FALSE(port.NTT);
  EXPECT_FALSE(sends());
}

TEST_F(Transmit, SendsAtMostThreeInAnySecondAndTheFourthAsSoonAsItMay) {
  int sent = 0;
  for (int i = 0; i < 5; ++i) {
    port.NTT = true;
    sent += sends();
    now += milliseconds(100);
  }
  EXPECT_EQ(sent, 3);
  ASSERT_EQ(machine.deadline(port), now + milliseconds(500));
  now += milliseconds(499);
  EXPECT_FALSE(sends());
  now += milliseconds(1);
  EXPECT_TRUE(sends());
  EXPECT_EQ(machine.deadline(port), std::nullopt);
}

TEST_F(Transmit, SendsNothingWithoutALinkOrWithoutLacp) {
  port.NTT = true;
  port.port_enabled = false;
  EXPECT_FALSE(sends());
  EXPECT_TRUE(port.NTT);
  EXPECT_EQ(machine.deadline(port), std::nullopt);
  port.port_enabled = true;
  port.LACP_Enabled = false;
  EXPECT_FALSE(sends());
}

TEST_F(Transmit, ForgetsTheNeedWhileThereIsNoPeriodicTransmission) {
  port.NTT = true;
  EXPECT_FALSE(machine.step(port, true, now));
  EXPECT_FALSE(port.NTT);
}

class Churn : public Machines, public testing::WithParamInterface<ChurnMachine::End> {
 protected:
  using State = ChurnMachine::State;
  Churn() : machine(GetParam()) {}
  void in_sync(bool on) {
    auto& info = GetParam() == ChurnMachine::End::actor ? port.actor : port.partner;
    info.state.set(LacpBit::synchronization, on);
  }
  ChurnMachine machine;
};
INSTANTIATE_TEST_SUITE_P(BothEnds, Churn,
                         testing::Values(ChurnMachine::End::actor, ChurnMachine::End::partner),
                         [](const auto& chosen) {
                           return chosen.param == ChurnMachine::End::actor ? "Actor" : "Partner";
                         });

TEST_P(Churn, MonitorsFromTheBeginningAndSeesChurnAfterAMinute) {
  EXPECT_FALSE(machine.step(port, now));
  EXPECT_EQ(machine.state(), State::CHURN_MONITOR);
  EXPECT_EQ(machine.text(), "monitoring");
  EXPECT_EQ(machine.deadline(), now + seconds(60));
  now += seconds(59);
  EXPECT_FALSE(machine.step(port, now));
  now += seconds(1);
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), State::CHURN);
  EXPECT_EQ(machine.text(), "churned");
  EXPECT_EQ(machine.count(), 1U);
  EXPECT_EQ(machine.deadline(), std::nullopt);
}

TEST_P(Churn, EndsFromMonitorAndFromChurnWhenInSync) {
  machine.step(port, now);
  in_sync(true);
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), State::NO_CHURN);
  EXPECT_EQ(machine.text(), "none");
  EXPECT_FALSE(machine.step(port, now));
  in_sync(false);
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), State::CHURN_MONITOR) << "out of sync again";
  now += seconds(60);
  machine.step(port, now);
  ASSERT_EQ(machine.state(), State::CHURN);
  in_sync(true);
  ASSERT_TRUE(machine.step(port, now));
  EXPECT_EQ(machine.state(), State::NO_CHURN);
  EXPECT_EQ(machine.count(), 1U);
}

TEST_P(Churn, MonitorsWithItsTimeStandingStillWithoutALinkAndAtBegin) {
  for (bool Port::* cause : {&Port::port_enabled, &Port::BEGIN}) {
    for (const bool churned : {false, true}) {
      in_sync(!churned);
      machine.step(port, now);
      now += seconds(60);
      machine.step(port, now);
      ASSERT_EQ(machine.state(), churned ? State::CHURN : State::NO_CHURN);
      port.*cause = !(port.*cause);
      ASSERT_TRUE(machine.step(port, now));
      EXPECT_EQ(machine.state(), State::CHURN_MONITOR);
      EXPECT_EQ(machine.deadline(), std::nullopt);
      now += seconds(100);
      EXPECT_FALSE(machine.step(port, now));
      port.*cause = !(port.*cause);
      in_sync(false);
      machine.step(port, now);
      EXPECT_EQ(machine.deadline(), now + seconds(60));
    }
  }
}

TEST(MarkerResponder, AnswersInformationWithTheSameTransaction) {
  MarkerResponder responder;
  const wire::Marker marker{wire::Marker::Kind::information, 7, kTheirSystem, 42};
  const auto response = responder.respond(marker, TimePoint{});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->kind, wire::Marker::Kind::response);
  EXPECT_EQ(response->requester_port, 7);
  EXPECT_EQ(response->requester_system, kTheirSystem);
  EXPECT_EQ(response->transaction_id, 42U);
}

TEST(MarkerResponder, DoesNotAnswerResponsesNorMoreThanTenASecond) {
  MarkerResponder responder;
  EXPECT_FALSE(responder.respond({wire::Marker::Kind::response, 7, kTheirSystem, 42}, TimePoint{}));
  int answered = 0;
  for (int i = 0; i < 1000; ++i) {
    answered +=
        responder.respond({wire::Marker::Kind::information, 7, kTheirSystem, 42}, TimePoint{}) ? 1 : 0;
  }
  EXPECT_EQ(answered, 10);
  EXPECT_TRUE(
      responder.respond({wire::Marker::Kind::information, 7, kTheirSystem, 42}, TimePoint{seconds(1)}));
}

TEST(PortKey, IsComposedAsTheDriverDoes) {
  // The figures a driver's proc text shows: 9 for 1 Gbit/s full duplex, 15 for 10, 21 for 25, 29 for 100.
  EXPECT_EQ(port_key(0, true, 1'000, Duplex::full), 9);
  EXPECT_EQ(port_key(0, true, 10'000, Duplex::full), 15);
  EXPECT_EQ(port_key(0, true, 25'000, Duplex::full), 21);
  EXPECT_EQ(port_key(0, true, 100'000, Duplex::full), 29);
  EXPECT_EQ(port_key(0, true, 800'000, Duplex::full), 35);
  EXPECT_EQ(port_key(0, true, 1'600'000, Duplex::full), 37);
  EXPECT_EQ(port_key(0, true, 80'000, Duplex::full), 39);
  EXPECT_EQ(port_key(0, true, 100, Duplex::half), 6);
  EXPECT_EQ(port_key(0, true, 100, Duplex::unknown), 6);
  EXPECT_EQ(port_key(1023, true, 10, Duplex::full), 0xffc5);
  EXPECT_EQ(port_key(3, false, 1'000, Duplex::full), 0xc0) << "a link that is down has neither";
  EXPECT_EQ(port_key(0, true, 1'234, Duplex::full), 1) << "a speed the driver does not list";
  EXPECT_EQ(port_key(0, true, 0, Duplex::full), 1);
}

}  // namespace
}  // namespace ebond::core::lacp
