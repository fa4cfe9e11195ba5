#include "cli/watch/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/watch/samples.h"

namespace ebond::cli::watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Key kDown{Key::Kind::down};
constexpr Key kUp{Key::Kind::up};
Key letter(char character) {
  return {Key::Kind::character, character};
}

std::vector<std::string> names(const std::vector<Bond>& bonds) {
  std::vector<std::string> all;
  for (const auto& bond : bonds) all.push_back(bond.name);
  return all;
}

TEST(WatchReports, ReadsWhatTheDaemonSaysOfABond) {
  auto status = views::sample_lacp_bond();
  status.slaves[1].drained = true;
  status.slaves[0].neighbour = core::Neighbour{};
  status.slaves[0].neighbour->system = "sw1";
  status.slaves[0].neighbour->port = "ge-0/0/7";
  status.slaves[0].is_neighbour_current = true;
  const auto bond = bonds_of({report_of(status, 1000)}).at(0);
  EXPECT_EQ(bond.mode, "802.3ad");
  EXPECT_EQ(bond.lacp, "aggregator 1, 2 ports, partner 02:00:00:00:02:00, keys 9 and 17");
  EXPECT_EQ(bond.carrier_since_ns, kNow - 7200 * kSecond);
  EXPECT_EQ(bond.slaves.at(0).port, "sw1 ge-0/0/7");
  EXPECT_EQ(bond.slaves.at(0).speed, "1 Gb/s");
  EXPECT_EQ(bond.slaves.at(0).since_ns, kNow - 300 * kSecond);
  EXPECT_THAT(bond.slaves.at(0).lacp, HasSubstr("aggregator 1; here active aggregating in_sync"));
  EXPECT_EQ(bond.slaves.at(1).link, "up, drained");
  EXPECT_EQ(bond.slaves.at(0).octets->received, 2000U);
}

TEST(WatchReports, SaysSinceWhenALinkIsLost) {
  auto status = views::sample_bond(core::Mode::active_backup, 2);
  status.slaves[0].mii_status = status.slaves[0].link_status = core::MiiStatus::down;
  const auto slave = bonds_of({report_of(status)}).at(0).slaves.at(0);
  EXPECT_EQ(slave.link, "down");
  EXPECT_EQ(slave.link_style, Style::bad);
  EXPECT_EQ(slave.since_ns, kNow - 30 * kSecond);
}

TEST(WatchReports, LivesWithWhatAnotherDaemonLeavesOut) {
  const auto bonds = bonds_of_reports(nlohmann::json::parse(
      R"([{"ifname": "bond0", "slaves": [{"ifname": "eth0", "speed": "fast", "state": 7}]}, 3])"));
  ASSERT_EQ(bonds.size(), 1U);
  EXPECT_EQ(bonds[0].slaves.at(0).name, "eth0");
  EXPECT_FALSE(bonds[0].slaves.at(0).octets);
}

