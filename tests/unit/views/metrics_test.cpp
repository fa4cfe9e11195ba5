#include "views/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/views/expected_text.h"
#include "tests/unit/views/sample_bonds.h"

namespace ebond::views {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

core::DaemonReport sample_daemon() {
  core::DaemonReport daemon{.version = "1.2.3", .started_ns = 1'767'355'384'000'000'000};
  for (const auto us : {0, 80, 120, 3'000, 2'000'000}) daemon.lag.note(us);
  daemon.bonds = 3;
  daemon.events_kept = 17;
  daemon.hooks_run = 5;
  daemon.hooks_failed = 1;
  return daemon;
}

std::string metrics_of(const std::vector<core::BondReport>& reports) {
  return metrics_text(reports, sample_daemon(), MetricsFormat::prometheus);
}
std::string metrics_of(const core::BondReport& report) {
  return metrics_of(std::vector{report});
}

TEST(Metrics, TellAllThatTheDaemonKnows) {
  expect_text(metrics_of(sample_known_well()), "metrics.txt");
}

TEST(Metrics, NameFamiliesOfCountersAsOpenMetricsWants) {
  const auto text = metrics_text({sample_known_well()}, sample_daemon(), MetricsFormat::openmetrics);
  EXPECT_THAT(
      text,
      HasSubstr("# TYPE ebond_slave_transmit_frames counter\n"
                "ebond_slave_transmit_frames_total{bond=\"bond0\",netns=\"web\",slave=\"eth0\"} 300\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE ebond_bond info\nebond_bond_info{"));
  EXPECT_THAT(text, EndsWith("# EOF\n"));
}

TEST(Metrics, SatisfyPrometheusOwnTool) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool is not here: scripts/setup test installs it (Debian's package prometheus)";
  }
  const auto check = "promtool check metrics <" + expected_path("metrics.txt");
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST(Metrics, NameABondOnceInAFamilyHoweverManyThereAre) {
  const auto report = sample_report(sample_bond(core::Mode::balance_rr, 1));
  const auto text = metrics_of({report, report});
  const auto first = text.find("# TYPE ebond_bond_carrier gauge");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("# TYPE ebond_bond_carrier gauge", first + 1), std::string::npos);
}

TEST(Metrics, EscapeWhatAnInterfaceMayBeNamed) {
  auto bond = sample_bond(core::Mode::balance_rr, 1);
  bond.slaves[0].name = "e\"\\\n\xff";
  EXPECT_THAT(metrics_of(sample_report(bond)), HasSubstr(R"(slave="e\"\\\n\\xff")"));
}

TEST(Metrics, LeaveOutWhatIsNotKnown) {
  auto bond = sample_bond(core::Mode::balance_rr, 1);
  bond.slaves[0].link.speed_mbps = 0;
  const auto text = metrics_of(sample_report(bond));
  EXPECT_THAT(text, Not(HasSubstr("ebond_slave_speed_bytes")));
  EXPECT_THAT(text, Not(HasSubstr("ebond_lacp")));
  EXPECT_THAT(text, Not(HasSubstr("receive_frames")));
  EXPECT_THAT(text, HasSubstr("node_bonding_active{master=\"bond0\"} 1\n"));
}

TEST(Metrics, OfABondThatTheDaemonGaveUpSayThatAndNothingElse) {
  core::BondReport failed;
  failed.status.name = "bond9";
  failed.failed = "it could not be taken over";
  const auto text = metrics_of(failed);
  EXPECT_THAT(text, HasSubstr("ebond_bond_health{bond=\"bond9\",netns=\"\",health=\"failed\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("node_bonding_slaves")));
}

TEST(Metrics, OfNoBondsAreThoseOfTheDaemon) {
  const auto text = metrics_of(std::vector<core::BondReport>{});
  EXPECT_THAT(text, HasSubstr("ebond_daemon_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ebond_daemon_loop_lag_seconds_bucket{le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ebond_daemon_loop_lag_seconds_bucket{le=\"1\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("ebond_daemon_loop_lag_seconds_count 5\n"));
  EXPECT_THAT(text, HasSubstr("ebond_hook_runs_total{result=\"done\"} 4\n"));
  EXPECT_THAT(text, Not(HasSubstr("ebond_bond_")));
}

TEST(Metrics, OfTheMachinesFilesTellWhatIsMissingAndWhatDiffers) {
  const std::vector<ConfiguredBond> bonds{{"bond0", "", true, 2}, {"bond1", "", false, 0}};
  const auto text = metrics_text(bonds, MetricsFormat::prometheus);
  EXPECT_THAT(text, HasSubstr("ebond_config_bond_running{bond=\"bond0\",netns=\"\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ebond_config_bond_running{bond=\"bond1\",netns=\"\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("ebond_config_drift{bond=\"bond0\",netns=\"\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("ebond_config_drift{bond=\"bond1\"")));
}

TEST(Metrics, OfSeveralNamespacesHaveEachFamilyAndEachSampleOnce) {
  auto here = sample_known_well(), there = sample_known_well();
  here.netns = "";
  there.netns = "web";
  const auto merged = merged_metrics({metrics_of(here), metrics_of(there), ""});
  for (const auto* once :
       {"# TYPE ebond_bond_carrier gauge\n", "# TYPE ebond_daemon_loop_lag_seconds histogram\n",
        "\nebond_daemon_bonds 3\n", "# EOF\n"}) {
    const auto first = merged.find(once);
    ASSERT_NE(first, std::string::npos) << once;
    EXPECT_EQ(merged.find(once, first + 1), std::string::npos) << once;
  }
  const auto of_here = merged.find("ebond_bond_carrier{bond=\"bond0\",netns=\"\"}");
  const auto of_there = merged.find("ebond_bond_carrier{bond=\"bond0\",netns=\"web\"}");
  const auto next_family = merged.find("# HELP", of_here);
  EXPECT_LT(of_here, of_there);
  EXPECT_LT(of_there, next_family);
  EXPECT_THAT(merged, EndsWith("# EOF\n"));
  // One text by itself stays what it is.
  EXPECT_EQ(merged_metrics({metrics_of(here)}), metrics_of(here));
}

TEST(Metrics, CanBeHadWithoutSomeFamilies) {
  const auto text = without_families(metrics_of(sample_known_well()), "node_bonding_");
  EXPECT_THAT(text, Not(HasSubstr("node_bonding_")));
  EXPECT_THAT(text, HasSubstr("ebond_bond_carrier{"));
  EXPECT_THAT(text, EndsWith("# EOF\n"));
}

}  // namespace
}  // namespace ebond::views
