// SPDX-License-Identifier: MIT OR GPL-2.0
//
// How a frame leaves bond0: by one slot, or by each of several. Answers the program's verdict; a frame that
// no slot takes is dropped.
#ifndef EBOND_BPF_LEAVE_H
#define EBOND_BPF_LEAVE_H

#include <linux/pkt_cls.h>

#include "table.h"

// bond0, whether veth or netkit, may take a frame's priority away (skb->priority, which the slave's qdisc
// goes by). The socket that sent it has it still; what is forwarded or bridged has no socket.
static __always_inline void give_priority_back(struct __sk_buff* skb) {
  struct bpf_sock* sender = skb->sk;
  if (!sender) return;
  sender = bpf_sk_fullsock(sender);
  if (sender) skb->priority = sender->priority;
}

static __always_inline int leave_by(__u32 slot) {
  if (slot >= EBOND_MAX_SLOTS) return TC_ACT_SHOT;
  return bpf_redirect(READ_ONCE(bond.slots[slot].ifindex), 0);
}

// A copy to every living slot of the buckets but the last, the frame itself to that one.
static __always_inline int leave_by_all_buckets(struct __sk_buff* skb) {
  __u64 head = READ_ONCE(bond.head);
  __u32 size = EBOND_HEAD_SIZE(head), last = 0;
  for (__u32 i = 0; i < EBOND_MAX_SLOTS; i++) {
    if (i >= size) break;
    __u32 slot = slot_at(head, i);
    if (slot == NO_SLOT || !alive(slot)) continue;
    if (last) bpf_clone_redirect(skb, last, 0);
    last = READ_ONCE(bond.slots[slot & (EBOND_MAX_SLOTS - 1)].ifindex);
  }
  return last ? bpf_redirect(last, 0) : TC_ACT_SHOT;
}

// The same by every slave that sends. The links of all others are dead: 802.3ad has no standbys.
static __always_inline int leave_by_all_senders(struct __sk_buff* skb) {
  __u32 last = 0;
  for (__u32 slot = 0; slot < EBOND_MAX_SLOTS; slot++) {
    __u32 ifindex = READ_ONCE(bond.slots[slot].ifindex);
    if (!ifindex || !alive(slot)) continue;
    if (last) bpf_clone_redirect(skb, last, 0);
    last = ifindex;
  }
  return last ? bpf_redirect(last, 0) : TC_ACT_SHOT;
}

#endif
