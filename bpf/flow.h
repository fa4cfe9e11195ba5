// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The flow a frame belongs to, as the transmit hash sees it: addresses, ports, ICMP id. What is looked at,
// and where the walk through the headers ends, follows the driver (bond_xmit_hash) and, for the encap
// policies, the kernel's flow dissector; fields keep the byte order of the wire, as there.
#ifndef EBOND_BPF_FLOW_H
#define EBOND_BPF_FLOW_H

#include "packet.h"

// RFC 792 and RFC 4443; linux/icmp.h needs a libc.
enum icmp_type {
  ICMP_ECHOREPLY = 0,
  ICMP_DEST_UNREACH = 3,
  ICMP_SOURCE_QUENCH = 4,
  ICMP_REDIRECT = 5,
  ICMP_ECHO = 8,
  ICMP_TIME_EXCEEDED = 11,
  ICMP_PARAMETERPROB = 12,
  ICMP_TIMESTAMP = 13,
  ICMP_TIMESTAMPREPLY = 14,
  ICMPV6_ECHO_REQUEST = 128,
  ICMPV6_ECHO_REPLY = 129,
};

enum {
  HASH_IP_FRAGMENT = 0x3fff,  // more-fragments or an offset
  HASH_MAX_HEADERS = 8,       // walked through by the encap policies
  HASH_GRE_CHECKSUM = 0x8000,
  HASH_GRE_ROUTING = 0x4000,
  HASH_GRE_KEY = 0x2000,
  HASH_GRE_SEQUENCE = 0x1000,
  HASH_GRE_VERSION = 0x0007,
};

// What the hash of a flow is made of.
struct flow {
  __u32 source;
  __u32 destination;
  __u32 ports;  // both, as on the wire
  __u32 icmp;   // type, code and id; 0 where the message has no id
};

static __always_inline int has_ports(__u8 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_DCCP ||
         protocol == IPPROTO_ESP || protocol == IPPROTO_SCTP || protocol == IPPROTO_UDPLITE;
}

// RFC 4302: the SPI stands behind four octets of AH.
static __always_inline void read_ports(struct __sk_buff* skb, __u32 offset, __u8 protocol, struct flow* flow,
                                       enum reading how) {
  if (protocol == IPPROTO_AH) {
    offset += 4;
  } else if (!has_ports(protocol)) {
    flow->ports = 0;
    return;
  }
  __u32 copy;
  const __u32* ports = READ(skb, offset, &copy, how);
  flow->ports = ports ? *ports : 0;
}

static __always_inline int icmp_has_id(__u8 type) {
  return type == ICMP_ECHO || type == ICMP_ECHOREPLY || type == ICMP_TIMESTAMP ||
         type == ICMP_TIMESTAMPREPLY || type == ICMPV6_ECHO_REQUEST || type == ICMPV6_ECHO_REPLY;
}

// The id is kept in host order, and 1 where it is 0: 0 says that there is none. Answers the type.
static __always_inline int read_icmp(struct __sk_buff* skb, __u32 offset, struct flow* flow) {
  struct {
    __u8 type, code;
    __be16 checksum, id;
  } header;
  flow->icmp = 0;
  if (bpf_skb_load_bytes(skb, offset, &header, sizeof(header))) return -1;
  if (icmp_has_id(header.type)) {
    __u16 id = bpf_ntohs(header.id);
    flow->icmp = header.type | header.code << 8 | (__u32)(id ? id : 1) << 16;
  }
  return header.type;
}

