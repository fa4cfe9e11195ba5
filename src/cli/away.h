// Where a bond's halves stand, as a report of it says.
#pragma once

#include <nlohmann/json.hpp>

namespace ebond::cli {

/// bond0 stands in another namespace than the bond belongs to.
inline bool is_away(const nlohmann::json& report) {
  const auto away = report.find("away");
  return away != report.end() && !away->is_null();
}

/// Its slaves do: here, their numbers are other interfaces'.
inline bool has_slaves_away(const nlohmann::json& report) {
  const auto netns = report.find("slaves_netns");
  return netns != report.end() && !netns->is_null();
}

}  // namespace ebond::cli
