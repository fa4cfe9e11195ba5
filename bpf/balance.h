// SPDX-License-Identifier: MIT OR GPL-2.0
//
// balance-tlb and balance-alb: which frames are balanced, by the driver's rules, with which source address
// they leave, and in balance-alb what of ARP and of destination addresses is made right on the way.
#ifndef EBOND_BPF_BALANCE_H
#define EBOND_BPF_BALANCE_H

#include "hash.h"
#include "leave.h"
#include "packet.h"
#include "table.h"

// _simple_hash of the driver: all octets, exclusively or'ed.
static __always_inline __u32 fold_octets(__u32 word) {
  word ^= word >> 16;
  word ^= word >> 8;
  return word & 0xff;
}

// bond_xmit_tlb_slave_get: unicast IP, but for neighbour discovery.
static __always_inline int tlb_balances(struct __sk_buff* skb) {
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end || eth->h_dest[0] & 1) return 0;
  if (skb->protocol == bpf_htons(ETH_P_IP)) return 1;
  if (skb->protocol != bpf_htons(ETH_P_IPV6)) return 0;
  __u8 next_header;
  const __u32 offset = ETH_HLEN + offsetof(struct ipv6hdr, nexthdr);
  return !bpf_skb_load_bytes(skb, offset, &next_header, sizeof(next_header)) && !is_nd(skb, next_header);
}

// bond_xmit_alb_slave_get: IP, also multicast, but for broadcasts, IGMP, neighbour discovery and duplicate
// address detection. Its destination's hash in *hash.
static __always_inline int alb_balances(struct __sk_buff* skb, __u32* hash) {
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end) return 0;
  __u32 first = WORD_AT(__u32, eth->h_dest);
  __u16 last = WORD_AT(__u16, eth->h_dest + 4);
  if (first == 0xffffffff && last == 0xffff) return 0;
  if (skb->protocol == bpf_htons(ETH_P_IP)) {
    struct iphdr ip;
    if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip))) return 0;
    *hash = fold_octets(ip.daddr);
    return ip.daddr != 0xffffffff && ip.protocol != IPPROTO_IGMP;
  }
  if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr ip6;
    const __u32 all_nodes = bpf_htonl(0x33330000);
    if (first == all_nodes && last == bpf_htons(1)) return 0;
    if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip6, sizeof(ip6)) || is_nd(skb, ip6.nexthdr)) return 0;
    *hash = fold_octets(fold_ipv6(&ip6.daddr));
    const __u32* source = ip6.saddr.s6_addr32;
    return (source[0] | source[1] | source[2] | source[3]) != 0;
  }
  return 0;
}

static __always_inline struct ebond_loads* loads_here(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&loads, &zero);
}

static __always_inline int leave_unbalanced(struct __sk_buff* skb) {
  if (spec.count_tx) {
    struct ebond_loads* count = loads_here();
    if (count) count->unbalanced += skb->len;
  }
  return leave_by(unbalanced_slot());
}

// The MAC and the flags behind it, in one piece.
static __always_inline struct ebond_slot speaker(__u32 slot) {
  struct ebond_slot copy = {};
  *(__u64*)copy.mac = READ_ONCE(*(__u64*)bond.slots[slot & (EBOND_MAX_SLOTS - 1)].mac);
  return copy;
}

// rlb_arp_xmit. An ARP for one client goes by the client's slave and names that one's MAC. A broadcast names
// the bond's: all clients hear it, and the daemon tells those that belong elsewhere anew.
static __always_inline int arp_slot(struct __sk_buff* skb) {
  struct arp arp;
  struct ethhdr eth;
  if (bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)) || bpf_skb_load_bytes(skb, ETH_HLEN, &arp, sizeof(arp))) {
    return NO_SLOT;
  }
  __u32 sender, target;
  __builtin_memcpy(&sender, arp.sender_ip, sizeof(sender));
  __builtin_memcpy(&target, arp.target_ip, sizeof(target));
  // Not what a bridge passes on, no probe, no announcement.
  if (!is_same_mac(arp.sender_mac, bond.mac) || sender == target || sender == 0) return NO_SLOT;
  __u32 slot = READ_ONCE(bond.receiver[fold_octets(target)]);
  if (slot >= EBOND_MAX_SLOTS || !alive(slot)) return NO_SLOT;
  struct ebond_slot self = speaker(slot);
  if (self.rewrite_mac) {
    bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_source), self.mac, ETH_ALEN, 0);
    if (!(eth.h_dest[0] & 1)) {
      bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct arp, sender_mac), self.mac, ETH_ALEN, 0);
    }
  }
  return slot;
}

