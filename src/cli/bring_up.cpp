#include "cli/bring_up.h"

#include <fmt/format.h>

#include <ranges>

namespace ebond::cli {
namespace {

std::vector<std::string> names_of(const std::vector<config::SlaveConfig>& slaves) {
  std::vector<std::string> result;
  result.reserve(slaves.size());
  for (const auto& slave : slaves) result.push_back(slave.name);
  return result;
}

config::Route default_route(const config::IpAddress& gateway) {
  config::Route route;
  if (std::holds_alternative<config::Ipv6Address>(gateway)) {
    route.destination.address = config::Ipv6Address{};
  } else {
    route.destination.address = config::Ipv4Address{};
  }
  route.gateway = gateway;
  return route;
}

Step<> take_slaves(Host& host, const config::BondConfig& bond,
                   const std::function<void(const std::string&)>& warn) {
  if (bond.slaves.empty()) return {};
  const auto warnings = host.enslave(bond.name, names_of(bond.slaves));
  if (!warnings) return std::unexpected(warnings.error());
  for (const auto& warning : *warnings) warn(warning);
  for (const auto& slave : bond.slaves) {
    if (slave.options.empty()) continue;
    if (auto done = host.set_slave(slave.name, slave.options); !done) return done;
  }
  return {};
}

Step<> give_addresses(Host& host, const config::BondConfig& bond) {
  for (const auto& address : bond.addresses) {
    if (auto done = host.add_address(bond.name, address); !done) return done;
  }
  for (const auto& gateway : bond.gateways) {
    if (auto done = host.add_route(bond.name, default_route(gateway)); !done) return done;
  }
  for (const auto& route : bond.routes) {
    if (auto done = host.add_route(bond.name, route); !done) return done;
  }
  return {};
}

/// Everything after the bond is there.
Step<> equip(Host& host, const config::BondConfig& bond,
             const std::function<void(const std::string&)>& warn) {
  if (bond.mac) {
    if (auto done = host.set_mac(bond.name, *bond.mac); !done) return done;
  }
  if (bond.mtu) {
    if (auto done = host.set_mtu(bond.name, *bond.mtu); !done) return done;
  }
  if (auto done = host.set_up(bond.name); !done) return done;
  if (auto done = take_slaves(host, bond, warn); !done) return done;
  return give_addresses(host, bond);
}

void tell(const Printer& printer, std::string_view doing, const std::string& interface,
          std::string_view outcome) {
  printer.out(fmt::format("{} interface {}:  [{}]", doing, interface, outcome));
}

std::string_view outcome_of(bool well) {
  return well ? "  OK  " : "FAILED";
}

/// One bond and its lines.
bool bring_up_aloud(Host& host, const config::BondConfig& bond, const Printer& printer) {
  const auto warn = [&](const std::string& warning) { printer.err("warning: " + warning); };
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

Step<> bring_up(Host& host, const config::BondConfig& bond,
                const std::function<void(const std::string&)>& warn) {
  const bool was_there = host.has_interface(bond.name);
  if (auto added = host.add_bond(bond.name, bond.options); !added) {
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
