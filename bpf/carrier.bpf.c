// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Sees a link die the instant its driver says so. fentry on netif_carrier_off clears the link's life in the
// map the datapath reads, so the very next frame takes another slave with no daemon in the path; fentry on
// both tells the daemon. It clears and never sets: when a link may carry again is the daemon's decision.

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// What is read of the kernel's own structs; offsets are fixed up from its BTF at load time.
struct ns_common {
  unsigned int inum;
} __attribute__((preserve_access_index));
struct net {
  struct ns_common ns;
} __attribute__((preserve_access_index));
typedef struct {
  struct net* net;
} possible_net_t;
struct net_device {
  int ifindex;
  possible_net_t nd_net;
} __attribute__((preserve_access_index));

struct ebond_links links SEC(".data.links");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, EBOND_MAX_LINKS);
  __type(key, struct ebond_watched);
  __type(value, struct ebond_watch);
} watched SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 * 1024);
} news SEC(".maps");

static __always_inline void tell(struct net_device* device, __u32 carrier) {
  struct ebond_watched key = {.netns = device->nd_net.net->ns.inum, .ifindex = device->ifindex};
  struct ebond_watch* watch = bpf_map_lookup_elem(&watched, &key);
  if (!watch) return;
  if (!carrier && watch->cuts) links.alive[watch->link & (EBOND_MAX_LINKS - 1)] = 0;
  struct ebond_carrier_news* item = bpf_ringbuf_reserve(&news, sizeof(*item), 0);
  if (!item) return;
  item->where = key;
  item->carrier = carrier;
  item->padding = 0;
  item->when_ns = bpf_ktime_get_ns();
  bpf_ringbuf_submit(item, 0);
}

SEC("fentry/netif_carrier_off")
int BPF_PROG(ebond_carrier_off, struct net_device* device) {
  tell(device, 0);
  return 0;
}

SEC("fentry/netif_carrier_on")
int BPF_PROG(ebond_carrier_on, struct net_device* device) {
  tell(device, 1);
  return 0;
}
