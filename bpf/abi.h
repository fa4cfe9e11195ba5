/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * The one contract between the programs in the kernel and the daemon: plain structs, included by both.
 * A change of anything in the maps is a new EBOND_LAYOUT: a daemon that finds maps of a layout it does not
 * know says so and touches nothing. ebond_spec and ebond_vlans are no part of it: they are each program's
 * own, and the program comes from the build that fills them.
 *
 * Who writes what: the daemon writes all of it; the kernel's programs only ever clear `alive`, count, and
 * stamp.
 */
#ifndef EBOND_BPF_ABI_H
#define EBOND_BPF_ABI_H

#include <linux/types.h>

#define EBOND_LAYOUT 2
#define EBOND_MAX_SLOTS 64        /* slaves of one bond */
#define EBOND_MAX_BUCKETS 8192    /* a power of two: the programs mask with it */
#define EBOND_BALANCE_BUCKETS 256 /* of balance-tlb and balance-alb */
#define EBOND_MAX_QUEUES 32       /* of bond0, for queue_id; a power of two */
#define EBOND_MAX_LINKS 4096      /* slaves of all bonds of one daemon; a power of two */

/* One slave. 16 bytes; every field is read by itself. */
struct ebond_slot {
  __u32 ifindex;
  __u32 link;       /* index into ebond_links.alive */
  __u8 mac[6];      /* the one it speaks with in balance-tlb and balance-alb, and asks for groups with in
                       balance-slb: one word with the next two */
  __u8 rewrite_mac; /* ... and written as source address into what is balanced */
  __u8 accepts;     /* RX: hand this slave's frames to the bond; EBOND_ACCEPTS_ */
};
enum {
  EBOND_ACCEPTS_NONE = 0,
  EBOND_ACCEPTS_ALL = 1,
  EBOND_ACCEPTS_UNICAST = 2,
  EBOND_ACCEPTS_ITS_OWN = 3, /* of unicast, what goes to a MAC whose bucket is this slot's (balance-slb) */
  EBOND_ACCEPTS_FORMER = 4   /* unicast, also for the bond's MAC, which it wore a moment ago (balance-alb) */
};

/* When a slave was last heard, by CLOCK_MONOTONIC, to EBOND_STAMP_STEP_NS; 0: never. Written by RX where
 * spec.stamp_rx asks for it. A cache line each, and seldom written: slaves do not slow each other down. */
struct ebond_activity {
  __u64 last_rx_ns;
  __u64 shortcut_head; /* of the table for which the slave's short cut is as it should be. Daemons that know
                          of none leave this, so that their first table ends it */
  __u64 rest_of_the_line[6];
};
#define EBOND_STAMP_STEP_NS 1000000ULL

/*
 * The decision, double-buffered: bucket[generation & 1][hash % size] names a slot.
 *
 * The daemon fills the buffer nobody reads, then stores `head`, which names generation, size and buffer in
 * one 64-bit word. Two flips in quick succession could refill a buffer under a program that still holds the
 * head before last. That is why every bucket carries its generation in its upper byte: a bucket and its stamp
 * are read by one load, and a program that finds a stamp other than its head's reads the head anew. So a
 * frame sees the old table or the new one, never half of each. (A stamp comes back after 256 flips: many
 * thousand stores, against a program's three loads.)
 *
 * A buffer: [0, size) the buckets, [size, size + standby) the slots to try, in order, once all of those are
 * dead. What is not balanced (balance-tlb, balance-alb) leaves by the slot `head` names for it, and if that
 * is dead by the first living standby.
 */
struct ebond_bond {
  __u32 layout;
  __u32 lower_ifindex;
  __u64 head;
  struct ebond_slot slots[EBOND_MAX_SLOTS];
  struct ebond_activity activity[EBOND_MAX_SLOTS]; /* by slot */
  __u8 queue[EBOND_MAX_QUEUES];                    /* 1 + the slot whose queue_id it is; 0: nobody's */
  __u16 bucket[2][EBOND_MAX_BUCKETS];
  __u8 mac[6];       /* balance-alb: the bond's own */
  __u8 takes_others; /* balance-alb: frames for the MACs of lost slaves are the bond's too */
  __u8 lets_all_in;  /* bond0 takes frames for other MACs than its own: RX need not look whether it does. 0
                        from daemons  that know of none: RX looks */
  __u8 receiver[EBOND_BALANCE_BUCKETS]; /* balance-alb: the slot an ARP client with this hash is told of; no
                                           slot of the bond: the bond's own MAC */
};

