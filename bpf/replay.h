/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * The sending program in user space, as C++ calls it: os/replay.h alone.
 */
#ifndef EBOND_BPF_REPLAY_H
#define EBOND_BPF_REPLAY_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What it runs with, from now on. */
void ebond_replay_load(const struct ebond_spec* spec, const struct ebond_bond* bond,
                       const struct ebond_links* links);

/* A frame without its outermost VLAN tag, as a filter sees it; it may be written to. */
struct ebond_replay_frame {
  unsigned char* data;
  __u32 length;
  __u16 protocol; /* in host order */
  __u16 vlan_tci;
  __u32 vlan_present;
};

/* Writes down the devices by which it leaves, EBOND_MAX_SLOTS at most, and answers how many. */
__u32 ebond_replay_run(const struct ebond_replay_frame* frame, __u32* ifindexes);

#ifdef __cplusplus
}
#endif

#endif
