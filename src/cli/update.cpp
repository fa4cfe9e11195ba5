#include "cli/update.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/bring_up.h"
#include "config/route_words.h"
#include "core/options/option_table.h"

namespace ebond::cli {
namespace {

using config::BondConfig;
using config::KeyValues;
using Warn = std::function<void(const std::string&)>;

KeyValues changed_options(const KeyValues& wanted, const KeyValues& running) {
  const auto to = as_options(wanted), from = as_options(running);
  KeyValues changed;
  for (const auto& spec : core::option_table()) {
    if (spec.is_action || spec.get == nullptr || spec.get(to) == spec.get(from)) continue;
    if (spec.fits_mode(to.mode)) changed.emplace_back(spec.name, spec.get(to));
  }
  return changed;
}

KeyValues changed_slave_options(const KeyValues& wanted, const KeyValues& running, core::Mode mode) {
  const auto as_slave_options = [mode](const KeyValues& options) {
    core::SlaveOptions result;
    const core::SlaveOptionContext context{.mode = mode};
    for (const auto& [key, value] : options) (void)core::apply_slave_option(result, key, value, context);
    return core::slave_option_texts(result);
  };
  const auto from = as_slave_options(running);
  KeyValues changed;
  for (const auto& option : as_slave_options(wanted)) {
    if (std::ranges::find(from, option) == from.end()) changed.emplace_back(option.first, option.second);
  }
  return changed;
}

const config::SlaveConfig* find_slave(const BondConfig& bond, const std::string& name) {
  const auto found = std::ranges::find(bond.slaves, name, &config::SlaveConfig::name);
  return found == bond.slaves.end() ? nullptr : &*found;
}

Step<> update_slaves(Host& host, const BondConfig& wanted, const BondConfig& running, const Warn& warn) {
  if (const auto fresh = slaves_beyond(wanted, running); !fresh.empty()) {
    const auto warnings = host.enslave(wanted.name, fresh);
    if (!warnings) return std::unexpected(warnings.error());
    for (const auto& warning : *warnings) warn(warning);
  }
  if (const auto gone = slaves_beyond(running, wanted); !gone.empty()) {
    if (auto done = host.release(wanted.name, gone); !done) return done;
  }
  const auto mode = as_options(wanted.options).mode;
  for (const auto& slave : wanted.slaves) {
    const auto* now = find_slave(running, slave.name);
    const auto changed =
        changed_slave_options(slave.options, now == nullptr ? KeyValues{} : now->options, mode);
    if (changed.empty()) continue;
    if (auto done = host.set_slave(slave.name, changed); !done) return done;
  }
  return {};
}

bool is_there(const config::InterfaceAddress& address, const std::vector<config::InterfaceAddress>& all) {
  return std::ranges::any_of(all, [&](const auto& each) {
    return each.prefix == address.prefix && (!address.broadcast || each.broadcast == address.broadcast);
  });
}

/// As the kernel tells of a route where a file leaves things out.
config::Route in_full(config::Route route) {
  constexpr std::uint32_t kUsualIpv6Metric = 1024, kMainTable = 254;
  constexpr std::uint8_t kBoot = 3;  // RTPROT_BOOT
  if (route.destination.is_ipv6() && route.metric.value_or(0) == 0) route.metric = kUsualIpv6Metric;
  if (route.metric == 0U) route.metric.reset();
  if (route.table == kMainTable) route.table.reset();
  if (route.protocol == kBoot) route.protocol.reset();
  return route;
}

bool is_there(const config::Route& route, const std::vector<config::Route>& all) {
  return std::ranges::any_of(all, [&](const auto& each) { return in_full(each) == in_full(route); });
}

std::vector<config::Route> all_routes(const std::vector<config::IpAddress>& gateways,
                                      const std::vector<config::Route>& routes) {
  std::vector<config::Route> all;
  for (const auto& gateway : gateways) all.push_back(config::default_route_via(gateway));
  all.insert(all.end(), routes.begin(), routes.end());
  // Routes on the link first: gateways may be reached by them.
  std::ranges::stable_partition(all, [](const config::Route& route) { return !route.gateway; });
  return all;
}

/// What a bond and a VLAN have in common.
struct Addressing {
  std::vector<config::InterfaceAddress> addresses;
  std::vector<config::Route> routes;
};

Step<> update_addressing(Host& host, const std::string& interface, const Addressing& wanted,
                         const Addressing& running, bool keeps_others, const Warn& warn) {
  for (const auto& address : wanted.addresses) {
    if (is_there(address, running.addresses)) continue;
    if (auto done = host.add_address(interface, address); !done) return done;
  }
  for (const auto& address : running.addresses) {
    const bool is_wanted = std::ranges::find(wanted.addresses, address.prefix,
                                             &config::InterfaceAddress::prefix) != wanted.addresses.end();
    if (keeps_others || is_wanted) continue;
    if (auto done = host.delete_address(interface, address); !done) return done;
  }
  for (const auto& route : running.routes) {
    if (keeps_others || is_there(route, wanted.routes)) continue;
    if (auto done = host.delete_route(interface, route); !done) return done;
  }
  for (const auto& route : wanted.routes) {
    if (is_there(route, running.routes)) continue;
    if (auto done = host.add_route(interface, route); !done) warn(fmt::format("{}: left out", done.error()));
  }
  return {};
}

Step<> update_vlans(Host& host, const BondConfig& wanted, const BondConfig& running, const Warn& warn) {
  for (const auto& vlan : wanted.vlans) {
    const auto now = std::ranges::find(running.vlans, vlan.name, &config::VlanConfig::name);
    if (now == running.vlans.end()) {
      if (auto done = set_up_vlan(host, wanted.name, vlan, warn); !done) {
        warn(fmt::format("{}: the VLAN {} is not set up", done.error(), vlan.name));
      }
      continue;
    }
    if (now->id != vlan.id) {
      return std::unexpected(fmt::format("{} is VLAN {} of {} and not {}: delete it first", vlan.name,
                                         now->id, wanted.name, vlan.id));
    }
    if (vlan.mtu && vlan.mtu != now->mtu.value_or(running.mtu.value_or(0))) {
      if (auto done = host.set_mtu(vlan.name, *vlan.mtu); !done) return done;
    }
    auto done = update_addressing(host, vlan.name, {vlan.addresses, all_routes({}, vlan.routes)},
                                  {now->addresses, now->routes}, false, warn);
    if (!done) return done;
  }
  for (const auto& vlan : running.vlans) {
    if (std::ranges::find(wanted.vlans, vlan.name, &config::VlanConfig::name) == wanted.vlans.end()) {
      warn(fmt::format("{} on {} is not in the file: it is left as it is", vlan.name, wanted.name));
    }
  }
  return {};
}

/// It is not moved: with that it would lose its addresses and routes, and those that are at work with it.
Step<> find_where_it_stands(Host& host, const BondConfig& wanted, const BondConfig& running) {
  const auto in_words = [](const std::string& netns) {
    return netns.empty() ? std::string("the network namespace of its slaves") : "netns " + netns;
  };
  if (wanted.netns != running.netns) {
    return std::unexpected(
        fmt::format("its interface stands in {}, not in {}: move it by `ip link set {} netns …`, "
                    "or delete the bond first",
                    in_words(running.netns), in_words(wanted.netns), wanted.name));
  }
  if (wanted.netns.empty()) return {};
  if (auto found = host.seek_in(wanted.name, wanted.netns); !found) return found;
  for (const auto& vlan : running.vlans) {
    if (auto found = host.seek_in(vlan.name, wanted.netns); !found) return found;
  }
  return {};
}

}  // namespace

core::BondOptions as_options(const KeyValues& options) {
  core::BondOptions result;
  (void)core::apply_options(result, options, {});  // both were checked
  return result;
}

std::vector<std::string> slaves_beyond(const BondConfig& bond, const BondConfig& other) {
  std::vector<std::string> names;
  for (const auto& slave : bond.slaves) {
    if (find_slave(other, slave.name) == nullptr) names.push_back(slave.name);
  }
  return names;
}

Step<> update(Host& host, const BondConfig& wanted, const BondConfig& running, const Warn& warn) {
  if (auto found = find_where_it_stands(host, wanted, running); !found) return found;
  if (const auto changed = changed_options(wanted.options, running.options); !changed.empty()) {
    if (auto done = host.set_bond(wanted.name, changed); !done) return done;
  }
  if (wanted.mac && wanted.mac != running.mac && !host.has_mac(wanted.name, *wanted.mac)) {
    if (auto done = host.set_mac(wanted.name, *wanted.mac); !done) return done;
  }
  constexpr std::uint32_t kEthernetMtu = 1500;
  if (wanted.mtu && *wanted.mtu != running.mtu.value_or(kEthernetMtu)) {
    if (auto done = host.set_mtu(wanted.name, *wanted.mtu); !done) return done;
  }
  if (!host.is_up(wanted.name)) {
    if (auto done = host.set_up(wanted.name); !done) return done;
  }
  if (auto done = update_slaves(host, wanted, running, warn); !done) return done;
  auto done =
      update_addressing(host, wanted.name, {wanted.addresses, all_routes(wanted.gateways, wanted.routes)},
                        {running.addresses, running.routes}, !wanted.adopt.empty(), warn);
  if (!done) return done;
  if (auto vlans = update_vlans(host, wanted, running, warn); !vlans) return vlans;
  if (!wanted.bridge.empty() && wanted.bridge != running.bridge) {
    if (auto joined = host.join_bridge(wanted.name, wanted.bridge); !joined) return joined;
  }
  return {};
}

}  // namespace ebond::cli
