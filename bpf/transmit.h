// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What becomes of a frame that left bond0, by the bond's mode: the whole sending program.
#ifndef EBOND_BPF_TRANSMIT_H
#define EBOND_BPF_TRANSMIT_H

#include "balance.h"
#include "hash.h"
#include "leave.h"
#include "maps.h"
#include "packet.h"
#include "round_robin.h"
#include "sources.h"
#include "table.h"

static __always_inline __u32 slot_of_frame(struct __sk_buff* skb) {
  if (spec.mode == ACTIVE_BACKUP) return pick(0);
  return pick(spec.mode == BALANCE_RR ? round_robin_hash(skb) : xmit_hash(skb, spec.xmit_hash_policy));
}

static __always_inline int transmit(struct __sk_buff* skb) {
  give_priority_back(skb);
  if (spec.mode == BALANCE_TLB || spec.mode == BALANCE_ALB) return balance(skb);
  if (spec.mode == BALANCE_SLB) return leave_by_source(skb);
  __u32 slot = spec.queue_ids ? slot_of_queue(skb->queue_mapping) : NO_SLOT;
  if (slot == NO_SLOT) {
    if (spec.mode == BROADCAST) return leave_by_all_buckets(skb);
    if (spec.broadcast_neighbor && is_neighbor(skb)) return leave_by_all_senders(skb);
    slot = slot_of_frame(skb);
  }
  return leave_by(slot);
}

#endif
