#include "core/foresight.h"

#include <chrono>

namespace ebond::core {
namespace {

/// As long as LACP may wait for ports to join (802.1AX-2020 6.4.4.3, aggregate wait), and less than a
/// partner's word holds.
constexpr auto kAgreement = std::chrono::milliseconds(2500);

void advance_until(Bond& bond, TimePoint end) {
  for (auto next = bond.next_deadline(); next && *next <= end; next = bond.next_deadline())
    bond.advance(*next);
}

Table table_without(const Bond& bond, IfIndex slave, TimePoint now) {
  auto copy = Bond::restore(bond.memory(), now);
  copy.carrier_lost(slave, LinkSource::netlink, now);
  const auto lost = now + bond.options().downdelay;
  advance_until(copy, lost);
  if (bond.options().mode == Mode::ieee8023ad && copy.table().buckets.empty())
    advance_until(copy, lost + kAgreement);
  return copy.table();
}

}  // namespace

Foresight foresee(const Bond& bond, TimePoint now) {
  Foresight seen{.bond = bond.name(), .mac = bond.mac(), .spec = bond.datapath_spec(), .now = bond.table()};
  for (const Slave& slave : bond.slaves()) {
    seen.slaves.push_back({slave.slot, slave.name});
    if (slave.is_up()) seen.losses.push_back({slave.name, table_without(bond, slave.ifindex, now)});
  }
  return seen;
}

}  // namespace ebond::core
