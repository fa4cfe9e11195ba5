#include "cli/metrics.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/doctor.h"
#include "cli/running_state.h"
#include "os/netns.h"
#include "views/metrics.h"

namespace ebond::cli {
namespace {

using nlohmann::json;

/// Of the namespace that the client looks at.
control::Result<std::string> text_of_daemon(const Arguments& arguments, control::Client& client) {
  return client.show_text(arguments.bond, arguments.openmetrics ? "openmetrics" : "metrics", false);
}

std::vector<views::ConfiguredBond> configured_bonds(const std::vector<config::Configuration>& files,
                                                    const json& reports) {
  std::vector<views::ConfiguredBond> bonds;
  for (const auto& file : files) {
    for (const auto& described : file.bonds) {
      const bool is_known =
          std::ranges::find(bonds, described.name, &views::ConfiguredBond::name) != bonds.end();
      if (is_known || !described.onboot) continue;
      views::ConfiguredBond bond{.name = described.name, .netns = {}};
      for (const auto& report : reports) {
        if (report.value("ifname", "") != bond.name) continue;
        bond.is_running = true;
        bond.netns = report.value("netns", "");
        bond.differences = drift_of(bond_of_report(report), described).size();
      }
      bonds.push_back(std::move(bond));
    }
  }
  return bonds;
}

/// The machine's files are about its own namespace; nothing if there are none.
control::Result<std::string> text_of_files(const Arguments& arguments, control::Client& client) {
  const auto files = enabled_configurations(arguments);
  if (files.empty()) return std::string();
  const auto reports = client.show("");
  if (!reports) return std::unexpected(reports.error());
  return views::metrics_text(configured_bonds(files, *reports), arguments.openmetrics
                                                                    ? views::MetricsFormat::openmetrics
                                                                    : views::MetricsFormat::prometheus);
}

control::Result<> add_other_namespaces(const Arguments& arguments, control::Client& client,
                                       std::vector<std::string>& texts) {
  const auto namespaces = client.namespaces();
  if (!namespaces) return std::unexpected(namespaces.error());
  const auto here = os::Namespace::current();
  for (const auto& each : *namespaces) {
    if (here && each == here->id().to_string()) continue;
    client.only_look_at(each);
    const auto text = text_of_daemon(arguments, client);
    if (!text) return std::unexpected(text.error());
    texts.push_back(views::without_families(*text, "node_bonding_"));
  }
  return {};
}

}  // namespace

control::Result<std::string> collect_metrics(const Arguments& arguments, control::Client& client) {
  auto own = text_of_daemon(arguments, client);
  if (!own) return own;
  std::vector texts{*std::move(own)};
  if (arguments.bond.empty() && arguments.netns.empty()) {
    auto files = text_of_files(arguments, client);
    if (!files) return files;
    texts.push_back(*std::move(files));
  }
  if (arguments.everywhere) {
    if (auto added = add_other_namespaces(arguments, client, texts); !added) {
      return std::unexpected(added.error());
    }
  }
  return views::merged_metrics(texts);
}

}  // namespace ebond::cli
