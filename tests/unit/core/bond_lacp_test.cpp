// Bonds in mode 802.3ad: two of them back to back in virtual time, frame by frame, or one with nobody at the
// other end.
//
//   left  eth0 ------ eth0  right
//         eth1 ------ eth1
#include <deque>
#include <set>
#include <utility>

#include "bond_lab.h"
#include "core/bond/turn.h"
#include "core/fill.h"
#include "core/judges/drain_judge.h"
#include "wire/ethernet.h"
#include "wire/lacpdu.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using wire::LacpBit;

BondOptions lacp_options() {
  auto options = BondLab::unpolled(Mode::ieee8023ad);
  options.lacp_rate = LacpRate::fast;
  return options;
}

wire::Lacpdu pdu_in(const action::Transmit& transmit) {
  return wire::parse_lacpdu(wire::ByteView(transmit.frame).subspan(14)).value();
}

/// One bond of the pair, its actions carried out: frames to the other, the rest kept as lines.
struct End {
  End(std::uint8_t number, BondOptions options)
      : number_(number), bond("bond0", kBond, mac(number), false, std::move(options)) {}

  NewSlave facts(unsigned slave, LinkState link) const {
    const MacAddress address({0x02, 0, 0, 0, number_, static_cast<std::uint8_t>(slave + 1)});
    return {nic(slave), nic_name(slave), address, address, link};
  }
  std::vector<unsigned> buckets() const {
    std::vector<unsigned> slots;
    for (const SlotId slot : bond.table().buckets) slots.push_back(static_cast<unsigned>(slot));
    return slots;
  }
  std::vector<unsigned> accepting() const {
    std::vector<unsigned> slots;
    for (const TableSlot& slot : bond.table().slots) {
      if (slot.accepts) slots.push_back(static_cast<unsigned>(slot.slot));
    }
    return slots;
  }
  SlaveStatus slave(unsigned slave, TimePoint now) const { return bond.status(now).slaves.at(slave); }

  std::uint8_t number_;
  Bond bond;
  std::vector<std::string> done;  ///< since it was last cleared
};

class Pair : public testing::Test {
 protected:
  void start(BondOptions left_options = lacp_options(), BondOptions right_options = lacp_options(),
             unsigned links = 2) {
    left.emplace(1, std::move(left_options));
    right.emplace(2, std::move(right_options));
    for (End* end : {&*left, &*right}) take(*end, end->bond.admin_state(true, now));
    for (unsigned link = 0; link < links; ++link) plug_in(link);
  }
  void plug_in(unsigned link, std::uint32_t mbps = 1000) {
    for (End* end : {&*left, &*right}) {
      take(*end, end->bond.enslave(end->facts(link, link_up(mbps)), now).value());
    }
  }
  void carrier(unsigned link, bool on) {
    for (End* end : {&*left, &*right}) {
      const auto state = on ? link_up() : link_down();
      take(*end, end->bond.link_report(nic(link), state, LinkSource::hook, now));
    }
  }
  /// Frames arrive at once, in the order they were sent, unless that direction of their link is dead.
  void take(End& end, const Actions& actions) {
    note(end, actions);
    while (!in_flight.empty()) {
      const auto [to, sent] = std::move(in_flight.front());
      in_flight.pop_front();
      note(*to, to->bond.frame_received(sent.slave, sent.frame, now));
    }
  }
  void note(End& end, const Actions& actions) {
    End& other = &end == &*left ? *right : *left;
    bool told = false;
    for (const Action& action : actions) {
      told |= std::holds_alternative<action::Transmit>(action);
      EXPECT_FALSE(told && std::holds_alternative<action::PublishTable>(action))
          << "the table comes before the LACPDU that tells of it";
      if (!std::holds_alternative<action::Report>(action)) end.done.push_back(line_of(action));
      const auto* const sent = std::get_if<action::Transmit>(&action);
      if (sent && !dead.contains({&end, sent->slave})) in_flight.emplace_back(&other, *sent);
    }
  }
  void pass(Duration time) {
    const TimePoint stop = now + time;
    for (;;) {
      End* first = nullptr;
      for (End* end : {&*left, &*right}) {
        const auto due = end->bond.next_deadline();
        if (!stopped.contains(end) && due && *due <= stop && (!first || *due < first->bond.next_deadline())) {
          first = end;
        }
      }
      if (!first) break;
      now = std::max(now, *first->bond.next_deadline());
      take(*first, first->bond.advance(now));
    }
    now = stop;
  }
  void join() {
    start();
    pass(3s);
    ASSERT_THAT(left->buckets(), ElementsAre(0, 1));
    ASSERT_THAT(right->buckets(), ElementsAre(0, 1));
  }
  TimePoint now{1s};
  std::optional<End> left, right;
  std::deque<std::pair<End*, action::Transmit>> in_flight;
  std::set<std::pair<End*, IfIndex>> dead;  ///< directions of links
  std::set<End*> stopped;                   ///< its daemon does not run
};

