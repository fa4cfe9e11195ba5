// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What the short cut reads of the kernel's own structs; offsets are fixed up from its BTF at load time. A
// load that fails answers zeros.
#ifndef EBOND_BPF_KERNEL_STRUCTS_H
#define EBOND_BPF_KERNEL_STRUCTS_H

#include "kernel.h"

#include <bpf/bpf_core_read.h>

#define KERNEL_STRUCT __attribute__((preserve_access_index))

struct tcf_proto {  // the filters of one priority, in the order of the list
  struct tcf_proto* next;
  __u32 prio;  // in its upper half
} KERNEL_STRUCT;
struct mini_Qdisc {  // of clsact or ingress
  struct tcf_proto* filter_list;
} KERNEL_STRUCT;
struct bpf_mprog_bundle {
  __u32 count;  // of tcx programs
} KERNEL_STRUCT;
struct bpf_mprog_entry {
  struct bpf_mprog_bundle* parent;
} KERNEL_STRUCT;
struct tcx_entry {
  struct mini_Qdisc* miniq;
  struct bpf_mprog_bundle bundle;
} KERNEL_STRUCT;
struct hlist_node {
  struct hlist_node* next;
} KERNEL_STRUCT;
struct hlist_head {
  struct hlist_node* first;
} KERNEL_STRUCT;
struct net {
  __u64 net_cookie;
  struct hlist_head* dev_index_head;  // of INDEX_BUCKETS
} KERNEL_STRUCT;
typedef struct {
  struct net* net;
} possible_net_t;
struct netdev_hw_addr_list {
  int count;
} KERNEL_STRUCT;
struct net_device {
  unsigned int flags;
  int ifindex;
  struct hlist_node index_hlist;
  struct bpf_mprog_entry* tcx_ingress;
  possible_net_t nd_net;
  const unsigned char* dev_addr;
  struct netdev_hw_addr_list uc;  // MACs that it takes beside its own
} KERNEL_STRUCT;
struct sk_buff {
  struct net_device* dev;
} KERNEL_STRUCT;
enum { INDEX_BUCKETS = 256 };  // NETDEV_HASHENTRIES

extern void* bpf_cast_to_kern_ctx(void* context) __ksym;
extern void* bpf_rdonly_cast(const void* address, __u32 type) __ksym;

// What stands at an address, whatever the verifier takes the address for.
#define STRUCT_AT(type, address) \
  ((type*)bpf_rdonly_cast((const void*)(address), bpf_core_type_id_kernel(type)))

static __always_inline struct net_device* device_of(struct __sk_buff* skb) {
  struct sk_buff* frame = bpf_cast_to_kern_ctx(skb);
  return frame->dev;
}

#endif
