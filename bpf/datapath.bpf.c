// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The frames' way through a bond.
//   TX, on the lower half of bond0's veth pair: a frame that left bond0 → pick a slot → out of that slave.
//   RX, on every slave: a frame that came in → to bond0, if this slave accepts.
// One copy of TX a bond, one of RX a slave, each specialised by `spec`. No policy lives here: who is in the
// buckets is the daemon's decision (core/fill).
//
//   packet.h, flow.h                      read headers; know of no bond
//   maps.h, table.h                       pick a slot; know of no frame
//   hash.h, round_robin.h, balance.h, sources.h   what each mode does with a frame
//   leave.h, receive.h                    out of the bond, into the bond

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "balance.h"
#include "hash.h"
#include "leave.h"
#include "maps.h"
#include "packet.h"
#include "receive.h"
#include "round_robin.h"
#include "sources.h"
#include "table.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __always_inline __u32 frame_hash(struct __sk_buff* skb) {
  switch (spec.mode) {
    case ACTIVE_BACKUP:
      return 0;
    case BALANCE_RR:
      return round_robin_hash(skb);
    default:
      return xmit_hash(skb, spec.xmit_hash_policy);
  }
}

SEC("tc")
int ebond_tx(struct __sk_buff* skb) {
  give_priority_back(skb);
  if (spec.mode == BALANCE_TLB || spec.mode == BALANCE_ALB) return balance(skb);
  if (spec.mode == BALANCE_SLB) return leave_by_source(skb);
  __u32 slot = spec.queue_ids ? slot_of_queue(skb->queue_mapping) : NO_SLOT;
  if (slot == NO_SLOT) {
    if (spec.mode == BROADCAST) return leave_by_all_buckets(skb);
    if (spec.broadcast_neighbor && is_neighbor(skb)) return leave_by_all_senders(skb);
    slot = pick(frame_hash(skb));
  }
  return leave_by(slot);
}

SEC("tc")
int ebond_rx(struct __sk_buff* skb) {
  if (was_seen(skb) || is_in_own_vlan(skb)) return LEFT_TO_THE_SLAVE;
  __u8 what = READ_ONCE(own_slot()->accepts);
  int accepted = accepts(skb, what);
  // Both get what is link-local, as with the driver: LLDP and EAPOL daemons listen on the slave, a bridge on
  // bond0 wants its BPDUs. Slow protocols (LACP) are the slave's alone.
  if (is_link_local(skb)) return share(skb, accepted && skb->protocol != bpf_htons(ETH_P_SLOW));
  if (spec.stamp_rx) stamp_rx();
  if (accepted && spec.mode == BALANCE_ALB) address_to_bond(skb, what);
  // The same for what is not IP: PTP, FCoE, PROFINET, EAPOL to the slave's own MAC.
  if (is_beside_ip(skb)) return share(skb, accepted);
  if (!accepted) count_rx_inactive();
  if (spec.shows_filters) {
    share(skb, accepted);
    return show_to_filters(skb);
  }
  if (!accepted) return TC_ACT_SHOT;
  return spec.bond0_is_apart ? bpf_redirect_peer(spec.lower_ifindex, 0) : bpf_redirect(spec.lower_ifindex, 0);
}
