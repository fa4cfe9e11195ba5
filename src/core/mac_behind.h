// A MAC that speaks through a bond, and the VLAN it does so in: a guest's behind a bridge, a macvlan's, or
// the bond's own. A plain value: the daemon finds them, core says which of them switches are to be taught.
#pragma once

#include <compare>

#include "core/types.h"
#include "wire/ethernet.h"

namespace ebond::core {

struct MacBehind {
  MacAddress mac;
  wire::VlanTags tags{};  ///< its frames leave the bond with these, outermost first
  bool is_own = false;    ///< bond0's, or that of a VLAN on it: those are announced with their addresses
  bool operator==(const MacBehind&) const = default;
};

}  // namespace ebond::core
