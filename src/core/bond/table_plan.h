// What the kernel is to be told: the table and what its programs are made for, from the bond as it stands.
// Pure functions.
#pragma once

#include <span>

#include "core/balance/bond_balance.h"
#include "core/bond/duties.h"
#include "core/table.h"

namespace ebond::core {

/// `before`: the buckets as last told, which a resilient table changes no more than it must. `is_settling`:
/// balance-slb, MACs have changed slaves of late.
Table plan_table(const Duties& duties, const BondBalance::View& bond, const BondBalance& balance,
                 std::span<const SlotId> before, bool is_settling = false);
/// What a mode does not use stands at its default, so that changing it makes no new programs. `stamps_rx`: a
/// judge counts any frame.
DatapathSpec plan_datapath(const BondOptions& options, std::span<const Slave> slaves, bool stamps_rx);

}  // namespace ebond::core
