#include "os/table_image.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>

namespace ebond::os {

SlotSet slots_that_send(const core::Table& table) {
  SlotSet named;
  for (const auto slot : table.buckets) named.set(index_of(slot));
  for (const auto slot : table.standby) named.set(index_of(slot));
  if (table.unbalanced) named.set(index_of(*table.unbalanced));
  return named;
}

void write_spec(ebond_spec& facts, const core::DatapathSpec& spec) {
  facts.mode = static_cast<__u32>(spec.mode);
  facts.xmit_hash_policy = static_cast<__u32>(spec.xmit_hash_policy);
  facts.packets_per_slave = spec.packets_per_slave;
  facts.count_tx = spec.count_tx ? 1 : 0;
  facts.queue_ids = spec.queue_ids ? 1 : 0;
  facts.by_destination = spec.by_destination ? 1 : 0;
  facts.stamp_rx = spec.stamp_rx ? 1 : 0;
  facts.broadcast_neighbor = spec.broadcast_neighbor ? 1 : 0;
}

__u8 acceptance_of(const core::TableSlot& slot) {
  if (!slot.accepts) return EBOND_ACCEPTS_NONE;
  if (slot.former_wearer) return EBOND_ACCEPTS_FORMER;
  if (slot.only_its_own) return EBOND_ACCEPTS_ITS_OWN;
  return slot.unicast_only ? EBOND_ACCEPTS_UNICAST : EBOND_ACCEPTS_ALL;
}

void write_speaker(ebond_slot& entry, const core::TableSlot& want, __u8 accepts) {
  ebond_slot made{};
  if (want.own_mac) std::ranges::copy(want.own_mac->octets(), made.mac);
  made.rewrite_mac = want.rewrites_source ? 1 : 0;
  made.accepts = accepts;
  static_assert(offsetof(ebond_slot, mac) % sizeof(__u64) == 0);
  __u64 word = 0;
  std::memcpy(&word, reinterpret_cast<const char*>(&made) + offsetof(ebond_slot, mac), sizeof(word));
  auto* place = reinterpret_cast<char*>(&entry) + offsetof(ebond_slot, mac);
  std::atomic_ref(*reinterpret_cast<__u64*>(place)).store(word, std::memory_order_release);
}

void write_bond(ebond_bond& bond, const core::Table& table) {
  std::array<__u8, EBOND_MAX_QUEUES> queues{};
  for (const auto& slot : table.slots) {
    if (slot.queue_id < EBOND_MAX_QUEUES) queues[slot.queue_id] = static_cast<__u8>(1 + index_of(slot.slot));
  }
  queues[0] = 0;  // what no filter chose
  std::ranges::copy(queues, bond.queue);

  constexpr __u8 kNobody = 0xff;
  if (table.bond_mac) std::ranges::copy(table.bond_mac->octets(), bond.mac);
  bond.takes_others = table.takes_others ? 1 : 0;
  for (std::size_t i = 0; i < EBOND_BALANCE_BUCKETS; ++i) {
    bond.receiver[i] = i < table.receivers.size() ? static_cast<__u8>(table.receivers[i]) : kNobody;
  }
}

void flip_to(ebond_bond& bond, const core::Table& table) {
  const auto generation = static_cast<__u16>(EBOND_HEAD_GENERATION(bond.head) + 1);
  auto* place = bond.bucket[generation & 1];
  for (const auto* list : {&table.buckets, &table.standby}) {
    for (const auto slot : *list) *place++ = EBOND_BUCKET(generation, static_cast<unsigned>(slot));
  }
  std::atomic_ref(bond.head).store(
      EBOND_HEAD(generation, table.buckets.size(), table.standby.size(),
                 table.unbalanced ? static_cast<unsigned>(*table.unbalanced) + 1 : 0),
      std::memory_order_release);
}

}  // namespace ebond::os
