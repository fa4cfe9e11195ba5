// SPDX-License-Identifier: MIT OR GPL-2.0
//
// RX once more, for a slave's tcx (Linux 6.6), ahead of all that tc asks: a frame that no filter but ours is
// waiting for goes into the bond from here, and is spared the way through tc. Every other frame is left to
// tc, where RX of datapath.bpf.c is the last filter. So a bond works without this, and as well.
//
// In an object of its own, as it can be loaded only where the kernel tells of its types (BTF) and has tcx.

#include "alone.h"
#include "receive.h"
#include "unwanted.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// A daemon of an earlier build may have the bond by now. It knows nothing of this, and may have changed what
// RX is to do, or released the slave. And one that is no slave any more may have kept this, while another has
// its slot.
static __always_inline int is_up_to_date(struct __sk_buff* skb) {
  return READ_ONCE(bond.activity[spec.rx_slot & (EBOND_MAX_SLOTS - 1)].shortcut_head) ==
             READ_ONCE(bond.head) &&
         READ_ONCE(own_slot()->ifindex) == skb->ifindex;
}

SEC("tc")
int ebond_rx(struct __sk_buff* skb) {
  if (!is_up_to_date(skb) || !is_alone(skb)) return TC_ACT_UNSPEC;
  int verdict = receive(skb, is_unwanted(skb));
  // There is nobody to ask after it.
  return verdict == LEFT_TO_THE_SLAVE ? TC_ACT_OK : verdict;
}