TEST_F(Pair, JoinsAllLinksTwoSecondsAfterTheyCameUp) {
  start();
  pass(1999ms);
  EXPECT_THAT(left->buckets(), IsEmpty()) << "nobody collects yet";
  EXPECT_THAT(left->slave(1, now).lacp->advice, HasSubstr("about to join"));
  pass(2ms);
  for (const End* end : {&*left, &*right}) {
    EXPECT_THAT(end->buckets(), ElementsAre(0, 1));
    EXPECT_THAT(end->accepting(), ElementsAre(0, 1));
    EXPECT_TRUE(end->bond.status(now).carrier);
    EXPECT_TRUE(end->slave(1, now).active);
    EXPECT_EQ(end->slave(1, now).lacp->advice, "");
  }
  EXPECT_EQ(left->bond.status(now).lacp->partner_mac, right->bond.status(now).mac);
  EXPECT_EQ(left->bond.status(now).lacp->number_of_ports, 2);
}

TEST_F(Pair, SendsNothingOnALostLinkAndTakesItBackWithTheFirstLacpdu) {
  join();
  left->done.clear();
  carrier(1, false);
  EXPECT_EQ(left->done.front(), "publish table");
  EXPECT_THAT(left->buckets(), ElementsAre(0));
  EXPECT_THAT(left->accepting(), ElementsAre(0));
  EXPECT_THAT(left->slave(1, now).lacp->advice, HasSubstr("no link"));
  pass(10s);
  carrier(1, true);
  pass(100ms);
  EXPECT_THAT(left->buckets(), ElementsAre(0, 1));
  EXPECT_THAT(right->buckets(), ElementsAre(0, 1));
}

TEST_F(Pair, GivesUpASilentPartnerAfterThreeSeconds) {
  join();
  dead.insert({&*right, nic(1)});
  pass(2s);
  EXPECT_THAT(left->buckets(), ElementsAre(0, 1));
  pass(1s);
  EXPECT_THAT(left->buckets(), ElementsAre(0));
  EXPECT_THAT(right->buckets(), ElementsAre(0)) << "told that left does not hear it";
  EXPECT_THAT(left->slave(1, now).lacp->advice, HasSubstr("fell silent"));
}

TEST_F(Pair, SaysGoodbyeWhenASlaveIsReleased) {
  join();
  left->done.clear();
  take(*left, left->bond.release(nic(1), now).value());
  EXPECT_THAT(left->done, ElementsAre("publish table", "transmit"));
  EXPECT_THAT(right->buckets(), ElementsAre(0)) << "at once, not after a timeout";
}

TEST_F(Pair, SaysGoodbyeOnADrainedPortAndTakesInWhatIsUnderWay) {
  join();
  left->done.clear();
  take(*left, left->bond.drain(nic(1), true, false, now).value());
  EXPECT_THAT(left->done, ElementsAre("publish table", "transmit"));
  EXPECT_THAT(left->buckets(), ElementsAre(0));
  EXPECT_THAT(right->buckets(), ElementsAre(0)) << "at once, not after a timeout";
  EXPECT_THAT(left->accepting(), ElementsAre(0, 1));
  pass(DrainJudge::kGrace);
  EXPECT_THAT(left->accepting(), ElementsAre(0));
  EXPECT_FALSE(left->bond.drain(nic(0), true, false, now)) << "the last port that carries";
  take(*left, left->bond.drain(nic(1), false, false, now).value());
  pass(3s);
  EXPECT_THAT(left->buckets(), ElementsAre(0, 1));
  EXPECT_THAT(right->buckets(), ElementsAre(0, 1));
}

