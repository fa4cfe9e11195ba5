// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Is a slave's ingress ours alone, and the slave still where it was? Asked of the kernel's own lists for each
// frame, so that a filter which somebody adds is asked from its first frame on, whether or not a daemon runs
// and has heard of it.
#ifndef EBOND_BPF_ALONE_H
#define EBOND_BPF_ALONE_H

#include "kernel_structs.h"

// Which priority ours has in tc.
EBOND_CONSTANT __u32 own_priority;
// Where it was put on the slave, by the lower half of the namespace's cookie. A device that goes to another
// namespace takes this along, and there other devices have the numbers of ours.
EBOND_CONSTANT __u32 own_netns;

static __always_inline int is_alone(struct __sk_buff* skb) {
  struct net_device* device = device_of(skb);
  if ((__u32)device->nd_net.net->net_cookie != own_netns) return 0;
  struct bpf_mprog_entry* tcx = device->tcx_ingress;
  if (!tcx) return 0;
  struct bpf_mprog_bundle* bundle = tcx->parent;
  if (bundle->count != 1) return 0;
  struct tcx_entry* entry =
      STRUCT_AT(struct tcx_entry, (const char*)bundle - bpf_core_field_offset(struct tcx_entry, bundle));
  struct mini_Qdisc* qdisc = entry->miniq;
  if (!qdisc) return 1;
  struct tcf_proto* filters = qdisc->filter_list;
  return !filters || (!filters->next && filters->prio >> 16 == own_priority);
}

#endif
