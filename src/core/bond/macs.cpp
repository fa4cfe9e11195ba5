#include "core/bond/macs.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/bond/modes.h"

namespace ebond::core {
namespace {

Slave* speaker_of(MacAddress spoken, Roster& roster) {
  const auto found = std::ranges::find(roster.slaves(), spoken, &Slave::own_mac);
  return found == roster.slaves().end() ? nullptr : &*found;
}

}  // namespace

const Slave* Macs::speaker(MacAddress spoken, const Roster& roster) {
  const auto found = std::ranges::find(roster.slaves(), spoken, &Slave::own_mac);
  return found == roster.slaves().end() ? nullptr : &*found;
}

/// As alb_handle_addr_collision_on_attach: its own, unless that is spoken for; then that of a slave that does
/// not speak with its own.
std::optional<MacAddress> Macs::mac_to_speak_with(MacAddress brought, const Roster& roster) const {
  if (roster.empty() || (brought != bond_ && !speaker(brought, roster))) return brought;
  for (const Slave& other : roster.slaves()) {
    if (!speaker(other.permanent_mac, roster)) return other.permanent_mac;
  }
  return speaker(bond_, roster) ? std::nullopt : std::optional(bond_);
}

std::optional<MacAddress> Macs::mac_to_wear(MacAddress brought, const Roster& roster,
                                            const BondOptions& options) const {
  if (balances_receiving(options)) return mac_to_speak_with(brought, roster).value_or(brought);
  if (fail_over_mac(options) != FailOverMac::none) return std::nullopt;
  return roster.empty() && !is_user_set_ ? brought : bond_;
}

void Macs::first_slave_comes(MacAddress brought, TurnNotes& notes) {
  if (!is_user_set_) set_bond_mac(brought, "MAC of the first slave", notes);
}

void Macs::slave_came(Slave& slave, const BondOptions& options, TurnNotes& notes) {
  if (balances_receiving(options)) {
    set_slave_mac(slave, slave.own_mac, notes);
  } else if (fail_over_mac(options) == FailOverMac::none) {
    set_slave_mac(slave, bond_, notes);
  }
}

/// As alb_change_hw_addr_on_detach: no other slave goes on speaking with the MAC the leaving one gets back.
void Macs::slave_leaves(const Slave& leaving, Roster& roster, const BondOptions& options, TurnNotes& notes) {
  if (!balances_load(options)) return;
  if (leaving.permanent_mac == leaving.own_mac || leaving.permanent_mac == bond_) return;
  if (Slave* const other = speaker_of(leaving.permanent_mac, roster)) {
    speak_with(*other, leaving.own_mac, options, notes);
  }
}

void Macs::active_changed(Slave& raised, Slave* lowered, Roster& roster, const BondOptions& options,
                          TurnNotes& notes) {
  if (is_active_backup(options)) fail_over(raised, lowered, roster, options, notes);
  if (balances_load(options)) hand_over(raised, lowered, roster, options, notes);
}

/// fail_over_mac active: the bond takes the MAC of its new active slave. follow: the new active slave takes
/// the bond's, and the slave that wore it takes the new one's in exchange.
void Macs::fail_over(Slave& raised, Slave* lowered, Roster& roster, const BondOptions& options,
                     TurnNotes& notes) {
  switch (fail_over_mac(options)) {
    case FailOverMac::none:
      return;
    case FailOverMac::active:
      set_bond_mac(raised.mac, fmt::format("fail_over_mac active, {} is active", raised.name), notes);
      return;
    case FailOverMac::follow: {
      if (!lowered) {
        const auto wearer = std::ranges::find_if(
            roster.slaves(), [&](const Slave& slave) { return &slave != &raised && slave.mac == bond_; });
        if (wearer != roster.slaves().end()) lowered = &*wearer;
      }
      const MacAddress given_up = raised.mac;
      set_slave_mac(raised, lowered ? lowered->mac : bond_, notes);
      if (lowered) set_slave_mac(*lowered, given_up, notes);
      return;
    }
  }
}

/// As bond_alb_handle_active_change: the bond's MAC goes to `raised`, and the slave that spoke with it takes
/// the other's.
void Macs::hand_over(Slave& raised, Slave* lowered, Roster& roster, const BondOptions& options,
                     TurnNotes& notes) {
  if (!lowered) lowered = speaker_of(bond_, roster);
  const MacAddress given_up = raised.own_mac;
  if (lowered == &raised) return;
  if (!lowered) return speak_with(raised, bond_, options, notes);
  const MacAddress taken = lowered->own_mac;
  speak_with(*lowered, given_up, options, notes);
  speak_with(raised, taken, options, notes);
}

void Macs::bond_mac_was_set(MacAddress mac, Roster& roster, const BondOptions& options, TurnNotes& notes) {
  if (mac == bond_) return;
  const bool follows_slaves = fail_over_mac(options) != FailOverMac::none;
  if (follows_slaves || !mac.is_valid_unicast()) {
    // The driver leaves the address as it is; here it has changed already, so it is put back.
    notes.mac_actions.emplace_back(action::SetBondMac{bond_});
    notes.events.push_back({EventKind::warning, "", mac.to_string(), bond_.to_string(),
                            follows_slaves ? "fail_over_mac decides the bond's MAC: put back"
                                           : "not a MAC a bond can have: put back"});
    return;
  }
  notes.events.push_back({EventKind::mac, "", bond_.to_string(), mac.to_string(), "set on the interface"});
  bond_ = mac;
  is_user_set_ = true;
  if (!balances_receiving(options)) {
    for (Slave& slave : roster.slaves()) set_slave_mac(slave, mac, notes);
  }
  Slave* const sender = balances_load(options) ? roster.active() : nullptr;
  if (!sender) return;
  // As bond_alb_set_mac_address.
  Slave* const other = speaker_of(mac, roster);
  const MacAddress given_up = sender->own_mac;
  if (other) speak_with(*other, given_up, options, notes);
  speak_with(*sender, mac, options, notes);
}

void Macs::speak_with(Slave& slave, MacAddress wanted, const BondOptions& options, TurnNotes& notes) {
  slave.own_mac = wanted;
  if (balances_receiving(options)) set_slave_mac(slave, wanted, notes);
}

void Macs::set_bond_mac(MacAddress wanted, std::string why, TurnNotes& notes) {
  if (wanted == bond_) return;
  notes.mac_actions.emplace_back(action::SetBondMac{wanted});
  notes.events.push_back({EventKind::mac, "", bond_.to_string(), wanted.to_string(), std::move(why)});
  bond_ = wanted;
}

void Macs::set_slave_mac(Slave& slave, MacAddress wanted, TurnNotes& notes) {
  if (wanted == slave.mac) return;
  notes.mac_actions.emplace_back(action::SetSlaveMac{slave.ifindex, wanted});
  slave.mac = wanted;
}

}  // namespace ebond::core
