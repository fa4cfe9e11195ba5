// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Whether a slave hands what it receives to the bond, and what is noted of it.
#ifndef EBOND_BPF_RECEIVE_H
#define EBOND_BPF_RECEIVE_H

#include "balance.h"
#include "maps.h"
#include "table.h"

// A standby accepts from the instant the kernel would send by it: the carrier hook may be ahead of the
// daemon.
static __always_inline int accepts(struct __sk_buff* skb) {
  __u8 what = READ_ONCE(bond.slots[spec.rx_slot & (EBOND_MAX_SLOTS - 1)].accepts);
  if (spec.mode == BALANCE_TLB || spec.mode == BALANCE_ALB) return balance_accepts(skb, what);
  return what || (spec.mode == ACTIVE_BACKUP && pick(0) == spec.rx_slot);
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

#endif
