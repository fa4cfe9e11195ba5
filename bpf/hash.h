// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The transmit hash, per xmit_hash_policy: the same number the driver computes for the same frame, so that
// both choose the same slave. Only what the policy looks at is read.
#ifndef EBOND_BPF_HASH_H
#define EBOND_BPF_HASH_H

#include "flow.h"

enum xmit_hash_policy { LAYER2, LAYER34, LAYER23, ENCAP23, ENCAP34, VLAN_SRCMAC };

// Last octets of both addresses and the EtherType.
static __always_inline __u32 layer2_hash(struct __sk_buff* skb) {
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end) return 0;
  return eth->h_dest[5] ^ eth->h_source[5] ^ bpf_ntohs(eth->h_proto);
}

static __always_inline __u32 vlan_srcmac_hash(struct __sk_buff* skb) {
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end) return 0;
  __u32 vendor = eth->h_source[0] << 16 | eth->h_source[1] << 8 | eth->h_source[2];
  __u32 device = eth->h_source[3] << 16 | eth->h_source[4] << 8 | eth->h_source[5];
  return (skb->vlan_present ? skb->vlan_tci : 0) ^ vendor ^ device;
}

static __always_inline __u32 xmit_hash(struct __sk_buff* skb, __u32 policy) {
  if (policy == LAYER2) return layer2_hash(skb);
  if (policy == VLAN_SRCMAC) return vlan_srcmac_hash(skb);
  // A socket's own hash, where the frame brings one.
  if (policy == ENCAP34 && skb->hash) return skb->hash;

  struct flow flow = {};
  int known = policy == ENCAP23 || policy == ENCAP34 ? inner_flow_of(skb, &flow)
                                                     : flow_of(skb, policy == LAYER34, &flow);
  if (!known) return layer2_hash(skb);
  int by_ports = policy == LAYER34 || policy == ENCAP34;
  __u32 hash = !by_ports ? layer2_hash(skb) : flow.icmp ? flow.icmp : flow.ports;
  hash ^= flow.destination ^ flow.source;
  hash ^= hash >> 16;
  hash ^= hash >> 8;
  // The lowest bit goes: clients like even ports.
  return by_ports ? hash >> 1 : hash;
}

#endif
