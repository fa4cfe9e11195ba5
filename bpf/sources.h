// SPDX-License-Identifier: MIT OR GPL-2.0
//
// balance-slb: each source MAC and VLAN has a slave, and the switches are told nothing of the bond. So what a
// switch floods comes back by the other slaves, and everything that it sends to all comes in by each of them.
// Here is which slave a frame takes, who has sent of late, and what of all that comes in is the bond's.
#ifndef EBOND_BPF_SOURCES_H
#define EBOND_BPF_SOURCES_H

#include "balance.h"
#include "leave.h"
#include "packet.h"
#include "table.h"

// A frame that is flooded is back within milliseconds. One that comes later from a MAC of ours comes from
// elsewhere: its guest has moved there.
#define SOURCE_IS_OURS_NS 1000000000ULL
#define SOURCE_STEP_NS (SOURCE_IS_OURS_NS / 8)  // how exactly a stamp is kept: what sends a lot writes seldom

// What comes by a slave or out of a veth has its tag beside it; what a packet socket sends through a netkit
// device has it in the frame.
static __always_inline __u16 vlan_id(struct __sk_buff* skb) {
  const __u16 vlan_id_mask = 0xfff;
  __be16 tag;
  if (skb->vlan_present) return skb->vlan_tci & vlan_id_mask;
  if (skb->protocol != bpf_htons(ETH_P_8021Q) && skb->protocol != bpf_htons(ETH_P_8021AD)) return 0;
  return bpf_skb_load_bytes(skb, ETH_HLEN, &tag, sizeof(tag)) ? 0 : bpf_ntohs(tag) & vlan_id_mask;
}

static __always_inline struct ebond_source source_of(const __u8* mac, __u16 vlan) {
  struct ebond_source source = {.vlan = vlan};
  for (int i = 0; i < ETH_ALEN; i++) source.mac[i] = mac[i];
  return source;
}

// core/balance/source_hash.h computes the same. The priority of a frame is not part of it: a MAC would have
// two slaves.
static __always_inline __u32 source_hash(const struct ebond_source* source) {
  __u64 value = mac_number(source->mac) << 16 | source->vlan;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
  return (__u32)(value ^ value >> 31);
}

static __always_inline void note_sending(const struct ebond_source* source) {
  __u64 now = bpf_ktime_get_ns();
  __u64* sent = bpf_map_lookup_elem(&sources, source);
  if (!sent) {
    bpf_map_update_elem(&sources, source, &now, BPF_ANY);
  } else if (now - READ_ONCE(*sent) >= SOURCE_STEP_NS) {
    WRITE_ONCE(*sent, now);
  }
}

static __always_inline int sends_now(const struct ebond_source* source) {
  __u64* sent = bpf_map_lookup_elem(&sources, source);
  return sent && bpf_ktime_get_ns() - READ_ONCE(*sent) < SOURCE_IS_OURS_NS;
}

// A switch that snoops sends a group to the port by which it was asked for, and the bond takes groups by one
// slave alone: so they are asked for there, whoever asks, from a MAC of that slave's, for switches must not
// learn the asker's MAC at two ports.
static __always_inline int leave_by_group_slot(struct __sk_buff* skb) {
  __u32 slot = unbalanced_slot();
  if (slot >= EBOND_MAX_SLOTS) return TC_ACT_SHOT;
  struct mac own;
  for (int i = 0; i < ETH_ALEN; i++) own.octet[i] = bond.slots[slot].mac[i];
  bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_source), &own, sizeof(own), 0);
  return leave_by(slot);
}

static __always_inline int leave_by_source(struct __sk_buff* skb) {
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end) return TC_ACT_SHOT;
  struct ebond_source source = source_of(eth->h_source, vlan_id(skb));
  if ((eth->h_dest[0] & 1) && (is_igmp(skb) || is_mld(skb))) return leave_by_group_slot(skb);
  __u32 slot = pick(source_hash(&source));
  if (slot >= EBOND_MAX_SLOTS) return TC_ACT_SHOT;
  note_sending(&source);
  return leave_by(slot);
}

// What comes by another slave than its receiver's own is a second copy, for a switch floods what it does not
// know. But if nothing comes by its own, the switch has not learned that the receiver has another slave now.
#define STRAYS_ARE_COPIES_NS 100000000ULL    // so long they are
#define COPIES_COME_ALONE_NS 10000000000ULL  // and so long after one came right

static __always_inline int comes_right(const struct ebond_source* to) {
  struct ebond_stray* stray = bpf_map_lookup_elem(&strays, to);
  if (stray) {
    WRITE_ONCE(stray->right_ns, bpf_ktime_get_ns());
    WRITE_ONCE(stray->since_ns, 0);
  }
  return 1;
}

static __always_inline int is_misled(const struct ebond_source* to) {
  __u64 now = bpf_ktime_get_ns();
  struct ebond_stray* stray = bpf_map_lookup_elem(&strays, to);
  if (!stray) {
    struct ebond_stray none = {};  // the other copy, if it was the first, is not noted
    bpf_map_update_elem(&strays, to, &none, BPF_ANY);
    return 0;
  }
  __u64 since = READ_ONCE(stray->since_ns), right = READ_ONCE(stray->right_ns);
  if (right && now - right < STRAYS_ARE_COPIES_NS) return 0;
  if (!since) WRITE_ONCE(stray->since_ns, now);
  return since && now - since >= STRAYS_ARE_COPIES_NS && (!right || now - right >= COPIES_COME_ALONE_NS);
}

// What slaves ask as themselves: probes, reports for groups. Those go to all, and come back by the other
// slaves as a guest's frames do; so does an answer that switches flood.
static __always_inline int is_between_slaves(struct __sk_buff* skb, int to_all, const __u8* from,
                                             const __u8* to) {
  if (to_all) return is_a_slaves(mac_number(from));
  if (is_neighbor(skb)) return is_a_slaves(mac_number(to));
  return is_same_mac(to, own_slot()->mac);
}

// Of broadcasts and multicasts one slave's, of unicast what comes where its receiver sends; all of it but
// what we have sent ourselves.
static __always_inline int is_for_bond(struct __sk_buff* skb, __u8 what) {
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end) return 0;
  struct ebond_source from = source_of(eth->h_source, vlan_id(skb));
  struct ebond_source to = source_of(eth->h_dest, vlan_id(skb));
  int to_all = skb->pkt_type == PACKET_BROADCAST || skb->pkt_type == PACKET_MULTICAST;
  if (sends_now(&from) || (to_all && unbalanced_slot() != spec.rx_slot)) return 0;
  if (is_between_slaves(skb, to_all, from.mac, to.mac)) return 0;
  if (to_all || what != EBOND_ACCEPTS_ITS_OWN) return 1;
  return pick(source_hash(&to)) == spec.rx_slot ? comes_right(&to) : is_misled(&to);
}

#endif
