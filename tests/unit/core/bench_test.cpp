// The bench: which judges sit, in what order they are asked, how often, and what becomes of one that never
// comes to an end.
#include "core/judges/bench.h"

#include <functional>
#include <map>
#include <memory>

#include "bond_lab.h"

namespace ebond::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What is said on the bench, in its order, and what each judge is to answer.
struct Script {
  std::vector<std::string> calls;
  std::map<std::string, std::vector<JudgeNews>> on_advance;  ///< answers in turn, then none
  std::map<std::string, std::function<JudgeNews(const Scene&)>> on_follow;
  std::map<std::string, TimePoint> deadlines;
};

class ScriptedJudge : public Judge {
 public:
  ScriptedJudge(Script& script, std::string name) : script_(script), name_(std::move(name)) {}
  JudgeNews follow(const Scene& scene, TimePoint) override {
    script_.calls.push_back(name_ + " follow");
    const auto found = script_.on_follow.find(name_);
    return found == script_.on_follow.end() ? JudgeNews{} : found->second(scene);
  }
  JudgeNews advance(const Scene&, TimePoint) override {
    script_.calls.push_back(name_ + " advance");
    auto& answers = script_.on_advance[name_];
    if (answers.empty()) return {};
    JudgeNews next = std::move(answers.front());
    answers.erase(answers.begin());
    return next;
  }
  JudgeNews heard(const Scene&, const Slave& slave, const wire::EthernetFrame&, TimePoint) override {
    script_.calls.push_back(name_ + " heard on " + slave.name);
    return {};
  }
  JudgeNews link_changed(const Scene&, const Slave& slave, const LinkChange&, TimePoint) override {
    return {.judged = {{slave.ifindex, {.judge = PathJudge::arp, .proved = false, .why = name_}}}};
  }
  std::optional<TimePoint> next_deadline(const Scene&) const override {
    const auto found = script_.deadlines.find(name_);
    return found == script_.deadlines.end() ? std::nullopt : std::optional(found->second);
  }
  Listening listening(const Scene&, const Slave&) const override {
    Listening wanted;
    if (name_ == "a") wanted.arp.emplace();
    if (name_ == "b") wanted.nd.emplace();
    return wanted;
  }
  bool counts_any_frame(const BondOptions&) const override { return name_ == "b"; }

 private:
  Script& script_;
  std::string name_;
};

/// Two slaves and their gates; verdicts are carried out at once.
class Benched : public testing::Test, public Bench::Host {
 protected:
  Benched() {
    for (unsigned number = 0; number < 2; ++number) {
      const auto address = mac(static_cast<std::uint8_t>(number + 1));
      slaves.push_back({.ifindex = nic(number),
                        .name = nic_name(number),
                        .permanent_mac = address,
                        .mac = address,
                        .link = link_up(),
                        .monitor = {MiiStatus::up, 0, std::nullopt}});
    }
  }
  Scene scene() override { return {.options = options, .slaves = slaves, .around = around}; }
  bool carry_out(JudgeNews news) override {
    bool moved = false;
    for (const auto& [index, verdict] : news.judged) {
      Slave& slave = slaves[static_cast<std::size_t>(index) - 1];
      const bool was_held = slave.path.held_by(verdict.judge) != nullptr;
      slave.path.judged(verdict, now);
      moved |= was_held == verdict.proved;
    }
    for (const Probe& probe : news.probes) {
      script.calls.push_back("sent on " + nic_name(static_cast<unsigned>(probe.slave) - 1));
    }
    return moved;
  }
  JudgeRow row(const std::string& name, PathJudge judge, bool (*is_wanted)(const BondOptions&)) {
    return {.judge = judge,
            .name = "scripted",
            .is_wanted = is_wanted,
            .why_over = "not wanted",
            .make = [this, name] { return std::make_unique<ScriptedJudge>(script, name); }};
  }
  static bool always(const BondOptions&) { return true; }
  static bool damps(const BondOptions& options) { return options.flap_damping; }
  static JudgeNews holds(unsigned number, PathJudge judge, std::string why = "lost") {
    return {.judged = {{nic(number), {.judge = judge, .proved = false, .why = std::move(why)}}}};
  }

  TimePoint now{1s};
  BondOptions options;
  Surroundings around;
  std::vector<Slave> slaves;
  Script script;
  std::vector<JudgeRow> rows{row("a", PathJudge::icmp, always), row("b", PathJudge::arp, damps)};
};

TEST_F(Benched, SeatsThoseThatTheOptionsCallFor) {
  Bench bench(options, rows);
  bench.follow(*this, now);
  EXPECT_THAT(script.calls, ElementsAre("a follow"));
  options.flap_damping = true;
  script.calls.clear();
  bench.follow(*this, now);
  EXPECT_THAT(script.calls, ElementsAre("a follow", "b follow")) << "in the order of the rows";
}

