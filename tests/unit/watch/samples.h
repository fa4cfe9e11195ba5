// Bonds for the tests of the live screen, through the JSON of the daemon.
#pragma once

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/watch/reports.h"
#include "tests/unit/views/sample_bonds.h"
#include "views/json.h"

namespace ebond::cli::watch {

inline constexpr std::int64_t kNow = 1'767'323'045'000'000'000;  // 2026-01-02 03:04:05 UTC
inline constexpr std::int64_t kSecond = 1'000'000'000;

/// That many octets were sent by each slave and by the bond, and twice as many received.
inline core::BondReport report_of(core::BondStatus status, std::uint64_t octets = 0) {
  core::BondReport report;
  const core::Traffic traffic{.rx_bytes = 2 * octets, .tx_bytes = octets};
  for (std::size_t i = 0; i < status.slaves.size(); ++i) {
    core::SlaveFacts facts{.traffic = traffic};
    facts.status_since_ns = kNow - 30 * kSecond;
    facts.role_since_ns = kNow - 300 * kSecond;
    report.slave_facts.push_back(facts);
  }
  report.status = std::move(status);
  report.traffic = traffic;
  report.carrier_since_ns = kNow - 7200 * kSecond;
  return report;
}

inline std::vector<Bond> bonds_of(const std::vector<core::BondReport>& reports) {
  auto array = nlohmann::json::array();
  for (const auto& report : reports) array.push_back(nlohmann::json::parse(views::bond_json(report).dump()));
  return bonds_of_reports(array);
}

inline std::vector<Bond> one_bond(core::Mode mode = core::Mode::active_backup, int slaves = 2,
                                  std::uint64_t octets = 0) {
  return bonds_of({report_of(views::sample_bond(mode, slaves), octets)});
}

inline std::vector<Bond> named_bonds(const std::vector<std::string>& names) {
  std::vector<core::BondReport> reports;
  for (const auto& name : names) {
    auto status = views::sample_bond(core::Mode::active_backup, 2);
    status.name = name;
    reports.push_back(report_of(status));
  }
  return bonds_of(reports);
}

}  // namespace ebond::cli::watch
