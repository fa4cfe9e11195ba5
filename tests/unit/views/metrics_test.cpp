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

std::string metrics_of(const core::BondReport& report) {
  return metrics_text({report}, MetricsFormat::prometheus);
}

TEST(Metrics, TellAllThatTheDaemonKnows) {
  expect_text(metrics_of(sample_known_well()), "metrics.txt");
}

TEST(Metrics, NameFamiliesOfCountersAsOpenMetricsWants) {
  const auto text = metrics_text({sample_known_well()}, MetricsFormat::openmetrics);
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
  const auto text = metrics_text({report, report}, MetricsFormat::prometheus);
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

TEST(Metrics, OfNoBondsAreEmpty) {
  EXPECT_EQ(metrics_text({}, MetricsFormat::prometheus), "# EOF\n");
}

}  // namespace
}  // namespace ebond::views
