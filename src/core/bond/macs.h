// The MAC addresses of a bond: its own, the one each slave wears, and in balance-tlb and balance-alb the one
// each slave speaks with. The only part that changes any of them; each change is an order in TurnNotes.
//
// In balance-tlb and balance-alb one slave, the active one, speaks with the bond's MAC; every other one has
// one of the slaves' own, no two the same. In balance-alb each wears what it speaks with. In balance-tlb all
// wear the bond's, so that a failover changes nothing in any NIC, and only frames out carry the difference.
#pragma once

#include <optional>
#include <string>

#include "core/bond/roster.h"
#include "core/bond/turn_notes.h"

namespace ebond::core {

/// A slave, and a MAC that it wears or wore.
struct Worn {
  IfIndex slave{};
  MacAddress mac;
  bool operator==(const Worn&) const = default;
};

class Macs {
 public:
  Macs(MacAddress bond, bool is_user_set) : bond_(bond), is_user_set_(is_user_set) {}

  const MacAddress& bond() const { return bond_; }
  bool is_user_set() const { return is_user_set_; }

  /// What a slave that brings this MAC is to speak with; none if no MAC is left for it.
  std::optional<MacAddress> mac_to_speak_with(MacAddress brought, const Roster& roster) const;
  /// The slave that speaks with this MAC.
  static const Slave* speaker(MacAddress spoken, const Roster& roster);

  /// What an interface that brings this MAC will wear once it is a slave; none if it keeps its own, whatever
  /// that is (fail_over_mac).
  std::optional<MacAddress> mac_to_wear(MacAddress brought, const Roster& roster,
                                        const BondOptions& options) const;

  /// Before the first slave is there.
  void first_slave_comes(MacAddress brought, TurnNotes& notes);
  void slave_came(Slave& slave, const BondOptions& options, TurnNotes& notes);
  /// It is still on the roster, and gets its own MAC back from the caller.
  void slave_leaves(const Slave& leaving, Roster& roster, const BondOptions& options, TurnNotes& notes);
  /// `raised` is the active slave from now on, `lowered` was it.
  void active_changed(Slave& raised, Slave* lowered, Roster& roster, const BondOptions& options,
                      TurnNotes& notes);
  /// Somebody set the bond's MAC.
  void bond_mac_was_set(MacAddress mac, Roster& roster, const BondOptions& options, TurnNotes& notes);

 private:
  void set_bond_mac(MacAddress wanted, std::string why, TurnNotes& notes);
  static void set_slave_mac(Slave& slave, MacAddress wanted, TurnNotes& notes);
  static void speak_with(Slave& slave, MacAddress wanted, const BondOptions& options, TurnNotes& notes);
  void fail_over(Slave& raised, Slave* lowered, Roster& roster, const BondOptions& options, TurnNotes& notes);
  void hand_over(Slave& raised, Slave* lowered, Roster& roster, const BondOptions& options, TurnNotes& notes);

  MacAddress bond_;
  bool is_user_set_;
};

}  // namespace ebond::core
