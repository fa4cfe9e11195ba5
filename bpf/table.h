// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Which slot a frame takes, by the table the daemon wrote and by which links live at this instant. Knows
// nothing of frames: a hash in, a slot out. How the table is written and read at the same time is told in
// abi.h.
#ifndef EBOND_BPF_TABLE_H
#define EBOND_BPF_TABLE_H

#include "maps.h"

#define NO_SLOT EBOND_MAX_SLOTS
#define TRIES 4  // readings of a table that is being rewritten, before the frame is given up

static __always_inline int alive(__u32 slot) {
  __u32 link = READ_ONCE(bond.slots[slot & (EBOND_MAX_SLOTS - 1)].link);
  return READ_ONCE(links.alive[link & (EBOND_MAX_LINKS - 1)]);
}

// The slot in place `i` of the buffer `head` names; NO_SLOT if that buffer is being refilled.
static __always_inline __u32 slot_at(__u64 head, __u32 i) {
  __u16 generation = EBOND_HEAD_GENERATION(head);
  __u16 entry = READ_ONCE(bond.bucket[generation & 1][i & (EBOND_MAX_BUCKETS - 1)]);
  if ((entry >> 8) != (generation & 0xff)) return NO_SLOT;
  return entry & (EBOND_MAX_SLOTS - 1);
}

// Is the slot in place `i` of the buffer `head` names one that lives? Its number, in *slot. Without a branch:
// the verifier would follow each, at every step of the search below.
static __always_inline __u32 lives_at(__u64 head, __u32 i, __u32* slot) {
  __u16 generation = EBOND_HEAD_GENERATION(head);
  __u16 entry = READ_ONCE(bond.bucket[generation & 1][i & (EBOND_MAX_BUCKETS - 1)]);
  *slot = entry & (EBOND_MAX_SLOTS - 1);
  __u32 other_stamp = (entry >> 8) ^ (generation & 0xff);
  return alive(*slot) & ((other_stamp - 1) >> 31);
}

// Bucket `i` leads to a dead link: the next living one among the buckets, then among the standbys. A global
// function: the verifier looks at it once and not again on every path that leads here, which Linux 6.1 would
// refuse. One loop without a branch but its ends: two loops, the second entered from every step of the first,
// took the verifier 90 ms, this one 3.
__noinline int next_alive(__u64 head, __u32 i) {
  __u32 size = EBOND_HEAD_SIZE(head), standby = EBOND_HEAD_STANDBY(head), slot;
  if (!size) return NO_SLOT;
  __u32 buckets = size < EBOND_MAX_SLOTS ? size : EBOND_MAX_SLOTS;
  for (__u32 step = 1; step < 2 * EBOND_MAX_SLOTS; step++) {
    if (step >= buckets + standby) break;
    __u32 beyond = step - buckets, in_buckets = (__u32)((__s32)beyond >> 31);
    asm volatile("" : "+r"(in_buckets));  // all ones or none; if the compiler knew, it would branch
    __u32 place = (in_buckets & ((i + step) % size)) | (~in_buckets & (size + beyond));
    if (lives_at(head, place, &slot)) return slot;
  }
  return NO_SLOT;
}

// The slot of a frame with this hash; NO_SLOT if no slave can send. A hash that is 0 wherever this is called
// needs no division, which the kernel's compiler makes twelve instructions of.
static __always_inline __u32 pick(__u32 hash) {
  for (int attempt = 0; attempt < TRIES; attempt++) {
    __u64 head = READ_ONCE(bond.head);
    __u32 size = EBOND_HEAD_SIZE(head);
    if (!size) return NO_SLOT;
    __u32 i = hash % size;
    __u32 slot = slot_at(head, i);
    if (slot == NO_SLOT) continue;
    return alive(slot) ? slot : (__u32)next_alive(head, i);
  }
  return NO_SLOT;
}

// The first living standby. A global function for the same reason.
__noinline int standby_alive(__u64 head) {
  __u32 size = EBOND_HEAD_SIZE(head), standby = EBOND_HEAD_STANDBY(head), slot;
  for (__u32 step = 0; step < EBOND_MAX_SLOTS; step++) {
    if (step >= standby) break;
    if (lives_at(head, size + step, &slot)) return slot;
  }
  return NO_SLOT;
}

// The slot of what balance-tlb and balance-alb do not balance, and of broadcasts that balance-slb takes: the
// active slave's; if that is dead, the standby's that is to take over.
static __always_inline __u32 unbalanced_slot(void) {
  __u64 head = READ_ONCE(bond.head);
  __u32 named = EBOND_HEAD_UNBALANCED(head);
  if (!named) return NO_SLOT;
  if (alive(named - 1)) return (named - 1) & (EBOND_MAX_SLOTS - 1);
  return (__u32)standby_alive(head);
}

// RX: this slave's slot.
static __always_inline struct ebond_slot* own_slot(void) {
  return &bond.slots[spec.rx_slot & (EBOND_MAX_SLOTS - 1)];
}

// The slave whose queue_id is the frame's TX queue (a filter on bond0 chose it: skbedit queue_mapping), while
// it lives; a backup too, as with the driver. NO_SLOT: the mode decides.
static __always_inline __u32 slot_of_queue(__u32 queue) {
  if (queue >= EBOND_MAX_QUEUES) return NO_SLOT;
  __u32 slot = (__u32)READ_ONCE(bond.queue[queue]) - 1;
  return slot < EBOND_MAX_SLOTS && alive(slot) ? slot : NO_SLOT;
}

#endif
