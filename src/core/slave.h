// A slave, as core keeps it: facts about the NIC, its place in the table, its options, its link and its path.
#pragma once

#include <optional>
#include <string>

#include "core/judges/gate.h"
#include "core/link_monitor.h"
#include "core/neighbour.h"
#include "core/options/options.h"
#include "core/types.h"

namespace ebond::core {

struct Slave {
  IfIndex ifindex{};
  std::string name;
  SlotId slot{};
  MacAddress permanent_mac;
  MacAddress mac;  ///< the one it wears now
  /// The one it speaks with in balance-tlb and balance-alb; in balance-alb it wears it too.
  MacAddress own_mac{};
  LinkState link;  ///< as last reported
  LinkMonitor monitor;
  PathGate path{};
  SlaveOptions options{};
  bool drained = false;  ///< taken out by command, until another lets it back
  NeighbourRecord neighbour{};
  std::optional<TimePoint> last_rx{};  ///< any frame; known only where DatapathSpec::stamp_rx asks for it

  /// May it carry traffic: its link is up and nobody holds it out.
  bool is_up() const { return monitor.is_up() && path.is_open(); }
  /// updelay alone keeps it back: it can be had early.
  bool is_coming_up() const { return monitor.status() == MiiStatus::going_back && path.is_open(); }
  /// Nothing speaks against it but that it was away: better than no slave at all.
  bool is_last_resort() const { return monitor.is_up() && path.holds_only_back(); }
  MiiStatus mii_status() const { return monitor.is_up() ? path.shown() : monitor.status(); }
  std::uint32_t failures() const { return monitor.failures() + path.failures(); }
};

}  // namespace ebond::core
