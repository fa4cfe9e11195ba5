// One bond in the kernel: its programs on the lower half and the slaves, its table, its counters.
//
// Used by the daemon, inside the bond's network namespace. Everything it makes stays when the daemon dies:
// the tc filters hold the programs, bpffs holds the maps. Only remove() takes it away.
#pragma once

#include <bitset>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "bpf/abi.h"
#include "core/balance/tx_balance.h"
#include "core/table.h"
#include "os/error.h"
#include "os/link_bits.h"
#include "os/pinned_map.h"

namespace ebond::os {

struct SlotCounters {
  std::uint64_t rx_inactive = 0;
};

/// Makes sure a device has a clsact qdisc. True where it is new.
Result<bool> add_clsact(core::IfIndex device);
/// Takes ebond's program off a device, and its clsact qdisc too where that is wanted. One that is gone is no
/// error.
Result<> remove_program(core::IfIndex device, bool remove_qdisc);

class Datapath {
 public:
  /// Maps for a new bond, pinned under `pin_dir` (made if missing); TX attached to `lower`.
  static Result<Datapath> create(const std::filesystem::path& pin_dir, const core::DatapathSpec& spec,
                                 core::IfIndex lower, LinkBits& links);
  /// The maps an earlier daemon pinned; its programs stay until respecialise() replaces them by this daemon's
  /// own. EPROTO where the layout is one it does not know: then nothing was touched.
  static Result<Datapath> adopt(const std::filesystem::path& pin_dir, const core::DatapathSpec& spec,
                                LinkBits& links);

  /// Puts RX on a slave, which must have a clsact qdisc.
  Result<> attach_slave(core::IfIndex slave, core::SlotId slot);
  /// Takes RX off a slave that is there still, and frees its slot.
  Result<> detach_slave(core::IfIndex slave, core::SlotId slot, bool remove_qdisc);
  /// Frees the slot of a slave that is gone.
  void forget_slave(core::SlotId slot);
  /// Frees every slot that is not one of these: what an enslaving that was cut short took.
  void forget_all_but(const std::vector<core::SlotId>& slots);

  /// Programs for another mode or policy, replaced one by one, on the lower half and the given slaves.
  Result<> respecialise(const core::DatapathSpec& spec, const std::map<core::SlotId, core::IfIndex>& slaves);

  /// Makes `table` the one the next frame sees. Links of slots it names anew live, those of slots it names no
  /// more die; a link that was named before is left as it is, for the carrier hook may know better.
  void publish(const core::Table& table);

  /// Bytes sent by bucket, where the spec asks for count_tx.
  Result<core::TxTotals> tx_totals() const;
  Result<SlotCounters> counters(core::SlotId slot) const;
  /// When this slot last received a frame, to a millisecond; none: never, or the spec does not ask for it.
  std::optional<core::TimePoint> last_rx(core::SlotId slot) const;
  /// Where the carrier hook clears this slot's life.
  LinkId link_of(core::SlotId slot) const;

  /// Unpins. Filters go with their devices, or with detach_slave().
  void remove();

 private:
  Datapath(LinkBits& links) : links_(&links) {}
  Result<> load_and_attach_tx(bool replace);
  Result<> load_and_attach_rx(core::IfIndex slave, core::SlotId slot, bool replace);
  Result<> open_maps(bool create);
  ebond_slot& slot_entry(core::SlotId slot) { return bond_->slots[static_cast<std::size_t>(slot)]; }

  std::filesystem::path pin_dir_;
  core::DatapathSpec spec_;
  core::IfIndex lower_{};
  LinkBits* links_;
  PinnedValue<ebond_bond> bond_;
  std::bitset<EBOND_MAX_SLOTS> named_;  ///< slots in the latest table
  UniqueFd counters_;
  UniqueFd turn_;
  UniqueFd loads_;
};

}  // namespace ebond::os
