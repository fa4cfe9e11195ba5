/* SPDX-License-Identifier: MIT OR GPL-2.0 */
#include "replay.h"

#include <bpf/bpf_endian.h>

#include "transmit.h"

void ebond_replay_load(const struct ebond_spec* its_spec, const struct ebond_bond* its_bond,
                       const struct ebond_links* its_links) {
  spec = *its_spec;
  bond = *its_bond;
  links = *its_links;
}

static __u32 kind_of_destination(const unsigned char* mac) {
  static const unsigned char everybody[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  if (memcmp(mac, everybody, ETH_ALEN) == 0) return PACKET_BROADCAST;
  return mac[0] & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

__u32 ebond_replay_run(const struct ebond_replay_frame* frame, __u32* ifindexes) {
  if (frame->length < ETH_HLEN) return 0;
  struct __sk_buff skb = {.data = (unsigned long)frame->data,
                          .data_end = (unsigned long)frame->data + frame->length,
                          .len = frame->length,
                          .protocol = bpf_htons(frame->protocol),
                          .pkt_type = kind_of_destination(frame->data),
                          .vlan_present = frame->vlan_present,
                          .vlan_tci = frame->vlan_tci};
  replayed.count = 0;
  (void)transmit(&skb);
  memcpy(ifindexes, replayed.ifindex, replayed.count * sizeof(__u32));
  return replayed.count;
}
