#include "cli/ip/bonds.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/away.h"
#include "cli/ip/bond_options.h"

namespace ebond::cli::ip {
namespace {

using nlohmann::json;

std::uint32_t ifindex_of(const json& interface) {
  return interface.is_object() ? interface.value("ifindex", 0U) : 0U;
}

/// None in other modes.
std::optional<LacpCounters> lacp_counters(const json& slave) {
  const auto counts = slave.find("lacp_frames");
  if (counts == slave.end() || !counts->is_object()) return std::nullopt;
  // We send no Markers: nobody answers one.
  constexpr std::array kNames{"lacpdu_rx",          "lacpdu_tx",          "unknown_rx",
                              "illegal_rx",         "marker_rx",          "marker_tx",
                              "marker_response_rx", "marker_response_tx", "marker_unknown_rx"};
  LacpCounters counters{};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    counters.at(i) = counts->value(kNames.at(i), std::uint64_t{0});
  }
  return counters;
}

ShownSlave shown_slave(const json& bond, const json& slave) {
  return {ifindex_of(slave), slave.value("ifname", ""), slave_data(bond, slave), lacp_counters(slave)};
}

ShownBond shown_bond(const json& bond) {
  ShownBond result{ifindex_of(bond), bond.value("ifname", ""), {}, bond_data(bond), {}};
  const auto slaves = bond.find("slaves");
  if (slaves == bond.end()) return result;
  for (const auto& slave : *slaves) {
    if (ifindex_of(slave) == 0) continue;
    result.slaves.push_back(shown_slave(bond, slave));
    if (has_slaves_away(bond)) result.slaves.back().ifindex = 0;
    const auto& port = result.slaves.back().lacp;
    if (port && !result.lacp) result.lacp.emplace();
    for (std::size_t i = 0; port && i < port->size(); ++i) result.lacp->at(i) += port->at(i);
  }
  if (bond.value("mode", "") == "802.3ad" && !result.lacp) result.lacp.emplace();
  return result;
}

}  // namespace

Bonds::Bonds(const json& shown) {
  for (const auto& bond : shown) {
    if (ifindex_of(bond) != 0 || is_away(bond)) bonds_.push_back(shown_bond(bond));
  }
}

const ShownBond* Bonds::bond(std::uint32_t ifindex) const {
  const auto found = std::ranges::find(bonds_, ifindex, &ShownBond::ifindex);
  return found == bonds_.end() || ifindex == 0 ? nullptr : &*found;
}

Bonds::Membership Bonds::membership(std::uint32_t ifindex) const {
  for (const auto& bond : bonds_) {
    const auto slave = std::ranges::find(bond.slaves, ifindex, &ShownSlave::ifindex);
    if (slave != bond.slaves.end()) return {&bond, &*slave};
  }
  return {};
}

}  // namespace ebond::cli::ip