/* `unbalanced`: a slot's number and one, or 0 for none */
#define EBOND_HEAD(generation, size, standby, unbalanced)                                    \
  ((__u64)(__u16)(generation) | (__u64)(__u16)(size) << 16 | (__u64)(__u16)(standby) << 32 | \
   (__u64)(__u16)(unbalanced) << 48)
#define EBOND_HEAD_GENERATION(head) ((__u16)(head))
#define EBOND_HEAD_SIZE(head) ((__u16)((head) >> 16))
#define EBOND_HEAD_STANDBY(head) ((__u16)((head) >> 32))
#define EBOND_HEAD_UNBALANCED(head) ((__u16)((head) >> 48))
#define EBOND_BUCKET(generation, slot) ((__u16)(((generation) & 0xff) << 8 | (slot)))

/* Which links carry. Shared by all bonds of a daemon, so that the carrier hook finds a link without knowing
 * of bonds. Set by the daemon alone; cleared by the daemon or the hook. */
struct ebond_links {
  __u8 alive[EBOND_MAX_LINKS];
};

/* The carrier hook's list: which device's carrier is which link's life. `cuts` 0: only tell the daemon
 * (downdelay). */
struct ebond_watched {
  __u32 netns; /* inode of the namespace, as in net:[4026531840] */
  __u32 ifindex;
};
struct ebond_watch {
  __u32 link;
  __u32 cuts;
};

/* What it tells the daemon. */
struct ebond_carrier_news {
  struct ebond_watched where;
  __u32 carrier;
  __u32 padding;
  __u64 when_ns; /* CLOCK_MONOTONIC */
};

/* Per CPU and slot. */
struct ebond_counters {
  __u64 rx_inactive; /* frames a slave that does not accept received: dropped */
};

/* balance-slb: who has sent out of the bond, and when, by CLOCK_MONOTONIC. A map of its own, which bonds of
 * other modes have not; the kernel forgets those that have been silent longest. */
#define EBOND_MAX_SOURCES 16384
struct ebond_source {
  __u8 mac[6];
  __u16 vlan; /* 0: none */
};

/* The same of MACs that something came for by another slave than theirs: since when, without anything by
 * their own, and when something last came by that; 0: never. */
#define EBOND_MAX_STRAYS 4096
struct ebond_stray {
  __u64 since_ns;
  __u64 right_ns;
};

/* Bytes sent, per CPU, where spec.count_tx asks for them. */
struct ebond_loads {
  __u64 bucket[EBOND_BALANCE_BUCKETS];
  __u64 unbalanced;
};

/* What the programs are specialised for: .rodata, so the verifier deletes what a mode does not need. */
struct ebond_spec {
  __u32 mode;              /* the driver's numbers: 0 balance-rr … 6 balance-alb; 7 balance-slb */
  __u32 xmit_hash_policy;  /* the driver's numbers */
  __u32 packets_per_slave; /* 0: random */
  __u32 count_tx;
  __u32 queue_ids;      /* look for the slave whose queue_id the frame asks for */
  __u32 by_destination; /* hash the IP destination alone, by octets: balance-alb with tlb_dynamic_lb */
  __u32 stamp_rx;
  __u32 broadcast_neighbor; /* 802.3ad: ARP and ND leave by every slave that sends */
  __u32 lower_ifindex;      /* RX: where the bond is */
  __u32 rx_slot;            /* RX: the slave this copy sits on */
  __u32 shows_filters;      /* RX: filters of others come behind this one, and are shown each frame */
  __u32 has_own_vlans;      /* RX: some VLAN stands on the slave itself */
  __u32 bond0_is_apart; /* RX: bond0 stands in another namespace, and may be handed frames without the hop */
};

/* RX: the VLANs that stand on the slave itself, a bit an ID; one for 802.1Q, one for 802.1ad. */
struct ebond_vlans {
  __u32 bits[4096 / 32];
};

/* The roll call. The daemon lists devices, those of a namespace side by side; the program answers, and keeps
 * in `address` and `sequence`, which are zero at first, what spares it looking for them again. */
enum { EBOND_ROLL_ABSENT = 0, EBOND_ROLL_DOWN = 1, EBOND_ROLL_UP = 2 };
struct ebond_roll_device {
  __u64 address;
  __u32 ifindex;
  __u32 answer; /* EBOND_ROLL_ */
};
struct ebond_roll_namespace {
  __u64 address;
  __u32 inode;
  __u32 sequence;
  __u32 first, count; /* its devices */
};
struct ebond_roll {
  __u64 news;       /* grows whenever an answer is otherwise than the one before */
  __u32 namespaces; /* how many are listed */
  __u32 padding;
};

#endif
