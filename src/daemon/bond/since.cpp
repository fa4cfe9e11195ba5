#include "daemon/bond/since.h"

#include <algorithm>
#include <utility>

namespace ebond::daemon {

const SlaveSince* Since::find(core::IfIndex slave) const {
  const auto found = std::ranges::find(memory_.slaves, slave, &SlaveSince::ifindex);
  return found == memory_.slaves.end() ? nullptr : &*found;
}

void Since::follow(const core::BondStatus& bond, std::int64_t realtime_ns) {
  if (bond.carrier != memory_.carrier || memory_.carrier_ns == 0) {
    memory_.carrier = bond.carrier;
    memory_.carrier_ns = realtime_ns;
  }
  std::vector<SlaveSince> there;
  for (const auto& slave : bond.slaves) {
    const auto* const known = find(slave.ifindex);
    SlaveSince since{.ifindex = slave.ifindex,
                     .status = slave.mii_status,
                     .status_ns = realtime_ns,
                     .active = slave.active,
                     .role_ns = realtime_ns};
    if (known != nullptr && known->status == since.status) since.status_ns = known->status_ns;
    if (known != nullptr && known->active == since.active) since.role_ns = known->role_ns;
    there.push_back(since);
  }
  memory_.slaves = std::move(there);
}

}  // namespace ebond::daemon
