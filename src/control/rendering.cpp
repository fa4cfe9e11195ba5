#include "control/rendering.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "views/doctor.h"
#include "views/json.h"
#include "views/metrics.h"
#include "views/proc_text.h"
#include "views/table_text.h"
#include "views/verbose_text.h"

namespace ebond::control {

nlohmann::json render_json(const std::vector<core::BondReport>& bonds) {
  auto result = nlohmann::json::array();
  for (const auto& bond : bonds) result.push_back(nlohmann::json(views::bond_json(bond)));
  return result;
}

std::optional<std::string> render_text(const std::vector<core::BondReport>& bonds, std::string_view format,
                                       bool colour, const core::DaemonReport& daemon) {
  const auto colours = colour ? views::Colour::ansi : views::Colour::never;
  if (format == "text") return views::show_text(bonds, colours);
  if (format == "verbose") return views::verbose_text(bonds, colours);
  if (format == "json") return views::bonds_json_text(bonds);
  if (format == "findings") {
    std::vector<views::Finding> all;
    for (const auto& bond : bonds) std::ranges::move(views::findings_of(bond), std::back_inserter(all));
    return views::findings_json(all).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  if (format == "metrics") return views::metrics_text(bonds, daemon, views::MetricsFormat::prometheus);
  if (format == "openmetrics") return views::metrics_text(bonds, daemon, views::MetricsFormat::openmetrics);
  if (format != "proc") return std::nullopt;
  std::string result;
  for (const auto& bond : bonds) result += views::proc_text(bond.status);
  return result;
}

}  // namespace ebond::control
