/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * The kernel, as far as the sending program (transmit.h) asks for it, for a program that runs in user space:
 * a frame is bytes in memory, a map is one value, and a redirect is written down. Included by kernel.h alone,
 * in replay.c alone.
 */
#ifndef EBOND_BPF_STAND_IN_H
#define EBOND_BPF_STAND_IN_H

/* The kernel's own has 32 bits for addresses. */
#define __sk_buff ebond_sk_buff_of_the_kernel
#include <linux/bpf.h>
#undef __sk_buff
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) value* name

struct __sk_buff {
  unsigned long data, data_end;
  __u32 len, protocol, pkt_type, queue_mapping, hash, priority;
  __u32 vlan_present, vlan_tci;
  struct bpf_sock* sk;
};

/* Where the frame left. */
struct replayed {
  __u32 count;
  __u32 ifindex[64];
};
static struct replayed replayed;

static inline long bpf_skb_load_bytes(const struct __sk_buff* skb, __u32 offset, void* to, __u32 size) {
  if (offset > skb->len || size > skb->len - offset) return -1;
  memcpy(to, (const char*)skb->data + offset, size);
  return 0;
}
static inline long bpf_skb_store_bytes(struct __sk_buff* skb, __u32 offset, const void* from, __u32 size,
                                       __u64 flags) {
  (void)flags;
  if (offset > skb->len || size > skb->len - offset) return -1;
  memcpy((char*)skb->data + offset, from, size);
  return 0;
}
static inline long bpf_redirect(__u32 ifindex, __u64 flags) {
  (void)flags;
  if (replayed.count < 64) replayed.ifindex[replayed.count++] = ifindex;
  return TC_ACT_REDIRECT;
}
static inline long bpf_clone_redirect(struct __sk_buff* skb, __u32 ifindex, __u64 flags) {
  (void)skb;
  return bpf_redirect(ifindex, flags);
}
/* Nobody's load, turn or last word is known here: each map is empty, or has one value of zeros. */
static inline void* bpf_map_lookup_elem(void* map, const void* key) {
  static __u64 zeros[EBOND_BALANCE_BUCKETS + 1];
  (void)map;
  (void)key;
  memset(zeros, 0, sizeof zeros);
  return zeros;
}
static inline long bpf_map_update_elem(void* map, const void* key, const void* value, __u64 flags) {
  (void)map;
  (void)key;
  (void)value;
  (void)flags;
  return 0;
}
static inline __u32 bpf_get_prandom_u32(void) {
  return (__u32)rand();
}
static inline __u64 bpf_ktime_get_ns(void) {
  return 0;
}
static inline struct bpf_sock* bpf_sk_fullsock(struct bpf_sock* sk) {
  return sk;
}

#endif
