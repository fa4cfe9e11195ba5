// A bond in mode 802.3ad: its lacp::System, kept in step with the bond's options and slaves.
//
// As in the driver LACP begins when the bond is first set up, and stands still while it is down: ports keep
// what they agreed, so that a bond set up again soon goes on where it was.
#pragma once

#include <optional>
#include <span>

#include "core/bond/turn_notes.h"
#include "core/lacp/system.h"
#include "wire/ethernet.h"

namespace ebond::core {

class LacpPorts {
 public:
  /// True if a port began or ended to carry.
  bool follow(std::span<const Slave> slaves, const BondOptions& options, const MacAddress& bond_mac,
              bool admin_up, TurnNotes& notes);
  /// A Slow Protocols frame.
  void heard(const Slave& slave, const wire::EthernetFrame& frame, TurnNotes& notes);
  bool is_running() const { return system_.has_value(); }
  std::optional<TimePoint> next_deadline(bool admin_up) const;

  bool may_distribute(IfIndex slave) const { return system_ && system_->may_distribute(slave); }
  bool may_collect(IfIndex slave) const { return system_ && system_->may_collect(slave); }
  bool carrier() const { return system_ && system_->carrier(); }

  void show(BondStatus& status) const;
  void remember(BondMemory& memory) const;
  /// Ports the memory does not know begin with the next turn.
  void resume(const BondMemory& memory, std::span<const Slave> slaves, TimePoint now);

 private:
  std::optional<lacp::System> system_;  ///< from the first time the bond is up
  MacAddress system_mac_;  ///< the system ID without ad_actor_system: the bond's MAC when the first port came
};

}  // namespace ebond::core
