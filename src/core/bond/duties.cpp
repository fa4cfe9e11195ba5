#include "core/bond/duties.h"

#include <algorithm>

#include "core/bond/modes.h"

namespace ebond::core {

bool Duties::is_in_use(const Slave& slave) const {
  if (options.mode == Mode::ieee8023ad) return lacp.may_distribute(slave.ifindex);
  return !is_active_backup(options) || roster.is_active(slave);
}

bool Duties::may_accept(const Slave& slave) const {
  if (options.mode == Mode::ieee8023ad) return lacp.may_collect(slave.ifindex);
  return !uses_active_slave(options) || roster.is_active(slave);
}

std::vector<const Slave*> Duties::senders() const {
  std::vector<const Slave*> found;
  for (const Slave& slave : roster.slaves()) {
    if (slave.is_up() && is_in_use(slave)) found.push_back(&slave);
  }
  return found;
}

std::vector<Carrying> Duties::carrying() const {
  std::vector<Carrying> found;
  for (const Slave& slave : roster.slaves()) {
    const bool carries =
        is_active_backup(options) ? roster.is_active(slave) : slave.is_up() && is_in_use(slave);
    if (carries) found.push_back({slave.ifindex, slave.name});
  }
  return found;
}

std::vector<IfIndex> Duties::idle_ports() const {
  std::vector<IfIndex> idle;
  if (options.mode != Mode::ieee8023ad) return idle;
  for (const Slave& slave : roster.slaves()) {
    if (!is_in_use(slave)) idle.push_back(slave.ifindex);
  }
  return idle;
}

/// As bond_set_carrier: one link up is enough. In 802.3ad the aggregator counts, with min_links.
bool Duties::wants_carrier() const {
  const auto slaves = roster.slaves();
  if (options.mode != Mode::ieee8023ad) return std::ranges::any_of(slaves, &Slave::is_up);
  if (!lacp.carrier()) return false;
  // Ports it would send by, all of them with a path that leads nowhere, are no carrier.
  const auto sends = [this](const Slave& slave) { return slave.monitor.is_up() && is_in_use(slave); };
  return std::ranges::any_of(slaves,
                             [&](const Slave& slave) { return sends(slave) && slave.path.is_open(); }) ||
         std::ranges::none_of(slaves, sends);
}

}  // namespace ebond::core
