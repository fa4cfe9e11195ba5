#include "cli/ip/bonds.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/ip/bond_options.h"

namespace ebond::cli::ip {
namespace {

using nlohmann::json;

std::uint32_t ifindex_of(const json& interface) {
  return interface.is_object() ? interface.value("ifindex", 0U) : 0U;
}

ShownSlave shown_slave(const json& bond, const json& slave) {
  return {ifindex_of(slave), slave.value("ifname", ""), slave_data(bond, slave)};
}

bool is_away(const json& bond) {
  const auto away = bond.find("away");
  return away != bond.end() && !away->is_null();
}

ShownBond shown_bond(const json& bond) {
  ShownBond result{ifindex_of(bond), bond.value("ifname", ""), {}, bond_data(bond)};
  const auto slaves = bond.find("slaves");
  if (slaves == bond.end()) return result;
  for (const auto& slave : *slaves) {
    if (ifindex_of(slave) != 0) result.slaves.push_back(shown_slave(bond, slave));
  }
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
