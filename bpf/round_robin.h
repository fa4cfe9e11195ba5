// SPDX-License-Identifier: MIT OR GPL-2.0
//
// balance-rr: the frame's place in the turn is its hash.
#ifndef EBOND_BPF_ROUND_ROBIN_H
#define EBOND_BPF_ROUND_ROBIN_H

#include "maps.h"
#include "packet.h"

// Frame n has hash n / packets_per_slave. IGMP keeps to the first bucket, so that a switch's snooping sees a
// group's join and leave on one port.
static __always_inline __u32 round_robin_hash(struct __sk_buff* skb) {
  if (is_igmp(skb)) return 0;
  if (spec.packets_per_slave == 0) return bpf_get_prandom_u32();
  __u32 zero = 0;
  __u32* count = bpf_map_lookup_elem(&turn, &zero);
  if (!count) return 0;
  __u32 mine = ++*count;
  return spec.packets_per_slave == 1 ? mine : mine / spec.packets_per_slave;
}

#endif
