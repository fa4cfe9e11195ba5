#include "config/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "config/natural_order.h"
#include "config/values.h"
#include "core/interface_name.h"

namespace ebond::config {
namespace {

constexpr Ipv6Address kLinkLocal{0xfe, 0x80};
constexpr std::uint8_t kLinkLocalLength = 10;

/// If the kernel will find a way to this gateway when the route is set.
bool is_reachable(const IpAddress& gateway, const std::vector<InterfaceAddress>& addresses,
                  const std::vector<Route>& routes) {
  if (IpPrefix{kLinkLocal, kLinkLocalLength}.contains(gateway)) return true;
  const auto in_subnet = [&](const InterfaceAddress& address) { return address.prefix.contains(gateway); };
  const auto on_link = [&](const Route& route) {
    return !route.gateway && route.destination.contains(gateway);
  };
  return std::ranges::any_of(addresses, in_subnet) || std::ranges::any_of(routes, on_link);
}

void note_routes_that_lead_nowhere(const std::string& interface,
                                   const std::vector<InterfaceAddress>& addresses,
                                   const std::vector<Route>& routes, bool dhcp4, bool dhcp6, Notes& notes) {
  for (const auto& route : routes) {
    const bool may_come_by_dhcp = route.destination.is_ipv6() ? dhcp6 : dhcp4;
    if (!route.gateway || route.onlink || may_come_by_dhcp) continue;
    if (is_reachable(*route.gateway, addresses, routes)) continue;
    notes.push_back(
        {route.where,
         fmt::format("the gateway {} of {} is in none of {}'s subnets: the kernel will refuse this "
                     "route, and the rest goes on",
                     to_string(*route.gateway), route.destination.to_string(), interface)});
  }
}

/// Slaves that can be, each in one bond alone.
class SlaveTaker {
 public:
  explicit SlaveTaker(Notes& notes) : notes_(notes) {}

  void take(BondConfig& bond, std::vector<SlaveDraft>& drafts, const SourcedOptions& bond_options) {
    for (auto& draft : drafts) {
      if (const auto fault = fault_of(bond, draft.slave); !fault.empty()) {
        notes_.push_back({draft.where, fault + ": left out"});
        continue;
      }
      draft.slave.options = key_values(accepted_slave_options(draft.options, bond_options, notes_));
      bond.slaves.push_back(std::move(draft.slave));
    }
  }

 private:
  std::string fault_of(const BondConfig& bond, const SlaveConfig& slave) {
    if (slave.name.empty() && slave.match.is_empty()) return "nothing says which card this slave is";
    if (!slave.name.empty()) {
      if (auto fault = core::any_interface_name_fault(slave.name); !fault.empty()) return fault;
      if (slave.name == bond.name) return fmt::format("{} cannot be its own slave", slave.name);
    }
    const auto [it, fresh] =
        bond_of_.emplace(std::tuple{slave.name, slave.match.mac, slave.match.name}, bond.name);
    return fresh ? "" : fmt::format("{} is a slave of {} already", slave.to_string(), it->second);
  }

  Notes& notes_;
  std::map<std::tuple<std::string, std::optional<wire::MacAddress>, std::string>, std::string> bond_of_;
};

void take_vlans(BondConfig& bond, Notes& notes) {
  auto vlans = std::move(bond.vlans);
  bond.vlans.clear();
  std::ranges::stable_sort(vlans, {}, &VlanConfig::id);
  for (auto& vlan : vlans) {
    if (const auto fault = core::interface_name_fault(vlan.name); !fault.empty()) {
      notes.push_back({bond.where, fmt::format("{}: the VLAN {} is left out", fault, vlan.id)});
      continue;
    }
    const auto same = [&](const VlanConfig& other) { return other.id == vlan.id || other.name == vlan.name; };
    if (std::ranges::any_of(bond.vlans, same)) {
      notes.push_back({bond.where, fmt::format("{} has a VLAN {} ({}) already: the second is left out",
                                               bond.name, vlan.id, vlan.name)});
      continue;
    }
    note_routes_that_lead_nowhere(vlan.name, vlan.addresses, vlan.routes, vlan.dhcp4, vlan.dhcp6, notes);
    bond.vlans.push_back(std::move(vlan));
  }
}

void take_bridge(BondConfig& bond, Notes& notes) {
  if (bond.bridge.empty()) return;
  const auto fault = core::any_interface_name_fault(bond.bridge);
  if (fault.empty()) return;
  notes.push_back({bond.where, fmt::format("{}: {} is put in no bridge", fault, bond.name)});
  bond.bridge.clear();
}

/// A file that is looked at twice has its remarks once.
void drop_repeated(Notes& notes) {
  std::set<std::string> said;
  std::erase_if(notes, [&](const Problem& note) { return !said.insert(note.to_string()).second; });
}

}  // namespace

bool Draft::has_slave(std::string_view name) const {
  return std::ranges::any_of(slaves, [&](const SlaveDraft& draft) { return draft.slave.name == name; });
}

void Draft::set_primary(const SlaveConfig& card, const Location& where, std::string_view key) {
  std::erase_if(options, [](const SourcedOption& option) { return option.key == "primary"; });
  bond.primary_match.reset();
  if (card.name.empty()) {
    bond.primary_match = card.match;
  } else {
    options.push_back({"primary", card.name, where, std::string(key)});
  }
}

Draft* find_draft(std::vector<Draft>& drafts, std::string_view bond) {
  const auto found =
      std::ranges::find(drafts, bond, [](const Draft& draft) { return std::string_view(draft.bond.name); });
  return found == drafts.end() ? nullptr : &*found;
}

Result<Configuration> finish(std::vector<Draft> drafts, Notes notes) {
  std::ranges::stable_sort(drafts, natural_less, [](const Draft& draft) { return draft.bond.name; });
  Configuration result{.bonds = {}, .notes = std::move(notes)};
  SlaveTaker slaves(result.notes);
  for (auto& draft : drafts) {
    auto& bond = draft.bond;
    if (auto fault = core::interface_name_fault(bond.name); !fault.empty()) return fail(bond.where, fault);
    if (const auto* earlier = result.find(bond.name)) {
      result.notes.push_back({bond.where, fmt::format("{} is described already, in {}: left out", bond.name,
                                                      earlier->where.to_string())});
      continue;
    }
    const auto options = accepted_bond_options(draft.options, bond.where, result.notes);
    if (!options) return std::unexpected(options.error());
    bond.options = key_values(*options);
    slaves.take(bond, draft.slaves, *options);
    take_vlans(bond, result.notes);
    take_bridge(bond, result.notes);
    note_routes_that_lead_nowhere(bond.name, bond.addresses, bond.routes, bond.dhcp4, bond.dhcp6,
                                  result.notes);
    result.bonds.push_back(std::move(bond));
  }
  drop_repeated(result.notes);
  return result;
}

}  // namespace ebond::config
