#include "cli/configured.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "cli/bring_up.h"
#include "cli/dry_host.h"
#include "cli/live_host.h"
#include "cli/running_state.h"
#include "cli/session.h"
#include "cli/update.h"
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

/// With its notes told; nothing after it was told why it cannot be read.
std::optional<config::Configuration> told(config::Result<config::Configuration> read) {
  if (!read) {
    complain(kProgram, read.error().to_string());
    return std::nullopt;
  }
  for (const auto& note : read->notes) complain(kProgram, "note: " + note.to_string());
  return *std::move(read);
}

/// What bonds are brought up by.
struct Means {
  control::Client client;
  os::Rtnetlink links;
};

/// Or the exit code, after the reason was told.
std::expected<Means, int> open_means(const Arguments& arguments) {
  auto client = connect(kProgram, arguments.run_dir, arguments.netns);
  if (!client) return std::unexpected(client.error());
  auto links = open_links(arguments.netns);
  if (!links) {
    complain(kProgram, links.error().message());
    return std::unexpected(kRefused);
  }
  return Means{std::move(*client), std::move(*links)};
}

LiveHost live_host(Means means, const Arguments& arguments) {
  return {std::move(means.client), std::move(means.links),
          [run_dir = arguments.run_dir] { return wait_for_daemon(run_dir); }};
}

