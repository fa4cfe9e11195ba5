#include "cli/watch/draw.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/watch/layout.h"
#include "tests/unit/watch/samples.h"

namespace ebond::cli::watch {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

View view_of(int columns, int rows) {
  return {.size = {columns, rows}, .realtime_ns = kNow};
}

std::string text_of(const std::vector<Line>& lines) {
  std::string all;
  for (const auto& line : lines) {
    for (const auto& span : line) all += span.text;
    all += '\n';
  }
  return all;
}

std::string drawn(const Model& model, const View& view = view_of(80, 24)) {
  return text_of(draw(model, view));
}

Style style_of(const std::vector<Line>& lines, const std::string& text) {
  for (const auto& line : lines) {
    const auto found = std::ranges::find(line, text, &Span::text);
    if (found != line.end()) return found->style;
  }
  ADD_FAILURE() << text << " is nowhere";
  return Style::plain;
}

Model model_of(std::vector<Bond> bonds) {
  Model model;
  model.take(std::move(bonds), kSecond, true);
  return model;
}

core::StampedEvent event_of(std::string slave, std::string to) {
  core::StampedEvent event;
  event.realtime_ns = kNow;
  event.bond = "bond0";
  event.event = {.kind = core::EventKind::link, .slave = std::move(slave), .from = "up", .to = std::move(to)};
  return event;
}

TEST(WatchScreen, ShowsBondsAndSlavesIn80Columns) {
  const auto model = model_of(one_bond());
  const auto screen = drawn(model);
  EXPECT_THAT(screen, ContainsRegex("> +bond0 +ok +active-backup +eth0"));
  EXPECT_THAT(screen, HasSubstr("bond0  carrier up for 2 h"));
  EXPECT_THAT(screen, ContainsRegex("> +eth0 +ACTIVE +up +1 Gb/s +5 min"));
  EXPECT_THAT(screen, ContainsRegex(" +eth1 +BACKUP +up +1 Gb/s +5 min"));
  EXPECT_THAT(screen, HasSubstr("eth0: carries"));
  EXPECT_THAT(screen, HasSubstr("q quit"));
}

TEST(WatchScreen, FillsAnySizeExactlyAndOverflowsNone) {
  auto model = model_of(bonds_of({report_of(views::sample_lacp_bond())}));
  for (int i = 0; i < 50; ++i) model.take(event_of("eth0", "down"), 0);
  for (const auto& [columns, rows] :
       {std::pair(80, 24), {81, 24}, {100, 30}, {200, 60}, {79, 24}, {80, 23}, {20, 5}, {1, 1}, {500, 200}}) {
    const auto lines = draw(model, view_of(columns, rows));
    EXPECT_EQ(lines.size(), static_cast<std::size_t>(rows));
    for (const auto& line : lines) EXPECT_LE(width_of(line), columns) << text_of({line});
  }
}

TEST(WatchScreen, SaysThatATerminalIsTooSmallAndStillHowTheBondsAre) {
  auto status = views::sample_bond(core::Mode::active_backup, 2);
  status.slaves[1].mii_status = status.slaves[1].link_status = core::MiiStatus::down;
  const auto screen = drawn(model_of(bonds_of({report_of(status)})), view_of(70, 10));
  EXPECT_THAT(screen, HasSubstr("ebond watch needs 80 x 24, and this terminal is 70 x 10."));
  EXPECT_THAT(screen, HasSubstr("bond0 degraded: "));
}

TEST(WatchScreen, MarksWhatIsWrong) {
  auto status = views::sample_bond(core::Mode::active_backup, 2);
  status.slaves[1].mii_status = status.slaves[1].link_status = core::MiiStatus::down;
  status.slaves[1].link.carrier = false;
  auto model = model_of(bonds_of({report_of(status)}));
  model.press({Key::Kind::down});
  const auto lines = draw(model, view_of(80, 24));
  EXPECT_EQ(style_of(lines, "degraded"), Style::warning);
  EXPECT_EQ(style_of(lines, "down"), Style::bad);
  EXPECT_EQ(style_of(lines, "up"), Style::good);
  EXPECT_THAT(text_of(lines), HasSubstr("eth1: no carrier: check cable"));
  EXPECT_THAT(text_of(lines), HasSubstr("1 bond, 1 not well"));
}

TEST(WatchScreen, HasThePortInAColumnIfThereIsRoomAndElseOfTheChosenSlave) {
  auto status = views::sample_bond(core::Mode::active_backup, 2);
  for (auto& slave : status.slaves) {
    slave.neighbour = core::Neighbour{};
    slave.neighbour->system = "sw1";
    slave.neighbour->port = "port of " + slave.name;
  }
  status.slaves[0].is_neighbour_current = true;
  const auto model = model_of(bonds_of({report_of(status)}));
  EXPECT_THAT(drawn(model), HasSubstr("eth0: carries; at sw1 port of eth0"));
  const auto wide = drawn(model, view_of(120, 24));
  EXPECT_THAT(wide, HasSubstr("PORT\n"));
  EXPECT_THAT(wide, HasSubstr("(sw1 port of eth1)")) << "silent by now";
}

TEST(WatchScreen, SumsUpLacp) {
  const auto screen = drawn(model_of(bonds_of({report_of(views::sample_lacp_bond())})));
  EXPECT_THAT(screen, HasSubstr("LACP: aggregator 1, 2 ports, partner 02:00:00:00:02:00, keys 9 and 17\n"));
  EXPECT_THAT(screen, HasSubstr("LACP: aggregator 1; here active"));
}

TEST(WatchScreen, DrawsRatesOfOneBondToOneScale) {
  Model model;
  auto before = report_of(views::sample_bond(core::Mode::active_backup, 2));
  model.take(bonds_of({before}), kSecond, true);
  before.slave_facts[0].traffic->tx_bytes = 125'000;
  before.slave_facts[1].traffic->tx_bytes = 62'500;
  model.take(bonds_of({before}), 2 * kSecond, true);
  const auto screen = drawn(model, view_of(100, 24));
  EXPECT_THAT(screen, ContainsRegex("eth0 [^\n]*█ +1.00M"));
  EXPECT_THAT(screen, ContainsRegex("eth1 [^\n]*▄ +500k"));
  auto plain = view_of(100, 24);
  plain.has_blocks = false;
  EXPECT_THAT(drawn(model, plain), ContainsRegex("eth1 [^\n]*- +500k"));
  EXPECT_TRUE(std::ranges::all_of(drawn(model, plain), [](char c) { return c > 0; }));
}

TEST(WatchScreen, ShowsTheLatestEventsAndHowManyWereMissed) {
  auto model = model_of(one_bond());
  for (int i = 0; i < 30; ++i) model.take(event_of(fmt::format("old{}", i), "down"), 0);
  model.take(event_of("eth1", "down"), 3);
  const auto lines = draw(model, view_of(80, 24));
  EXPECT_THAT(text_of(lines), HasSubstr("(3 events missed)\n"));
  EXPECT_THAT(text_of(lines), HasSubstr("bond0 eth1 link up -> down"));
  EXPECT_THAT(text_of(lines), Not(HasSubstr("old0 ")));
}

TEST(WatchScreen, AsksInTheLastLine) {
  auto model = model_of(one_bond());
  model.press({Key::Kind::character, 'd'});
  auto lines = draw(model, view_of(80, 24));
  EXPECT_EQ(text_of({lines.back()}), "Take eth0 of bond0 out of use? y/n\n");
  model.press({Key::Kind::character, 'y'});
  model.remark("eth0 is the last slave that carries bond0: have another one carry first, or say --force",
               true);
  lines = draw(model, view_of(80, 24));
  EXPECT_EQ(lines.size(), 24U);
  EXPECT_THAT(text_of(lines),
              HasSubstr("\neth0 is the last slave that carries bond0: have another one carry first, or say\n"
                        "--force\n"));
}

TEST(WatchScreen, KeepsWhatItKnewAndSaysSoWhenTheDaemonIsGone) {
  auto model = model_of(one_bond());
  model.lose_daemon("no ebondd runs on /run/ebond");
  EXPECT_THAT(drawn(model), HasSubstr("no ebondd runs on /run/ebond; trying again\n"));
  EXPECT_THAT(drawn(model), HasSubstr("eth1"));
}

TEST(WatchScreen, TellsNoBondsFromNotHavingHeardYet) {
  EXPECT_THAT(drawn(Model()), Not(HasSubstr("no bonds here")));
  EXPECT_THAT(drawn(model_of({})), HasSubstr("no bonds here"));
}

TEST(WatchScreen, ShowsThePartOfALongListThatTheChosenOneIsIn) {
  std::vector<std::string> names;
  for (int i = 10; i < 40; ++i) names.push_back(fmt::format("bond{}", i));
  Model model("bond25");
  model.take(named_bonds(names), 0, false);
  const auto screen = drawn(model);
  EXPECT_THAT(screen, HasSubstr("BOND 14-17/30"));
  EXPECT_THAT(screen, ContainsRegex("> +bond25 "));
  EXPECT_THAT(screen, Not(HasSubstr("bond10 ")));
}

TEST(WatchScreen, LetsNoNameSpeakToTheTerminal) {
  EXPECT_THAT(drawn(model_of(named_bonds({"b\x1b[2J"}))), Not(HasSubstr("\x1b")));
}

TEST(WatchScreen, HelpNamesTheKeys) {
  auto model = model_of(one_bond());
  model.press({Key::Kind::character, 'h'});
  EXPECT_THAT(drawn(model), HasSubstr("undrain it: let it back"));
}

}  // namespace
}  // namespace ebond::cli::watch