static __always_inline int balance(struct __sk_buff* skb) {
  __u32 hash = 0;
  if (spec.mode == BALANCE_ALB && skb->protocol == bpf_htons(ETH_P_ARP)) {
    __u32 slot = arp_slot(skb);
    return slot < EBOND_MAX_SLOTS ? leave_by(slot) : leave_unbalanced(skb);
  }
  if (!(spec.mode == BALANCE_ALB ? alb_balances(skb, &hash) : tlb_balances(skb)))
    return leave_unbalanced(skb);
  if (!spec.by_destination) hash = xmit_hash(skb, spec.xmit_hash_policy);
  __u32 slot = pick(hash);
  if (slot >= EBOND_MAX_SLOTS) return TC_ACT_SHOT;
  if (spec.count_tx) {
    struct ebond_loads* count = loads_here();
    if (count) count->bucket[hash & (EBOND_BALANCE_BUCKETS - 1)] += skb->len;
  }
  struct ebond_slot self = speaker(slot);
  if (self.rewrite_mac) {
    bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_source), self.mac, ETH_ALEN, 0);
  }
  return leave_by(slot);
}

static __always_inline int accepts_kind(struct __sk_buff* skb, __u8 what) {
  if (what == EBOND_ACCEPTS_ALL) return 1;
  return (what == EBOND_ACCEPTS_UNICAST || what == EBOND_ACCEPTS_FORMER) &&
         skb->pkt_type != PACKET_BROADCAST && skb->pkt_type != PACKET_MULTICAST;
}

static __always_inline int is_the_active_slaves(__u8 what) {
  return what == EBOND_ACCEPTS_ALL || unbalanced_slot() == spec.rx_slot;
}

// bond_should_deliver_exact_match: the active slave takes all, in balance-alb the others take unicast. But
// not what is for the bond's MAC and came by a slave that wears another: a switch that has lost where that
// MAC is sends it to all ports, and the active slave has it. (The driver's bond drops it as another host's.)
static __always_inline int balance_accepts(struct __sk_buff* skb, __u8 what) {
  if (is_the_active_slaves(what)) return 1;
  if (!accepts_kind(skb, what)) return 0;
  if (what == EBOND_ACCEPTS_FORMER) return 1;
  struct mac to;
  if (skb->pkt_type != PACKET_OTHERHOST || bpf_skb_load_bytes(skb, 0, &to, sizeof(to))) return 1;
  return !is_same_mac(to.octet, bond.mac);
}

// Does a slave speak with this MAC? A global function, which the verifier looks at once.
__noinline int is_a_slaves(__u64 mac) {
  for (__u32 slot = 0; slot < EBOND_MAX_SLOTS; slot++) {
    if (bond.slots[slot].ifindex && mac_number(bond.slots[slot].mac) == mac) return 1;
  }
  return 0;
}

// And one that cannot take what is sent to it, or to which a switch may not send it yet?
__noinline int is_a_lost_slaves(__u64 mac) {
  for (__u32 slot = 0; slot < EBOND_MAX_SLOTS; slot++) {
    __u8 what = READ_ONCE(bond.slots[slot].accepts);
    if (!bond.slots[slot].ifindex || (alive(slot) && what && what != EBOND_ACCEPTS_FORMER)) continue;
    if (mac_number(bond.slots[slot].mac) == mac) return 1;
  }
  return 0;
}

// A client sent this to the MAC it was told; bond0 has another. What a slave cannot take itself the active
// one does: because that slave is lost, or because the switch still sends it here, where the MAC was until a
// moment ago.
static __always_inline void address_to_bond(struct __sk_buff* skb, __u8 what) {
  struct mac to;
  if (skb->pkt_type != PACKET_HOST) {
    if (skb->pkt_type != PACKET_OTHERHOST || !bond.takes_others || !is_the_active_slaves(what)) return;
  }
  if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_dest), &to, sizeof(to))) return;
  if (is_same_mac(to.octet, bond.mac)) return;
  if (skb->pkt_type == PACKET_OTHERHOST && !is_a_lost_slaves(mac_number(to.octet))) return;
  struct mac own;
  for (int i = 0; i < ETH_ALEN; i++) own.octet[i] = bond.mac[i];
  bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_dest), &own, sizeof(own), 0);
}

#endif
