#include "core/bond/turn.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "core/bond/modes.h"
#include "core/bond/table_plan.h"

namespace ebond::core {

Bond::State::State(std::string bond_name, IfIndex bond_index, MacAddress mac, bool mac_is_user_set,
                   BondOptions wanted)
    : name(std::move(bond_name)),
      ifindex(bond_index),
      options(std::move(wanted)),
      macs(mac, mac_is_user_set),
      judges(options) {
  told.resume(datapath(), {}, duties());
}

Scene Bond::State::scene() const {
  return {.options = options,
          .slaves = roster.slaves(),
          .active = roster.active(),
          .bond_mac = macs.bond(),
          .admin_up = admin_up,
          .has_active_slave = uses_active_slave(options),
          .around = around,
          .idle = duties().idle_ports()};
}

DatapathSpec Bond::State::datapath() const {
  return plan_datapath(options, roster.slaves(), judges.counts_any_frame(options));
}

Table Bond::State::table() const {
  return plan_table(duties(), balance_view(), balance, told.table().buckets, settling.is_on());
}

Turn::Turn(Bond::State& bond, TimePoint now, SeenBy seen_by)
    : bond_(bond), notes_{.now = now, .seen_by = seen_by} {}

Actions Turn::end() {
  converge();
  return tell();
}

/// A bond that does not come to rest within kRounds is left as it stands, and goes on in the next turn.
void Turn::converge() {
  bond_.is_stale = false;
  unsigned round = 0;
  while (round < Bench::kRounds && have_news()) ++round;
  if (round == Bench::kRounds) {
    notes_.events.push_back({.kind = EventKind::warning,
                             .why = fmt::format("the bond does not come to rest in {} rounds", round)});
  }
  // Nothing else goes by how load is balanced: so it follows once, when all else is decided.
  bond_.balance.follow(bond_.balance_view(), bond_.told.active(), notes_);
}

/// Judges say which slaves carry, and LACP which ports are idle; each goes by the other. LACP is told once
/// the judges have no news: it says goodbye to no partner for a hold that ends in the same turn.
bool Turn::have_news() {
  const bool judged = bond_.judges.follow(*this, notes_.now);
  const bool freed = free_last_resort();
  return judged || freed ||
         bond_.lacp.follow(bond_.roster.slaves(), bond_.options, bond_.macs.bond(), bond_.admin_up, notes_);
}

/// Better a slave that is not proved, or flaps, than none.
bool Turn::free_last_resort() {
  if (bond_.roster.has_usable(bond_.options)) return false;
  JudgeNews news;
  for (const Slave& slave : bond_.roster.slaves()) {
    if (!slave.is_last_resort()) continue;
    for (const PathHold& hold : slave.path.holds()) {
      news.judged.push_back({slave.ifindex, {.judge = hold.judge, .why = "no other slave can be used"}});
    }
  }
  return carry_out(std::move(news));
}

/// Switches are taught once the table is another.
void Turn::tell_datapath(Actions& actions) {
  Told& told = bond_.told;
  auto before = told.table().buckets;
  bond_.settling.expire(notes_.now);
  told.tell_datapath(bond_.datapath(), bond_.table(), actions);
  const auto& now = told.table().buckets;
  if (now == before) return;
  if (balances_sources(bond_.options)) bond_.settling.begin(notes_.now);
  if (now.empty() || !bond_.admin_up || !teaches_behind(bond_.options)) return bond_.lessons.stop();
  bond_.lessons.start(std::move(before));
}

void Turn::teach_behind(Actions& actions) {
  if (!bond_.told.carrier()) return bond_.lessons.stop();
  auto frames = bond_.lessons.take_due(notes_.now);
  if (!frames.empty()) actions.emplace_back(action::SendByBond{std::move(frames)});
}

/// The table comes before all that points traffic at a slave, and what was told before the record of it.
Actions Turn::tell() {
  Actions actions;
  Told& told = bond_.told;
  const BondOptions& options = bond_.options;
  const Slave* const active = bond_.roster.active();
  tell_datapath(actions);
  told.tell_active(uses_active_slave(options) ? active : nullptr, notes_);
  told.tell_failover(bond_.duties().carrying(), options, notes_);
  told.tell_worn_before(bond_.balance.worn_before(bond_.balance_view()), bond_.roster, actions,
                        notes_.mac_actions);
  std::ranges::move(notes_.mac_actions, std::back_inserter(actions));
  told.tell_no_arp(bond_.roster, options, actions);
  told.tell_carrier(bond_.duties().wants_carrier(), options, bond_.admin_up, notes_, actions);
  std::ranges::move(notes_.transmissions, std::back_inserter(actions));
  bond_.rounds.take_due_reports(active, told.carrier(), notes_, actions);
  teach_behind(actions);
  if (bond_.balance.take_due_reading(notes_.now)) actions.emplace_back(action::ReadTxTotals{});
  for (Event& event : notes_.events) actions.emplace_back(action::Report{std::move(event)});
  if (bond_.lessons.take_due_reading()) actions.emplace_back(action::ReadBehind{});
  return actions;
}

}  // namespace ebond::core
