// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What becomes of a frame that a slave received: the bond's, the slave's own, or both; and what is noted of
// it.
#ifndef EBOND_BPF_RECEIVE_H
#define EBOND_BPF_RECEIVE_H

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>

#include "balance.h"
#include "maps.h"
#include "packet.h"
#include "sources.h"
#include "table.h"

// The slave keeps the frame. Filters of others behind ours, if there are any, are asked; the slave's stack
// has it then.
#define LEFT_TO_THE_SLAVE TC_ACT_UNSPEC

// A standby accepts from the instant the kernel would send by it: the carrier hook may be ahead of the
// daemon.
static __always_inline int accepts(struct __sk_buff* skb, __u32 mode, __u8 what) {
  if (mode == BALANCE_TLB || mode == BALANCE_ALB) return balance_accepts(skb, what);
  if (mode == BALANCE_SLB) return what && is_for_bond(skb, what);
  return accepts_kind(skb, what) || (mode == ACTIVE_BACKUP && pick(0) == spec.rx_slot);
}

// Whatever comes in shows that the slave is heard, frames that are dropped included; but not link-local ones,
// which a port that forwards nothing sends too.
static __always_inline void stamp_rx(void) {
  __u64 now = bpf_ktime_get_ns();
  __u64* last = &bond.activity[spec.rx_slot & (EBOND_MAX_SLOTS - 1)].last_rx_ns;
  if (now - READ_ONCE(*last) >= EBOND_STAMP_STEP_NS) WRITE_ONCE(*last, now);
}

static __always_inline void count_rx_inactive(void) {
  __u32 slot = spec.rx_slot;
  struct ebond_counters* count = bpf_map_lookup_elem(&counters, &slot);
  if (count) count->rx_inactive++;
}

// A VLAN on the slave itself takes its frames before a bond could, as with the driver: those of a backup too.
static __always_inline int is_in_own_vlan(struct __sk_buff* skb) {
  if (!spec.has_own_vlans || !skb->vlan_present) return 0;
  __u32 id = skb->vlan_tci & 0xfff;
  const volatile struct ebond_vlans* vlans = &own_vlans[skb->vlan_proto == bpf_htons(ETH_P_8021AD)];
  return vlans->bits[id / 32] >> (id % 32) & 1;
}

// While this program changes its place among the filters, one copy of it hangs before them and one behind.
// What the first left to the slave says so to the second, in what the filters of one hook pass on with a
// frame.
#define EBOND_SEEN 0xeb0d5ee1

static __always_inline int was_seen(struct __sk_buff* skb) {
  return skb->cb[0] == EBOND_SEEN && skb->cb[1] == spec.lower_ifindex && skb->cb[2] == spec.rx_slot;
}

// A copy for the bond; the frame stays with the slave.
static __always_inline int share(struct __sk_buff* skb, int accepted) {
  if (accepted) bpf_clone_redirect(skb, spec.lower_ifindex, 0);
  skb->cb[0] = EBOND_SEEN;
  skb->cb[1] = spec.lower_ifindex;
  skb->cb[2] = spec.rx_slot;
  return LEFT_TO_THE_SLAVE;
}

// The bond has had it, and filters of others are still to see it. Whatever they say, the slave's own IP and
// ARP must not take it a second time: they leave alone what is for another host.
static __always_inline int show_to_filters(struct __sk_buff* skb) {
  bpf_skb_change_type(skb, PACKET_OTHERHOST);
  return LEFT_TO_THE_SLAVE;
}

// `unwanted`: a card in bond0's place would not have received it.
static __always_inline int receive(struct __sk_buff* skb, int unwanted) {
  if (was_seen(skb) || is_in_own_vlan(skb)) return LEFT_TO_THE_SLAVE;
  __u8 what = READ_ONCE(own_slot()->accepts);
  const __u32 mode = spec.mode;  // read once: a constant, but to the compiler it is none
  int accepted = accepts(skb, mode, what);
  // Both get what is link-local, as with the driver: LLDP and EAPOL daemons listen on the slave, a bridge on
  // bond0 wants its BPDUs. Slow protocols (LACP) are the slave's alone.
  if (is_link_local(skb)) return share(skb, accepted && skb->protocol != bpf_htons(ETH_P_SLOW));
  if (spec.stamp_rx) stamp_rx();
  if (accepted && mode == BALANCE_ALB) address_to_bond(skb, what);
  // The same for what is not IP: PTP, FCoE, PROFINET, EAPOL to the slave's own MAC.
  if (is_beside_ip(skb)) return share(skb, accepted && !unwanted);
  if (!accepted) count_rx_inactive();
  if (spec.shows_filters) {
    share(skb, accepted);
    return show_to_filters(skb);
  }
  if (!accepted || unwanted) return TC_ACT_SHOT;
  // What goes past the hop comes out as sent to this host, whatever it was (Linux 6.15). Groups' and others'
  // frames take the hop, at whose end the kernel looks again whose they are.
  if (spec.bond0_is_apart && skb->pkt_type == PACKET_HOST) return bpf_redirect_peer(spec.lower_ifindex, 0);
  return bpf_redirect(spec.lower_ifindex, 0);
}

#endif
