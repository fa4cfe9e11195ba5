#include "core/lacp/data_path.h"

#include <algorithm>

#include "core/lacp/selection_logic.h"

namespace ebond::core::lacp {
namespace {

/// The member's aggregator, where it is the active one.
const Aggregator* own_active_aggregator(const Members& members, const Member& member) {
  const Aggregator* const aggregator = find_aggregator(members, member.attached_to);
  return aggregator && aggregator->is_active && member.is_usable() ? aggregator : nullptr;
}

/// No partner speaks LACP here, and this is the port that carries all the same.
bool carries_alone(const Members& members, const Member& member, const Settings& settings) {
  const Aggregator* const aggregator = own_active_aggregator(members, member);
  if (!aggregator || aggregator->has_partner() || !member.hears_nobody()) return false;
  return !settings.strict || (settings.fallback && !is_lacp_heard(members));
}

}  // namespace

bool collects(const Members& members, const Member& member, const Settings& settings) {
  if (!own_active_aggregator(members, member)) return false;
  if (member.port.actor_has(LacpBit::collecting)) return true;
  const bool partner_may_begin =
      settings.coupled_control && member.mux.state() == MuxMachine::State::ATTACHED &&
      member.receive.state() == ReceiveMachine::State::CURRENT && member.port.partner_knows_us;
  return partner_may_begin || carries_alone(members, member, settings);
}

bool distributes(const Members& members, const Member& member, const Settings& settings) {
  if (!own_active_aggregator(members, member)) return false;
  if (member.port.actor_has(LacpBit::distributing)) return member.port.partner_has(LacpBit::collecting);
  return carries_alone(members, member, settings);
}

bool has_carrier(const Members& members, const Settings& settings) {
  const Aggregator* const active = active_aggregator(members);
  if (!active || usable_ports(members, active->id) < settings.min_links) return false;
  if (!settings.strict) return true;
  const auto distributing =
      std::ranges::count_if(members, [&](const Member& m) { return distributes(members, m, settings); });
  return distributing >= std::max<std::int64_t>(1, settings.min_links);
}

}  // namespace ebond::core::lacp