TEST_F(Pair, DrainsNoPortThatMinLinksNeeds) {
  auto options = lacp_options();
  options.min_links = 2;
  start(options);
  pass(3s);
  EXPECT_FALSE(left->bond.drain(nic(1), true, false, now));
  EXPECT_TRUE(left->bond.drain(nic(1), true, true, now));
}

TEST_F(Pair, NeedsMinLinksForItsCarrier) {
  auto options = lacp_options();
  options.min_links = 2;
  start(options);
  pass(3s);
  EXPECT_TRUE(left->bond.status(now).carrier);
  left->done.clear();
  carrier(0, false);
  EXPECT_THAT(left->done, Contains("carrier off"));
  EXPECT_TRUE(right->bond.status(now).carrier) << "which asks for one";
}

TEST_F(Pair, TellsThePartnerOfOptionsThatWereSet) {
  join();
  take(*left, left->bond.admin_state(false, now));
  take(*left, left->bond.set({{"lacp_rate", "slow"}}, now).value());
  take(*left, left->bond.admin_state(true, now));
  take(*left, left->bond.set({{"ad_actor_sys_prio", "7"}}, now).value());
  pass(3s);
  EXPECT_THAT(left->buckets(), ElementsAre(0, 1));
  EXPECT_EQ(right->slave(0, now).lacp->partner.system_priority, 7);
  EXPECT_FALSE(wire::LacpState(right->slave(0, now).lacp->partner.state).has(LacpBit::short_timeout));
  take(*left, left->bond.set_slave(nic(1), "actor_port_prio", "9", now).value());
  pass(3s);
  EXPECT_EQ(right->slave(1, now).lacp->partner.port_priority, 9);
}

TEST_F(Pair, KeepsItsSystemIdWhenTheBondsMacIsChanged) {
  join();
  const auto system = right->slave(0, now).lacp->partner.system;
  take(*left, left->bond.mac_changed(mac(0x77), now));
  pass(2s);
  EXPECT_EQ(right->slave(0, now).lacp->partner.system, system);
  EXPECT_THAT(right->buckets(), ElementsAre(0, 1));
}

TEST_F(Pair, MovesOnlyALostLinksFlowsWhereTheTableIsResilient) {
  auto options = lacp_options();
  options.tx_table = TxTable::resilient;
  start(lacp_options(), options, 3);
  pass(3s);
  const auto before = right->buckets();
  ASSERT_EQ(before.size(), kResilientBuckets);
  carrier(1, false);
  const auto after = right->buckets();
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != 1) {
      EXPECT_EQ(after[i], before[i]);
    }
  }
}

TEST_F(Pair, FallsSilentWhileItIsDownAndGoesOnWhereItWas) {
  join();
  left->done.clear();
  take(*left, left->bond.admin_state(false, now));
  EXPECT_FALSE(left->bond.listening(nic(0)).slow_protocols);
  pass(2s);
  EXPECT_THAT(left->done, Not(Contains("transmit")));
  take(*left, left->bond.admin_state(true, now));
  EXPECT_THAT(left->buckets(), ElementsAre(0, 1));
  pass(10s);
  EXPECT_THAT(left->buckets(), ElementsAre(0, 1));
  EXPECT_THAT(right->buckets(), ElementsAre(0, 1));
  EXPECT_EQ(left->slave(0, now).lacp->actor_churned_count, 0U);
}

TEST_F(Pair, ASuccessorGoesOnUnnoticedByThePartner) {
  join();
  const auto memory = left->bond.memory();
  const auto table = left->bond.table();
  stopped.insert(&*left);
  pass(2s);
  right->done.clear();
  left->bond = Bond::restore(memory, now);
  stopped.clear();
  EXPECT_EQ(left->bond.table(), table);
  pass(20s);
  EXPECT_EQ(left->bond.table(), table);
  EXPECT_THAT(right->done, Not(Contains("publish table")));
  EXPECT_EQ(right->slave(0, now).lacp->partner_churned_count, 0U);
}

TEST_F(Pair, ABalancedBondOfBeforeLacpBeginsAnew) {
  join();
  auto memory = left->bond.memory();
  memory.lacp.reset();
  left->bond = Bond::restore(memory, now);
  take(*left, left->bond.advance(now));
  pass(3s);
  EXPECT_THAT(left->buckets(), ElementsAre(0, 1));
}

