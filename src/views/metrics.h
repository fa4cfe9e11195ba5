// Bonds as metrics: what `ebond metrics` prints, for Prometheus and what reads its formats. Names and labels
// are in docs/metrics.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/daemon_report.h"
#include "core/report.h"

namespace ebond::views {

enum class MetricsFormat : std::uint8_t {
  prometheus,  ///< the text format 0.0.4, which also ends with "# EOF": node_exporter's textfiles, promtool
  openmetrics  ///< OpenMetrics 1.0 by the letter: a family of counters is named without "_total"
};

/// One family after the other, each with its help, the bonds in the order given. A family without a sample
/// is left out.
std::string metrics_text(const std::vector<core::BondReport>& reports, const core::DaemonReport& daemon,
                         MetricsFormat format);

/// What this program found of the machine's files, for the bonds that they describe.
struct ConfiguredBond {
  std::string name, netns;
  bool is_running = false;
  std::size_t differences = 0;
};
std::string metrics_text(const std::vector<ConfiguredBond>& bonds, MetricsFormat format);

/// Texts of one format as one, each family once. Of two samples of the same name and labels the first stays.
std::string merged_metrics(const std::vector<std::string>& texts);
/// The same text without families whose names begin so.
std::string without_families(std::string_view text, std::string_view beginning);

}  // namespace ebond::views
