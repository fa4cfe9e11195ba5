// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What both programs read and count in: the bond's table, the links' lives, the counters, and the spec a copy
// is specialised by. The layout is abi.h's; the daemon makes and pins the maps, and each copy is loaded with
// them. Included by datapath.bpf.c and the headers it is made of, by no other program.
#ifndef EBOND_BPF_MAPS_H
#define EBOND_BPF_MAPS_H

#include "abi.h"
#include "kernel.h"

#define READ_ONCE(x) (*(const volatile typeof(x)*)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x)*)&(x) = (value))

enum mode { BALANCE_RR, ACTIVE_BACKUP, BALANCE_XOR, BROADCAST, LACP, BALANCE_TLB, BALANCE_ALB, BALANCE_SLB };

EBOND_CONSTANT struct ebond_spec spec;
EBOND_CONSTANT struct ebond_vlans own_vlans[2];

struct ebond_bond bond SEC(".data.bond");
struct ebond_links links SEC(".data.links");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, EBOND_MAX_SLOTS);
  __type(key, __u32);
  __type(value, struct ebond_counters);
} counters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct ebond_loads);
} loads SEC(".maps");

// Of balance-slb alone: programs of other modes are loaded without it.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, EBOND_MAX_SOURCES);
  __type(key, struct ebond_source);
  __type(value, __u64);
} sources SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, EBOND_MAX_STRAYS);
  __type(key, struct ebond_source);
  __type(value, struct ebond_stray);
} strays SEC(".maps");

// Round-robin's place, a counter a CPU as in the driver: no cache line is shared between senders.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} turn SEC(".maps");

#endif
