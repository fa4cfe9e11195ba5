// How an interface becomes a slave and ceases to be one: the steps, their order, and what is undone when one
// of them fails.
//
// Used by Runner. The order is what counts here: the state file tells of a slave before anything of it is
// changed, it is heard before it is up, and the carrier hook watches it before the table names it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "control/service.h"
#include "daemon/bond/absentees.h"
#include "daemon/bond/executor.h"

namespace ebond::daemon {

class Enslavement {
 public:
  struct Parts {
    Hands& hands;
    const Home& home;
    core::Bond& bond;
    Programs& programs;
    Slaves& slaves;
    Absentees& absentees;
    Senses& senses;
    Executor& executor;
    Dues& dues;
    const Reporter& reporter;
  };
  /// `save` writes the bond's state file.
  Enslavement(Parts parts, std::function<os::Result<>()> save) : parts_(parts), save_(std::move(save)) {}

  /// What becomes of what an interface has.
  enum class Belonging : std::uint8_t { put_away, moved_to_bond };
  /// All or nothing. `link`: as it stands where the bond belongs. `warnings` are for whoever asked for it.
  /// Answers what number it has as a slave.
  control::Result<os::IfIndex> enslave(const os::LinkInfo& link, std::vector<std::string>& warnings,
                                       Belonging belonging = Belonging::put_away);
  /// Gives a slave back, which the state file tells to be leaving. Does as much as it can. What it could not
  /// do is the answer; then the slave stays noted as one that leaves, and a second call tries the rest again.
  os::Result<> release(os::IfIndex slave, core::TimePoint heard);
  /// The same of one that has gone: what can still be reached of it.
  void lost(const os::LinkInfo& gone, core::TimePoint heard);

  /// VLANs that stand on the slave itself: their frames are left to it.
  void look_for_own_vlans(os::IfIndex slave);
  /// A VLAN came, changed or went; if it stands on a slave, the same. A new one has ARP on although the bond
  /// has switched it off on its slave, whose flags it took.
  void own_vlan_changed(const os::LinkInfo& vlan);
  /// The carrier hook watches every slave that the table names.
  void watch_carriers();
  /// What is due and is for this to do; releases that could not put everything back among it.
  void try_again();

 private:
  /// Before it is a slave: noted down, and where slaves stand; what it is there.
  control::Result<os::LinkInfo> take(const os::LinkInfo& link, Belonging belonging);
  /// The number that an interface is to have where slaves stand: its own, if it is free there.
  os::Result<os::IfIndex> number_for(const os::LinkInfo& link) const;
  os::Result<> tell_own_vlans(os::IfIndex slave);
  os::Result<> bring_up(os::IfIndex slave);
  /// Before it is a slave: it wears the MAC that it must wear then, or is refused.
  control::Result<> give_mac(const os::LinkInfo& link, std::vector<std::string>& warnings);
  std::optional<core::SlotId> slot_of(os::IfIndex slave) const;

  Parts parts_;
  std::function<os::Result<>()> save_;
  std::map<os::IfIndex, os::IfIndex> own_vlans_;  ///< VLANs that stand on a slave, and on which
};

}  // namespace ebond::daemon
