// A configured bond, brought up and shut down step by step. What fails half way is undone.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/host.h"
#include "config/bond_config.h"

namespace ebond::cli {

/// Options, MAC, MTU, link up, slaves in order, addresses, routes, VLANs, bridge. On failure the bond does
/// not exist any more; one that existed before is left as it is. Slaves must have names. `warn` hears remarks
/// on the way, and what the bond came up without: a route the kernel refuses, a VLAN, a bridge, DHCP.
Step<> bring_up(Host& host, const config::BondConfig& bond,
                const std::function<void(const std::string&)>& warn);

/// The bond with every slave by its name, and cards renamed that are to be. What is not there is left out.
config::BondConfig with_cards_found(Host& host, const config::BondConfig& bond,
                                    const std::function<void(const std::string&)>& warn);
/// A VLAN on that bond, with all that it is to have.
Step<> set_up_vlan(Host& host, const std::string& bond, const config::VlanConfig& vlan,
                   const std::function<void(const std::string&)>& warn);

/// Addresses and routes go with the bond, and its slaves are given back.
Step<> shut_down(Host& host, const std::string& bond);

/// Where the lines go. "Bringing up interface bond0:  [  OK  ]" on out; reasons and remarks on err.
struct Printer {
  std::function<void(const std::string&)> out;
  std::function<void(const std::string&)> err;
};

/// Each by itself: one that fails leaves the others alone. True if all came up.
bool bring_up_each(Host& host, const std::vector<config::BondConfig>& bonds, const Printer& printer);
/// All or none: the first failure undoes those before it.
bool bring_up_all_or_none(Host& host, const std::vector<config::BondConfig>& bonds, const Printer& printer);
/// In reverse order, each by itself.
bool shut_down_each(Host& host, const std::vector<config::BondConfig>& bonds, const Printer& printer);

}  // namespace ebond::cli