// Nobody at the other end speaks LACP.

TEST(LoneBond, BeginsLacpWhenItIsFirstSetUp) {
  Bond bond("bond0", kBond, mac(0xb0), false, lacp_options());
  const NewSlave facts{nic(0), "eth0", mac(1), mac(1), link_up()};
  EXPECT_FALSE(has<action::Transmit>(bond.enslave(facts, TimePoint{1s}).value()));
  EXPECT_FALSE(bond.status(TimePoint{1s}).lacp);
  EXPECT_FALSE(bond.listening(nic(0)).slow_protocols);
  EXPECT_TRUE(has<action::Transmit>(bond.admin_state(true, TimePoint{2s})));
  EXPECT_TRUE(bond.listening(nic(0)).slow_protocols);
  EXPECT_TRUE(bond.status(TimePoint{2s}).carrier);
}

TEST(LoneBond, CarriesOnOnePortWhenNobodyAnswered) {
  BondLab lab(lacp_options());
  lab.with_slaves(2);
  EXPECT_TRUE(lab.status().carrier);
  lab.watch(4s);
  EXPECT_THAT(lab.buckets(), ElementsAre(0));
  EXPECT_FALSE(lab.slave(1).active);
  EXPECT_THAT(lab.slave(1).lacp->advice, HasSubstr("partner does not answer LACP"));
  lab.pull(0);
  EXPECT_THAT(lab.buckets(), ElementsAre(1)) << "at once: it waited long ago";
}

TEST(LoneBond, SendsLacpdusFromTheSlavesPermanentMac) {
  BondLab lab(lacp_options());
  auto facts = lab.facts(0);
  facts.permanent_mac = mac(0xf0);
  const Actions actions = lab.bond.enslave(facts, lab.now).value();
  ASSERT_TRUE(has<action::Transmit>(actions));
  for (const Action& action : actions) {
    const auto* const sent = std::get_if<action::Transmit>(&action);
    if (sent) {
      EXPECT_EQ(wire::parse_ethernet(sent->frame)->header.source, mac(0xf0));
    }
  }
}

TEST(LoneBond, HasNoCarrierUnderLacpStrict) {
  auto options = lacp_options();
  options.lacp_strict = true;
  BondLab lab(options);
  lab.with_slaves(2);
  lab.watch(100s);
  EXPECT_FALSE(lab.status().carrier);
  EXPECT_THAT(lab.buckets(), IsEmpty());
}

TEST(LoneBond, FallsBackToTheSlaveOfLowestPortPriorityEvenUnderLacpStrict) {
  auto options = lacp_options();
  options.lacp_strict = options.lacp_fallback = true;
  BondLab lab(options);
  lab.with_slaves(3);
  ASSERT_TRUE(lab.bond.set_slave(nic(2), "actor_port_prio", "5", lab.now));
  lab.watch(100s);
  EXPECT_THAT(lab.buckets(), ElementsAre(2));
  lab.pull(2);
  lab.watch(1s);
  EXPECT_EQ(lab.buckets().size(), 1U);
}

TEST(LoneBond, TellsThePartnerOfASlaveThatIsHeldOutThoughItsLinkIsUp) {
  TimePoint now{1s};
  Bond::State state("bond0", kBond, mac(0xb0), false, lacp_options());
  Turn begin(state, now);
  begin.admin_state(true);
  begin.enslave({nic(0), "eth0", mac(1), mac(1), link_up()});
  begin.end();
  now += 1500ms;
  Turn turn(state, now);
  turn.carry_out({.judged = {{nic(0), {.judge = PathJudge::bfd, .proved = false, .why = "down"}}}});
  const auto actions = turn.end();
  const auto sent = std::ranges::find_if(
      actions, [](const Action& action) { return std::holds_alternative<action::Transmit>(action); });
  ASSERT_NE(sent, actions.end());
  const auto state_told = pdu_in(std::get<action::Transmit>(*sent)).actor.state;
  EXPECT_FALSE(state_told.has(LacpBit::synchronization));
  EXPECT_TRUE(state_told.has(LacpBit::aggregation)) << "it will be back";
}

}  // namespace
}  // namespace ebond::core
