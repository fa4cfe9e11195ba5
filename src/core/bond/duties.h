// What each slave may do now, by the bond's mode, its roster, and in 802.3ad by LACP. A view over these for
// the length of a call: it owns and changes nothing.
#pragma once

#include <string>
#include <vector>

#include "core/bond/lacp_ports.h"
#include "core/bond/roster.h"

namespace ebond::core {

/// A slave that traffic goes through, under the name it had.
struct Carrying {
  IfIndex ifindex{};
  std::string name;
  bool operator==(const Carrying&) const = default;
};

struct Duties {
  const BondOptions& options;
  const Roster& roster;
  const LacpPorts& lacp;

  /// The state "ACTIVE" of a slave: it may carry the bond's traffic.
  bool is_in_use(const Slave& slave) const;
  /// What it receives is the bond's.
  bool may_accept(const Slave& slave) const;
  /// Those that may send, where several do.
  std::vector<const Slave*> senders() const;
  /// The active slave in active-backup, those that may send in the other modes.
  std::vector<Carrying> carrying() const;
  /// 802.3ad: ports their partner lets nothing through yet; no judge accuses them.
  std::vector<IfIndex> idle_ports() const;
  bool wants_carrier() const;
};

}  // namespace ebond::core
