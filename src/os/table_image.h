// A bond's table and what its programs are made for, as the memory that the programs read (bpf/abi.h).
// Written by the daemon into the kernel's maps (datapath.h), and by replay.h into memory of its own.
#pragma once

#include <bitset>

#include "bpf/abi.h"
#include "core/table.h"

namespace ebond::os {

using SlotSet = std::bitset<EBOND_MAX_SLOTS>;

inline std::size_t index_of(core::SlotId slot) {
  return static_cast<std::size_t>(slot) % EBOND_MAX_SLOTS;
}

/// Slots by which frames may leave: their links live.
SlotSet slots_that_send(const core::Table& table);

/// But for where it is and what a slave's copy wants to know.
void write_spec(ebond_spec& facts, const core::DatapathSpec& spec);
/// The MAC that a slot speaks with, and what it accepts, as one word.
void write_speaker(ebond_slot& entry, const core::TableSlot& want, __u8 accepts);
__u8 acceptance_of(const core::TableSlot& slot);
/// What is the bond's as a whole: queues, its MAC, who receives.
void write_bond(ebond_bond& bond, const core::Table& table);
/// Buckets and standbys into the buffer that is not in use, and then the head: the next frame goes by them.
void flip_to(ebond_bond& bond, const core::Table& table);

}  // namespace ebond::os
