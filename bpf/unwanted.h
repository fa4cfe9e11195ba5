// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The unicast filter that bond0 would have if it were a card: what is for another host is not for bond0,
// unless it is promiscuous. Asked of the kernel's own device for each such frame, so that a bridge or a
// macvlan on bond0 has its frames from the first one on, whether or not a daemon runs.
#ifndef EBOND_BPF_UNWANTED_H
#define EBOND_BPF_UNWANTED_H

#include "kernel_structs.h"
#include "maps.h"
#include "packet.h"

#define IFF_PROMISC 0x100  // linux/if.h needs a libc

// In a list of devices whose numbers are the same modulo INDEX_BUCKETS.
#define MOST_IN_A_BUCKET 16

static __always_inline struct net_device* find_device(struct net* net, __u32 ifindex) {
  struct hlist_head* bucket = STRUCT_AT(
      struct hlist_head, (long)net->dev_index_head + ifindex % INDEX_BUCKETS * sizeof(struct hlist_head));
  struct hlist_node* at = bucket->first;
  for (int i = 0; at && i < MOST_IN_A_BUCKET; i++) {
    struct net_device* device =
        STRUCT_AT(struct net_device, (const char*)at - bpf_core_field_offset(struct net_device, index_hlist));
    if ((__u32)device->ifindex == ifindex) return device;
    at = at->next;
  }
  return 0;
}

// Of a veth or a netkit pair: what a driver keeps of a device lies behind it, aligned, and both begin with
// this.
static __always_inline struct net_device* peer_of(struct net_device* device) {
  const long size = (bpf_core_type_size(struct net_device) + 31) & ~31L;
  return (struct net_device*)STRUCT_AT(struct hlist_head, (long)device + size)->first;
}

static __always_inline int is_its_mac(struct net_device* device, struct __sk_buff* skb) {
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end) return 1;
  const struct ethhdr* own = STRUCT_AT(struct ethhdr, device->dev_addr);
  return *(const __u32*)own->h_dest == *(__u32*)eth->h_dest &&
         *(const __u16*)(own->h_dest + 4) == *(__u16*)(eth->h_dest + 4);
}

// Where bond0 cannot be found, it wants everything.
static __always_inline int is_unwanted(struct __sk_buff* skb) {
  // balance-alb takes frames for its slaves' MACs.
  if (skb->pkt_type != PACKET_OTHERHOST || spec.mode == BALANCE_ALB || READ_ONCE(bond.lets_all_in)) return 0;
  struct net_device* lower = find_device(device_of(skb)->nd_net.net, spec.lower_ifindex);
  if (!lower) return 0;
  struct net_device* peer = peer_of(lower);
  struct net_device* bond0 = STRUCT_AT(struct net_device, peer);
  if (peer_of(bond0) != lower) return 0;
  return !(bond0->flags & IFF_PROMISC) && !bond0->uc.count && !is_its_mac(bond0, skb);
}

#endif
