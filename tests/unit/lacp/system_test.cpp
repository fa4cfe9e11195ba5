// A system and its partner: joining, leaving, timeouts, what is sent and what may carry.
#include <algorithm>

#include "tests/unit/lacp/system_fixture.h"

namespace ebond::core::lacp {
namespace {

class LacpSystem : public SystemTest {};

TEST_F(LacpSystem, CarriesOverEveryLinkOnceThePartnerHasJoined) {
  add(facts(1));
  add(facts(2));
  EXPECT_FALSE(sends(1));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  for (int port : {1, 2}) {
    EXPECT_TRUE(sends(port) && accepts(port));
    EXPECT_EQ(status(port).aggregator_id, 1);
    EXPECT_EQ(status(port).actor.state, 0x3f);
    EXPECT_EQ(status(port).partner.state, kJoined);
    EXPECT_EQ(status(port).actor.port_number, port);
    EXPECT_EQ(advice(port), "");
  }
  const auto bond = system.bond_status();
  EXPECT_EQ(bond.active_aggregator_id, 1);
  EXPECT_EQ(bond.number_of_ports, 2);
  EXPECT_EQ(bond.actor_key, 9);
  EXPECT_EQ(bond.partner_key, 33);
  EXPECT_EQ(bond.partner_mac, kTheirSystem);
  EXPECT_EQ(bond.system, kOurSystem);
}

TEST_F(LacpSystem, JoinsTwoSecondsAfterThePartnerIsKnown) {
  add(facts(1));
  hear(1, partner(1));
  const auto heard = now;
  while (!sends(1)) {
    ASSERT_LT(now, heard + seconds(5));
    hear(1, partner(1));
    pass(milliseconds(10));
  }
  EXPECT_GE(now - heard, seconds(2));
  EXPECT_LE(now - heard, milliseconds(2100));
}

TEST_F(LacpSystem, SendsNothingUntilThePartnerCollectsThoughControlIsCoupled) {
  add(facts(1));
  talk({{1, partner(1, kInSync)}}, seconds(4));
  EXPECT_EQ(status(1).actor.state, 0x3f) << "we are COLLECTING_DISTRIBUTING";
  EXPECT_TRUE(accepts(1));
  EXPECT_FALSE(sends(1));
  EXPECT_EQ(advice(1), "partner is in sync but does not collect yet: is its port blocked?");
  hear(1, partner(1));
  EXPECT_TRUE(sends(1));
}

TEST_F(LacpSystem, AcceptsFromAPartnerThatKnowsUsAndMayBeginToSend) {
  add(facts(1));
  talk({{1, partner(1, kOutOfSync)}}, seconds(4));
  EXPECT_TRUE(accepts(1));
  EXPECT_FALSE(sends(1));
  EXPECT_EQ(advice(1),
            "partner has not taken this link into its channel: is its port blocked, or its channel full?");
}

TEST_F(LacpSystem, CollectsBeforeItDistributesWhereControlIsIndependent) {
  auto settings = fast();
  settings.coupled_control = false;
  take(system.configure(settings, now));
  add(facts(1));
  talk({{1, partner(1, kOutOfSync)}}, seconds(4));
  EXPECT_FALSE(accepts(1));
  hear(1, partner(1, kInSync));
  EXPECT_TRUE(accepts(1));
  EXPECT_FALSE(sends(1));
  hear(1, partner(1));
  EXPECT_TRUE(sends(1));
  hear(1, partner(1, kInSync));
  EXPECT_TRUE(accepts(1));
  EXPECT_FALSE(sends(1));
}

TEST_F(LacpSystem, ChangesTheDataPathBeforeItTellsThePartner) {
  add(facts(1));
  talk({{1, partner(1, kOutOfSync)}}, seconds(3));
  pass(seconds(1));
  const auto frame = wire::build_lacpdu(kTheirSystem, {1, partner(1), last_sent.at(id(1)).actor, 0});
  const auto actions = system.frame_received(id(1), *wire::parse_ethernet(frame), now);
  ASSERT_GE(actions.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<action::PortChanged>(actions[0]));
  EXPECT_TRUE(std::holds_alternative<action::SendFrame>(actions[1]));
}

TEST_F(LacpSystem, DropsASilentPartnerAfterThreeOfItsPeriods) {
  for (const auto& [rate, limit] :
       {std::pair{LacpRate::fast, seconds(3)}, std::pair{LacpRate::slow, seconds(90)}}) {
    auto settings = fast();
    settings.rate = rate;
    system = System(settings);
    add(facts(1));
    talk({{1, partner(1)}}, seconds(4));
    hear(1, partner(1));
    ASSERT_TRUE(sends(1));
    pass(limit - milliseconds(1));
    EXPECT_TRUE(sends(1));
    pass(milliseconds(1));
    EXPECT_FALSE(sends(1) || accepts(1));
    EXPECT_EQ(advice(1), "partner fell silent: is its end of the cable down, or its LACP stuck?");
  }
}

TEST_F(LacpSystem, LeavesWithinTheSameCallWhenTheLinkIsLost) {
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  link(1, false);
  EXPECT_FALSE(sends(1) || accepts(1));
  EXPECT_TRUE(sends(2));
  EXPECT_EQ(status(1).aggregator_id, 1) << "it keeps its place";
  EXPECT_EQ(status(1).actor.key, 0) << "as the driver shows it";
  EXPECT_EQ(system.bond_status().number_of_ports, 1);
  EXPECT_EQ(advice(1), "no link: check the cable and the partner's port");
}

TEST_F(LacpSystem, RejoinsAtTheFirstLacpduWhenALinkComesBackToTheSamePartner) {
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  link(1, false);
  talk({{2, partner(2)}}, seconds(20));
  link(1, true);
  EXPECT_FALSE(sends(1));
  hear(1, partner(1));
  EXPECT_TRUE(sends(1));
}

TEST_F(LacpSystem, WaitsAnewWhenALinkComesBackToAnotherPartner) {
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  link(1, false);
  link(1, true);
  auto other = partner(1);
  other.system = kOtherSystem;
  talk({{1, other}, {2, partner(2)}}, seconds(4));
  EXPECT_FALSE(sends(1));
  EXPECT_NE(status(1).aggregator_id, status(2).aggregator_id);
  EXPECT_EQ(advice(1),
            "is cabled to 02:00:00:00:00:03, the links in use to 02:00:00:00:00:02: is it plugged "
            "into another switch?");
}

TEST_F(LacpSystem, MovesALinkThatComesBackWithAnotherSpeed) {
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  link(1, false);
  update(facts(1, 100));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  EXPECT_FALSE(sends(1));
  EXPECT_TRUE(sends(2));
  EXPECT_EQ(advice(1), "runs at 100 Mbit/s, unlike the links in use: links of one speed aggregate");
}

TEST_F(LacpSystem, MovesWithAPartnerThatChangesItsKeyMidLife) {
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  auto one = partner(1), two = partner(2);
  one.key = two.key = 77;
  talk({{1, one}, {2, two}}, seconds(4));
  EXPECT_TRUE(sends(1) && sends(2));
  EXPECT_EQ(system.bond_status().partner_key, 77);
  EXPECT_EQ(status(1).aggregator_id, status(2).aggregator_id);
}

TEST_F(LacpSystem, MovesWithAPartnerThatBecomesAnotherSystem) {
  add(facts(1));
  talk({{1, partner(1)}}, seconds(4));
  auto other = partner(1);
  other.system = kOtherSystem;
  hear(1, other);
  EXPECT_FALSE(sends(1)) << "until it is clear whom the link leads to";
  talk({{1, other}}, seconds(4));
  EXPECT_TRUE(sends(1));
  EXPECT_EQ(system.bond_status().partner_mac, kOtherSystem);
}

TEST_F(LacpSystem, AnnouncesAnotherSystemOfItsOwnAtOnce) {
  add(facts(1));
  talk({{1, partner(1)}}, seconds(4));
  pass(milliseconds(1100));
  auto settings = fast();
  settings.system = kOtherSystem;
  settings.system_priority = 7;
  take(system.configure(settings, now));
  EXPECT_EQ(last_sent.at(id(1)).actor.system, kOtherSystem);
  EXPECT_EQ(last_sent.at(id(1)).actor.system_priority, 7);
}

TEST_F(LacpSystem, TellsThePartnerItLeavesWhenAPortIsRemoved) {
  add(facts(1));
  talk({{1, partner(1)}}, seconds(4));
  changes.clear();
  take(system.remove_port(id(1), now));
  EXPECT_EQ(last_sent.at(id(1)).actor.state.octet(), 0x03) << "not aggregatable, not in sync";
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_FALSE(changes[0].distributes || system.may_collect(id(1)));
  EXPECT_FALSE(system.has_port(id(1)));
  EXPECT_FALSE(system.carrier());
}

TEST_F(LacpSystem, KeepsTheAggregatorWhenThePortItCameWithIsRemoved) {
  for (int port : {1, 2, 3}) add(facts(port));
  talk({{1, partner(1)}, {2, partner(2)}, {3, partner(3)}}, seconds(4));
  ASSERT_EQ(status(3).aggregator_id, 1);
  changes.clear();
  take(system.remove_port(id(1), now));
  EXPECT_TRUE(sends(2) && sends(3));
  EXPECT_EQ(status(2).aggregator_id, 2) << "the first free one";
  EXPECT_EQ(status(3).aggregator_id, 2);
  EXPECT_EQ(system.bond_status().active_aggregator_id, 2);
  EXPECT_EQ(changes.size(), 1U) << "nothing moved but the removed port";
}

TEST_F(LacpSystem, NumbersPortsAndAggregatorsAsTheDriverDoes) {
  for (int port : {1, 2, 3}) add(facts(port));
  take(system.remove_port(id(2), now));
  add(facts(4));
  EXPECT_EQ(status(4).actor.port_number, 4);
  take(system.remove_port(id(4), now));
  add(facts(5));
  EXPECT_EQ(status(5).actor.port_number, 4) << "one more than the last slave's";
  EXPECT_EQ(status(5).aggregator_id, 5) << "but aggregators are never numbered twice";
}

TEST_F(LacpSystem, StaysSilentWhilePassiveUntilThePartnerSpeaks) {
  auto settings = fast();
  settings.active = false;
  settings.strict = true;
  system = System(settings);
  add(facts(1));
  pass(seconds(120));
  EXPECT_EQ(pdus_sent, 0);
  EXPECT_EQ(advice(1),
            "lacp_active is off and the partner does not begin either: set it to on, at one end at least");
  talk({{1, partner(1)}}, seconds(4));
  EXPECT_GT(pdus_sent, 0);
  EXPECT_TRUE(sends(1));
}

TEST_F(LacpSystem, NeverSendsMoreThanThreeLacpdusASecondHoweverOftenThePartnerIsWrong) {
  add(facts(1));
  pass(seconds(2));
  pdus_sent = 0;
  for (int i = 0; i < 1000; ++i) {
    wire::Lacpdu confused;
    confused.actor = partner(1);
    deliver(1, wire::build_lacpdu(kTheirSystem, confused));
    pass(milliseconds(1));
  }
  EXPECT_LE(pdus_sent, 4);
  EXPECT_GE(pdus_sent, 3);
}

TEST_F(LacpSystem, SendsFromThePortsPermanentAddressToTheSlowProtocolsGroup) {
  const auto actions = system.add_port(facts(1), now);
  pass(milliseconds(1));
  for (const auto& action : actions) {
    if (const auto* sent = std::get_if<action::SendFrame>(&action)) {
      EXPECT_EQ(MacAddress::from_bytes(wire::ByteView(sent->frame).first<6>()), wire::kSlowProtocolsGroup);
      EXPECT_EQ(MacAddress::from_bytes(wire::ByteView(sent->frame).subspan<6, 6>()), facts(1).mac);
      return;
    }
  }
  FAIL() << "a port with a link speaks at once";
}

TEST_F(LacpSystem, RecognisesItsOwnLacpdusAndSaysSoOnce) {
  add(facts(1));
  add(facts(2));
  pass(seconds(1));
  const auto own = wire::build_lacpdu(facts(1).mac, last_sent.at(id(1)));
  for (int i = 0; i < 5; ++i) deliver(2, own);
  EXPECT_EQ(system.counters(id(2)).loop_rx, 5U);
  EXPECT_EQ(system.counters(id(2)).lacpdu_rx, 0U);
  EXPECT_EQ(std::ranges::count(events, EventKind::warning, &Event::kind), 1);
  EXPECT_TRUE(recorded("receives our own LACPDUs, sent by eth1"));
  EXPECT_EQ(advice(2),
            "receives its own LACPDUs: two of our ports, or both ends of one cable, meet in a "
            "switch without LACP");
}

TEST_F(LacpSystem, SendsNothingOverALoopButForgivesItAfterNinetySeconds) {
  add(facts(1));
  pass(seconds(1));
  const auto own = wire::build_lacpdu(facts(1).mac, last_sent.at(id(1)));
  deliver(1, own);
  EXPECT_TRUE(recorded("sent by this very port"));
  pass(seconds(10));
  EXPECT_FALSE(sends(1));
  pass(seconds(80));
  EXPECT_TRUE(sends(1)) << "alone, as any port without a partner";
}

TEST_F(LacpSystem, APortThatHearsItsPartnerIsNotPutOutByOurOwnLacpdusRepeatedToIt) {
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  ASSERT_TRUE(sends(1) && sends(2));
  changes.clear();
  for (int i = 0; i < 60; ++i) {
    for (const int port : {1, 2}) deliver(port, wire::build_lacpdu(facts(port).mac, last_sent.at(id(1))));
    talk({{1, partner(1)}, {2, partner(2)}}, milliseconds(500));
  }
  EXPECT_TRUE(changes.empty());
  EXPECT_EQ(system.counters(id(1)).loop_rx, 60U);
  EXPECT_EQ(std::ranges::count(events, EventKind::warning, &Event::kind), 2) << "once a port";
  EXPECT_TRUE(recorded("beside those of its partner 02:00:00:00:00:02: ignored"));
}

TEST_F(LacpSystem, APortWhosePartnerFellSilentIsLookedAtForALoopAgain) {
  add(facts(1));
  talk({{1, partner(1)}}, seconds(4));
  pass(seconds(4));
  deliver(1, wire::build_lacpdu(facts(1).mac, last_sent.at(id(1))));
  EXPECT_TRUE(recorded("sent by this very port"));
  EXPECT_FALSE(sends(1));
}

TEST_F(LacpSystem, CountsMalformedFramesByReasonAndIsNotMovedByThem) {
  add(facts(1));
  talk({{1, partner(1)}}, seconds(4));
  changes.clear();
  auto frame = wire::build_lacpdu(kTheirSystem, last_sent.at(id(1)));
  auto short_frame = frame;
  short_frame.resize(60);
  deliver(1, short_frame);
  frame[16] = 9;
  deliver(1, frame);
  auto slow = frame;
  slow[14] = 10;  // Organization Specific Slow Protocol
  deliver(1, slow);
  deliver(1, {});
  const auto& counters = system.counters(id(1));
  EXPECT_EQ(counters.lacpdu_illegal_rx, 2U);
  EXPECT_EQ(counters.illegal_by_reason[std::to_underlying(wire::LacpduError::truncated)], 1U);
  EXPECT_EQ(counters.illegal_by_reason[std::to_underlying(wire::LacpduError::bad_actor_tlv)], 1U);
  EXPECT_EQ(counters.slow_unknown_rx, 1U);
  EXPECT_TRUE(changes.empty());
  EXPECT_TRUE(sends(1));
}

TEST_F(LacpSystem, IgnoresFramesOfOtherProtocolsAndOfPortsItDoesNotHave) {
  add(facts(1));
  auto frame = wire::build_lacpdu(kTheirSystem, {1, partner(1), {}, 0});
  deliver(7, frame);
  frame[13] = 0x08;
  deliver(1, frame);
  frame[13] = 0x09;
  frame[5] = 0x0e;  // the LLDP group
  deliver(1, frame);
  EXPECT_EQ(system.counters(id(1)).lacpdu_rx, 0U);
}

TEST_F(LacpSystem, AnswersMarkers) {
  add(facts(1));
  deliver(1, wire::build_marker(kTheirSystem, {wire::Marker::Kind::information, 101, kTheirSystem, 5}));
  ASSERT_EQ(markers.size(), 1U);
  EXPECT_EQ(markers[0], (wire::Marker{wire::Marker::Kind::response, 101, kTheirSystem, 5}));
  EXPECT_EQ(system.counters(id(1)).marker_rx, 1U);
  EXPECT_EQ(system.counters(id(1)).marker_response_tx, 1U);
}

TEST_F(LacpSystem, RecordsEveryTransitionOfEveryMachineWithFromToAndWhy) {
  add(facts(1));
  talk({{1, partner(1)}}, seconds(4));
  EXPECT_TRUE(recorded("eth1: PORT_DISABLED -> EXPIRED (Receive: link up)"));
  EXPECT_TRUE(recorded("eth1: EXPIRED -> CURRENT (Receive: LACPDU)"));
  EXPECT_TRUE(recorded("eth1: NO_PERIODIC -> FAST_PERIODIC (Periodic: LACP starts)"));
  EXPECT_TRUE(recorded("eth1: FAST_PERIODIC -> SLOW_PERIODIC (Periodic: partner has the long timeout)"));
  EXPECT_TRUE(recorded("eth1: WAITING -> ATTACHED (Mux: waited for other links)"));
  EXPECT_TRUE(recorded("eth1: ATTACHED -> COLLECTING_DISTRIBUTING (Mux: partner in sync)"));
  EXPECT_TRUE(recorded("none -> aggregator 1"));
  events.clear();
  talk({{1, partner(1)}}, seconds(60));
  EXPECT_TRUE(events.empty()) << "a healthy link is not news: " << events.front().why;
}

TEST_F(LacpSystem, SeesChurnWhenThePartnerNeverAttaches) {
  add(facts(1));
  talk({{1, partner(1, kOutOfSync)}}, seconds(62));
  EXPECT_EQ(status(1).actor_churn, "none");
  EXPECT_EQ(status(1).partner_churn, "churned");
  EXPECT_EQ(status(1).partner_churned_count, 1U);
}

TEST_F(LacpSystem, SaysWhenThePartnerDoesNotHearUs) {
  add(facts(1));
  for (int i = 0; i < 10; ++i) {
    wire::Lacpdu deaf;
    deaf.actor = partner(1);
    deliver(1, wire::build_lacpdu(kTheirSystem, deaf));
    pass(milliseconds(500));
  }
  EXPECT_FALSE(sends(1) || accepts(1));
  EXPECT_EQ(advice(1), "partner does not hear our LACPDUs, we hear its: check the cable's other direction");
}

TEST_F(LacpSystem, ForgetsAPartnerThatIsReplugged) {
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}}, seconds(4));
  link(1, false);
  hear(2, partner(1));
  EXPECT_TRUE(status(1).partner.system.is_zero());
}

TEST_F(LacpSystem, HasNothingToDoWithoutPorts) {
  EXPECT_EQ(system.next_deadline(), std::nullopt);
  EXPECT_TRUE(system.advance(now).empty());
  EXPECT_FALSE(system.carrier());
  EXPECT_EQ(system.active_aggregator(), std::nullopt);
}

TEST_F(SystemTest, TellsThePartnerOfAPortThatIsHeldOutThoughItsLinkIsUp) {
  add(facts(1));
  talk({{1, partner(1)}}, seconds(4));
  ASSERT_TRUE(sends(1));
  auto held = facts(1);
  held.link.carrier = false;
  held.is_held = true;
  update(held);
  EXPECT_FALSE(sends(1) || accepts(1));
  EXPECT_FALSE(last_sent[id(1)].actor.state.has(LacpBit::synchronization));
  EXPECT_TRUE(last_sent[id(1)].actor.state.has(LacpBit::aggregation)) << "its place is kept";
  pass(seconds(10));
  held.link.carrier = true;
  held.is_held = false;
  update(held);
  hear(1, partner(1));
  hear(1, partner(1));
  EXPECT_TRUE(sends(1));
}

}  // namespace
}  // namespace ebond::core::lacp
