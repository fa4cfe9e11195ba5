#include "core/bond_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <bitset>
#include <utility>

namespace ebond::core {
namespace {

constexpr Milliseconds kIgmpSpacing{200};     // bond_resend_igmp_join_requests_delayed
constexpr Milliseconds kDefaultSpacing{100};  // of announcements, where nothing is polled

}  // namespace

Slave* Bond::State::find(IfIndex slave_index) {
  const auto found = std::ranges::find(slaves, slave_index, &Slave::ifindex);
  return found == slaves.end() ? nullptr : &*found;
}

Slave* Bond::State::active_slave() {
  return active ? find(*active) : nullptr;
}

Candidates Bond::State::candidates() {
  return {slaves, active_slave(), uses_active_slave() ? find_primary(slaves, options.primary) : nullptr,
          options.primary_reselect};
}

bool Bond::State::uses_active_slave() const {
  return options.mode == Mode::active_backup || options.mode == Mode::balance_tlb ||
         options.mode == Mode::balance_alb;
}

bool Bond::State::has_usable_slave() const {
  return is_active_backup() ? active.has_value() : std::ranges::any_of(slaves, &Slave::is_up);
}

LinkDelays Bond::State::link_delays() const {
  return {.up = has_usable_slave() ? options.updelay : Milliseconds::zero(), .down = options.downdelay};
}

SlotId Bond::State::free_slot() const {
  std::bitset<kMaxSlots> taken;
  for (const Slave& slave : slaves) taken.set(static_cast<std::size_t>(slave.slot));
  std::size_t slot = 0;
  while (taken.test(slot)) ++slot;
  return SlotId{static_cast<std::uint8_t>(slot)};
}

void Bond::State::add_slave(const NewSlave& facts, Turn& turn) {
  const bool first = slaves.empty();
  const MacAddress own_mac = mac_to_speak_with(facts.current_mac).value_or(facts.current_mac);
  if (first && !mac_is_user_set) set_bond_mac(facts.current_mac, "MAC of the first slave", turn);

  Slave& slave =
      slaves.emplace_back(Slave{.ifindex = facts.ifindex,
                                .name = facts.name,
                                .slot = free_slot(),
                                .permanent_mac = facts.permanent_mac,
                                .mac = facts.current_mac,
                                .own_mac = own_mac,
                                .link = facts.link,
                                .monitor = LinkMonitor(facts.link.carrier, link_delays().up, turn.now)});
  turn.events.push_back({.kind = "enslaved",
                         .slave = slave.name,
                         .from = "",
                         .to = std::string(mii_status_name(slave.monitor.status())),
                         .why = "by command"});
  if (balances_receiving()) {
    set_slave_mac(slave, own_mac, turn);
  } else if (fail_over_mac() == FailOverMac::none) {
    set_slave_mac(slave, mac, turn);
  }
  if (first) start_polling(turn.now + options.miimon);

  if (uses_active_slave()) {
    force_primary |= slave.name == options.primary;
    select_active(fmt::format("{} enslaved", slave.name), turn);
  } else if (!active && slave.is_up()) {
    active = slave.ifindex;
  }
}

void Bond::State::remove_slave(IfIndex slave_index, std::string_view kind, Turn& turn) {
  const auto leaving = std::ranges::find(slaves, slave_index, &Slave::ifindex);
  const std::string slave_name = leaving->name;
  const std::string why = kind == "unplugged" ? "the interface is gone" : "by command";
  turn.events.push_back(
      {std::string(kind), slave_name, std::string(mii_status_name(leaving->monitor.status())), "", why});
  turn.lost(fmt::format("{} {}", slave_name, kind));
  const bool was_active = active == slave_index;
  if (was_active) change_active(nullptr, fmt::format("{} {}", slave_name, kind), turn);
  if (balances_load()) give_up_mac_of(*leaving, turn);
  slaves.erase(leaving);
  if (was_active) select_active(fmt::format("{} {}", slave_name, kind), turn);
  if (slaves.empty()) next_poll.reset();
}

void Bond::State::link_changed(Slave& slave, const LinkTransition& transition, Turn& turn) {
  turn.events.push_back({"link", slave.name, std::string(mii_status_name(transition.from)),
                         std::string(mii_status_name(transition.to)), transition.why});
  follow_link_with_arp(slave, transition, turn);
  hold_back(slave, transition, turn);
  const auto why = fmt::format("{}: {}", slave.name, transition.why);
  if (transition.to != MiiStatus::up) turn.lost(why);
  if (active == slave.ifindex && transition.to == MiiStatus::down) return select_active(why, turn);
  // The active slave of active-backup stays on through its downdelay; a balancing bond sends nothing through
  // a slave that is going down, so if it was the last one, whichever is going back is needed now.
  if (transition.to == MiiStatus::going_down && !has_usable_slave()) return select_active(why, turn);
  if (slave.is_up()) risen(slave, why, turn);
}

/// A slave that can be used from now on.
void Bond::State::risen(const Slave& slave, const std::string& why, Turn& turn) {
  const Candidates now_there = candidates();
  if (!may_replace_active(slave, now_there)) return;
  if (!now_there.active) return select_active(why, turn);
  select_active(&slave == now_there.primary ? "primary is back" : "a slave of higher prio is up", turn);
}

void Bond::State::select_active(const std::string& why, Turn& turn) {
  const Candidates now_there = candidates();
  const Slave* chosen = choose_active(now_there, force_primary);
  if (chosen && chosen == now_there.primary && chosen->is_up()) force_primary = false;
  change_active(chosen, why, turn);
}

void Bond::State::change_active(const Slave* chosen, const std::string& why, Turn& turn) {
  Slave* const lowered = active_slave();
  if (chosen == lowered) return;
  Slave* const raised = chosen ? find(chosen->ifindex) : nullptr;
  active = raised ? std::optional(raised->ifindex) : std::nullopt;

  if (raised && raised->monitor.status() == MiiStatus::going_back) {
    const auto early = raised->monitor.cut_updelay_short("updelay cut short: no other slave is up");
    turn.events.push_back({"link", raised->name, std::string(mii_status_name(early.from)),
                           std::string(mii_status_name(early.to)), early.why});
  }
  turn.why_active = why;
  if (is_active_backup()) {
    if (raised) move_macs(*raised, lowered, turn);
    if (raised && admin_up) {
      announcements.start(options.num_peer_notif, announcement_spacing(), turn.now);
    } else {
      announcements.stop();
    }
  }
  if (balances_load() && raised) hand_bond_mac_to(*raised, lowered, turn);
  const bool moves_igmp = options.mode == Mode::balance_rr || (uses_active_slave() && raised);
  if (admin_up && moves_igmp) igmp_reports.start(options.resend_igmp, kIgmpSpacing, turn.now);
}

/// fail_over_mac active: the bond takes the MAC of its new active slave. follow: the new active slave takes
/// the bond's, and whoever wore it takes the new one's in exchange.
void Bond::State::move_macs(Slave& raised, Slave* lowered, Turn& turn) {
  switch (fail_over_mac()) {
    case FailOverMac::none:
      return;
    case FailOverMac::active:
      set_bond_mac(raised.mac, fmt::format("fail_over_mac active, {} is active", raised.name), turn);
      return;
    case FailOverMac::follow: {
      if (!lowered) {
        const auto wearer = std::ranges::find_if(
            slaves, [&](const Slave& slave) { return &slave != &raised && slave.mac == mac; });
        if (wearer != slaves.end()) lowered = &*wearer;
      }
      const MacAddress given_up = raised.mac;
      set_slave_mac(raised, lowered ? lowered->mac : mac, turn);
      if (lowered) set_slave_mac(*lowered, given_up, turn);
      return;
    }
  }
}

void Bond::State::set_bond_mac(MacAddress wanted, std::string why, Turn& turn) {
  if (wanted == mac) return;
  turn.mac_actions.emplace_back(action::SetBondMac{wanted});
  turn.events.push_back({"mac", "", mac.to_string(), wanted.to_string(), std::move(why)});
  mac = wanted;
}

void Bond::State::set_slave_mac(Slave& slave, MacAddress wanted, Turn& turn) {
  if (wanted == slave.mac) return;
  turn.mac_actions.emplace_back(action::SetSlaveMac{slave.ifindex, wanted});
  slave.mac = wanted;
}

void Bond::State::expire_delays(Turn& turn) {
  for (Slave& slave : slaves) {
    if (const auto transition = slave.monitor.expire(turn.now)) link_changed(slave, *transition, turn);
  }
  const bool any_up = std::ranges::any_of(slaves, &Slave::is_up);
  if (!active && any_up) select_active("no slave was active", turn);
}

void Bond::State::start_polling(TimePoint first) {
  const bool polls = admin_up && !slaves.empty() && options.miimon > Milliseconds::zero();
  next_poll = polls ? std::optional(first) : std::nullopt;
}

Duration Bond::State::announcement_spacing() const {
  for (const Milliseconds spacing : {options.peer_notif_delay, options.miimon, options.arp_interval}) {
    if (spacing > Milliseconds::zero()) return spacing;
  }
  return kDefaultSpacing;
}

}  // namespace ebond::core
