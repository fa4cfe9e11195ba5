// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The frames' way through a bond.
//   TX, on the lower half of bond0's veth pair: a frame that left bond0 → pick a slot → out of that slave.
//   RX, on every slave: a frame that came in → to bond0, if this slave accepts.
// One copy of TX a bond, one of RX a slave, each specialised by `spec`. No policy lives here: who is in the
// buckets is the daemon's decision (core/fill).

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "hash.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile struct ebond_spec spec;

struct ebond_bond bond SEC(".data.bond");
struct ebond_links links SEC(".data.links");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, EBOND_MAX_SLOTS);
  __type(key, __u32);
  __type(value, struct ebond_counters);
} counters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct ebond_loads);
} loads SEC(".maps");

// Round-robin's place, a counter a CPU as in the driver: no cache line is shared between senders.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} turn SEC(".maps");

#define READ_ONCE(x) (*(const volatile typeof(x)*)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x)*)&(x) = (value))
#define NO_SLOT EBOND_MAX_SLOTS
#define TRIES 4

enum mode { BALANCE_RR, ACTIVE_BACKUP, BALANCE_XOR, BROADCAST, LACP, BALANCE_TLB, BALANCE_ALB };

static __always_inline int alive(__u32 slot) {
  __u32 link = READ_ONCE(bond.slots[slot & (EBOND_MAX_SLOTS - 1)].link);
  return READ_ONCE(links.alive[link & (EBOND_MAX_LINKS - 1)]);
}

// The slot in place `i` of the buffer `head` names; NO_SLOT where that buffer is being refilled.
static __always_inline __u32 slot_at(__u64 head, __u32 i) {
  __u16 generation = EBOND_HEAD_GENERATION(head);
  __u16 entry = READ_ONCE(bond.bucket[generation & 1][i & (EBOND_MAX_BUCKETS - 1)]);
  if ((entry >> 8) != (generation & 0xff)) return NO_SLOT;
  return entry & (EBOND_MAX_SLOTS - 1);
}

// Is the slot in place `i` of the buffer `head` names one that lives? Its number, in *slot. Without a branch:
// the verifier would follow each, at every step of the search below.
static __always_inline __u32 lives_at(__u64 head, __u32 i, __u32* slot) {
  __u16 generation = EBOND_HEAD_GENERATION(head);
  __u16 entry = READ_ONCE(bond.bucket[generation & 1][i & (EBOND_MAX_BUCKETS - 1)]);
  *slot = entry & (EBOND_MAX_SLOTS - 1);
  __u32 other_stamp = (entry >> 8) ^ (generation & 0xff);
  return alive(*slot) & ((other_stamp - 1) >> 31);
}

// Bucket `i` leads to a dead link: the next living one among the buckets, then among the standbys. A global
// function: the verifier looks at it once and not again on every path that leads here, which Linux 6.1 would
// refuse. One loop without a branch but its ends: two loops, the second entered from every step of the first,
// took the verifier 90 ms, this one 3.
__noinline int next_alive(__u64 head, __u32 i) {
  __u32 size = EBOND_HEAD_SIZE(head), standby = EBOND_HEAD_STANDBY(head), slot;
  if (!size) return NO_SLOT;
  __u32 buckets = size < EBOND_MAX_SLOTS ? size : EBOND_MAX_SLOTS;
  for (__u32 step = 1; step < 2 * EBOND_MAX_SLOTS; step++) {
    if (step >= buckets + standby) break;
    __u32 beyond = step - buckets, in_buckets = (__u32)((__s32)beyond >> 31);
    asm volatile("" : "+r"(in_buckets));  // all ones or none; if the compiler knew, it would branch
    __u32 place = (in_buckets & ((i + step) % size)) | (~in_buckets & (size + beyond));
    if (lives_at(head, place, &slot)) return slot;
  }
  return NO_SLOT;
}

// Where a frame with this hash leaves; NO_SLOT where no slave can send.
static __always_inline __u32 pick(__u32 hash) {
  for (int attempt = 0; attempt < TRIES; attempt++) {
    __u64 head = READ_ONCE(bond.head);
    __u32 size = EBOND_HEAD_SIZE(head);
    if (!size) return NO_SLOT;
    __u32 i = hash % size;
    __u32 slot = slot_at(head, i);
    if (slot == NO_SLOT) continue;
    return alive(slot) ? slot : (__u32)next_alive(head, i);
  }
  return NO_SLOT;
}

static __always_inline int is_igmp(struct __sk_buff* skb) {
  __u8 protocol = 0;
  if (skb->protocol != bpf_htons(ETH_P_IP)) return 0;
  // Octet 9 of the IPv4 header, RFC 791 3.1.
  if (bpf_skb_load_bytes(skb, ETH_HLEN + 9, &protocol, sizeof(protocol))) return 0;
  return protocol == IPPROTO_IGMP;
}

