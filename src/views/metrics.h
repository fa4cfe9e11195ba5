// Bonds as metrics: what `ebond metrics` prints, for Prometheus and what reads its formats. Names and labels
// are in docs/metrics.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/report.h"

namespace ebond::views {

enum class MetricsFormat : std::uint8_t {
  prometheus,  ///< the text format 0.0.4, which also ends with "# EOF": node_exporter's textfiles, promtool
  openmetrics  ///< OpenMetrics 1.0 by the letter: a family of counters is named without "_total"
};

/// One family after the other, each with its help, the bonds in the order given. A family without a sample
/// is left out.
std::string metrics_text(const std::vector<core::BondReport>& reports, MetricsFormat format);

}  // namespace ebond::views
