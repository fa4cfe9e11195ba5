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
  bool accepts = false;  ///< RX hands this slave's frames to the bond
  bool unicast_only =
      false;  ///< but for broadcast and multicast (balance-alb, balance-slb; a slave that is drained)
  /// Also unicast for the bond's MAC, which it wore a moment ago: a switch may still send it here
  /// (balance-alb).
  bool former_wearer = false;
  bool only_its_own = false;   ///< of unicast, what goes to a MAC whose bucket is this slot's (balance-slb)
  std::uint16_t queue_id = 0;  ///< frames of this TX queue of the bond leave here; 0: none
  /// The MAC this slave speaks with in balance-tlb and balance-alb.
  std::optional<MacAddress> own_mac{};
  bool rewrites_source = false;  ///< own_mac is written into the frames that are balanced and leave here
  bool operator==(const TableSlot&) const = default;
};

struct Table {
  static constexpr std::size_t kMaxBuckets = 8192;
  /// bucket[hash % size] is the slot that sends. Empty: the bond sends nothing. Broadcast: every bucket
  /// gets a copy. Round-robin counts through them; buckets[0] is where IGMP goes.
  std::vector<SlotId> buckets;
  /// Where to go, in order, if the slots in the buckets are all dead and the daemon has not spoken yet.
  std::vector<SlotId> standby;
  /// Where what no bucket is for leaves (balance-tlb, balance-alb): broadcasts, ARP, ND. In balance-slb: what
  /// takes broadcasts and multicasts.
  std::optional<SlotId> unbalanced{};
  /// Whose MAC an IPv4 client is told, by RxBalance::hash (balance-alb); empty: the bond's own.
  std::vector<SlotId> receivers{};
  /// The bond's MAC, where RX must write it into frames that came to a slave's (balance-alb).
  std::optional<MacAddress> bond_mac{};
  /// The slave that sends what is unbalanced also takes frames for the MACs of others, which are down or wore
  /// the bond's MAC a moment ago.
  bool takes_others = false;
  /// Every enslaved NIC, in slot order.
  std::vector<TableSlot> slots;
  bool operator==(const Table&) const = default;
};

/// What the kernel's programs are specialised for; a change of any of it means new programs.
struct DatapathSpec {
  Mode mode = Mode::balance_rr;
  XmitHashPolicy xmit_hash_policy = XmitHashPolicy::layer2;
  std::uint32_t packets_per_slave = 1;  ///< balance-rr only; 0 random
  bool count_tx = false;                ///< bytes per bucket (balance-tlb and balance-alb by load)
  bool by_destination = false;          ///< hash the IP destination alone, as balance-alb by load does
  bool queue_ids = false;               ///< some slave has a queue_id
  bool stamp_rx = false;                ///< when each slot last received a frame: Bond::activity()
  bool broadcast_neighbor = false;      ///< 802.3ad: ARP and ND leave by every slave that sends
  bool operator==(const DatapathSpec&) const = default;
};

}  // namespace ebond::core
