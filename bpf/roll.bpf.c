// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Calls the roll: reads of each device that the daemon lists whether it is running and has carrier, by the
// bits that netif_running() and netif_carrier_ok() read. What the bonding driver polls is these. It is bound
// by memory that is cold after a period of rest: so a device that is known costs one line of it, where a
// question to ethtool or netlink costs locks and a message.
//
// Where a namespace is and where its devices are is looked up in the kernel's own tables and kept, for as
// long as the namespace says that it has the same devices (dev_base_seq). Attached nowhere: the daemon runs
// it by BPF_PROG_TEST_RUN, under the RCU read lock, under which those tables may be read and no device that
// is in them is freed. Every load is one that may fail and answers zeros then.

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// What is read of the kernel's own structs; offsets are fixed up from its BTF at load time.
struct list_head {
  struct list_head* next;
} __attribute__((preserve_access_index));
struct hlist_node {
  struct hlist_node* next;
} __attribute__((preserve_access_index));
struct hlist_head {
  struct hlist_node* first;
} __attribute__((preserve_access_index));
struct ns_common {
  unsigned int inum;
} __attribute__((preserve_access_index));
struct net {
  unsigned int dev_base_seq;
  struct list_head list;
  struct ns_common ns;
  struct hlist_head* dev_index_head;
} __attribute__((preserve_access_index));
struct nsproxy {
  struct net* net_ns;
} __attribute__((preserve_access_index));
struct task_struct {
  struct nsproxy* nsproxy;
} __attribute__((preserve_access_index));
struct net_device {
  unsigned long state;
  int ifindex;
  struct hlist_node index_hlist;
} __attribute__((preserve_access_index));
enum netdev_state_t { __LINK_STATE_START, __LINK_STATE_NOCARRIER = 2 };

enum {
  INDEX_BUCKETS = 256,  // NETDEV_HASHENTRIES
  MAX_NAMESPACES = 1 << 20,
  MAX_IN_A_BUCKET = 1 << 16
};

// As the daemon lists them; it makes both as large as it needs them.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct ebond_roll_namespace);
} namespaces SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct ebond_roll_device);
} devices SEC(".maps");

struct ebond_roll roll SEC(".data.roll");

// ---- where a namespace is

struct net_search {
  struct list_head* at;
  struct list_head* begin;
  __u64 found;
  __u32 inode;
};

static long is_it_this_namespace(__u32 step, struct net_search* search) {
  struct list_head* at = search->at;
  struct net* net = (void*)at - bpf_core_field_offset(struct net, list);
  if (BPF_CORE_READ(net, ns.inum) == search->inode) {
    search->found = (__u64)net;
    return 1;
  }
  at = BPF_CORE_READ(at, next);
  search->at = at;
  return !at || at == search->begin;
}

// 0: nowhere.
static __u64 find_namespace(__u32 inode) {
  struct task_struct* task = (void*)bpf_get_current_task();
  struct net* own = BPF_CORE_READ(task, nsproxy, net_ns);
  struct list_head* begin = (void*)own + bpf_core_field_offset(struct net, list);
  struct net_search search = {.at = begin, .begin = begin, .inode = inode};
  bpf_loop(MAX_NAMESPACES, is_it_this_namespace, &search, 0);
  return search.found;
}

// ---- where a device is

struct device_search {
  struct hlist_node* at;
  __u64 found;
  __u32 ifindex;
};

static long is_it_this_device(__u32 step, struct device_search* search) {
  struct hlist_node* at = search->at;
  if (!at) return 1;
  struct net_device* device = (void*)at - bpf_core_field_offset(struct net_device, index_hlist);
  if ((__u32)BPF_CORE_READ(device, ifindex) == search->ifindex) {
    search->found = (__u64)device;
    return 1;
  }
  search->at = BPF_CORE_READ(at, next);
  return 0;
}

static __u64 find_device(struct net* net, __u32 ifindex) {
  struct hlist_head* buckets = BPF_CORE_READ(net, dev_index_head);
  struct hlist_head* bucket = buckets + (ifindex & (INDEX_BUCKETS - 1));
  struct device_search search = {.at = BPF_CORE_READ(bucket, first), .ifindex = ifindex};
  bpf_loop(MAX_IN_A_BUCKET, is_it_this_device, &search, 0);
  return search.found;
}

// ---- the roll

struct calling {
  struct net* net;
  __u32 next;
  __u32 has_others;  // devices than when it was last called
};

static long call_device(__u32 step, struct calling* calling) {
  const __u32 index = calling->next++;
  struct ebond_roll_device* listed = bpf_map_lookup_elem(&devices, &index);
  if (!listed) return 1;
  if (calling->has_others) listed->address = calling->net ? find_device(calling->net, listed->ifindex) : 0;
  __u32 answer = EBOND_ROLL_ABSENT;
  if (listed->address) {
    struct net_device* device = (void*)listed->address;
    const unsigned long state = BPF_CORE_READ(device, state);
    const int started = bpf_core_enum_value(enum netdev_state_t, __LINK_STATE_START);
    const int no_carrier = bpf_core_enum_value(enum netdev_state_t, __LINK_STATE_NOCARRIER);
    answer = (state >> started & 1) && !(state >> no_carrier & 1) ? EBOND_ROLL_UP : EBOND_ROLL_DOWN;
  }
  if (listed->answer == answer) return 0;
  listed->answer = answer;
  roll.news++;
  return 0;
}

static long call_namespace(__u32 index, void* context) {
  struct ebond_roll_namespace* listed = bpf_map_lookup_elem(&namespaces, &index);
  if (!listed) return 1;
  struct net* net = (void*)listed->address;
  __u32 has_others = 0;
  if (!net || BPF_CORE_READ(net, ns.inum) != listed->inode) {
    listed->address = find_namespace(listed->inode);
    net = (void*)listed->address;
    has_others = 1;
  }
  const __u32 sequence = net ? BPF_CORE_READ(net, dev_base_seq) : 0;
  if (sequence != listed->sequence) has_others = 1;
  listed->sequence = sequence;
  struct calling calling = {.net = net, .next = listed->first, .has_others = has_others};
  bpf_loop(listed->count, call_device, &calling, 0);
  return 0;
}

SEC("raw_tp")
int ebond_roll_call(void* context) {
  bpf_loop(roll.namespaces, call_namespace, 0, 0);
  return 0;
}