// Round-robin counts: frame n has hash n / packets_per_slave. IGMP keeps to the first bucket, so that a
// switch's snooping sees a group's join and leave on one port.
static __always_inline __u32 round_robin(struct __sk_buff* skb) {
  if (is_igmp(skb)) return 0;
  if (spec.packets_per_slave == 0) return bpf_get_prandom_u32();
  __u32 zero = 0;
  __u32* count = bpf_map_lookup_elem(&turn, &zero);
  if (!count) return 0;
  __u32 mine = ++*count;
  return spec.packets_per_slave == 1 ? mine : mine / spec.packets_per_slave;
}

static __always_inline __u32 frame_hash(struct __sk_buff* skb) {
  switch (spec.mode) {
    case ACTIVE_BACKUP:
      return 0;
    case BALANCE_RR:
      return round_robin(skb);
    default:
      return xmit_hash(skb, spec.xmit_hash_policy);
  }
}

// The slave whose queue_id is the frame's TX queue (a filter on bond0 chose it: skbedit queue_mapping), while
// it lives; a backup too, as with the driver. NO_SLOT: the mode decides.
static __always_inline __u32 asked_for(struct __sk_buff* skb) {
  __u32 queue = skb->queue_mapping;
  if (queue >= EBOND_MAX_QUEUES) return NO_SLOT;
  __u32 slot = (__u32)READ_ONCE(bond.queue[queue]) - 1;
  return slot < EBOND_MAX_SLOTS && alive(slot) ? slot : NO_SLOT;
}

// A copy to every living slot but the last, the frame itself to that one.
static __always_inline int broadcast(struct __sk_buff* skb) {
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

// A copy by every slave that sends. Whoever does not is dead to the links: 802.3ad has no standbys.
static __always_inline int broadcast_to_senders(struct __sk_buff* skb) {
  __u32 last = 0;
  for (__u32 slot = 0; slot < EBOND_MAX_SLOTS; slot++) {
    __u32 ifindex = READ_ONCE(bond.slots[slot].ifindex);
    if (!ifindex || !alive(slot)) continue;
    if (last) bpf_clone_redirect(skb, last, 0);
    last = ifindex;
  }
  return last ? bpf_redirect(last, 0) : TC_ACT_SHOT;
}

#include "balance.h"

// ARP, and Neighbor Solicitations and Advertisements without extension headers: what the driver's
// broadcast_neighbor takes for such.
static __always_inline int is_neighbor(struct __sk_buff* skb) {
  __u8 next_header = 0, type = 0;
  if (skb->protocol == bpf_htons(ETH_P_ARP)) return 1;
  if (skb->protocol != bpf_htons(ETH_P_IPV6)) return 0;
  const __u32 offset = ETH_HLEN + offsetof(struct ipv6hdr, nexthdr);
  if (bpf_skb_load_bytes(skb, offset, &next_header, sizeof(next_header))) return 0;
  if (next_header != IPPROTO_ICMPV6) return 0;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(struct ipv6hdr), &type, sizeof(type))) return 0;
  return is_nd_type(type);
}

SEC("tc")
int ebond_tx(struct __sk_buff* skb) {
  if (spec.mode == BALANCE_TLB || spec.mode == BALANCE_ALB) return balance(skb);
  __u32 slot = spec.queue_ids ? asked_for(skb) : NO_SLOT;
  if (slot == NO_SLOT) {
    if (spec.mode == BROADCAST) return broadcast(skb);
    if (spec.broadcast_neighbor && is_neighbor(skb)) return broadcast_to_senders(skb);
    slot = pick(frame_hash(skb));
  }
  if (slot >= EBOND_MAX_SLOTS) return TC_ACT_SHOT;
  return bpf_redirect(READ_ONCE(bond.slots[slot].ifindex), 0);
}

// IEEE 802.1Q-2018 8.6.3: 01:80:c2:00:00:00 to :0f never leave the link they are on.
static __always_inline int is_link_local(struct __sk_buff* skb) {
  const __u32 packet_multicast = 2;
  if (skb->pkt_type != packet_multicast) return 0;
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end) return 0;
  return eth->h_dest[0] == 0x01 && eth->h_dest[1] == 0x80 && eth->h_dest[2] == 0xc2 && eth->h_dest[3] == 0 &&
         eth->h_dest[4] == 0 && (eth->h_dest[5] & 0xf0) == 0;
}

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

SEC("tc")
int ebond_rx(struct __sk_buff* skb) {
  int accepted = accepts(skb);
  if (is_link_local(skb)) {
    // Both get them, as with the driver: LLDP and EAPOL daemons listen on the slave, a bridge on bond0 wants
    // its BPDUs. Slow protocols (LACP) are the slave's alone.
    if (accepted && skb->protocol != bpf_htons(ETH_P_SLOW)) bpf_clone_redirect(skb, spec.lower_ifindex, 0);
    return TC_ACT_OK;
  }
  if (spec.stamp_rx) stamp_rx();
  if (accepted) {
    if (spec.mode == BALANCE_ALB) address_to_bond(skb);
    return bpf_redirect(spec.lower_ifindex, 0);
  }
  __u32 slot = spec.rx_slot;
  struct ebond_counters* count = bpf_map_lookup_elem(&counters, &slot);
  if (count) count->rx_inactive++;
  return TC_ACT_SHOT;
}
