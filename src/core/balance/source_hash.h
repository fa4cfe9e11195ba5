// Which bucket a source MAC has in balance-slb, by the VLAN it speaks in: the number that the data path
// computes for the same frame (bpf/sources.h), so that core knows which slave a MAC uses. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/mac_behind.h"

namespace ebond::core {

/// `vlan` 0: none. All bits are mixed: MACs that differ by 2 do not share a slave.
constexpr std::uint32_t source_hash(const MacAddress& mac, std::uint16_t vlan) {
  std::uint64_t value = 0;
  for (const auto octet : mac.octets()) value = value << 8 | octet;
  value = value << 16 | vlan;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return static_cast<std::uint32_t>(value ^ value >> 31);
}

/// The slot of this MAC in a table with these buckets; none if it has none. Tags behind the outermost do not
/// count.
inline std::optional<SlotId> slot_of_source(std::span<const SlotId> buckets, const MacAddress& mac,
                                            const wire::VlanTags& tags) {
  if (buckets.empty()) return std::nullopt;
  const auto vlan = tags.empty() ? std::uint16_t{0} : tags.front().id;
  return buckets[source_hash(mac, vlan) % buckets.size()];
}

}  // namespace ebond::core
