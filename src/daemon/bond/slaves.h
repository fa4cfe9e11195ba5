// A bond's slaves as interfaces of the system: what each was like before, and what it takes over from bond0
// as long as it is a slave (MTU, promiscuity, multicast groups).
//
// Used by the bond's other parts. Knows nothing of links, paths or tables: those are the core's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/bond/card_filters.h"
#include "daemon/bond/dues.h"
#include "daemon/bond/originals.h"
#include "daemon/bond/upper_half.h"

namespace ebond::daemon {

class Slaves {
 public:
  /// `mtu`: bond0's. `save`: writes the state file.
  Slaves(Hands& hands, const Home& home, const Reporter& reporter, Dues& dues, os::BondDevice device,
         const UpperHalf& upper, std::uint32_t mtu, std::function<void()> save)
      : hands_(hands),
        home_(home),
        reporter_(reporter),
        dues_(dues),
        filters_(hands, reporter, dues, std::move(save)),
        device_(device),
        upper_(upper),
        mtu_(mtu) {}

  os::IfIndex upper() const { return upper_.ifindex(); }
  os::IfIndex bond_made_as() const { return device_.upper(); }
  bool has(os::IfIndex slave) const { return originals_.contains(slave); }
  const SlaveOriginals* find(os::IfIndex slave) const;
  std::string name_of(os::IfIndex slave) const;  ///< empty if it is not one
  std::vector<SlaveOriginals> originals() const;
  /// Its driver and bus. Asked for once, for the kernel answers with RTNL held; null if it cannot tell.
  const os::DriverInfo* driver_of(os::IfIndex slave);

  /// It is a slave from now on, and was like this. Changes nothing of it. What it was told is the bond's
  /// doing, whether an earlier daemon came to it or not.
  void note(SlaveOriginals originals);
  /// The same of one that comes: what take() is going to tell it belongs into the state file before that.
  void note_new(SlaveOriginals originals);
  void renamed(os::IfIndex slave, const std::string& name);
  void forget(os::IfIndex slave);
  /// Its release begins, or does not.
  void set_leaving(os::IfIndex slave, bool leaving);
  /// Those whose release has begun and has not ended.
  std::vector<os::IfIndex> leaving() const;

  /// Prepares a noted one: addresses away, and all that bond0 has on it.
  os::Result<> take(os::IfIndex slave);
  /// Where slaves stand, and where they came from.
  Places places() const { return {hands_, home_.gone() ? nullptr : &home_.hands()}; }
  /// Makes it what it was. Does as much as it can; the first failure is reported.
  os::Result<> give_back(os::IfIndex slave);
  /// The same of one that left for another namespace, or for good.
  /// `worn`: MACs that it may have had.
  os::Result<> give_back_elsewhere(const os::LinkInfo& left, std::vector<wire::MacAddress> worn);

  /// NOARP on a backup; off: as it was.
  os::Result<> set_no_arp(os::IfIndex slave, bool on);
  /// Frames for others, too, whatever bond0 takes.
  void take_others(os::IfIndex slave, bool on);
  /// Frames to this MAC, too, which it wore a moment ago.
  void keep_taking(os::IfIndex slave, const wire::MacAddress& mac, bool on);
  void keep_taking_nothing();

  // What is done to bond0 goes on to the slaves, as with the driver.
  void follow_mtu(const os::LinkInfo& upper);
  std::uint32_t mtu() const { return mtu_; }  ///< of bond0, as followed
  void follow_flags(const os::LinkInfo& upper);
  void follow_flags_on(os::IfIndex slave);
  /// Frames for other MACs than its own, as far as is followed.
  bool bond0_lets_all_in() const { return promiscuous_ || !filters_.wanted().unicast.empty(); }
  /// bond0 hands its slaves no larger pieces than each can take; told when a slave came or changed.
  void follow_limits(const os::LinkInfo& slave);
  /// Every slave's card lets in what stands on bond0: VLANs and unicast addresses, and what it listens to:
  /// multicast groups. True if something was told or taken back, which belongs into the state file.
  bool follow_filter(std::set<core::VlanKey> vlans, std::set<wire::MacAddress> unicast);
  bool follow_groups(std::set<wire::MacAddress> groups);
  /// What a card refused is tried again.
  bool tell_cards();
  /// What could not be passed on.
  void try_again();

 private:
  os::Result<> set_all_mtus(std::uint32_t mtu);
  os::Result<> set_mtus_back();
  void set_limits();

  Hands& hands_;
  const Home& home_;
  const Reporter& reporter_;
  Dues& dues_;
  CardFilters filters_;
  os::BondDevice device_;
  const UpperHalf& upper_;
  std::map<os::IfIndex, SlaveOriginals> originals_;
  std::map<os::IfIndex, os::DriverInfo> drivers_;
  std::map<os::IfIndex, os::GsoLimits> limits_;  ///< what each slave can take
  os::GsoLimits set_limits_;                     ///< as bond0 has them
  std::uint32_t mtu_;
  bool promiscuous_ = false;
  bool all_multicast_ = false;
  std::set<os::IfIndex> taking_others_;
};

}  // namespace ebond::daemon