TEST(WatchReports, ReadsTimes) {
  EXPECT_EQ(realtime_of("2026-01-02T03:04:05.000123Z"), kNow + 123'000);
  EXPECT_EQ(realtime_of(""), 0);
  EXPECT_EQ(realtime_of("2026-13-02T03:04:05.000123Z"), 0);
}

TEST(WatchModel, MakesARateOfEachTickAndOfNothingElse) {
  Model model;
  model.take(one_bond(core::Mode::active_backup, 2, 0), kSecond, true);
  EXPECT_THAT(model.rates("bond0", "eth0").sent, IsEmpty());
  model.take(one_bond(core::Mode::active_backup, 2, 500), kSecond * 3 / 2, false);
  model.take(one_bond(core::Mode::active_backup, 2, 1000), 3 * kSecond, true);
  EXPECT_THAT(model.rates("bond0", "eth0").sent, ElementsAre(4000)) << "1000 octets in two seconds";
  EXPECT_THAT(model.rates("bond0", "").received, ElementsAre(8000));
}

TEST(WatchModel, TakesACounterThatWentBackForANewOne) {
  Model model;
  model.take(one_bond(core::Mode::active_backup, 2, 1000), kSecond, true);
  model.take(one_bond(core::Mode::active_backup, 2, 10), 2 * kSecond, true);
  EXPECT_THAT(model.rates("bond0", "eth0").sent, ElementsAre(0));
}

TEST(WatchModel, MakesNoRateOverATimeThatItHasNotSeen) {
  Model model;
  model.take(one_bond(core::Mode::active_backup, 2, 0), kSecond, true);
  model.lose_daemon("no ebondd runs");
  EXPECT_EQ(model.lost(), "no ebondd runs");
  model.take(one_bond(core::Mode::active_backup, 2, 9000), 60 * kSecond, true);
  EXPECT_EQ(model.lost(), "");
  EXPECT_THAT(model.rates("bond0", "eth0").sent, IsEmpty());
}

TEST(WatchModel, ForgetsTheRatesOfWhatIsGone) {
  Model model;
  model.take(one_bond(), kSecond, true);
  model.take(one_bond(), 2 * kSecond, true);
  model.take({}, 3 * kSecond, true);
  EXPECT_THAT(model.rates("bond0", "eth0").sent, IsEmpty());
}

TEST(WatchModel, ChoosesBondsAndSlavesByKeys) {
  Model model("bond2");
  model.take(named_bonds({"bond1", "bond3", "bond2"}), 0, false);
  EXPECT_THAT(names(model.bonds()), ElementsAre("bond1", "bond2", "bond3"));
  EXPECT_EQ(model.chosen_bond()->name, "bond2") << "as the command line says";
  EXPECT_EQ(model.chosen_slave()->name, "eth0");
  model.press(kDown);
  EXPECT_EQ(model.chosen_slave()->name, "eth1");
  model.press(letter('\t'));
  EXPECT_EQ(model.chosen_bond()->name, "bond3");
  EXPECT_EQ(model.chosen_slave()->name, "eth0");
  model.press(letter('n'));
  EXPECT_EQ(model.chosen_bond()->name, "bond1") << "round and round";
  model.press(kUp);
  EXPECT_EQ(model.chosen_slave()->name, "eth1");
}

TEST(WatchModel, StaysWithTheChosenBondWhenOthersComeAndGo) {
  Model model;
  model.take(named_bonds({"bond1", "bond2"}), 0, false);
  model.press(letter('n'));
  model.take(named_bonds({"bond0", "bond2", "bond3"}), 0, false);
  EXPECT_EQ(model.chosen_bond()->name, "bond2");
  model.take(named_bonds({"bond3"}), 0, false);
  EXPECT_EQ(model.chosen_bond()->name, "bond3");
  model.take({}, 0, false);
  EXPECT_EQ(model.chosen_bond(), nullptr);
  EXPECT_EQ(model.press(kDown).kind, Wish::Kind::nothing);
}

TEST(WatchModel, SortsByTroubleAndByTraffic) {
  auto well = report_of(views::sample_bond(core::Mode::active_backup, 2));
  auto busy = report_of(views::sample_bond(core::Mode::active_backup, 2));
  auto ill = views::sample_bond(core::Mode::active_backup, 2);
  well.status.name = "a", busy.status.name = "b", ill.name = "c";
  ill.slaves[1].mii_status = ill.slaves[1].link_status = core::MiiStatus::down;
  Model model;
  model.take(bonds_of({well, busy, report_of(ill)}), kSecond, true);
  busy.traffic->tx_bytes = 1'000'000;
  model.take(bonds_of({well, busy, report_of(ill)}), 2 * kSecond, true);
  EXPECT_THAT(names(model.bonds()), ElementsAre("a", "b", "c"));
  model.press(letter('s'));
  EXPECT_THAT(names(model.bonds()), ElementsAre("c", "a", "b"));
  model.press(letter('n'));
  model.press(letter('p'));
  model.press(letter('p'));
  EXPECT_EQ(model.chosen_bond()->slaves.at(0).name, "eth0");
  EXPECT_EQ(model.bonds().at(0).slaves.at(0).name, "eth1") << "the one that is down";
  model.press(letter('s'));
  EXPECT_THAT(names(model.bonds()), ElementsAre("b", "a", "c"));
  model.press(letter('s'));
  EXPECT_THAT(names(model.bonds()), ElementsAre("a", "b", "c"));
}

TEST(WatchModel, AsksBeforeItDrains) {
  Model model;
  model.take(one_bond(), 0, false);
  EXPECT_EQ(model.press(letter('d')).kind, Wish::Kind::nothing);
  ASSERT_TRUE(model.question());
  EXPECT_EQ(model.question()->slave, "eth0");
  const auto wish = model.press(letter('y'));
  EXPECT_EQ(wish.kind, Wish::Kind::drain);
  EXPECT_EQ(wish.slave, "eth0");
  EXPECT_FALSE(model.question());
}

TEST(WatchModel, TakesAnythingButYForANo) {
  Model model;
  model.take(one_bond(), 0, false);
  for (const auto key : {letter('n'), letter('q'), letter('d'), kDown, Key{Key::Kind::escape}}) {
    model.press(letter('d'));
    EXPECT_EQ(model.press(key).kind, Wish::Kind::nothing);
    EXPECT_FALSE(model.question());
  }
  EXPECT_EQ(model.chosen_slave()->name, "eth0");
}

TEST(WatchModel, DrainsTheSlaveThatWasAskedAboutWhateverHappensMeanwhile) {
  Model model;
  model.take(one_bond(), 0, false);
  model.press(kDown);
  model.press(letter('d'));
  model.take(named_bonds({"bond9"}), 0, false);
  EXPECT_EQ(model.press(letter('y')).slave, "eth1");
}

TEST(WatchModel, LetsBackOnlyWhatIsDrained) {
  Model model;
  auto status = views::sample_bond(core::Mode::active_backup, 2);
  status.slaves[1].drained = true;
  model.take(bonds_of({report_of(status)}), 0, false);
  model.press(letter('u'));
  EXPECT_FALSE(model.question());
  EXPECT_EQ(model.remarked(), "eth0 is not drained");
  model.press(kDown);
  EXPECT_EQ(model.remarked(), "") << "a remark lasts until the next key";
  model.press(letter('d'));
  EXPECT_EQ(model.remarked(), "eth1 is drained already");
  model.press(letter('u'));
  EXPECT_EQ(model.press(letter('y')).kind, Wish::Kind::undrain);
}

TEST(WatchModel, AsksNothingOfADaemonThatIsGone) {
  Model model;
  model.take(one_bond(), 0, false);
  model.lose_daemon("gone");
  model.press(letter('d'));
  EXPECT_FALSE(model.question());
  EXPECT_EQ(model.remarked(), "there is no daemon to ask");
}

TEST(WatchModel, QuitsByQAlsoFromTheHelp) {
  Model model;
  EXPECT_EQ(model.press(letter('q')).kind, Wish::Kind::quit);
  model.press(letter('h'));
  EXPECT_TRUE(model.shows_help());
  EXPECT_EQ(model.press(letter('q')).kind, Wish::Kind::quit);
  model.press(letter('?'));
  EXPECT_EQ(model.press(letter('d')).kind, Wish::Kind::nothing);
  EXPECT_FALSE(model.shows_help());
}

TEST(WatchModel, KeepsTheLatestEvents) {
  Model model;
  for (std::size_t i = 0; i < Model::kEventsKept + 5; ++i) {
    core::StampedEvent event;
    event.monotonic_ns = static_cast<std::int64_t>(i);
    model.take(event, 0);
  }
  EXPECT_EQ(model.events().size(), Model::kEventsKept);
  EXPECT_EQ(model.events().front().event.monotonic_ns, 5);
}

}  // namespace
}  // namespace ebond::cli::watch
