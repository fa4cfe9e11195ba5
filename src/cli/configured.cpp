#include "cli/configured.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "cli/bring_up.h"
#include "cli/live_host.h"
#include "cli/running_state.h"
#include "cli/session.h"
#include "config/formats.h"
#include "config/sysconfig.h"
#include "config/toml.h"
#include "config/toml_writer.h"
#include "os/netns.h"

namespace ebond::cli {
namespace {

/// The bonds meant, or nothing after the reason was told.
std::optional<std::vector<config::BondConfig>> choose(const Arguments& arguments,
                                                      const config::Configuration& configuration) {
  std::vector<config::BondConfig> chosen;
  for (const auto& bond : configuration.bonds) {
    const bool wanted = !arguments.bond.empty()               ? bond.name == arguments.bond
                        : arguments.command == Command::apply ? true
                                                              : bond.onboot;
    if (wanted) chosen.push_back(bond);
  }
  if (!chosen.empty()) return chosen;
  const auto where = !arguments.file.empty() ? arguments.file.native()
                     : arguments.format      ? arguments.root.native()
                                             : arguments.sysconfig.native();
  complain(kProgram, arguments.bond.empty()
                         ? fmt::format("{} describes no bond to bring up", where)
                         : fmt::format("{} does not describe a bond {}", where, arguments.bond));
  return std::nullopt;
}

os::Result<os::Rtnetlink> open_links(const std::string& netns) {
  const auto where = netns.empty() ? os::Namespace::current() : os::Namespace::open_named(netns);
  if (!where) return std::unexpected(where.error());
  return os::Rtnetlink::open(*where);
}

/// One that was killed is followed by another at once, if somebody sees to it.
std::optional<control::Client> wait_for_daemon(const std::filesystem::path& run_dir) {
  constexpr auto kAtMost = std::chrono::seconds(10);
  constexpr auto kPause = std::chrono::milliseconds(100);
  const auto end = std::chrono::steady_clock::now() + kAtMost;
  for (;;) {
    if (auto client = control::Client::connect(control::socket_in(run_dir))) return std::move(*client);
    if (std::chrono::steady_clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(kPause);
  }
}

void tell_notes(const config::Configuration& configuration) {
  for (const auto& note : configuration.notes) complain(kProgram, "note: " + note.to_string());
}

os::Result<RunningInterface> running_interface(os::Rtnetlink& links, const os::LinkInfo& link) {
  RunningInterface running{.link = link};
  auto addresses = links.addresses(link.ifindex);
  if (!addresses) return std::unexpected(addresses.error());
  running.addresses = *std::move(addresses);
  auto routes = links.routes(link.ifindex);
  if (!routes) return std::unexpected(routes.error());
  running.routes = *std::move(routes);
  if (!link.master) return running;
  const auto master = links.link(*link.master);
  if (!master) return std::unexpected(master.error());
  running.master = master->name;
  return running;
}

/// Adds what the kernel keeps of a bond and of the VLANs on it.
os::Result<> add_network_of(config::BondConfig& bond, os::Rtnetlink& links) {
  const auto all = links.links();
  if (!all) return std::unexpected(all.error());
  const auto own = std::ranges::find(*all, bond.name, &os::LinkInfo::name);
  if (own == all->end()) return {};  // gone since it was reported
  auto interface = running_interface(links, *own);
  if (!interface) return std::unexpected(interface.error());
  std::vector<RunningInterface> vlans;
  for (const auto& link : *all) {
    if (!link.vlan || link.lower != own->ifindex || link.lower_netnsid) continue;
    auto vlan = running_interface(links, link);
    if (!vlan) return std::unexpected(vlan.error());
    vlans.push_back(*std::move(vlan));
  }
  add_running_network(bond, *interface, vlans);
  return {};
}

}  // namespace

config::Result<config::Configuration> read_configuration(const Arguments& arguments) {
  if (!arguments.file.empty()) return config::read_toml(arguments.file);
  if (arguments.format) return config::read_machine(*arguments.format, arguments.root);
  return config::read_sysconfig(config::sysconfig_paths(arguments.sysconfig));
}

int check_configured(const Arguments& arguments) {
  const auto configuration = read_configuration(arguments);
  if (!configuration) {
    complain(kProgram, configuration.error().to_string());
    return kRefused;
  }
  return choose(arguments, *configuration) ? kDone : kRefused;
}

int run_export(const Arguments& arguments) {
  auto client = connect(kProgram, arguments.run_dir, arguments.netns);
  if (!client) return client.error();
  const auto reports = client->show(arguments.bond);
  if (!reports) return conclude(kProgram, reports);
  auto links = open_links(arguments.netns);
  if (!links) {
    complain(kProgram, links.error().message());
    return kRefused;
  }
  std::vector<config::BondConfig> bonds;
  for (const auto& report : *reports) {
    bonds.push_back(bond_of_report(report));
    if (auto added = add_network_of(bonds.back(), *links); !added) {
      complain(kProgram, added.error().message());
      return kRefused;
    }
  }
  print(config::to_toml(bonds));
  return kDone;
}

int run_import(const Arguments& arguments) {
  const auto configuration = config::read_format(*arguments.format, arguments.file);
  if (!configuration) {
    complain(kProgram, configuration.error().to_string());
    return kRefused;
  }
  tell_notes(*configuration);
  if (configuration->bonds.empty()) {
    complain(kProgram, fmt::format("{} describes no bond", arguments.file.native()));
    return kRefused;
  }
  print(config::to_toml(configuration->bonds));
  return kDone;
}

int run_configured(const Arguments& arguments) {
  const auto configuration = read_configuration(arguments);
  if (!configuration) {
    complain(kProgram, configuration.error().to_string());
    return kRefused;
  }
  tell_notes(*configuration);
  const auto bonds = choose(arguments, *configuration);
  if (!bonds) return kRefused;

  auto client = connect(kProgram, arguments.run_dir, arguments.netns);
  if (!client) return client.error();
  auto links = open_links(arguments.netns);
  if (!links) {
    complain(kProgram, links.error().message());
    return kRefused;
  }
  LiveHost host(std::move(*client), std::move(*links), [&] { return wait_for_daemon(arguments.run_dir); });
  const Printer printer{[](const std::string& line) { print(line + "\n"); },
                        [](const std::string& line) { complain(kProgram, line); }};
  const bool whole_file = !arguments.file.empty();
  const auto carry_out = arguments.command == Command::down ? shut_down_each
                         : whole_file                       ? bring_up_all_or_none
                                                            : bring_up_each;
  return carry_out(host, *bonds, printer) ? kDone : kRefused;
}

}  // namespace ebond::cli
