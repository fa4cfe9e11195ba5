#include "core/bond/roster.h"

#include <algorithm>
#include <bitset>
#include <utility>

#include "core/bond/modes.h"

namespace ebond::core {

const Slave* Roster::find(IfIndex slave) const {
  const auto found = std::ranges::find(slaves_, slave, &Slave::ifindex);
  return found == slaves_.end() ? nullptr : &*found;
}
Slave* Roster::find(IfIndex slave) {
  const auto found = std::ranges::find(slaves_, slave, &Slave::ifindex);
  return found == slaves_.end() ? nullptr : &*found;
}

const Slave* Roster::named(std::string_view name) const {
  const auto found = std::ranges::find(slaves_, name, &Slave::name);
  return found == slaves_.end() ? nullptr : &*found;
}

SlotId Roster::free_slot() const {
  std::bitset<kMaxSlots> taken;
  for (const Slave& slave : slaves_) taken.set(static_cast<std::size_t>(slave.slot));
  std::size_t slot = 0;
  while (taken.test(slot)) ++slot;
  return SlotId{static_cast<std::uint8_t>(slot)};
}

Slave& Roster::add(Slave slave) {
  return slaves_.emplace_back(std::move(slave));
}

void Roster::remove(IfIndex slave) {
  std::erase_if(slaves_, [&](const Slave& each) { return each.ifindex == slave; });
}

Candidates Roster::candidates(const BondOptions& options) const {
  return {slaves_, active(), uses_active_slave(options) ? find_primary(slaves_, options.primary) : nullptr,
          options.primary_reselect};
}

const Slave* Roster::choose(const BondOptions& options) {
  const Candidates there = candidates(options);
  const Slave* const chosen = choose_active(there, force_primary_);
  if (chosen && chosen == there.primary && chosen->is_up()) force_primary_ = false;
  return chosen;
}

void Roster::force_primary_if_here(const BondOptions& options) {
  force_primary_ = find_primary(slaves_, options.primary) != nullptr;
}

bool Roster::has_usable(const BondOptions& options) const {
  return is_active_backup(options) ? active_.has_value() : std::ranges::any_of(slaves_, &Slave::is_up);
}

LinkDelays Roster::link_delays(const BondOptions& options) const {
  return {.up = has_usable(options) ? options.updelay : Milliseconds::zero(), .down = options.downdelay};
}

}  // namespace ebond::core
