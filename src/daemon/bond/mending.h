// What is otherwise on a bond's slaves and its lower half than the bond has it is put right: others changed
// it, or a daemon was killed before it was done.
//
// Used by Runner. Goes by how things stand when it looks, never by what news say of them, which may be of
// what this daemon did itself. One who sets a thing again and again is answered some times a second and no
// more.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "daemon/bond/slaves.h"

namespace ebond::daemon {

class Mending {
 public:
  Mending(Hands& hands, const core::Bond& bond, os::BondDevice device, Slaves& slaves, Dues& dues,
          const Reporter& reporter)
      : hands_(hands), bond_(bond), device_(device), slaves_(slaves), dues_(dues), reporter_(reporter) {}

  /// Do news of a slave tell of nothing that must be otherwise? Asked before what else they tell of is acted
  /// on, which may change what must be.
  bool is_right(const os::LinkInfo& news) const;
  /// The slave's ARP goes with every failover, so news of it are mostly old: it is looked at a little later.
  void slave_told_wrong(const os::LinkInfo& news);
  /// Nobody but this daemon has business there, and what others set keeps frames from passing.
  void look_at_lower_half();
  void look_at_slave(os::IfIndex slave);
  void look_at_all();

  /// When to look at slaves that were left for later.
  std::optional<core::TimePoint> next() const;
  void look_at_due(core::TimePoint now);

  // What is due if it failed.
  static std::string mac_of(const std::string& slave) { return "cannot set the MAC address of " + slave; }
  static std::string no_arp_of(const std::string& slave) { return "cannot set NOARP of " + slave; }
  static constexpr const char* kCarrier = "cannot set its carrier";

 private:
  bool has_its_mac_and_mtu(const os::LinkInfo& slave, const core::Slave& known) const;
  bool is_right(const os::LinkInfo& slave, const core::Slave& known) const;
  void mend(const os::LinkInfo& slave, const core::Slave& known);
  void note(const std::string& due, const os::Result<>& done, const std::string& slave,
            const std::string& why);

  Hands& hands_;
  const core::Bond& bond_;
  os::BondDevice device_;
  Slaves& slaves_;
  Dues& dues_;
  const Reporter& reporter_;
  std::map<os::IfIndex, core::TimePoint> mended_at_;  ///< a slave's latest mending
  std::set<os::IfIndex> later_;                       ///< was mended an instant ago
};

}  // namespace ebond::daemon