TEST_F(Benched, LetsGoWhatAJudgeHeldThatIsNotWantedAnyMore) {
  options.flap_damping = true;
  Bench bench(options, rows);
  carry_out(holds(0, PathJudge::arp));
  carry_out(holds(1, PathJudge::icmp));
  options.flap_damping = false;
  EXPECT_TRUE(bench.follow(*this, now));
  EXPECT_TRUE(slaves[0].path.is_open());
  EXPECT_FALSE(slaves[1].path.is_open()) << "its judge still sits";
  EXPECT_FALSE(bench.follow(*this, now)) << "nothing more to say";
}

TEST_F(Benched, AsksAJudgeAgainUntilItBeginsNoHold) {
  Bench bench(options, rows);
  script.on_advance["a"] = {holds(0, PathJudge::icmp), {.probes = {{nic(1), {}}}}};
  bench.advance(*this, now);
  EXPECT_THAT(script.calls, ElementsAre("a follow", "a advance", "a follow", "a advance", "sent on eth1"));
}

TEST_F(Benched, AsksEachGoingByWhatTheOneBeforeItSaid) {
  options.flap_damping = true;
  Bench bench(options, rows);
  script.on_advance["a"] = {holds(0, PathJudge::icmp)};
  std::vector<bool> seen;
  script.on_follow["b"] = [&](const Scene& scene) {
    seen.push_back(scene.find(nic(0))->path.is_open());
    return JudgeNews{};
  };
  bench.advance(*this, now);
  EXPECT_THAT(seen, ElementsAre(false));
}

TEST_F(Benched, DoesNotAskAgainForAnotherWordOfTheSameHold) {
  Bench bench(options, rows);
  carry_out(holds(0, PathJudge::icmp));
  script.on_advance["a"] = {holds(0, PathJudge::icmp, "still lost")};
  bench.advance(*this, now);
  EXPECT_THAT(script.calls, ElementsAre("a follow", "a advance"));
  EXPECT_EQ(slaves[0].path.holds().front().why, "still lost");
}

TEST_F(Benched, LeavesAJudgeThatNeverComesToAnEnd) {
  Bench bench(options, rows);
  for (unsigned time = 0; time < 1000; ++time) {
    auto news = holds(0, PathJudge::icmp);
    news.judged.front().verdict.proved = time % 2 != 0;
    script.on_advance["a"].push_back(news);
  }
  bench.advance(*this, now);
  EXPECT_EQ(script.calls.size(), 2 * Bench::kRounds);
}

TEST_F(Benched, HandsEveryFrameToEveryJudge) {
  options.flap_damping = true;
  Bench bench(options, rows);
  EXPECT_FALSE(bench.heard(*this, slaves[1], {}, now)) << "no judge had anything to say";
  EXPECT_THAT(script.calls, ElementsAre("a heard on eth1", "b heard on eth1"));
}

TEST_F(Benched, CollectsWhatAllSayOfALinkWithoutCarryingItOut) {
  options.flap_damping = true;
  Bench bench(options, rows);
  const auto judged = bench.link_changed(scene(), slaves[0], {}, now);
  ASSERT_EQ(judged.size(), 2U);
  EXPECT_EQ(judged[0].verdict.why, "a");
  EXPECT_TRUE(slaves[0].path.is_open());
}

TEST_F(Benched, WakesForTheFirstDeadlineAndListensForAll) {
  options.flap_damping = true;
  Bench bench(options, rows);
  EXPECT_EQ(bench.next_deadline(scene()), std::nullopt);
  script.deadlines = {{"a", TimePoint{7s}}, {"b", TimePoint{5s}}};
  EXPECT_EQ(bench.next_deadline(scene()), TimePoint{5s});
  const auto wanted = bench.listening(scene(), slaves[0]);
  EXPECT_TRUE(wanted.arp && wanted.nd);
  EXPECT_TRUE(bench.counts_any_frame(options));
  options.flap_damping = false;
  EXPECT_FALSE(bench.listening(scene(), slaves[0]).nd) << "b is not wanted any more";
  EXPECT_FALSE(bench.counts_any_frame(options));
}

TEST(JudgeRows, NameEveryJudgeAndAreMadeAsTheirOptionsSay) {
  for (const auto& [judge, name] :
       std::vector<std::pair<PathJudge, std::string>>{{PathJudge::arp, "arp"},
                                                      {PathJudge::icmp, "icmp"},
                                                      {PathJudge::bfd, "bfd"},
                                                      {PathJudge::failback, "failback"},
                                                      {PathJudge::damping, "damping"},
                                                      {PathJudge::drain, "drain"}}) {
    EXPECT_EQ(path_judge_name(judge), name);
    EXPECT_EQ(row_of(judge).judge, judge);
  }
  for (const JudgeRow& row : judge_rows()) {
    EXPECT_NE(row.make(), nullptr);
    EXPECT_EQ(row.gives_way, row_of(row.judge).gives_way) << row.name;
    EXPECT_EQ(row.leaves_aggregator, row_of(row.judge).leaves_aggregator) << row.name;
  }
}

