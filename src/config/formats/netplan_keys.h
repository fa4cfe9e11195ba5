// The keys that netplan-yaml(5) knows, and what its bond parameters are to us. Used by netplan.h alone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/options.h"
#include "config/tree.h"

namespace ebond::config {

enum class NetplanMap { network, ethernet, bond, vlan, bridge, match, route };

/// Refuses the first entry whose key is not known there.
Result<> check_netplan_keys(const TreeNode& node, NetplanMap kind);

/// A bond's parameter as an option. Refused if the key or the value is none. `primary` is not among them: its
/// value is an ID.
Result<SourcedOption> netplan_parameter(const TreeEntry& entry);

/// true, false, yes, no, on, off, y, n.
Result<bool> netplan_boolean(const TreeNode& node);

}  // namespace ebond::config