static __always_inline int icmp_is_error(__u8 protocol, int type) {
  if (protocol == IPPROTO_ICMPV6) return type >= 0 && type < 128;
  return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
         type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

// One IP header at *offset: addresses into the flow, *offset moved behind it. Answers its protocol, -1 for a
// fragment, -2 where there is no such header.
static __always_inline int read_ip(struct __sk_buff* skb, __be16 protocol, __u32* offset, struct flow* flow,
                                   enum reading how) {
  if (protocol == bpf_htons(ETH_P_IP)) {
    struct iphdr copy;
    const struct iphdr* ip = READ(skb, *offset, &copy, how);
    if (!ip) return -2;
    flow->source = ip->saddr;
    flow->destination = ip->daddr;
    *offset += ip->ihl * 4;
    return ip->frag_off & bpf_htons(HASH_IP_FRAGMENT) ? -1 : ip->protocol;
  }
  if (protocol == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr copy;
    const struct ipv6hdr* ip6 = READ(skb, *offset, &copy, how);
    if (!ip6) return -2;
    flow->source = fold_ipv6(&ip6->saddr);
    flow->destination = fold_ipv6(&ip6->daddr);
    *offset += sizeof(*ip6);
    return ip6->nexthdr;
  }
  return -2;
}

// For layer2+3 and layer3+4: one IP header; an ICMP error counts as the flow it is about.
static __always_inline int flow_of(struct __sk_buff* skb, int want_ports, struct flow* flow) {
  __u32 offset = ETH_HLEN;
  int protocol = read_ip(skb, skb->protocol, &offset, flow, IN_PLACE);
  if (protocol == -2) return 0;
  if (want_ports && protocol >= 0) read_ports(skb, offset, protocol, flow, IN_PLACE);
  if (protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6) return 1;
  int type = read_icmp(skb, offset, flow);
  if (!icmp_is_error(protocol, type)) return 1;
  offset += 8;
  int inner = read_ip(skb, skb->protocol, &offset, flow, COPIED);
  if (inner == -2) return 0;
  if (want_ports && inner >= 0) read_ports(skb, offset, inner, flow, COPIED);
  return 1;
}

// GRE (RFC 2784, RFC 2890) version 0: what it carries, and *offset behind its header; 0 where it is not
// looked into.
static __always_inline __be16 open_gre(struct __sk_buff* skb, __u32* offset) {
  struct {
    __be16 flags, protocol;
  } gre;
  if (bpf_skb_load_bytes(skb, *offset, &gre, sizeof(gre))) return 0;
  __u16 flags = bpf_ntohs(gre.flags);
  if (flags & (HASH_GRE_ROUTING | HASH_GRE_VERSION)) return 0;
  *offset += sizeof(gre);
  if (flags & HASH_GRE_CHECKSUM) *offset += 4;
  if (flags & HASH_GRE_KEY) *offset += 4;
  if (flags & HASH_GRE_SEQUENCE) *offset += 4;
  if (gre.protocol != bpf_htons(ETH_P_TEB)) return gre.protocol;
  __be16 inner;
  if (bpf_skb_load_bytes(skb, *offset + 12, &inner, sizeof(inner))) return 0;
  *offset += ETH_HLEN;
  return inner;
}

// Where the walk of the encap policies stands.
struct walk {
  __u32 offset;
  __be16 ethertype;  // of the header at offset; 0 while `protocol` tells what is there
  __u16 is_fragment;
  int protocol;
};

enum step { STEP_ON, STEP_DONE, STEP_BAD };

static __always_inline enum step step_ethertype(struct __sk_buff* skb, struct walk* walk, struct flow* flow,
                                                enum reading how) {
  if (walk->ethertype == bpf_htons(ETH_P_8021Q) || walk->ethertype == bpf_htons(ETH_P_8021AD)) {
    __be16 inner;
    if (bpf_skb_load_bytes(skb, walk->offset + 2, &inner, sizeof(inner))) return STEP_BAD;
    walk->offset += 4;
    walk->ethertype = inner;
    return STEP_ON;
  }
  // Known to the dissector, and without addresses it would give a hash.
  if (walk->ethertype == bpf_htons(ETH_P_ARP) || walk->ethertype == bpf_htons(ETH_P_RARP) ||
      walk->ethertype == bpf_htons(ETH_P_MPLS_UC) || walk->ethertype == bpf_htons(ETH_P_MPLS_MC)) {
    return STEP_DONE;
  }
  int protocol = read_ip(skb, walk->ethertype, &walk->offset, flow, how);
  if (protocol == -2) return STEP_BAD;
  if (protocol == -1) return STEP_DONE;
  walk->protocol = protocol;
  walk->ethertype = 0;
  return STEP_ON;
}

static __always_inline enum step step_protocol(struct __sk_buff* skb, struct walk* walk, struct flow* flow) {
  struct {
    __u8 next, length;
    __be16 fragment;
  } extension;
  switch (walk->protocol) {
    case IPPROTO_IPIP:
      walk->ethertype = bpf_htons(ETH_P_IP);
      return STEP_ON;
    case IPPROTO_IPV6:
      walk->ethertype = bpf_htons(ETH_P_IPV6);
      return STEP_ON;
    case IPPROTO_GRE:
      walk->ethertype = open_gre(skb, &walk->offset);
      return walk->ethertype ? STEP_ON : STEP_DONE;
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
      if (bpf_skb_load_bytes(skb, walk->offset, &extension, sizeof(extension))) return STEP_BAD;
      walk->protocol = extension.next;
      walk->offset += (extension.length + 1) * 8;
      return STEP_ON;
    case IPPROTO_FRAGMENT:
      return STEP_DONE;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      read_icmp(skb, walk->offset, flow);
      flow->ports = 0;
      return STEP_DONE;
    default:
      read_ports(skb, walk->offset, walk->protocol, flow, COPIED);
      return STEP_DONE;
  }
}

// For the encap policies: through VLAN tags, IP in IP, 6in4 and GRE to the innermost addresses.
static __noinline int inner_flow_of(struct __sk_buff* skb, struct flow* flow) {
  if (!flow) return 0;
  struct walk walk = {.offset = ETH_HLEN, .ethertype = skb->protocol, .protocol = -1};
  for (int header = 0; header < HASH_MAX_HEADERS; header++) {
    enum step step =
        walk.ethertype ? step_ethertype(skb, &walk, flow, COPIED) : step_protocol(skb, &walk, flow);
    if (step == STEP_BAD) return 0;
    if (step == STEP_DONE) return 1;
  }
  return 1;
}

#endif
