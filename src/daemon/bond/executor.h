// The core's actions, done to the system in the core's order.
//
// Used by Runner and Enslavement. What the system refuses is said, and the rest is done all the same; what
// must not stay undone is due, and tried again.
#pragma once

#include <functional>

#include "daemon/bond/failover_clock.h"
#include "daemon/bond/senses.h"
#include "daemon/bond/upper_half.h"

namespace ebond::daemon {

class Executor {
 public:
  Executor(Hands& hands, core::Bond& bond, os::BondDevice device, const UpperHalf& upper, Programs& programs,
           Slaves& slaves, Senses& senses, FailoverClock& clock, Dues& dues, const Reporter& reporter,
           std::function<void()> look_behind_elsewhere)
      : hands_(hands),
        bond_(bond),
        device_(device),
        upper_(upper),
        programs_(programs),
        slaves_(slaves),
        senses_(senses),
        clock_(clock),
        dues_(dues),
        reporter_(reporter),
        look_behind_elsewhere_(std::move(look_behind_elsewhere)) {}

  /// `heard`: when what led to these actions became known. False if they were routine (polls, probes): then
  /// nothing is left to write.
  bool carry_out(const core::Actions& actions, core::TimePoint heard);
  /// The same for a command, which is refused if the programs that it takes cannot be had: then nothing else
  /// was done.
  os::Result<> try_to(const core::Actions& actions, core::TimePoint heard);
  /// Programs and table as the bond has them, whatever was told before.
  os::Result<> load_programs();
  /// How it went to load them elsewhere.
  void note_programs(const os::Result<>& loaded) { dues_.note(kPrograms, loaded); }
  void note_bond_mac(const os::Result<>& set) { dues_.note(kBondMac, set); }
  /// bond0 gets the bond's MAC.
  void set_bond_mac();
  /// What is due and is the executor's to do.
  void try_again();
  /// bond0 has another MAC than the bond because it could not be set.
  bool owes_bond_mac() const { return dues_.has(kBondMac); }

 private:
  using Turn = FailoverClock::Turn;
  static constexpr const char* kBondMac = "cannot set its MAC address";
  static constexpr const char* kNeighbours = "cannot write down its neighbours again";
  static constexpr const char* kPrograms = "cannot load the programs of its mode";
  bool carry_out(const core::Actions& actions, Turn& turn);
  void give_bond_mac(const wire::MacAddress& mac);
  void give_neighbours();
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
  void act(const core::action::KeepTaking& action, Turn&);
  void act(const core::action::Transmit& action, Turn&);
  void act(const core::action::Report& action, Turn& turn);
  void act(const core::action::SendByBond& action, Turn&);
  bool read_behind();
  bool read_tx_totals(Turn& turn);

  Hands& hands_;
  core::Bond& bond_;
  os::BondDevice device_;
  const UpperHalf& upper_;
  Programs& programs_;
  Slaves& slaves_;
  Senses& senses_;
  FailoverClock& clock_;
  Dues& dues_;
  const Reporter& reporter_;
  std::function<void()> look_behind_elsewhere_;
};

}  // namespace ebond::daemon
