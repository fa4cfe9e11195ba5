// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What is asked of a frame's headers: is it link-local, IGMP, neighbour discovery? Knows nothing of bonds.
// Fields keep the byte order of the wire.
#ifndef EBOND_BPF_PACKET_H
#define EBOND_BPF_PACKET_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>

#include "kernel.h"

// skb->pkt_type: linux/if_packet.h needs a libc.
enum { PACKET_HOST = 0, PACKET_BROADCAST = 1, PACKET_MULTICAST = 2, PACKET_OTHERHOST = 3 };
enum { ND_SOLICITATION = 135, ND_ADVERTISEMENT = 136 };  // RFC 4861 4.3, 4.4

struct mac {
  __u8 octet[ETH_ALEN];
};

// ARP for IPv4 over Ethernet, RFC 826
struct arp {
  __be16 hardware, protocol;
  __u8 hardware_length, protocol_length;
  __be16 operation;
  __u8 sender_mac[ETH_ALEN];
  __u8 sender_ip[4];
  __u8 target_mac[ETH_ALEN];
  __u8 target_ip[4];
} __attribute__((packed));

static __always_inline int is_same_mac(const __u8* left, const volatile __u8* right) {
  int difference = 0;
  for (int i = 0; i < ETH_ALEN; i++) difference |= left[i] ^ right[i];
  return !difference;
}

static __always_inline __u64 mac_number(const volatile __u8* mac) {
  __u64 value = 0;
  for (int i = 0; i < ETH_ALEN; i++) value = value << 8 | mac[i];
  return value;
}

static __always_inline __u32 fold_ipv6(const struct in6_addr* address) {
  return address->s6_addr32[0] ^ address->s6_addr32[1] ^ address->s6_addr32[2] ^ address->s6_addr32[3];
}

// IEEE 802.1Q-2018 8.6.3: 01:80:c2:00:00:00 to :0f never leave the link they are on.
static __always_inline int is_link_local(struct __sk_buff* skb) {
  if (skb->pkt_type != PACKET_MULTICAST) return 0;
  struct ethhdr* eth = (void*)(long)skb->data;
  if ((void*)(eth + 1) > (void*)(long)skb->data_end) return 0;
  return eth->h_dest[0] == 0x01 && eth->h_dest[1] == 0x80 && eth->h_dest[2] == 0xc2 && eth->h_dest[3] == 0 &&
         eth->h_dest[4] == 0 && (eth->h_dest[5] & 0xf0) == 0;
}

// Neither IP nor ARP, and in no VLAN: EAPOL, PTP, LLDP, FCoE, PROFINET and the like.
static __always_inline int is_beside_ip(struct __sk_buff* skb) {
  const __u32 vlan_id = 0xfff;
  __u32 protocol = skb->protocol;
  if (protocol == bpf_htons(ETH_P_IP) || protocol == bpf_htons(ETH_P_IPV6) ||
      protocol == bpf_htons(ETH_P_ARP))
    return 0;
  if (protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD)) return 0;
  return !skb->vlan_present || !(skb->vlan_tci & vlan_id);
}

// What stands at `offset`, null if the frame ends before: in the frame itself where its first piece reaches
// so far, as it mostly does, else copied to `copy`. A look is a few instructions and the helper that copies
// some fifty; but each look is two ways for the verifier, so that one in a loop takes it too long.
enum reading { IN_PLACE, COPIED };
#define READ(skb, offset, copy, how)                                                             \
  ({                                                                                             \
    const typeof(*(copy))* found = (void*)(long)(skb)->data + (offset);                          \
    if ((how) == COPIED || (void*)(found + 1) > (void*)(long)(skb)->data_end) {                  \
      found = bpf_skb_load_bytes(skb, offset, copy, sizeof(*(copy))) ? (void*)0 : (void*)(copy); \
    }                                                                                            \
    found;                                                                                       \
  })

static __always_inline int is_igmp(struct __sk_buff* skb) {
  struct iphdr copy;
  if (skb->protocol != bpf_htons(ETH_P_IP)) return 0;
  const struct iphdr* ip = READ(skb, ETH_HLEN, &copy, IN_PLACE);
  return ip && ip->protocol == IPPROTO_IGMP;
}

// Multicast Listener Discovery (RFC 3810 5): ICMPv6 behind the one option that it always brings, Router
// Alert.
static __always_inline int is_mld(struct __sk_buff* skb) {
  const __u8 query = 130, done = 132, report2 = 143;
  struct {
    __u8 next, length, alert[6], type;
  } header;
  __u8 next_header = 0xff;
  if (skb->protocol != bpf_htons(ETH_P_IPV6)) return 0;
  const __u32 offset = ETH_HLEN + offsetof(struct ipv6hdr, nexthdr);
  if (bpf_skb_load_bytes(skb, offset, &next_header, sizeof(next_header)) || next_header != IPPROTO_HOPOPTS)
    return 0;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(struct ipv6hdr), &header, sizeof(header))) return 0;
  if (header.next != IPPROTO_ICMPV6 || header.length != 0) return 0;
  return (header.type >= query && header.type <= done) || header.type == report2;
}

static __always_inline int is_nd_type(__u8 type) {
  return type == ND_SOLICITATION || type == ND_ADVERTISEMENT;
}

// Neighbour discovery behind an IPv6 header that is followed by `next_header`; what is cut off before its
// type counts as such.
static __always_inline int is_nd(struct __sk_buff* skb, __u8 next_header) {
  __u8 type;
  if (next_header != IPPROTO_ICMPV6) return 0;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(struct ipv6hdr), &type, sizeof(type))) return 1;
  return is_nd_type(type);
}

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

#endif
