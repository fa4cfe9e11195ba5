// What the world was last told of a bond, and the difference from how it stands: each tell_… adds the actions
// and the record that are missing, and none if nothing is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bond/duties.h"
#include "core/bond/macs.h"
#include "core/bond/turn_notes.h"
#include "core/table.h"

namespace ebond::core {

class Told {
 public:
  const Table& table() const { return table_; }
  const DatapathSpec& spec() const { return spec_; }
  bool carrier() const { return carrier_; }
  std::optional<IfIndex> active() const { return active_; }

  void tell_datapath(const DatapathSpec& spec, Table table, Actions& actions);
  /// `active`: the active slave, in a mode that shows one. One record, however many steps a failover took.
  void tell_active(const Slave* active, TurnNotes& notes);
  /// Traffic left a slave: one record of it, in every mode, whatever the reason.
  void tell_failover(std::vector<Carrying> carrying, const BondOptions& options, TurnNotes& notes);
  /// In active-backup all slaves but the active one are silent.
  static bool is_silent(const Slave& slave, const Roster& roster, const BondOptions& options);
  void tell_no_arp(const Roster& roster, const BondOptions& options, Actions& actions);
  void tell_carrier(bool on, const BondOptions& options, bool admin_up, TurnNotes& notes, Actions& actions);

  /// balance-alb: MACs that slaves go on taking frames to. Begun before any slave gets another MAC, ended
  /// after that.
  void tell_worn_before(std::vector<Worn> worn, const Roster& roster, Actions& before_macs,
                        Actions& after_macs);

  /// All of it is so already: a new bond, and one that an earlier process told of.
  void resume(const DatapathSpec& spec, Table table, const Duties& duties);

 private:
  static std::vector<IfIndex> silent(const Roster& roster, const BondOptions& options);

  Table table_;
  DatapathSpec spec_;
  bool carrier_ = false;
  std::optional<IfIndex> active_;
  std::string active_name_;
  std::vector<Carrying> carrying_;
  std::vector<IfIndex> silent_;
  std::vector<Worn> worn_before_;
};

}  // namespace ebond::core
