// One bond in the kernel: its programs on the lower half and the slaves, its table, its counters.
//
// Used by the daemon, inside the bond's network namespace. Everything it makes stays when the daemon dies:
// the tc filters hold the programs, bpffs holds the maps, and the link of TX where bond0 is a netkit device.
// Only remove() takes it away.
//
// On a slave the program is the last filter, so that filters of others are asked first, as they are before
// the bonding driver. A filter that accepts a frame ends the kernel's search, and the frame would never reach
// the bond; if there is such a one, the program goes before all of them, gives the bond a copy, and shows
// them the frame. Filters of others are never taken away.
//
// Where the kernel has tcx, RX hangs on a slave a second time, ahead of tc: the short cut, by which frames go
// into the bond while no filter of others is on the slave (bpf/shortcut.bpf.c).
#pragma once

#include <bitset>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bpf/abi.h"
#include "core/balance/tx_balance.h"
#include "core/table.h"
#include "os/datapath_program.h"
#include "os/error.h"
#include "os/link_bits.h"
#include "os/netkit.h"
#include "os/pinned_map.h"
#include "os/tc_filters.h"

namespace ebond::os {

struct SlotCounters {
  std::uint64_t rx_inactive = 0;
};

/// What was amiss with a program of ours, and is right again.
struct DatapathRepair {
  core::IfIndex device{};
  std::string what;  ///< a sentence's end: "its program was gone and is put back"
};

class Datapath {
 public:
  /// Maps for a new bond, pinned under `pin_dir` (made if missing); TX attached to `lower`.
  static Result<Datapath> create(const std::filesystem::path& pin_dir, const core::DatapathSpec& spec,
                                 core::IfIndex lower, LinkBits& links);
  /// The maps an earlier daemon pinned; its programs stay until respecialise() replaces them by this daemon's
  /// own. EPROTO if the layout is one it does not know, or the maps are those of another lower half: then
  /// nothing was touched. ENOENT: they are not pinned.
  static Result<Datapath> adopt(const std::filesystem::path& pin_dir, const core::DatapathSpec& spec,
                                core::IfIndex lower, LinkBits& links);
  /// Pins those maps again that a program on `device`, the lower half or a slave, uses and whose pins
  /// somebody took away; what it does not use (counters, turns) is made new. ENOENT: there is no program
  /// either. Nothing happens if all are pinned.
  static Result<> recover_pins(const std::filesystem::path& pin_dir, core::IfIndex device);
  /// Is a program of the bond pinned under `pin_dir` on this device?
  static Result<bool> is_on(const std::filesystem::path& pin_dir, core::IfIndex device);
  /// Takes the programs of the bond pinned under `pin_dir` off a device, and an empty clsact qdisc too where
  /// that is wanted. For what is left of a bond that is gone. True if there was one.
  static Result<bool> take_remains_off(const std::filesystem::path& pin_dir, core::IfIndex device,
                                       bool remove_qdisc);

  /// EBUSY if the device carries a program of another bond, or already one of this.
  Result<> check_free(core::IfIndex device) const;
  /// Puts RX on a slave. A clsact qdisc is added if there is none. EBUSY as check_free().
  Result<> attach_slave(core::IfIndex slave, core::SlotId slot);
  /// Takes RX off a slave that is there still, and frees its slot.
  Result<> detach_slave(core::IfIndex slave, core::SlotId slot, bool remove_qdisc);
  /// Takes this bond's programs off a device, and an empty clsact qdisc too where that is wanted. A device or
  /// a program that is gone is not an error.
  Result<> take_off(core::IfIndex device, bool remove_qdisc);
  /// Frees the slot of a slave that is gone.
  void forget_slave(core::SlotId slot);
  /// Frees every slot that is not one of these: what an enslaving that was cut short took.
  void forget_all_but(const std::vector<core::SlotId>& slots);

