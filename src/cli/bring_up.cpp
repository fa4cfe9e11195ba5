#include "cli/bring_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "cli/find_slaves.h"
#include "config/route_words.h"

namespace ebond::cli {
namespace {

std::vector<std::string> names_of(const std::vector<config::SlaveConfig>& slaves) {
  std::vector<std::string> result;
  result.reserve(slaves.size());
  for (const auto& slave : slaves) result.push_back(slave.name);
  return result;
}

bool adopts(Host& host, const config::BondConfig& bond) {
  return !bond.adopt.empty() && host.has_interface(bond.adopt);
}

Step<> add(Host& host, const config::BondConfig& bond, const std::function<void(const std::string&)>& warn) {
  if (!bond.adopt.empty() && !adopts(host, bond)) {
    warn(fmt::format("{} is not there: {} adopts nothing", bond.adopt, bond.name));
  }
  if (!adopts(host, bond)) return host.add_bond(bond.name, bond.options);
  const auto warnings = host.add_adopting(bond.name, bond.options, bond.adopt);
  if (!warnings) return std::unexpected(warnings.error());
  for (const auto& warning : *warnings) warn(warning);
  return {};
}

Step<> take_slaves(Host& host, const config::BondConfig& bond,
                   const std::function<void(const std::string&)>& warn) {
  auto names = names_of(bond.slaves);
  if (adopts(host, bond)) std::erase(names, bond.adopt);
  if (!names.empty()) {
    const auto warnings = host.enslave(bond.name, names);
    if (!warnings) return std::unexpected(warnings.error());
    for (const auto& warning : *warnings) warn(warning);
  }
  for (const auto& slave : bond.slaves) {
    if (slave.options.empty()) continue;
    if (auto done = host.set_slave(slave.name, slave.options); !done) return done;
  }
  return {};
}

using Warn = std::function<void(const std::string&)>;

/// One that the kernel refuses is said, and the others are set.
void give_routes(Host& host, const std::string& interface, const std::vector<config::Route>& routes,
                 const Warn& warn) {
  for (const auto& route : routes) {
    if (auto done = host.add_route(interface, route); !done) warn(fmt::format("{}: left out", done.error()));
  }
}

Step<> give_addresses(Host& host, const config::BondConfig& bond, const Warn& warn) {
  for (const auto& address : bond.addresses) {
    if (auto done = host.add_address(bond.name, address); !done) return done;
  }
  // Routes on the link first: gateways may be reached by them.
  std::vector<config::Route> routes;
  for (const auto& gateway : bond.gateways) routes.push_back(config::default_route_via(gateway));
  routes.insert(routes.end(), bond.routes.begin(), bond.routes.end());
  std::ranges::stable_partition(routes, [](const config::Route& route) { return !route.gateway; });
  give_routes(host, bond.name, routes, warn);
  return {};
}

void hand_dhcp_over(const std::string& interface, bool dhcp4, bool dhcp6, const Warn& warn) {
  if (!dhcp4 && !dhcp6) return;
  warn(fmt::format("{} is to get an address by {}: ebond runs no DHCP client, start one on it", interface,
                   dhcp4 && dhcp6 ? "DHCP and DHCPv6"
                   : dhcp4        ? "DHCP"
                                  : "DHCPv6"));
}

/// What is over the bond: a kernel without VLANs, or a bridge that is not there yet, does not take the bond
/// away.
void put_on_top(Host& host, const config::BondConfig& bond, const Warn& warn) {
  for (const auto& vlan : bond.vlans) {
    if (auto done = set_up_vlan(host, bond.name, vlan, warn); !done) {
      warn(fmt::format("{}: the VLAN {} is not set up", done.error(), vlan.name));
    }
  }
  if (!bond.bridge.empty()) {
    if (auto done = host.join_bridge(bond.name, bond.bridge); !done) {
      warn(fmt::format("{}: {} is not a port of {}; `ip link set {} master {}` when it can be", done.error(),
                       bond.name, bond.bridge, bond.name, bond.bridge));
    }
  }
  hand_dhcp_over(bond.name, bond.dhcp4, bond.dhcp6, warn);
}

/// Everything after the bond is there.
Step<> equip(Host& host, const config::BondConfig& bond, const Warn& warn) {
  if (!bond.netns.empty()) {
    if (auto done = host.put_into(bond.name, bond.netns); !done) return done;
  }
  if (bond.mac) {
    if (auto done = host.set_mac(bond.name, *bond.mac); !done) return done;
  }
  if (bond.mtu) {
    if (auto done = host.set_mtu(bond.name, *bond.mtu); !done) return done;
  }
  if (auto done = host.set_up(bond.name); !done) return done;
  if (auto done = take_slaves(host, bond, warn); !done) return done;
  if (auto done = give_addresses(host, bond, warn); !done) return done;
  put_on_top(host, bond, warn);
  return {};
}

void tell(const Printer& printer, std::string_view doing, const std::string& interface,
          std::string_view outcome) {
  printer.out(fmt::format("{} interface {}:  [{}]", doing, interface, outcome));
}

std::string_view outcome_of(bool well) {
  return well ? "  OK  " : "FAILED";
}

/// One bond and its lines.
bool bring_up_aloud(Host& host, const config::BondConfig& described, const Printer& printer) {
  const auto warn = [&](const std::string& warning) { printer.err("warning: " + warning); };
  const auto bond = with_cards_found(host, described, warn);
  const auto done = bring_up(host, bond, warn);
  tell(printer, "Bringing up", bond.name, outcome_of(done.has_value()));
  if (!done) {
    printer.err(fmt::format("{}: {}", bond.name, done.error()));
    return false;
  }
  for (const auto& slave : bond.slaves) {
    tell(printer, "Bringing up", slave.name, host.has_interface(slave.name) ? "  OK  " : "WAITING");
  }
  return true;
}

bool shut_down_aloud(Host& host, const std::string& bond, const Printer& printer) {
  const auto done = shut_down(host, bond);
  tell(printer, "Shutting down", bond, outcome_of(done.has_value()));
  if (!done) printer.err(fmt::format("{}: {}", bond, done.error()));
  return done.has_value();
}

}  // namespace

Step<> set_up_vlan(Host& host, const std::string& bond, const config::VlanConfig& vlan,
                   const std::function<void(const std::string&)>& warn) {
  if (auto done = host.add_vlan(bond, vlan.id, vlan.name); !done) return done;
  if (vlan.mtu) {
    if (auto done = host.set_mtu(vlan.name, *vlan.mtu); !done) return done;
  }
  if (auto done = host.set_up(vlan.name); !done) return done;
  for (const auto& address : vlan.addresses) {
    if (auto done = host.add_address(vlan.name, address); !done) return done;
  }
  give_routes(host, vlan.name, vlan.routes, warn);
  hand_dhcp_over(vlan.name, vlan.dhcp4, vlan.dhcp6, warn);
  return {};
}

config::BondConfig with_cards_found(Host& host, const config::BondConfig& bond,
                                    const std::function<void(const std::string&)>& warn) {
  if (!describes_cards(bond)) return bond;
  const auto cards = host.cards();
  if (!cards) warn(cards.error());
  auto found = find_slaves(bond, cards ? *cards : std::vector<Card>());
  for (const auto& warning : found.warnings) warn(warning);
  for (const auto& [from, to] : found.renames) {
    if (auto done = host.rename(from, to); !done)
      warn(fmt::format("{}: {} keeps its name", done.error(), from));
  }
  return std::move(found.bond);
}

Step<> bring_up(Host& host, const config::BondConfig& bond,
                const std::function<void(const std::string&)>& warn) {
  const bool was_there = host.has_interface(bond.name);
  if (auto added = add(host, bond, warn); !added) {
    // A daemon that went in the middle, or the one after it, may have made it.
    if (!was_there && host.has_interface(bond.name)) (void)host.delete_bond(bond.name);
    return added;
  }
  auto equipped = equip(host, bond, warn);
  if (equipped) return equipped;
  if (auto undone = host.delete_bond(bond.name); !undone) {
    return std::unexpected(
        fmt::format("{} (and it could not be undone: {})", equipped.error(), undone.error()));
  }
  return equipped;
}

Step<> shut_down(Host& host, const std::string& bond) {
  return host.delete_bond(bond);
}

bool bring_up_each(Host& host, const std::vector<config::BondConfig>& bonds, const Printer& printer) {
  bool all_well = true;
  for (const auto& bond : bonds) all_well = bring_up_aloud(host, bond, printer) && all_well;
  return all_well;
}

bool bring_up_all_or_none(Host& host, const std::vector<config::BondConfig>& bonds, const Printer& printer) {
  for (std::size_t i = 0; i < bonds.size(); ++i) {
    if (bring_up_aloud(host, bonds[i], printer)) continue;
    while (i-- > 0) shut_down_aloud(host, bonds[i].name, printer);
    return false;
  }
  return true;
}

bool shut_down_each(Host& host, const std::vector<config::BondConfig>& bonds, const Printer& printer) {
  bool all_well = true;
  for (const auto& bond : std::views::reverse(bonds)) {
    all_well = shut_down_aloud(host, bond.name, printer) && all_well;
  }
  return all_well;
}

}  // namespace ebond::cli
