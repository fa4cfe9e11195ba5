// Bonds, events and the kernel's features as JSON, for machines: `ebond -j`. Names are iproute2's if it
// has them (`ip -d -j link`: address, state, mii_status, perm_hwaddr, ad_info, …). Members are never left
// out for being empty: what is not known is null.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/report.h"

namespace ebond::views {

/// {"ifname", "ifindex", "netns", "address", "admin_up", "carrier", "verdict", "mode", "active_slave",
///  "link_layer", "last_failover", "failovers", "options": {name: value}, "ad_info", "slaves": [...], …}.
/// In "options" a choice is {"name": "slow", "number": 0}, a flag true or false, a list an array, a delay a
/// number of milliseconds. Speeds are in Mb/s, times RFC 3339 in UTC beside nanoseconds.
nlohmann::ordered_json bond_json(const core::BondReport& report);

/// {"time", "realtime_ns", "monotonic_ns", "netns", "bond", "kind", "slave", "from", "to", "why", "seen_by",
///  "table_us", "announce_us"}; the last three are those of a "failover".
nlohmann::ordered_json event_json(const core::StampedEvent& event);

/// {"can_run", "features": [{"feature", "available", "required", "detail"}]}
nlohmann::ordered_json check_json(const core::CheckReport& report);

// The same as text: what is printed.
std::string bonds_json_text(const std::vector<core::BondReport>& reports);  ///< an array, indented
/// The same of several such texts: one array of all their bonds.
std::string joined_json_text(const std::vector<std::string>& texts);
std::string event_json_line(const core::StampedEvent& event);  ///< one line, without its end
std::string check_json_text(const core::CheckReport& report);

}  // namespace ebond::views
