#include "core/selection.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace ebond::core {
namespace {

/// The first in enslave order of those with the highest prio whose link is up.
const Slave* highest_prio(std::span<const Slave> slaves) {
  const Slave* best = nullptr;
  for (const Slave& slave : slaves) {
    if (slave.is_up() && (!best || slave.options.prio > best->options.prio)) best = &slave;
  }
  return best;
}

/// Going back, and soonest through with it.
const Slave* soonest_back(std::span<const Slave> slaves) {
  const Slave* best = nullptr;
  for (const Slave& slave : slaves) {
    if (!slave.is_coming_up()) continue;
    if (!best || slave.monitor.delay_ends() < best->monitor.delay_ends()) best = &slave;
  }
  return best;
}

/// Speed, then duplex; unknown ranks above all known, as the driver's -1 does in an unsigned field.
bool is_faster(const LinkState& left, const LinkState& right) {
  const auto rank = [](const LinkState& link) {
    const auto speed = link.speed_mbps ? link.speed_mbps : std::numeric_limits<std::uint32_t>::max();
    return std::tuple(speed, link.duplex);
  };
  return rank(left) > rank(right);
}

/// Between a slave that would be better and the active one, both up.
const Slave* reselect(PrimaryReselect policy, const Slave* better, const Slave* active) {
  switch (policy) {
    case PrimaryReselect::always:
      return better;
    case PrimaryReselect::better:
      return is_faster(better->link, active->link) ? better : active;
    case PrimaryReselect::failure:
      return active;
  }
  return active;
}

}  // namespace

const Slave* find_primary(std::span<const Slave> slaves, std::string_view primary) {
  if (primary.empty()) return nullptr;
  const auto found = std::ranges::find(slaves, primary, &Slave::name);
  return found == slaves.end() ? nullptr : &*found;
}

const Slave* choose_active(const Candidates& candidates, bool force_primary) {
  const bool primary_up = candidates.primary && candidates.primary->is_up();
  if (primary_up && force_primary) return candidates.primary;

  const Slave* better = primary_up ? candidates.primary : highest_prio(candidates.slaves);
  if (!better) return soonest_back(candidates.slaves);
  if (!candidates.active || !candidates.active->is_up() || better == candidates.active) return better;
  return reselect(candidates.reselect, better, candidates.active);
}

bool may_replace_active(const Slave& risen, const Candidates& candidates) {
  return !candidates.active || &risen == candidates.primary ||
         risen.options.prio > candidates.active->options.prio;
}

std::vector<SlotId> standby_order(const Candidates& candidates) {
  std::vector<const Slave*> others;
  for (const Slave& slave : candidates.slaves) {
    const bool may_carry = slave.is_up() || slave.is_coming_up() || slave.is_last_resort();
    if (&slave != candidates.active && may_carry) others.push_back(&slave);
  }
  std::ranges::stable_sort(others, [&](const Slave* left, const Slave* right) {
    const auto rank = [&](const Slave* slave) {
      return std::tuple(slave->is_last_resort(), !slave->is_up(), slave->monitor.delay_ends(),
                        slave != candidates.primary, -std::int64_t{slave->options.prio});
    };
    return rank(left) < rank(right);
  });
  std::vector<SlotId> order;
  order.reserve(others.size());
  for (const Slave* slave : others) order.push_back(slave->slot);
  return order;
}

}  // namespace ebond::core
