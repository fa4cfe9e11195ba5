// A new process takes up where the old one stopped, and the partner does not notice.
#include "tests/unit/lacp/system_fixture.h"

namespace ebond::core::lacp {
namespace {

class LacpMemory : public SystemTest {
 protected:
  LacpMemory() {
    add(facts(1));
    add(facts(2));
    talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
    changes.clear();
    events.clear();
  }
  void restart() { system = System::restore(fast(), system.memory(), {facts(2), facts(1)}, now); }
};

TEST_F(LacpMemory, CarriesAsBeforeWithoutAChangeOfTheDataPathOrARecord) {
  restart();
  EXPECT_TRUE(sends(1) && accepts(1) && sends(2) && accepts(2));
  EXPECT_EQ(system.next_deadline(), now);
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(10));
  EXPECT_TRUE(changes.empty());
  EXPECT_FALSE(recorded("Mux"));
  EXPECT_FALSE(recorded("Receive"));
}

TEST_F(LacpMemory, TellsThePartnerTheSameAtOnce) {
  const auto before = last_sent;
  last_sent.clear();
  restart();
  take(system.advance(now));
  ASSERT_EQ(last_sent.size(), 2U);
  EXPECT_EQ(last_sent.at(id(1)), before.at(id(1)));
}

TEST_F(LacpMemory, KeepsIdentifiersAndViews) {
  const auto before = system.bond_status();
  restart();
  EXPECT_EQ(system.bond_status().active_aggregator_id, before.active_aggregator_id);
  EXPECT_EQ(system.bond_status().partner_key, before.partner_key);
  EXPECT_EQ(status(2).actor.port_number, 2);
  add(facts(3));
  EXPECT_EQ(status(3).actor.port_number, 3);
  EXPECT_EQ(status(3).aggregator_id, 2) << "the first free one";
}

TEST_F(LacpMemory, GivesEveryPartnerAWholeTimeout) {
  pass(milliseconds(2400));
  ASSERT_TRUE(sends(1));
  restart();
  pass(milliseconds(2999));
  EXPECT_TRUE(sends(1));
  pass(milliseconds(1));
  EXPECT_FALSE(sends(1));
}

TEST_F(LacpMemory, SeesALinkThatWentDownMeanwhile) {
  auto down = facts(1);
  down.link.carrier = false;
  system = System::restore(fast(), system.memory(), {down, facts(2)}, now);
  take(system.advance(now));
  EXPECT_FALSE(sends(1) || accepts(1));
  EXPECT_TRUE(sends(2));
}

TEST_F(LacpMemory, RemembersALoop) {
  talk({{1, partner(1)}}, seconds(4));  // port 2 hears its partner no more
  deliver(2, wire::build_lacpdu(facts(1).mac, last_sent.at(id(1))));
  ASSERT_FALSE(sends(2));
  restart();
  take(system.advance(now));
  EXPECT_FALSE(sends(2) || accepts(2));
  EXPECT_TRUE(sends(1));
}

TEST_F(LacpMemory, StartsAPortItDoesNotKnowAnew) {
  system = System::restore(fast(), system.memory(), {facts(1), facts(2), facts(3)}, now);
  talk({{1, partner(1)}, {2, partner(2)}, {3, partner(3)}}, seconds(4));
  EXPECT_TRUE(sends(1) && sends(2) && sends(3));
}

TEST_F(LacpMemory, SurvivesAMemoryThatMakesNoSense) {
  auto memory = system.memory();
  memory.active_aggregator = 99;
  memory.ports[0].mux_state = 200;
  memory.ports[1].aggregator = 77;
  system = System::restore(fast(), memory, {facts(1), facts(2)}, now);
  talk({{1, partner(1)}, {2, partner(2)}}, seconds(4));
  EXPECT_TRUE(sends(1) && sends(2));
}

}  // namespace
}  // namespace ebond::core::lacp
