// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Is a slave's ingress ours alone, and the slave still where it was? Asked of the kernel's own lists for each
// frame, so that a filter which somebody adds is asked from its first frame on, whether or not a daemon runs
// and has heard of it.
#ifndef EBOND_BPF_ALONE_H
#define EBOND_BPF_ALONE_H

#include "kernel.h"

#include <bpf/bpf_core_read.h>

// What is read of the kernel's own structs; offsets are fixed up from its BTF at load time.
struct tcf_proto {  // the filters of one priority, in the order of the list
  struct tcf_proto* next;
  __u32 prio;  // in its upper half
} __attribute__((preserve_access_index));
struct mini_Qdisc {  // of clsact or ingress
  struct tcf_proto* filter_list;
} __attribute__((preserve_access_index));
struct bpf_mprog_bundle {
  __u32 count;  // of tcx programs
} __attribute__((preserve_access_index));
struct bpf_mprog_entry {
  struct bpf_mprog_bundle* parent;
} __attribute__((preserve_access_index));
struct tcx_entry {
  struct mini_Qdisc* miniq;
  struct bpf_mprog_bundle bundle;
} __attribute__((preserve_access_index));
struct net {
  __u64 net_cookie;
} __attribute__((preserve_access_index));
typedef struct {
  struct net* net;
} possible_net_t;
struct net_device {
  struct bpf_mprog_entry* tcx_ingress;
  possible_net_t nd_net;
} __attribute__((preserve_access_index));
struct sk_buff {
  struct net_device* dev;
} __attribute__((preserve_access_index));

extern void* bpf_cast_to_kern_ctx(void* context) __ksym;
extern void* bpf_rdonly_cast(const void* address, __u32 type) __ksym;

// Which priority ours has in tc.
EBOND_CONSTANT __u32 own_priority;
// Where it was put on the slave, by the lower half of the namespace's cookie. A device that goes to another
// namespace takes this along, and there other devices have the numbers of ours.
EBOND_CONSTANT __u32 own_netns;

static __always_inline int is_alone(struct __sk_buff* skb) {
  struct sk_buff* frame = bpf_cast_to_kern_ctx(skb);
  struct net_device* device = frame->dev;
  if ((__u32)device->nd_net.net->net_cookie != own_netns) return 0;
  struct bpf_mprog_entry* tcx = device->tcx_ingress;
  if (!tcx) return 0;
  struct bpf_mprog_bundle* bundle = tcx->parent;
  if (bundle->count != 1) return 0;
  struct tcx_entry* entry =
      bpf_rdonly_cast((const char*)bundle - bpf_core_field_offset(struct tcx_entry, bundle),
                      bpf_core_type_id_kernel(struct tcx_entry));
  struct mini_Qdisc* qdisc = entry->miniq;
  if (!qdisc) return 1;
  struct tcf_proto* filters = qdisc->filter_list;
  return !filters || (!filters->next && filters->prio >> 16 == own_priority);
}

#endif
