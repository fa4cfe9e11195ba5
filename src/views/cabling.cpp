#include "views/cabling.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ebond::views {
namespace {

using core::Mode;
using core::SlaveStatus;
using Slaves = std::vector<const SlaveStatus*>;

/// Those whose other end is known.
Slaves cabled(const core::BondStatus& bond) {
  Slaves slaves;
  for (const auto& slave : bond.slaves) {
    if (slave.neighbour && slave.is_neighbour_current) slaves.push_back(&slave);
  }
  return slaves;
}

bool is_at_one_switch(const Slaves& slaves) {
  return std::ranges::all_of(slaves, [&](const SlaveStatus* slave) {
    return slave->neighbour->chassis == slaves.front()->neighbour->chassis;
  });
}

/// "eth0, eth1 and eth2"
std::string listed(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "" : names.front();
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

std::string names_of(const Slaves& slaves) {
  std::vector<std::string> names;
  for (const auto* slave : slaves) names.push_back(slave->name);
  return listed(names);
}

/// "eth0 is at sw1, eth1 at sw2"
std::string places_of(const Slaves& slaves) {
  std::vector<std::string> places;
  for (const auto* slave : slaves) {
    places.push_back(
        fmt::format("{} {}at {}", slave->name, places.empty() ? "is " : "", slave->neighbour->system));
  }
  return listed(places);
}

/// Two switches may speak LACP as one system, and then these are one partner's ports.
bool has_one_partner(const Slaves& slaves) {
  return std::ranges::all_of(slaves, [&](const SlaveStatus* slave) {
    return slave->lacp && !slave->lacp->partner.system.is_zero() &&
           slave->lacp->partner.system == slaves.front()->lacp->partner.system;
  });
}

/// Nothing of the switch is set up for the bond, so that slaves can be at several.
bool wants_several_switches(Mode mode) {
  return mode == Mode::active_backup || mode == Mode::balance_tlb || mode == Mode::balance_alb ||
         mode == Mode::balance_slb;
}

}  // namespace

std::vector<std::string> cabling_remarks(const core::BondStatus& bond) {
  const auto slaves = cabled(bond);
  if (slaves.size() < 2) return {};
  const auto mode = bond.options.mode;
  // One that is not known might be at another switch.
  if (wants_several_switches(mode) && slaves.size() == bond.slaves.size() && is_at_one_switch(slaves)) {
    return {fmt::format("{} are at one switch, {}: the bond does not outlive it", names_of(slaves),
                        slaves.front()->neighbour->system)};
  }
  if (mode == Mode::ieee8023ad && !is_at_one_switch(slaves) && !has_one_partner(slaves)) {
    return {fmt::format("{}, which do not speak LACP as one system: only the ports of one of them carry",
                        places_of(slaves))};
  }
  return {};
}

}  // namespace ebond::views
