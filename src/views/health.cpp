#include "views/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "views/words.h"

namespace ebond::views {
namespace {

std::ptrdiff_t links_up(const core::BondStatus& bond) {
  return std::ranges::count(bond.slaves, core::MiiStatus::up, &core::SlaveStatus::mii_status);
}

std::string why_no_carrier(const core::BondStatus& bond) {
  if (bond.slaves.empty()) return fmt::format("no slaves: add some with `ebond enslave {} IF…`", bond.name);
  const auto up = links_up(bond);
  if (up == 0) return "no slave has a working link";
  if (up < static_cast<std::ptrdiff_t>(bond.options.min_links)) {
    return fmt::format("{} of the {} links min_links asks for are up", up, bond.options.min_links);
  }
  if (bond.options.lacp_strict) return "lacp_strict waits for a partner to aggregate with";
  return "no slave carries traffic";
}

/// "eth1", "eth1 and eth2", "eth1, eth2 and eth3"
std::string names_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

HealthReport health_of(const core::BondReport& report) {
  const auto& bond = report.status;
  if (!report.failed.empty()) return {Health::failed, report.failed};
  if (!bond.admin_up) {
    return {Health::down, fmt::format("set down: `ip link set {} up` starts it", bond.name)};
  }
  if (!bond.carrier) return {Health::down, why_no_carrier(bond)};
  if (!report.undone.empty()) return {Health::degraded, report.undone.front()};
  std::vector<std::string> ailing;
  for (const auto& slave : bond.slaves) {
    if (!is_healthy(bond, slave)) ailing.push_back(slave.name);
  }
  if (!ailing.empty()) return {Health::degraded, "see to " + names_of(ailing)};
  if (bond.slaves.size() == 1) return {Health::degraded, "one slave only: nothing to fail over to"};
  return {};
}

std::string_view health_word(Health health) {
  constexpr std::array<std::string_view, 4> kWords = {"ok", "degraded", "down", "failed"};
  return kWords.at(static_cast<std::size_t>(health));
}

}  // namespace ebond::views
