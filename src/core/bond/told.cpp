#include "core/bond/told.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/bond/modes.h"

namespace ebond::core {

void Told::tell_datapath(const DatapathSpec& spec, Table table, Actions& actions) {
  if (spec != spec_) {
    spec_ = spec;
    actions.emplace_back(action::RespecialiseDatapath{});
  }
  if (table == table_) return;
  table_ = std::move(table);
  actions.emplace_back(action::PublishTable{});
}

void Told::tell_active(const Slave* active, TurnNotes& notes) {
  const auto now_active = active ? std::optional(active->ifindex) : std::nullopt;
  std::string now_name = active ? active->name : "";
  if (now_active != active_) {
    notes.events.push_back({EventKind::active_slave, now_name, active_name_, now_name, notes.why_active});
  }
  active_ = now_active;
  active_name_ = std::move(now_name);
}

void Told::tell_failover(std::vector<Carrying> carrying, const BondOptions& options, TurnNotes& notes) {
  std::vector<std::string> from, to;
  for (const Carrying& before : carrying_) {
    if (std::ranges::find(carrying, before.ifindex, &Carrying::ifindex) == carrying.end()) {
      from.push_back(before.name);
    }
  }
  for (const Carrying& slave : carrying) to.push_back(slave.name);
  carrying_ = std::move(carrying);
  if (from.empty()) return;
  const bool chosen = is_active_backup(options) && !notes.why_active.empty();
  notes.events.push_back({.kind = EventKind::failover,
                          .slave = {},
                          .from = fmt::format("{}", fmt::join(from, ",")),
                          .to = fmt::format("{}", fmt::join(to, ",")),
                          .why = chosen ? notes.why_active : notes.why_lost,
                          .seen_by = notes.seen_by});
}

bool Told::is_silent(const Slave& slave, const Roster& roster, const BondOptions& options) {
  return is_active_backup(options) && !roster.is_active(slave);
}

std::vector<IfIndex> Told::silent(const Roster& roster, const BondOptions& options) {
  std::vector<IfIndex> found;
  for (const Slave& slave : roster.slaves()) {
    if (is_silent(slave, roster, options)) found.push_back(slave.ifindex);
  }
  return found;
}

void Told::tell_no_arp(const Roster& roster, const BondOptions& options, Actions& actions) {
  const auto before = std::exchange(silent_, silent(roster, options));
  const auto holds = [](const std::vector<IfIndex>& among, IfIndex slave) {
    return std::ranges::find(among, slave) != among.end();
  };
  for (const Slave& slave : roster.slaves()) {
    const bool wanted = holds(silent_, slave.ifindex);
    if (wanted != holds(before, slave.ifindex)) actions.emplace_back(action::SetNoArp{slave.ifindex, wanted});
  }
}

void Told::tell_carrier(bool on, const BondOptions& options, bool admin_up, TurnNotes& notes,
                        Actions& actions) {
  if (on == carrier_) return;
  carrier_ = on;
  actions.emplace_back(action::SetCarrier{on});
  const auto name_of = [](bool is_on) { return is_on ? "up" : "down"; };
  const bool lacp_decides = options.mode == Mode::ieee8023ad;
  const auto why = on && lacp_decides ? "an aggregator has enough ports"
                   : on               ? "a slave is up"
                   : !admin_up        ? "the bond was set down"
                   : lacp_decides     ? "no aggregator has enough ports"
                                      : "no slave is up";
  notes.events.push_back({EventKind::carrier, "", name_of(!on), name_of(on), why});
}

void Told::tell_worn_before(std::vector<Worn> worn, const Roster& roster, Actions& before_macs,
                            Actions& after_macs) {
  const auto before = std::exchange(worn_before_, std::move(worn));
  const auto holds = [](const std::vector<Worn>& among, const Worn& each) {
    return std::ranges::find(among, each) != among.end();
  };
  for (const Worn& each : worn_before_) {
    if (!holds(before, each)) before_macs.emplace_back(action::KeepTaking{each.slave, each.mac, true});
  }
  for (const Worn& each : before) {
    if (holds(worn_before_, each) || !roster.find(each.slave)) continue;
    after_macs.emplace_back(action::KeepTaking{each.slave, each.mac, false});
  }
}

void Told::resume(const DatapathSpec& spec, Table table, const Duties& duties) {
  spec_ = spec;
  table_ = std::move(table);
  carrier_ = duties.wants_carrier();
  carrying_ = duties.carrying();
  silent_ = silent(duties.roster, duties.options);
  const Slave* const active = uses_active_slave(duties.options) ? duties.roster.active() : nullptr;
  active_ = active ? std::optional(active->ifindex) : std::nullopt;
  active_name_ = active ? active->name : "";
}

}  // namespace ebond::core