Printer to_the_terminal() {
  return {[](const std::string& line) { print(line + "\n"); },
          [](const std::string& line) { complain(kProgram, line); }};
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

/// Adds what the kernel keeps of a bond and of the VLANs on it. `interface_name`: as it is called there.
os::Result<> add_network_of(config::BondConfig& bond, const std::string& interface_name,
                            os::Rtnetlink& links) {
  const auto all = links.links();
  if (!all) return std::unexpected(all.error());
  const auto own = std::ranges::find(*all, interface_name, &os::LinkInfo::name);
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

/// A bond that runs, as it would stand in a file.
os::Result<config::BondConfig> running_bond(const nlohmann::json& report, os::Rtnetlink& here) {
  auto bond = bond_of_report(report);
  const auto& away = report.at("away");
  if (away.is_null()) {
    auto added = add_network_of(bond, bond.name, here);
    return added ? os::Result<config::BondConfig>(std::move(bond)) : std::unexpected(added.error());
  }
  const auto name = away.at("ifname").get<std::string>();
  auto there = open_links(bond.netns);
  if (!there) {
    // It has no name that could stand in a file.
    complain(kProgram,
             fmt::format("warning: the interface of {} stands in a network namespace that `ip netns` "
                         "does not name ({}): its addresses and routes are left out",
                         bond.name, bond.netns.empty() ? "the initial one" : bond.netns));
    bond.netns.clear();
    return bond;
  }
  if (name != bond.name) {
    complain(kProgram,
             fmt::format("warning: the interface of {} is called {} in netns {}: a file can only give "
                         "it the bond's name",
                         bond.name, name, bond.netns));
  }
  if (auto added = add_network_of(bond, name, *there); !added) return std::unexpected(added.error());
  return bond;
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
    auto bond = running_bond(report, *links);
    if (!bond) {
      complain(kProgram, bond.error().message());
      return kRefused;
    }
    bonds.push_back(*std::move(bond));
  }
  print(config::to_toml(bonds));
  return kDone;
}

int run_import(const Arguments& arguments) {
  const auto configuration = told(config::read_format(*arguments.format, arguments.file));
  if (!configuration) return kRefused;
  if (configuration->bonds.empty()) {
    complain(kProgram, fmt::format("{} describes no bond", arguments.file.native()));
    return kRefused;
  }
  print(config::to_toml(configuration->bonds));
  return kDone;
}

int run_configured(const Arguments& arguments) {
  const auto configuration = told(read_configuration(arguments));
  if (!configuration) return kRefused;
  const auto bonds = choose(arguments, *configuration);
  if (!bonds) return kRefused;

  auto means = open_means(arguments);
  if (!means) return means.error();
  auto host = live_host(*std::move(means), arguments);
  host.force();  // what is enabled comes up at boot, too, whatever else is at work there
  const bool whole_file = !arguments.file.empty();
  const auto carry_out = arguments.command == Command::down ? shut_down_each
                         : whole_file                       ? bring_up_all_or_none
                                                            : bring_up_each;
  return carry_out(host, *bonds, to_the_terminal()) ? kDone : kRefused;
}

namespace {

/// What runs of the bonds that a file describes, as it would stand in a file.
std::optional<std::vector<config::BondConfig>> running_of(const std::vector<config::BondConfig>& wanted,
                                                          control::Client& client, os::Rtnetlink& links) {
  std::vector<config::BondConfig> running;
  const auto reports = client.show("");
  if (!reports) {
    complain(kProgram, reports.error().message);
    return std::nullopt;
  }
  for (const auto& report : *reports) {
    const auto name = report.at("ifname").get<std::string>();
    if (std::ranges::find(wanted, name, &config::BondConfig::name) == wanted.end()) continue;
    auto bond = running_bond(report, links);
    if (!bond) {
      complain(kProgram, bond.error().message());
      return std::nullopt;
    }
    running.push_back(*std::move(bond));
  }
  return running;
}

/// Each that runs is updated, the others are brought up. The first failure ends it.
bool carry_out(Host& host, const std::vector<config::BondConfig>& wanted,
               const std::vector<config::BondConfig>& running) {
  const auto warn = [](const std::string& warning) { complain(kProgram, "warning: " + warning); };
  for (const auto& described : wanted) {
    const auto bond = with_cards_found(host, described, warn);
    const auto now = std::ranges::find(running, bond.name, &config::BondConfig::name);
    const auto done = now == running.end() ? bring_up(host, bond, warn) : update(host, bond, *now, warn);
    if (done) continue;
    complain(kProgram, fmt::format("{}: {}", bond.name, done.error()));
    return false;
  }
  return true;
}

int say_plan(Host& host, const std::vector<config::BondConfig>& wanted,
             const std::vector<config::BondConfig>& running) {
  DryHost dry(host, [](const std::string& line) { print(line + "\n"); });
  if (!carry_out(dry, wanted, running)) return kRefused;
  if (dry.steps() == 0) print("nothing to do: all is as the file says\n");
  return kDone;
}

/// With a way back that the daemon keeps, whatever becomes of this process.
int apply_with_way_back(const Arguments& arguments, LiveHost& host,
                        const std::vector<config::BondConfig>& wanted,
                        const std::vector<config::BondConfig>& running) {
  // Long enough for any file; this process may be killed in the middle.
  constexpr auto kWhileAtWork = std::chrono::minutes(10);
  const bool is_trial = arguments.confirm.count() > 0;
  std::vector<std::string> names;
  for (const auto& bond : wanted) names.push_back(bond.name);
  if (auto begun = host.checkpoint(names, is_trial ? arguments.confirm : kWhileAtWork); !begun) {
    complain(kProgram, begun.error());
    return kRefused;
  }
  if (!carry_out(host, wanted, running)) {
    if (auto undone = host.roll_back(); !undone) {
      complain(kProgram, fmt::format("not all could be taken back yet: {}", undone.error()));
    }
    return kRefused;
  }
  if (is_trial) {
    print(fmt::format("done, and taken back in {} s unless `ebond confirm` comes before\n",
                      arguments.confirm.count()));
    return kDone;
  }
  if (auto kept = host.confirm(); !kept) {
    complain(kProgram, kept.error());
    return kRefused;
  }
  return kDone;
}

}  // namespace

int run_apply(const Arguments& arguments) {
  const auto configuration = told(read_configuration(arguments));
  if (!configuration) return kRefused;
  const auto wanted = choose(arguments, *configuration);
  if (!wanted) return kRefused;
  auto means = open_means(arguments);
  if (!means) return means.error();
  const auto running = running_of(*wanted, means->client, means->links);
  if (!running) return kRefused;
  auto host = live_host(*std::move(means), arguments);
  if (arguments.force) host.force();
  if (arguments.dry_run) return say_plan(host, *wanted, *running);
  if (!running->empty() || arguments.confirm.count() > 0) {
    return apply_with_way_back(arguments, host, *wanted, *running);
  }
  return bring_up_all_or_none(host, *wanted, to_the_terminal()) ? kDone : kRefused;
}

}  // namespace ebond::cli
