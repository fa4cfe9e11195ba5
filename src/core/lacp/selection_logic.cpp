#include "core/lacp/selection_logic.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ebond::core::lacp {
namespace {

/// How long the end with the higher system ID waits for its partner to attach before it looks elsewhere: the
/// partner's own wait, and a timeout. The other end waits twice as long, so that only one of them moves.
constexpr Duration kPatience = kAggregateWaitTime + kShortTimeoutTime + kFastPeriodicTime;

bool is_attached(const Member& member, const Aggregator& aggregator) {
  return member.attached_to == aggregator.id;
}

bool has_ports(const Members& members, const Aggregator& aggregator) {
  return std::ranges::any_of(members, [&](const Member& m) { return is_attached(m, aggregator); });
}

bool is_individual_link(const Port& port) {
  const bool has_partner = !port.partner.system.is_zero();
  return !port.LACP_Enabled || (has_partner && !port.partner_has(LacpBit::aggregation));
}

/// 6.4.12: the same LAG ID, and both ends can aggregate. Without a partner every port is alone.
bool suits(const Aggregator& aggregator, const Port& port) {
  return aggregator.has_partner() && !aggregator.is_individual && !is_individual_link(port) &&
         aggregator.key == port.actor.key && aggregator.partner_system == port.partner.system &&
         aggregator.partner_priority == port.partner.system_priority &&
         aggregator.partner_key == port.partner.key;
}

void clear(Aggregator& aggregator) {
  const auto id = aggregator.id;
  aggregator = {};
  aggregator.id = id;
}

void leave_aggregator(Members& members, Member& member) {
  Aggregator* const old = find_aggregator(members, member.attached_to);
  member.attached_to = 0;
  if (old && !has_ports(members, *old)) clear(*old);
}

std::uint64_t bandwidth(const Members& members, const Aggregator& aggregator) {
  std::uint64_t total = 0;
  for (const Member& member : members) {
    if (is_attached(member, aggregator) && member.is_usable()) total += member.facts.link.speed_mbps;
  }
  return total;
}

std::uint64_t port_priorities(const Members& members, const Aggregator& aggregator) {
  std::uint64_t total = 0;
  for (const Member& member : members) {
    if (is_attached(member, aggregator) && member.is_usable()) total += member.port.actor.port_priority;
  }
  return total;
}

/// The partner is in sync on one usable port at least.
bool is_answered(const Members& members, const Aggregator& aggregator) {
  return std::ranges::any_of(members, [&](const Member& m) {
    return is_attached(m, aggregator) && m.is_usable() && m.port.partner_has(LacpBit::synchronization);
  });
}

class Choice {
 public:
  Choice(const Members& members, const Settings& settings)
      : members_(members),
        settings_(settings),
        has_alternative_(std::ranges::any_of(members, [&](const Member& m) {
          return !m.own_aggregator.is_refused && is_answered(members, m.own_aggregator);
        })) {}

  /// Whether `candidate` is to be preferred to `best`: the driver's order, after what the partner told.
  bool is_better(const Aggregator& candidate, const Aggregator& best) const {
    if (candidate.is_individual != best.is_individual) return best.is_individual;
    if (candidate.has_partner() != best.has_partner()) return candidate.has_partner();
    if (is_out(candidate) != is_out(best)) return is_out(best);
    switch (settings_.ad_select) {
      case AdSelect::actor_port_prio:
        if (const auto a = port_priorities(members_, candidate), b = port_priorities(members_, best);
            a != b) {
          return a > b;
        }
        [[fallthrough]];
      case AdSelect::count:
        if (const auto a = usable_ports(members_, candidate.id), b = usable_ports(members_, best.id);
            a != b) {
          return a > b;
        }
        [[fallthrough]];
      case AdSelect::stable:
      case AdSelect::bandwidth:
        break;
    }
    return bandwidth(members_, candidate) > bandwidth(members_, best);
  }

  /// ad_select stable: the active aggregator stays while it has a usable port and nothing better in kind
  /// turned up.
  bool stays(const Aggregator& active, const Aggregator& best) const {
    if (settings_.ad_select != AdSelect::stable || usable_ports(members_, active.id) == 0) return false;
    if (is_out(active) && !is_out(best)) return false;
    return active.has_partner() || !best.has_partner();
  }

 private:
  /// Refused, and there is one to turn to. Asked of all alike, lest A beats B beats C beats A.
  bool is_out(const Aggregator& aggregator) const { return aggregator.is_refused && has_alternative_; }

