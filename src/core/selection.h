// Which slave is the active one: primary, primary_reselect, prio, and enslave order, by the driver's rules
// (bond_choose_primary_or_current, bond_find_best_slave). Pure questions about slaves; changing the active
// slave is the bond's work.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/options/options.h"
#include "core/slave.h"

namespace ebond::core {

/// What a choice is made from. Slaves stand in enslave order.
struct Candidates {
  std::span<const Slave> slaves;
  const Slave* active = nullptr;   ///< of `slaves`, or none
  const Slave* primary = nullptr;  ///< of `slaves`, or none
  PrimaryReselect reselect = PrimaryReselect::always;
};

/// The slave called `primary`, if it is among them.
const Slave* find_primary(std::span<const Slave> slaves, std::string_view primary);

/// The best slave to be active; none where no link is up or coming up. May be one still going back: then its
/// updelay is to be cut short, nothing better is there. `force_primary`: the primary was just named or just
/// enslaved, so it wins over primary_reselect.
const Slave* choose_active(const Candidates& candidates, bool force_primary);

/// A slave that just came up calls for a new choice only if there is no active one, or if it is the primary
/// or of higher prio than the active one: a slave that is just as good stays backup.
bool may_replace_active(const Slave& risen, const Candidates& candidates);

/// The other slaves in the order they would become active, were each before them to fail.
std::vector<SlotId> standby_order(const Candidates& candidates);

}  // namespace ebond::core
