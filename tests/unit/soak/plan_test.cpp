// The soak's plan: the same seed, the same bonds and operations; only what can be done.
#include "tests/soak/plan.h"

#include <gmock/gmock.h>

#include <set>

namespace ebond::soak {
namespace {

constexpr unsigned kSteps = 5000;

std::vector<Step> steps_of(std::uint64_t seed) {
  Plan plan(seed, 7);
  std::vector<Step> steps;
  for (unsigned i = 0; i < kSteps; ++i) steps.push_back(plan.next());
  return steps;
}

Words all_words(const Plan& plan) {
  Words words;
  for (const auto& bond : plan.bonds()) {
    words.push_back(bond.mode);
    words.push_back(std::to_string(bond.slaves));
    words.insert(words.end(), bond.near_options.begin(), bond.near_options.end());
    words.insert(words.end(), bond.far_options.begin(), bond.far_options.end());
  }
  return words;
}

TEST(SoakPlan, IsTheSameOfTheSameSeedAndAnotherOfAnother) {
  EXPECT_EQ(all_words(Plan(1234)), all_words(Plan(1234)));
  EXPECT_NE(all_words(Plan(1234)), all_words(Plan(1235)));
  EXPECT_EQ(steps_of(1234), steps_of(1234));
  EXPECT_NE(steps_of(1234), steps_of(1235));
}

// What a seed is said to do must not change with a compiler or its library.
TEST(SoakPlan, HasTheNumbersOfItsSeedOnEveryMachine) {
  Random random(1234);
  EXPECT_EQ(random.below(1000), 195U);
  EXPECT_EQ(random.below(1000), 964U);
}

TEST(SoakPlan, HasABondOfEachModeIfThereAreSeven) {
  const Plan plan(7, 7);
  std::set<std::string> modes;
  for (const auto& bond : plan.bonds()) {
    modes.insert(bond.mode);
    EXPECT_GE(bond.slaves, 2U);
    EXPECT_LE(bond.slaves, 4U);
  }
  EXPECT_EQ(modes.size(), 7U);
}

TEST(SoakPlan, DoesEveryKindOfThing) {
  std::set<What> seen;
  for (const auto& step : steps_of(1)) seen.insert(step.operation.what);
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(What::rest) + 1);
}

TEST(SoakPlan, NeverAsksADaemonThatIsNotThereNorASlaveThatIsNot) {
  Plan plan(99, 7);
  for (unsigned i = 0; i < kSteps; ++i) {
    const auto before = plan.situation();
    const auto step = plan.next().operation;
    if (step.what == What::start) {
      EXPECT_TRUE(before.dead.at(static_cast<std::size_t>(step.side)));
      continue;
    }
    if (step.what == What::kill) {
      EXPECT_FALSE(before.dead.at(static_cast<std::size_t>(step.side)));
      continue;
    }
    const auto& slave = before.sites.at(step.site).slaves.at(step.slave);
    if (step.what == What::release || step.what == What::enslave || step.what == What::set) {
      EXPECT_FALSE(before.dead[0]) << text_of(step);
    }
    const auto only_if = [&](What what, bool possible) {
      EXPECT_TRUE(step.what != what || possible) << text_of(step);
    };
    only_if(What::replug, slave.gone);
    only_if(What::pull, !slave.gone);
    only_if(What::rename, !slave.gone);
    only_if(What::enslave, slave.released && !slave.down);
    only_if(What::release, !slave.down);
    if (plan.bonds().at(step.site).shape == Shape::back_to_back) {
      only_if(What::enslave, !slave.pulled);
      only_if(What::release, !slave.pulled);
    }
  }
}

// A daemon takes what comes back while it is away as it finds it, and sets it up: until then it is no slave.
TEST(SoakPlan, DoesNothingToAnEndThatADaemonIsStillToTake) {
  Plan plan(99, 7);
  unsigned tempted = 0;
  for (unsigned i = 0; i < kSteps; ++i) {
    const auto before = plan.situation();
    const auto step = plan.next().operation;
    const bool is_far_end = step.what == What::pull;
    const bool is_near_end = step.what == What::set_down || step.what == What::change_slave ||
                             step.what == What::rename || step.what == What::foreign_filter;
    if (!is_far_end && !is_near_end) continue;
    if (is_far_end && plan.bonds().at(step.site).shape == Shape::one_switch) continue;
    const auto& slave = before.sites.at(step.site).slaves.at(step.slave);
    tempted += slave.is_new ? 1 : 0;
    EXPECT_FALSE(slave.is_new && before.dead.at(is_far_end ? 1 : 0)) << text_of(step);
  }
  EXPECT_GT(tempted, 0U);
}

TEST(SoakSituation, TakesASlaveThatWasMadeAgainForNewUntilTheNextRest) {
  Situation situation({{.mode = "active-backup"}});
  for (const auto what : {What::unplug, What::replug, What::pull})
    situation.apply({.what = what, .slave = 1});
  EXPECT_TRUE(situation.sites[0].slaves[1].is_new);
  situation.apply({.what = What::rest});
  EXPECT_FALSE(situation.sites[0].slaves[1].is_new);
}

TEST(SoakSituation, IsAfterATornCommandAsAfterAWholeOne) {
  Situation situation({{.mode = "active-backup"}});
  situation.apply({.what = What::tear, .slave = 1, .key = "release"});
  EXPECT_TRUE(situation.sites[0].slaves[1].released);
  situation.apply({.what = What::tear, .slave = 1, .key = "set"});
  EXPECT_TRUE(situation.sites[0].slaves[1].released);
  situation.apply({.what = What::tear, .slave = 1, .key = "enslave"});
  EXPECT_FALSE(situation.sites[0].slaves[1].released);
}

TEST(SoakPlan, LeavesEachBondASlave) {
  for (const std::uint64_t seed : {1, 51}) {
    Plan plan(seed, 7);
    for (unsigned i = 0; i < kSteps; ++i) {
      plan.next();
      for (const auto& site : plan.situation().sites) ASSERT_GT(site.enslaved(), 0U);
    }
  }
}

TEST(SoakPlan, MostlyLeavesEachBondAWay) {
  Plan plan(5, 7);
  unsigned without = 0;
  for (unsigned i = 0; i < kSteps; ++i) {
    plan.next();
    for (const auto& site : plan.situation().sites) without += site.working() == 0 ? 1 : 0;
  }
  EXPECT_GT(without, 0U);
  EXPECT_LT(without, kSteps * 7 / 5);
}

TEST(SoakSituation, ForgetsWhatWasDoneToACableThatIsGone) {
  Situation situation({{.mode = "active-backup"}});
  for (const auto what : {What::pull, What::set_down, What::shape, What::lose, What::rename, What::unplug}) {
    situation.apply({.what = what, .slave = 1});
  }
  situation.apply({.what = What::replug, .slave = 1});
  const auto& slave = situation.sites[0].slaves[1];
  EXPECT_TRUE(slave.works());
  EXPECT_FALSE(slave.shaped);
  EXPECT_TRUE(slave.was_gone);
  EXPECT_EQ(slave.renamed, 1U);
}

TEST(SoakPlan, MendsWhateverItBroke) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Plan plan(seed, 7);
    for (unsigned i = 0; i < 300; ++i) plan.next();
    auto situation = plan.situation();
    for (const auto& operation : plan.mendings()) situation.apply(operation);
    EXPECT_FALSE(situation.dead[0] || situation.dead[1]);
    for (const auto& site : situation.sites) {
      EXPECT_EQ(site.working(), site.slaves.size());
      for (const auto& slave : site.slaves) EXPECT_FALSE(slave.filtered || slave.shaped);
    }
  }
}

}  // namespace
}  // namespace ebond::soak