  const Members& members_;
  const Settings& settings_;
  bool has_alternative_;
};

/// lacp_fallback: while no usable port hears LACP, the one with the lowest actor_port_prio; else the present
/// one, else the first.
const Member* fallback_port(const Members& members, const Settings& settings) {
  if (!settings.fallback || is_lacp_heard(members)) return nullptr;
  const Member* best = nullptr;
  const auto rank = [&](const Member& m) {
    const auto* aggregator = find_aggregator(members, m.attached_to);
    return std::tuple(-int{m.facts.port_priority}, aggregator && aggregator->is_active);
  };
  for (const Member& member : members) {
    if (!member.is_usable() || !member.hears_nobody() || member.attached_to == 0) continue;
    if (!best || rank(member) > rank(*best)) best = &member;
  }
  return best;
}

/// The identifier of the aggregator to be active; 0 where none has a usable port.
std::uint16_t best_aggregator(const Members& members, const Settings& settings) {
  if (const Member* port = fallback_port(members, settings)) return port->attached_to;
  const Choice choice(members, settings);
  const Aggregator* const active = active_aggregator(members);
  const Aggregator* best = active && usable_ports(members, active->id) != 0 ? active : nullptr;
  for (const Member& member : members) {
    const Aggregator& candidate = member.own_aggregator;
    if (usable_ports(members, candidate.id) == 0) continue;
    if (!best || choice.is_better(candidate, *best)) best = &candidate;
  }
  if (best && active && choice.stays(*active, *best)) best = active;
  return best ? best->id : 0;
}

/// The end with the lower system ID decides where the ends' choices differ (6.4.12).
bool we_decide(const Settings& settings, const Aggregator& aggregator) {
  return std::pair(settings.system_priority, settings.system) <
         std::pair(aggregator.partner_priority, aggregator.partner_system);
}

Duration patience(const Settings& settings, const Aggregator& aggregator) {
  return we_decide(settings, aggregator) ? 2 * kPatience : kPatience;
}

/// An active aggregator whose partner attaches none of its ports is refused after a while. Where the ends'
/// ad_select differ, or tie, each could wait for the other for ever.
void watch_for_answer(const Members& members, const Settings& settings, Aggregator& aggregator,
                      TimePoint now) {
  if (!aggregator.has_partner() || is_answered(members, aggregator)) {
    aggregator.unanswered_since.reset();
    aggregator.is_refused = false;
  } else if (!aggregator.is_active) {
    aggregator.unanswered_since.reset();
  } else if (!aggregator.unanswered_since) {
    aggregator.unanswered_since = now;
  } else if (now >= *aggregator.unanswered_since + patience(settings, aggregator)) {
    aggregator.is_refused = true;
  }
}

}  // namespace

bool select_aggregator(Members& members, Member& member) {
  Port& port = member.port;
  if (port.selected != Selected::UNSELECTED || port.BEGIN ||
      member.mux.state() != MuxMachine::State::DETACHED) {
    return false;
  }
  leave_aggregator(members, member);
  Aggregator* chosen = nullptr;
  for (Member& other : members) {
    Aggregator& candidate = other.own_aggregator;
    if (has_ports(members, candidate)) {
      if (suits(candidate, port)) {
        chosen = &candidate;
        break;
      }
    } else if (!chosen) {
      chosen = &candidate;
    }
  }
  if (!chosen) return false;  // cannot be: one aggregator per port, and this port is in none
  if (!has_ports(members, *chosen)) {
    chosen->key = port.actor.key;
    chosen->partner_system = port.partner.system;
    chosen->partner_priority = port.partner.system_priority;
    chosen->partner_key = port.partner.key;
    chosen->is_individual = is_individual_link(port);
  }
  member.attached_to = chosen->id;
  port.selected = chosen->is_active ? Selected::SELECTED : Selected::STANDBY;
  return true;
}

bool choose_active_aggregator(Members& members, const Settings& settings, TimePoint now) {
  for (Member& member : members) watch_for_answer(members, settings, member.own_aggregator, now);
  const auto best = best_aggregator(members, settings);
  bool changed = false;
  for (Member& member : members) {
    Aggregator& aggregator = member.own_aggregator;
    const bool is_best = aggregator.id == best;
    changed |= aggregator.is_active != is_best;
    aggregator.is_active = is_best;
  }
  for (Member& member : members) {
    if (member.port.selected == Selected::UNSELECTED) continue;
    const auto wanted = member.attached_to == best ? Selected::SELECTED : Selected::STANDBY;
    changed |= member.port.selected != wanted;
    member.port.selected = wanted;
  }
  return changed;
}

std::optional<TimePoint> selection_deadline(const Members& members, const Settings& settings) {
  std::optional<TimePoint> deadline;
  for (const Member& member : members) {
    const Aggregator& aggregator = member.own_aggregator;
    if (!aggregator.unanswered_since || aggregator.is_refused) continue;
    deadline = earlier(deadline, *aggregator.unanswered_since + patience(settings, aggregator));
  }
  return deadline;
}

void update_Ready(Members& members) {
  for (Member& member : members) {
    member.port.Ready = std::ranges::all_of(members, [&](const Member& other) {
      return other.attached_to != member.attached_to || other.mux.state() != MuxMachine::State::WAITING ||
             other.port.selected != Selected::SELECTED || other.port.Ready_N;
    });
  }
}

void evacuate(Members& members, Member& removed) {
  leave_aggregator(members, removed);
  Aggregator& old = removed.own_aggregator;
  if (!has_ports(members, old)) return;
  for (Member& member : members) {
    Aggregator& home = member.own_aggregator;
    if (&home == &old || has_ports(members, home)) continue;
    const auto old_id = old.id;
    const auto new_id = home.id;
    home = old;
    home.id = new_id;
    for (Member& other : members) {
      if (other.attached_to == old_id) other.attached_to = new_id;
    }
    clear(old);
    return;
  }
}

bool is_lacp_heard(const Members& members) {
  return std::ranges::any_of(
      members, [](const Member& m) { return m.is_usable() && !m.port.partner.system.is_zero(); });
}

std::size_t usable_ports(const Members& members, std::uint16_t aggregator) {
  return static_cast<std::size_t>(std::ranges::count_if(
      members, [&](const Member& m) { return m.attached_to == aggregator && m.is_usable(); }));
}

}  // namespace ebond::core::lacp