/// What holds for every judge, asked through the one interface.
class EveryJudge : public testing::TestWithParam<std::size_t> {
 protected:
  EveryJudge() {
    options.mode = Mode::active_backup;
    options.arp_interval = 100ms;
    options.arp_ip_target = {{192, 0, 2, 254}};
    options.path_target = {Ipv4Address{192, 0, 2, 254}};
    options.failback = Failback::proof;
    options.flap_damping = true;
    for (unsigned number = 0; number < 2; ++number) {
      const auto address = mac(static_cast<std::uint8_t>(number + 1));
      slaves.push_back({.ifindex = nic(number),
                        .name = nic_name(number),
                        .permanent_mac = address,
                        .mac = mac(1),
                        .link = link_up(),
                        .monitor = {MiiStatus::up, 0, std::nullopt}});
    }
    around.own_ipv4 = {{192, 0, 2, 1}};
    around.ipv4 = {{.target = {192, 0, 2, 254}, .kind = WayKind::bond, .source = {192, 0, 2, 1}, .tags = {}}};
    around.paths = {{.target = Ipv4Address{192, 0, 2, 254},
                     .kind = WayKind::bond,
                     .next_hop = Ipv4Address{192, 0, 2, 254},
                     .source = Ipv4Address{192, 0, 2, 1}}};
  }
  Scene scene() const {
    return {.options = options,
            .slaves = slaves,
            .active = slaves.empty() ? nullptr : &slaves.front(),
            .bond_mac = mac(1),
            .admin_up = admin_up,
            .has_active_slave = true,
            .around = around};
  }
  const JudgeRow& row() const { return judge_rows()[GetParam()]; }

  TimePoint now{1s};
  bool admin_up = true;
  BondOptions options;
  Surroundings around;
  std::vector<Slave> slaves;
  std::unique_ptr<Judge> judge = row().make();
};

TEST_P(EveryJudge, SpeaksInItsOwnNameAlone) {
  judge->follow(scene(), now);
  std::vector<JudgedPath> said;
  const auto keep = [&](const JudgeNews& news) {
    said.insert(said.end(), news.judged.begin(), news.judged.end());
  };
  for (int time = 0; time < 2; ++time) {
    for (const auto to : {MiiStatus::down, MiiStatus::up}) {
      const auto from = slaves[0].monitor.status();
      slaves[0].monitor = {to, 0, std::nullopt};
      keep(judge->link_changed(scene(), slaves[0], {.from = from, .to = to}, now));
      keep(judge->follow(scene(), now));
      now += 10ms;
      keep(judge->advance(scene(), now));
    }
  }
  for (int step = 0; step < 500; ++step) {
    now += 10ms;
    keep(judge->follow(scene(), now));
    keep(judge->advance(scene(), now));
  }
  for (const auto& [slave, verdict] : said) EXPECT_EQ(verdict.judge, row().judge) << verdict.why;
}

TEST_P(EveryJudge, SaysNothingTwiceOfAnUnchangedBond) {
  judge->follow(scene(), now);
  EXPECT_TRUE(judge->follow(scene(), now).judged.empty());
}

TEST_P(EveryJudge, IsDoneOnceItsDeadlinePassed) {
  judge->follow(scene(), now);
  for (int wakes = 0; wakes < 200; ++wakes) {
    const auto next = judge->next_deadline(scene());
    if (!next) return;
    ASSERT_GE(*next, now) << row().name << " is asked too late, or never done";
    now = std::max(now, *next);
    for (unsigned round = 0; round < Bench::kRounds; ++round) {
      const auto news = judge->advance(scene(), now);
      for (const auto& [index, verdict] : news.judged) {
        slaves[static_cast<std::size_t>(index) - 1].path.judged(verdict, now);
      }
      if (news.judged.empty()) break;
      judge->follow(scene(), now);
    }
    const auto after = judge->next_deadline(scene());
    ASSERT_TRUE(!after || *after > now) << row().name;
  }
}

TEST_P(EveryJudge, LetsGoOfASlaveThatLeft) {
  judge->follow(scene(), now);
  slaves.clear();
  EXPECT_TRUE(judge->follow(scene(), now).judged.empty());
  now += 1s;
  EXPECT_TRUE(judge->advance(scene(), now).judged.empty());
}

TEST_P(EveryJudge, HasNothingToAskOfABondThatIsDown) {
  admin_up = false;
  judge->follow(scene(), now);
  now += 10s;
  EXPECT_TRUE(judge->advance(scene(), now).probes.empty());
}

TEST_P(EveryJudge, IgnoresAFrameThatIsNoneOfItsOwn) {
  judge->follow(scene(), now);
  const wire::Bytes lldp{0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 9, 0x88, 0xcc, 1, 2, 3, 4};
  EXPECT_TRUE(judge->heard(scene(), slaves[0], *wire::parse_ethernet(lldp), now).empty());
}

INSTANTIATE_TEST_SUITE_P(Bench, EveryJudge, testing::Range(std::size_t{0}, judge_rows().size()),
                         [](const auto& which) {
                           const auto name = std::string(judge_rows()[which.param].name);
                           return name + std::to_string(which.param);
                         });

}  // namespace
}  // namespace ebond::core