  /// Programs for another mode or policy, replaced one by one, on the lower half and the given slaves; put
  /// back if they are gone.
  Result<> respecialise(const core::DatapathSpec& spec, const std::map<core::SlotId, core::IfIndex>& slaves);
  /// bond0 stands in another namespace than its lower half, or does not: for programs that are made from now
  /// on. There RX hands it frames without the veth's hop, if the kernel counts those (Linux 6.7). Not in
  /// balance-alb, which gives frames another MAC: without the hop nobody looks again for whom they are.
  void bond0_is_apart(bool apart);
  /// bond0 takes frames for other MACs than its own, as far as is known; RX then spares itself the question,
  /// which it otherwise asks the kernel for each of them. So what is said late costs time, and no frame.
  void bond0_lets_all_in(bool lets);
  /// The VLANs that stand on this slave itself: their frames are left to it.
  Result<> set_own_vlans(core::IfIndex slave, VlanSet vlans);
  /// Looks whether each program is where it belongs, and puts right what others changed. Answers what that
  /// was; the first failure, once all has been tried.
  Result<std::vector<DatapathRepair>> repair();

  /// Makes `table` the one the next frame sees. Links of slots it newly names live, those of slots it no
  /// longer more die; a link that was named before is left as it is, for the carrier hook may know better.
  void publish(const core::Table& table);

  /// Bytes sent by bucket, if the spec asks for count_tx.
  Result<core::TxTotals> tx_totals() const;
  Result<SlotCounters> counters(core::SlotId slot) const;
  /// Where TX is. It drops what finds no slave to leave by, and nothing else.
  core::IfIndex lower() const { return lower_; }
  /// Pins its maps again, all whose pins somebody took away. True if there was one.
  Result<bool> keep_pins();
  /// When this slot last received a frame, to a millisecond; none: never, or the spec does not ask for it.
  std::optional<core::TimePoint> last_rx(core::SlotId slot) const;
  /// Where the carrier hook clears this slot's life.
  LinkId link_of(core::SlotId slot) const;

  /// Unpins. Filters go with their devices, or with detach_slave().
  void remove();

 private:
  /// A program of ours on a device.
  struct Hanging {
    std::optional<ReceiveSpec> receive{};  ///< none: it is TX
    std::uint16_t priority = 0;
    std::uint32_t program = 0;  ///< its id; 0: not attached yet
  };
  /// Where among the filters of others a program is to stand.
  struct Place {
    std::uint16_t priority = 0;
    bool shows_filters = false;
    std::string why{};  ///< the filter for which it is not the last
  };
  Datapath(LinkBits& links) : links_(&links) {}
  Result<> open_maps(bool create);
  Result<> open_sources();
  Result<> claim_links();
  DatapathMaps maps() const;
  /// By the names of their pins; -1: there is none.
  std::vector<std::pair<const char*, int>> pinned_maps() const;
  Result<> hang(core::IfIndex device, const std::optional<ReceiveSpec>& receive);
  /// RX once more on a slave, ahead of tc, if the kernel has it. Without it, all goes through tc.
  void put_ahead(core::IfIndex slave, const Hanging& hanging);
  /// False: this kernel would have none.
  Result<bool> try_ahead(core::IfIndex slave, const ReceiveSpec& receive);
  /// TX above a lower half that is a netkit device.
  Result<> hang_above();
  /// Its link, as an earlier daemon left it or as it is held; none if it holds no program there.
  std::optional<std::uint32_t> program_above();
  Result<std::optional<std::string>> repair_above();
  Result<std::optional<std::string>> repair_one(core::IfIndex device, Hanging& hanging);
  Place place_among(const std::vector<TcFilter>& others) const;
  ebond_slot& slot_entry(core::SlotId slot) { return bond_->slots[static_cast<std::size_t>(slot)]; }

  std::filesystem::path pin_dir_;
  core::DatapathSpec spec_;
  core::IfIndex lower_{};
  LinkBits* links_;
  PinnedValue<ebond_bond> bond_;
  bool bond0_is_apart_ = false;
  std::bitset<EBOND_MAX_SLOTS> named_;         ///< slots in the latest table
  std::map<core::IfIndex, Hanging> hangings_;  ///< by device; the lower half is one
  UniqueFd counters_;
  UniqueFd turn_;
  UniqueFd loads_;
  UniqueFd sources_, strays_;  ///< of balance-slb
  bool is_netkit_ = false;     ///< what bond0 is made as
  NetkitLink tx_link_;         ///< then, of TX
};

}  // namespace ebond::os
