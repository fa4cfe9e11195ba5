#include "cli/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/configured.h"
#include "cli/enabled.h"
#include "cli/running_state.h"
#include "cli/session.h"
#include "cli/surroundings.h"
#include "cli/update.h"
#include "core/options/option_table.h"
#include "os/ethtool.h"
#include "os/netns.h"
#include "os/rtnetlink.h"

namespace ebond::cli {
namespace {

using nlohmann::json;
using views::Finding;
using views::Gravity;

const config::BondConfig* find_bond(const std::vector<config::Configuration>& files,
                                    const std::string& name) {
  for (const auto& each : files) {
    if (const auto* bond = each.find(name)) return bond;
  }
  return nullptr;
}

std::vector<Finding> drift_findings(const std::vector<config::Configuration>& files, const json& report) {
  const auto running = bond_of_report(report);
  const auto* file = find_bond(files, running.name);
  if (file == nullptr) return {};
  const auto drift = drift_of(running, *file);
  if (drift.empty()) return {};
  return {{Gravity::risk, running.name, "it is not as the files say, and will be otherwise after a reboot",
           fmt::format("{}: {}", file->where.to_string(), fmt::join(drift, "; ")),
           "change the one or the other: `ebond export` prints what is"}};
}

}  // namespace

std::vector<config::Configuration> enabled_configurations(const Arguments& arguments) {
  std::vector<config::Configuration> all;
  for (const auto& part : enabled_parts(arguments).value_or(std::vector<Arguments>{})) {
    if (auto configuration = read_configuration(part)) all.push_back(*std::move(configuration));
  }
  return all;
}

std::vector<std::string> drift_of(const config::BondConfig& running, const config::BondConfig& file) {
  std::vector<std::string> drift;
  const auto here = as_options(running.options), there = as_options(file.options);
  for (const auto& [name, value] : file.options) {
    const auto* option = core::find_option(name);
    if (option == nullptr || option->get == nullptr || option->is_action) continue;
    const auto is = option->get(here), was = option->get(there);
    if (is != was) drift.push_back(fmt::format("{} is {}, and {} there", option->name, is, was));
  }
  const bool named = std::ranges::none_of(file.slaves, [](const auto& slave) { return slave.name.empty(); });
  if (!named) return drift;
  for (const auto& name : slaves_beyond(file, running)) drift.push_back(fmt::format("{} is no slave", name));
  for (const auto& name : slaves_beyond(running, file)) {
    drift.push_back(fmt::format("{} is a slave, and is not there", name));
  }
  return drift;
}

int run_doctor(const Arguments& arguments) {
  auto client = connect(kProgram, arguments.run_dir, arguments.netns);
  if (!client) return client.error();
  const auto reports = client->show(arguments.bond);
  if (!reports) return conclude(kProgram, reports);
  const auto judged = client->show_text(arguments.bond, "findings", false);
  if (!judged) return conclude(kProgram, judged);
  auto findings = views::findings_from_json(json::parse(*judged));

  const auto where =
      arguments.netns.empty() ? os::Namespace::current() : os::Namespace::open_named(arguments.netns);
  if (!where) {
    complain(kProgram, where.error().message());
    return kRefused;
  }
  const auto inside = os::NamespaceScope::enter(*where);
  auto links = os::Rtnetlink::open(*where);
  auto cards = os::Ethtool::open(*where);
  if (inside && links && cards) {
    for (const auto& report : *reports) {
      std::ranges::move(findings_around(look_around(report, *links, *cards, "/")),
                        std::back_inserter(findings));
    }
  }
  const auto files = enabled_configurations(arguments);
  for (const auto& report : *reports) {
    std::ranges::move(drift_findings(files, report), std::back_inserter(findings));
  }
  print(arguments.json ? views::findings_json(findings).dump(2) + "\n"
                       : views::doctor_text(findings, reports->size(), colour()));
  return findings.empty() ? kDone : kRefused;
}

}  // namespace ebond::cli
