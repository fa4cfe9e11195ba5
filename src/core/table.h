// What the kernel is told: the one decision of a bond, as data. Made by fill (core/fill.h) from the slaves
// that may send; written into the kernel's double buffer by os/datapath. Pure values.
#pragma once

#include <optional>
#include <vector>

#include "core/options/options.h"
#include "core/types.h"

namespace ebond::core {

struct TableSlot {
  SlotId slot{};
  IfIndex ifindex{};
  bool accepts = false;        ///< RX hands this slave's frames to the bond
  std::uint16_t queue_id = 0;  ///< frames of this TX queue of the bond leave here; 0: none
  /// Source MAC written into frames leaving here (balance-tlb, balance-alb); none: left as they are.
  std::optional<MacAddress> source_mac;
  bool operator==(const TableSlot&) const = default;
};

struct Table {
  static constexpr std::size_t kMaxBuckets = 8192;
  /// bucket[hash % size] is the slot that sends. Empty: the bond sends nothing. Broadcast: every bucket
  /// gets a copy. Round-robin counts through them; buckets[0] is where IGMP goes.
  std::vector<SlotId> buckets;
  /// Where to go, in order, if the slots in the buckets are all dead and the daemon has not spoken yet.
  std::vector<SlotId> standby;
  /// Every enslaved NIC, in slot order.
  std::vector<TableSlot> slots;
  bool operator==(const Table&) const = default;
};

/// What the kernel's programs are specialised for; a change of any of it means new programs.
struct DatapathSpec {
  Mode mode = Mode::balance_rr;
  XmitHashPolicy xmit_hash_policy = XmitHashPolicy::layer2;
  std::uint32_t packets_per_slave = 1;  ///< balance-rr only; 0 random
  bool count_tx = false;                ///< per-slot TX byte counters (balance-tlb, weights by load)
  bool queue_ids = false;               ///< some slave has a queue_id
  bool stamp_rx = false;                ///< when each slot last received a frame: Bond::activity()
  bool operator==(const DatapathSpec&) const = default;
};

}  // namespace ebond::core
