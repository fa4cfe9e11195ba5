// Which ports aggregate, and which of several aggregators carries: keys, individual links, several partners,
// ad_select, carrier, and what happens without LACP at the other end.
#include <algorithm>
#include <set>

#include "tests/unit/lacp/system_fixture.h"

namespace ebond::core::lacp {
namespace {

class Selection : public SystemTest {
 protected:
  void with(const Settings& settings) { system = System(settings); }
  static Settings selecting(AdSelect ad_select) {
    auto settings = fast();
    settings.ad_select = ad_select;
    return settings;
  }
  static wire::LacpInfo other_partner(int number, std::uint8_t state = kJoined) {
    auto info = partner(number, state);
    info.system = kOtherSystem;
    return info;
  }
  int active() const { return system.active_aggregator().value_or(0); }
};

TEST_F(Selection, AggregatesOnlyLinksOfOneSpeed) {
  add(facts(1, 1000));
  add(facts(2, 10000));
  add(facts(3, 1000));
  talk({{1, partner(1)}, {2, partner(2)}, {3, partner(3)}}, seconds(4));
  EXPECT_EQ(status(1).aggregator_id, status(3).aggregator_id);
  EXPECT_NE(status(1).aggregator_id, status(2).aggregator_id);
}

TEST_F(Selection, KeepsPartnersApartBySystemPriorityAndKey) {
  for (int port : {1, 2, 3, 4}) add(facts(port));
  auto by_priority = partner(3);
  by_priority.system_priority = 5;
  auto by_key = partner(4);
  by_key.key = 5;
  talk({{1, partner(1)}, {2, other_partner(2)}, {3, by_priority}, {4, by_key}}, seconds(4));
  std::set<int> aggregators;
  for (int port : {1, 2, 3, 4}) aggregators.insert(status(port).aggregator_id);
  EXPECT_EQ(aggregators.size(), 4U);
  EXPECT_EQ(advice(4),
            "partner has it in another channel (key 5) than the links in use (key 33): check its "
            "channel group");
}

TEST_F(Selection, KeepsIndividualLinksAlone) {
  add(facts(1));
  add(facts(2));
  constexpr std::uint8_t individual = kJoined & ~0x04;
  talk({{1, partner(1, individual)}, {2, partner(2, individual)}}, seconds(4));
  EXPECT_NE(status(1).aggregator_id, status(2).aggregator_id);
  EXPECT_TRUE(sends(1)) << "one of them still carries";
  EXPECT_FALSE(sends(2));
  EXPECT_EQ(advice(2), "partner treats this link as individual: is its port set to aggregate?");
}

TEST_F(Selection, PrefersAnyAggregateToAnIndividualLink) {
  add(facts(1, 10000));
  add(facts(2));
  constexpr std::uint8_t individual = kJoined & ~0x04;
  talk({{1, partner(1, individual)}, {2, partner(2)}}, seconds(4));
  EXPECT_TRUE(sends(2));
  EXPECT_FALSE(sends(1));
}

TEST_F(Selection, KeepsHalfDuplexLinksOutOfLacp) {
  auto half = facts(1);
  half.link.duplex = Duplex::half;
  add(half);
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  EXPECT_FALSE(sends(1));
  EXPECT_TRUE(sends(2));
  EXPECT_FALSE(last_sent.contains(id(1)));
  EXPECT_EQ(advice(1),
            "the link is not full duplex, which LACP needs: check the port's speed and duplex settings");
  update(facts(1));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  EXPECT_TRUE(sends(1)) << "it joins once it is full duplex";
}

TEST_F(Selection, StableStaysWithTheAggregatorItHasWhileItHasALink) {
  with(selecting(AdSelect::stable));
  add(facts(1));
  talk({{1, partner(1)}}, seconds(4));
  ASSERT_EQ(active(), 1);
  for (int port : {2, 3}) add(facts(port));
  talk({{1, partner(1)}, {2, other_partner(2)}, {3, other_partner(3)}}, seconds(6));
  EXPECT_EQ(active(), 1);
  link(1, false);
  EXPECT_EQ(active(), 2);
  talk({{2, other_partner(2)}, {3, other_partner(3)}}, seconds(1));
  EXPECT_TRUE(sends(2) && sends(3));
}

TEST_F(Selection, BandwidthMovesToTheWidestAggregator) {
  with(selecting(AdSelect::bandwidth));
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  ASSERT_EQ(active(), 1);
  add(facts(3, 10000));
  talk({{1, partner(1)}, {2, partner(2)}, {3, partner(3)}}, seconds(4));
  EXPECT_TRUE(sends(3));
  EXPECT_FALSE(sends(1) || sends(2));
}

TEST_F(Selection, CountMovesToTheAggregatorWithMostLinks) {
  with(selecting(AdSelect::count));
  add(facts(1, 10000));
  talk({{1, partner(1)}}, seconds(4));
  for (int port : {2, 3}) add(facts(port));
  talk({{1, partner(1)}, {2, partner(2)}, {3, partner(3)}}, seconds(4));
  EXPECT_TRUE(sends(2) && sends(3));
  EXPECT_FALSE(sends(1));
  link(3, false);
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  EXPECT_TRUE(sends(1)) << "equal counts: the wider one";
}

TEST_F(Selection, ActorPortPrioMovesToTheHighestSumOfPriorities) {
  with(selecting(AdSelect::actor_port_prio));
  auto low = facts(1), high = facts(2);
  low.port_priority = 100;
  high.port_priority = 200;
  add(low);
  add(high);
  talk({{1, partner(1)}, {2, other_partner(2)}}, seconds(4));
  EXPECT_TRUE(sends(2));
  EXPECT_EQ(status(2).actor.port_priority, 200);
  low.port_priority = 300;
  update(low);
  talk({{1, partner(1)}, {2, other_partner(2)}}, seconds(4));
  EXPECT_TRUE(sends(1));
}

TEST_F(Selection, PrefersAPartnerThatAnswersToOneThatDoesNot) {
  add(facts(1));
  add(facts(2));
  pass(seconds(4));
  ASSERT_TRUE(sends(1)) << "alone: nobody speaks LACP";
  talk({{2, partner(2)}}, seconds(4));
  EXPECT_TRUE(sends(2));
  EXPECT_FALSE(sends(1) || accepts(1));
  EXPECT_EQ(advice(1), "partner does not answer LACP: is the switch port in the channel?");
}

TEST_F(Selection, FollowsThePartnerToTheAggregatorItChose) {
  auto settings = selecting(AdSelect::bandwidth);
  settings.system_priority = 200;  // theirs is 100: they decide
  with(settings);
  add(facts(1, 10000));
  add(facts(2, 1000));
  const std::map<int, wire::LacpInfo> chosen{{1, partner(1, kOutOfSync)}, {2, partner(2)}};
  talk(chosen, seconds(5));
  EXPECT_EQ(active(), 1);
  talk(chosen, seconds(3));
  EXPECT_EQ(active(), 2);
  EXPECT_TRUE(sends(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  EXPECT_TRUE(sends(1)) << "and back to its own choice once the partner is there";
}

TEST_F(Selection, WaitsTwiceAsLongForAPartnerWhoIsToFollow) {
  auto settings = selecting(AdSelect::bandwidth);
  settings.system_priority = 50;  // we decide
  with(settings);
  add(facts(1, 10000));
  add(facts(2, 1000));
  const std::map<int, wire::LacpInfo> stubborn{{1, partner(1, kOutOfSync)}, {2, partner(2)}};
  talk(stubborn, seconds(11));
  EXPECT_EQ(active(), 1);
  talk(stubborn, seconds(3));
  EXPECT_TRUE(sends(2)) << "a link that works beats a principle";
}

TEST_F(Selection, SettlesWhereARefusedAWidestAndAnAnsweredAggregatorCompete) {
  with(selecting(AdSelect::bandwidth));
  add(facts(1, 10000));
  add(facts(2, 1000));
  auto third = other_partner(3);
  third.key = 5;
  const std::map<int, wire::LacpInfo> silent{{1, partner(1, kOutOfSync)}, {2, partner(2, kOutOfSync)}};
  talk(silent, seconds(15));
  add(facts(3, 100));
  talk({{1, partner(1, kOutOfSync)}, {2, partner(2, kOutOfSync)}, {3, third}}, seconds(20));
  EXPECT_TRUE(sends(3)) << "the only one that works";
}

TEST_F(Selection, CarriesAloneOnOnePortAsTheDriverDoesWhenNobodySpeaksLacp) {
  add(facts(1));
  add(facts(2));
  EXPECT_TRUE(system.carrier());
  pass(milliseconds(2999));
  EXPECT_FALSE(sends(1)) << "a partner may still answer";
  pass(milliseconds(1));
  EXPECT_TRUE(sends(1) && accepts(1));
  EXPECT_FALSE(sends(2) || accepts(2));
  link(1, false);
  EXPECT_TRUE(sends(2)) << "and the next takes over";
  EXPECT_TRUE(system.carrier());
}

TEST_F(Selection, StrictHasNoCarrierAndNoTrafficWithoutAPartnerThatJoined) {
  auto settings = fast();
  settings.strict = true;
  with(settings);
  add(facts(1));
  pass(seconds(10));
  EXPECT_FALSE(system.carrier() || sends(1) || accepts(1));
  talk({{1, partner(1, kOutOfSync)}}, seconds(4));
  EXPECT_FALSE(system.carrier());
  talk({{1, partner(1)}}, seconds(1));
  EXPECT_TRUE(system.carrier() && sends(1));
  pass(seconds(3));
  EXPECT_FALSE(system.carrier());
}

TEST_F(Selection, FallbackCarriesOnThePortOfLowestPriorityNumber) {
  auto settings = fast();
  settings.fallback = settings.strict = true;
  with(settings);
  add(facts(1));
  auto preferred = facts(2);
  preferred.port_priority = 10;
  add(preferred);
  auto best = facts(3);
  best.port_priority = 5;
  best.link.carrier = false;
  add(best);
  pass(seconds(4));
  EXPECT_TRUE(sends(2) && !sends(1));
  best.link.carrier = true;
  update(best);
  pass(seconds(4));
  EXPECT_TRUE(sends(3) && !sends(2)) << "once it heard nobody either";
  best.link.carrier = false;
  update(best);
  EXPECT_TRUE(sends(2));
  talk({{1, partner(1)}}, seconds(4));
  EXPECT_TRUE(sends(1)) << "LACP is heard: no fallback any more";
  EXPECT_FALSE(sends(2) || accepts(2));
}

TEST_F(Selection, MinLinksTakesTheCarrierButNotTheLinks) {
  auto settings = fast();
  settings.min_links = 2;
  with(settings);
  add(facts(1));
  add(facts(2));
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  EXPECT_TRUE(system.carrier());
  link(2, false);
  EXPECT_FALSE(system.carrier());
  EXPECT_TRUE(sends(1));
}

TEST_F(Selection, NeverCarriesOverTwoAggregatorsAtOnce) {
  for (int port : {1, 2, 3, 4}) add(facts(port));
  talk({{1, partner(1)}, {2, partner(2)}, {3, other_partner(3)}, {4, other_partner(4)}}, seconds(6));
  EXPECT_TRUE(sends(1) && sends(2));
  EXPECT_FALSE(sends(3) || sends(4) || accepts(3) || accepts(4));
}

}  // namespace
}  // namespace ebond::core::lacp
