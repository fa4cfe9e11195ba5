// The core's actions, done to the system in the core's order.
//
// Used by Runner and Enslavement. What the system refuses is said, and the rest is done all the same.
#pragma once

#include <functional>

#include "daemon/bond/failover_clock.h"
#include "daemon/bond/senses.h"

namespace ebond::daemon {

class Executor {
 public:
  Executor(Hands& hands, core::Bond& bond, os::BondDevice device, Programs& programs, Slaves& slaves,
           Senses& senses, FailoverClock& clock, const Reporter& reporter)
      : hands_(hands),
        bond_(bond),
        device_(device),
        programs_(programs),
        slaves_(slaves),
        senses_(senses),
        clock_(clock),
        reporter_(reporter) {}

  /// `heard`: when what led to these actions became known. False if they were routine (polls, probes): then
  /// nothing is left to write.
  bool carry_out(const core::Actions& actions, core::TimePoint heard);
  /// Something failed that is tried again by the next carry_out(), whatever it is called for.
  bool has_more_to_do() const { return carrier_due_.has_value(); }

 private:
  using Turn = FailoverClock::Turn;
  bool carry_out(const core::Actions& actions, Turn& turn);
  void act(const core::action::PublishTable&, Turn& turn);
  void act(const core::action::RespecialiseDatapath&, Turn&);
  void act(const core::action::SetCarrier& action, Turn&);
  void act(const core::action::SetBondMac& action, Turn&);
  void act(const core::action::SetSlaveMac& action, Turn&);
  void act(const core::action::SetNoArp& action, Turn&);
  void act(const core::action::Announce&, Turn& turn);
  void act(const core::action::ResendIgmp&, Turn&);
  void act(const core::action::Teach& action, Turn&);
  void act(const core::action::SetPromiscuous& action, Turn&);
  void act(const core::action::Transmit& action, Turn&);
  void act(const core::action::Report& action, Turn& turn);
  void act(const core::action::SendByBond& action, Turn&);
  bool read_behind();
  bool read_tx_totals(Turn& turn);

  Hands& hands_;
  core::Bond& bond_;
  os::BondDevice device_;
  Programs& programs_;
  Slaves& slaves_;
  Senses& senses_;
  FailoverClock& clock_;
  const Reporter& reporter_;
  std::optional<bool> carrier_due_;  ///< could not be set
};

}  // namespace ebond::daemon
