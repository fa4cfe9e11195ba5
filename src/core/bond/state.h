// The inside of a Bond: the parts it is made of, each of which owns what it knows. Only a turn (turn.h) and
// the views (views.cpp) see them all.
#pragma once

#include <string>

#include "core/balance/bond_balance.h"
#include "core/balance/settling.h"
#include "core/bond.h"
#include "core/bond/duties.h"
#include "core/bond/lacp_ports.h"
#include "core/bond/lessons.h"
#include "core/bond/macs.h"
#include "core/bond/roster.h"
#include "core/bond/rounds.h"
#include "core/bond/told.h"
#include "core/judges/bench.h"

namespace ebond::core {

struct Bond::State {
  State(std::string bond_name, IfIndex bond_index, MacAddress mac, bool mac_is_user_set, BondOptions wanted);

  std::string name;
  IfIndex ifindex{};
  BondOptions options;
  bool admin_up = false;
  Surroundings around{};  ///< as last told
  bool is_stale = false;  ///< told of something since the latest turn: the judges must be told of it soon

  Roster roster{};
  Macs macs;
  Bench judges;
  LacpPorts lacp{};
  BondBalance balance{};
  Rounds rounds{};
  Lessons lessons{};
  Settling settling{};
  Told told{};

  Duties duties() const { return {.options = options, .roster = roster, .lacp = lacp}; }
  BondBalance::View balance_view() const {
    return {.options = options, .roster = roster, .macs = macs, .admin_up = admin_up};
  }
  Scene scene() const;
  DatapathSpec datapath() const;
  Table table() const;
};

}  // namespace ebond::core
