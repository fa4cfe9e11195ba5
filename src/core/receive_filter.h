// What a slave's card lets in besides frames to its own MAC: plain values. os/ tells cards, the daemon
// decides what and keeps the record, views/ show it.
#pragma once

#include <compare>
#include <cstdint>
#include <set>

#include "core/types.h"
#include "wire/ethernet.h"

namespace ebond::core {

/// A VLAN as cards filter for it: TPID and VID.
struct VlanKey {
  std::uint16_t protocol = wire::ethertype::kVlan;
  std::uint16_t id = 0;
  auto operator<=>(const VlanKey&) const = default;
};

struct ReceiveFilter {
  std::set<VlanKey> vlans;
  std::set<MacAddress> unicast, multicast;
  bool operator==(const ReceiveFilter&) const = default;
  bool empty() const { return vlans.empty() && unicast.empty() && multicast.empty(); }
};

}  // namespace ebond::core
