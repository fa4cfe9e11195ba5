#include "control/rendering.h"

#include <nlohmann/json.hpp>

#include "core/options/option_table.h"

namespace ebond::control {

nlohmann::json render_json(const std::vector<BondView>& bonds) {
  auto result = nlohmann::json::array();
  for (const auto& bond : bonds) {
    auto slaves = nlohmann::json::array();
    for (const auto& slave : bond.status.slaves) slaves.push_back({{"name", slave.name}});
    result.push_back({{"name", bond.status.name}, {"netns", bond.netns}, {"slaves", slaves}});
  }
  return result;
}

std::optional<std::string> render_text(const std::vector<BondView>& bonds, std::string_view format, bool) {
  if (format != "text" && format != "proc") return std::nullopt;
  std::string result;
  for (const auto& bond : bonds) result += bond.status.name + "\n";
  return result;
}

}  // namespace ebond::control
