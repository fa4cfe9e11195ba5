// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What the programs ask of the kernel: a frame (skb), helpers, maps. The sending program also runs in user
// space (replay.c), on bytes in memory and with a table that need not be in any kernel: there other
// definitions of the same names stand in. Programs cannot tell.
#ifndef EBOND_BPF_KERNEL_H
#define EBOND_BPF_KERNEL_H

#ifdef __bpf__
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

// The program's constants, which the loader writes and the verifier reads.
#define EBOND_CONSTANT const volatile

// What stands there in a frame, aligned or not.
#define WORD_AT(type, place) (*(const type*)(place))
#else
#include "stand_in.h"

#define EBOND_CONSTANT
#define WORD_AT(type, place)                      \
  ({                                              \
    type word;                                    \
    __builtin_memcpy(&word, place, sizeof(word)); \
    word;                                         \
  })
#endif

#endif
