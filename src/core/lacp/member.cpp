#include "core/lacp/member.h"

#include <algorithm>

namespace ebond::core::lacp {

Member* find_member(Members& members, IfIndex id) {
  const auto found = std::ranges::find(members, id, [](const Member& m) { return m.facts.id; });
  return found == members.end() ? nullptr : &*found;
}

const Aggregator* find_aggregator(const Members& members, std::uint16_t id) {
  const auto found = std::ranges::find(members, id, [](const Member& m) { return m.own_aggregator.id; });
  return id == 0 || found == members.end() ? nullptr : &found->own_aggregator;
}

Aggregator* find_aggregator(Members& members, std::uint16_t id) {
  const auto found = std::ranges::find(members, id, [](const Member& m) { return m.own_aggregator.id; });
  return id == 0 || found == members.end() ? nullptr : &found->own_aggregator;
}

const Aggregator* active_aggregator(const Members& members) {
  const auto found =
      std::ranges::find_if(members, [](const Member& m) { return m.own_aggregator.is_active; });
  return found == members.end() ? nullptr : &found->own_aggregator;
}

}  // namespace ebond::core::lacp
