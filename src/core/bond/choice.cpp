// The active slave: when it is chosen again, and what follows from a choice.
#include "core/bond/modes.h"
#include "core/bond/turn.h"

namespace ebond::core {

void Turn::choose(const std::string& why) {
  make_active(bond_.roster.choose(bond_.options), why);
}

void Turn::make_active(const Slave* chosen, const std::string& why) {
  Slave* const lowered = bond_.roster.active();
  if (chosen == lowered) return;
  Slave* const raised = chosen ? bond_.roster.find(chosen->ifindex) : nullptr;
  bond_.roster.make_active(raised ? std::optional(raised->ifindex) : std::nullopt);
  notes_.why_active = why;
  if (raised && raised->monitor.status() == MiiStatus::going_back) {
    notes_.link_event(*raised, raised->monitor.cut_updelay_short("updelay cut short: no other slave is up"));
  }
  if (raised) bond_.macs.active_changed(*raised, lowered, bond_.roster, bond_.options, notes_);
  bond_.rounds.active_changed(raised != nullptr, bond_.admin_up, bond_.options, notes_.now);
}

void Turn::risen(const Slave& slave, const std::string& why) {
  const Candidates there = bond_.roster.candidates(bond_.options);
  if (!may_replace_active(slave, there)) return;
  if (!there.active) return choose(why);
  choose(&slave == there.primary ? "primary is back" : "a slave of higher prio is up");
}

void Turn::make_active_by_name(std::string_view name) {
  if (const Slave* const wanted = bond_.roster.named(name)) return make_active(wanted, "by command");
  make_active(nullptr, "active_slave cleared");
  choose("active_slave cleared");
}

}  // namespace ebond::core
