// The slaves of a bond, and which of them is the active one.
//
// Knows the rules by which one is chosen (selection.h), but not what follows from a choice: that is the
// turn's.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/options/options.h"
#include "core/selection.h"
#include "core/slave.h"

namespace ebond::core {

class Roster {
 public:
  /// In enslave order.
  std::span<Slave> slaves() { return slaves_; }
  std::span<const Slave> slaves() const { return slaves_; }
  bool empty() const { return slaves_.empty(); }
  std::size_t size() const { return slaves_.size(); }
  Slave* find(IfIndex slave);
  const Slave* find(IfIndex slave) const;
  const Slave* named(std::string_view name) const;

  SlotId free_slot() const;
  Slave& add(Slave slave);
  void remove(IfIndex slave);

  /// The slave that carries traffic in modes 1, 5, 6; in the others it is kept too, and carries IGMP.
  std::optional<IfIndex> active_index() const { return active_; }
  Slave* active() { return active_ ? find(*active_) : nullptr; }
  const Slave* active() const { return active_ ? find(*active_) : nullptr; }
  bool is_active(const Slave& slave) const { return active_ == slave.ifindex; }
  void make_active(std::optional<IfIndex> slave) { active_ = slave; }

  Candidates candidates(const BondOptions& options) const;
  /// The best slave to be active; none if there is none.
  const Slave* choose(const BondOptions& options);
  /// The next choice takes the primary whatever primary_reselect says.
  void force_primary() { force_primary_ = true; }
  void force_primary_if_here(const BondOptions& options);

  /// Frames can leave now, if perhaps through an active slave that is going down.
  bool has_usable(const BondOptions& options) const;
  /// The delays in force: while no slave is usable updelay would only prolong the outage, so it is ignored.
  LinkDelays link_delays(const BondOptions& options) const;

 private:
  std::vector<Slave> slaves_;
  std::optional<IfIndex> active_;
  bool force_primary_ = false;
};

}  // namespace ebond::core
