// Selection Logic (IEEE 802.1AX-2020 6.4.12), in two halves: which aggregator a port belongs to, by LAG ID,
// and which of the aggregators carries the bond's traffic, by ad_select as the driver does it. Ports of the
// others are STANDBY.
#pragma once

#include <optional>

#include "core/lacp/member.h"
#include "core/lacp/system.h"

namespace ebond::core::lacp {

/// Gives an UNSELECTED port whose Mux is DETACHED an aggregator: the first with its key and partner, else the
/// first free one. True if it did.
bool select_aggregator(Members& members, Member& member);

/// Chooses the active aggregator and marks ports SELECTED or STANDBY accordingly. True if anything changed.
bool choose_active_aggregator(Members& members, const Settings& settings, TimePoint now);

/// When choose_active_aggregator() may decide differently for time's sake alone.
std::optional<TimePoint> selection_deadline(const Members& members, const Settings& settings);

/// 6.4.8 Ready: every port waiting to attach to an aggregator has waited long enough.
void update_Ready(Members& members);

/// The ports attached to `removed`'s own aggregator move, as they are, to a free one. `removed` is detached.
void evacuate(Members& members, Member& removed);

/// A usable port knows a partner.
bool is_lacp_heard(const Members& members);

std::size_t usable_ports(const Members& members, std::uint16_t aggregator);

}  // namespace ebond::core::lacp
