// What the world must be told: the table, the datapath's speciality, flags and carrier as they should be, and
// the difference from what they were last told to be.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "core/bond_state.h"
#include "core/fill.h"

namespace ebond::core {
namespace {

/// Speeds as weights; where one is not known it counts as the slowest known.
void weigh_by_speed(std::vector<Share>& shares, const std::vector<const Slave*>& senders) {
  std::uint32_t slowest = 0;
  for (const Slave* slave : senders) {
    const auto speed = slave->link.speed_mbps;
    if (speed > 0 && (slowest == 0 || speed < slowest)) slowest = speed;
  }
  if (slowest == 0) return;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    shares[i].weight = senders[i]->link.speed_mbps ? senders[i]->link.speed_mbps : slowest;
  }
}

}  // namespace

bool Bond::State::is_in_use(const Slave& slave) const {
  if (options.mode == Mode::ieee8023ad) return lacp && lacp->may_distribute(slave.ifindex);
  return !is_active_backup() || active == slave.ifindex;
}

/// As bond_set_carrier: one link up is enough. In 802.3ad the aggregator counts, with min_links.
bool Bond::State::wants_carrier() const {
  if (options.mode != Mode::ieee8023ad) return std::ranges::any_of(slaves, &Slave::is_up);
  if (!lacp || !lacp->carrier()) return false;
  // Ports it would send by, all of them with a path that leads nowhere, are no carrier.
  const auto sends = [this](const Slave& slave) { return slave.monitor.is_up() && is_in_use(slave); };
  return std::ranges::any_of(slaves,
                             [&](const Slave& slave) { return sends(slave) && slave.path.is_open(); }) ||
         std::ranges::none_of(slaves, sends);
}

bool Bond::State::may_accept(const Slave& slave) const {
  if (options.mode == Mode::ieee8023ad) return lacp && lacp->may_collect(slave.ifindex);
  return !uses_active_slave() || active == slave.ifindex;
}

/// Who may send where several do.
std::vector<const Slave*> Bond::State::senders() const {
  std::vector<const Slave*> found;
  for (const Slave& slave : slaves) {
    if (slave.is_up() && is_in_use(slave)) found.push_back(&slave);
  }
  return found;
}

std::vector<SlotId> Bond::State::wanted_buckets() {
  const bool balances = options.mode == Mode::balance_rr || options.mode == Mode::balance_xor ||
                        options.mode == Mode::broadcast || options.mode == Mode::ieee8023ad ||
                        balances_load();
  if (!balances) {
    const Slave* const sender = active_slave();
    return sender ? std::vector{sender->slot} : std::vector<SlotId>{};
  }

  if (balances_by_load()) {
    const Slave* const sender = active_slave();
    return tx_balance.follow(load_shares(), sender ? std::optional(sender->slot) : std::nullopt);
  }

  const auto sharers = senders();
  std::vector<Share> shares;
  shares.reserve(sharers.size());
  for (const Slave* slave : sharers) shares.push_back({.slot = slave->slot});
  if (options.mode == Mode::broadcast) return modulo_fill(shares);

  if (options.weight == Weight::speed) weigh_by_speed(shares, sharers);
  if (options.mode != Mode::balance_rr) {
    return options.tx_table == TxTable::resilient ? resilient_fill(shares, table.buckets)
                                                  : modulo_fill(shares);
  }
  auto buckets = modulo_fill(shares);
  if (const Slave* const sender = active_slave()) {  // IGMP goes where buckets[0] points
    const auto first = std::ranges::find(buckets, sender->slot);
    if (first != buckets.end()) std::ranges::rotate(buckets, first);
  }
  return buckets;
}

Table Bond::State::wanted_table() {
  Table wanted;
  wanted.buckets = wanted_buckets();
  if (uses_active_slave() && active) wanted.standby = standby_order(candidates());
  for (const Slave& slave : slaves) {
    const bool accepts_all = options.all_slaves_active || may_accept(slave);
    const bool accepts = accepts_all || balances_receiving();
    wanted.slots.push_back({.slot = slave.slot,
                            .ifindex = slave.ifindex,
                            .accepts = accepts,
                            .unicast_only = accepts && !accepts_all,
                            .queue_id = slave.options.queue_id});
    if (!balances_load()) continue;
    wanted.slots.back().own_mac = slave.own_mac;
    wanted.slots.back().rewrites_source = active != slave.ifindex;
  }
  if (balances_load()) tell_balance(wanted);
  std::ranges::sort(wanted.slots, {}, &TableSlot::slot);
  return wanted;
}

/// What a mode does not use stands at its default, so that changing it makes no new programs.
DatapathSpec Bond::State::wanted_spec() const {
  DatapathSpec wanted{.mode = options.mode};
  wanted.count_tx = balances_by_load();
  wanted.by_destination = balances_receiving() && balances_by_load();
  const bool hashes =
      options.mode == Mode::balance_xor || options.mode == Mode::ieee8023ad || balances_load();
  if (hashes && !wanted.by_destination) wanted.xmit_hash_policy = options.xmit_hash_policy;
  if (options.mode == Mode::balance_rr) wanted.packets_per_slave = options.packets_per_slave;
  // The driver's rule (bond_should_override_tx_queue): other modes keep a flow to its slave.
  const bool obeys_queues = options.mode == Mode::active_backup || options.mode == Mode::balance_rr;
  wanted.queue_ids = obeys_queues && std::ranges::any_of(slaves, [](const Slave& slave) {
                       return slave.options.queue_id != 0;
                     });
  wanted.broadcast_neighbor = options.mode == Mode::ieee8023ad && options.broadcast_neighbor;
  wanted.stamp_rx = ArpMonitor::counts_any_frame(options) || proves_before_failback();
  return wanted;
}

Actions Bond::State::settle(Turn& turn) {
  Actions actions;
  follow_with_arp(turn);
  follow_with_path_watch(turn);
  free_last_resort(turn);
  follow_with_lacp(turn);
  follow_with_balance(turn);
  if (auto wanted = wanted_spec(); wanted != spec) {
    spec = wanted;
    actions.emplace_back(action::RespecialiseDatapath{});
  }
  if (auto wanted = wanted_table(); wanted != table) {
    table = std::move(wanted);
    actions.emplace_back(action::PublishTable{});
  }
  settle_active(turn);
  settle_failover(turn);
  std::ranges::move(turn.mac_actions, std::back_inserter(actions));
  settle_no_arp(actions);
  settle_carrier(actions, turn);
  std::ranges::move(turn.transmissions, std::back_inserter(actions));
  settle_repeats(actions, turn);
  for (Event& event : turn.events) actions.emplace_back(action::Report{std::move(event)});
  return actions;
}

/// One record for a failover, however many steps it took inside.
void Bond::State::settle_active(Turn& turn) {
  const Slave* const slave = uses_active_slave() ? active_slave() : nullptr;
  const auto now_active = slave ? std::optional(slave->ifindex) : std::nullopt;
  std::string now_name = slave ? slave->name : "";
  if (now_active != told_active) {
    turn.events.push_back({"active-slave", now_name, told_active_name, now_name, turn.why_active});
  }
  told_active = now_active;
  told_active_name = std::move(now_name);
}

std::vector<Carrying> Bond::State::carrying() const {
  std::vector<Carrying> found;
  for (const Slave& slave : slaves) {
    const bool carries = is_active_backup() ? active == slave.ifindex : slave.is_up() && is_in_use(slave);
    if (carries) found.push_back({slave.ifindex, slave.name});
  }
  return found;
}

/// Traffic left a slave: one record of it, in every mode, whatever the reason.
void Bond::State::settle_failover(Turn& turn) {
  auto now_carrying = carrying();
  std::vector<std::string> from, to;
  for (const Carrying& before : told_carrying) {
    if (std::ranges::find(now_carrying, before.ifindex, &Carrying::ifindex) == now_carrying.end()) {
      from.push_back(before.name);
    }
  }
  for (const Carrying& slave : now_carrying) to.push_back(slave.name);
  told_carrying = std::move(now_carrying);
  if (from.empty()) return;
  const std::string& why = is_active_backup() && !turn.why_active.empty() ? turn.why_active : turn.why_lost;
  turn.events.push_back({.kind = "failover",
                         .slave = {},
                         .from = fmt::format("{}", fmt::join(from, ",")),
                         .to = fmt::format("{}", fmt::join(to, ",")),
                         .why = why,
                         .seen_by = std::string(turn.seen_by)});
}

void Bond::State::settle_no_arp(Actions& actions) {
  for (Slave& slave : slaves) {
    const bool wanted = is_active_backup() && active != slave.ifindex;
    if (wanted == slave.no_arp) continue;
    slave.no_arp = wanted;
    actions.emplace_back(action::SetNoArp{slave.ifindex, wanted});
  }
}

void Bond::State::settle_carrier(Actions& actions, Turn& turn) {
  const bool wanted = wants_carrier();
  if (wanted == carrier) return;
  carrier = wanted;
  actions.emplace_back(action::SetCarrier{wanted});
  const auto name_of = [](bool on) { return on ? "up" : "down"; };
  const bool lacp_decides = options.mode == Mode::ieee8023ad;
  const auto why = wanted && lacp_decides ? "an aggregator has enough ports"
                   : wanted               ? "a slave is up"
                   : !admin_up            ? "the bond was set down"
                   : lacp_decides         ? "no aggregator has enough ports"
                                          : "no slave is up";
  turn.events.push_back({"carrier", "", name_of(!wanted), name_of(wanted), why});
}

/// A round that falls due while the bond has no carrier is skipped, as in the driver.
void Bond::State::settle_repeats(Actions& actions, Turn& turn) {
  if (const auto round = announcements.take(turn.now); round && carrier) {
    actions.emplace_back(action::Announce{});
    const Slave* const sender = active_slave();
    turn.events.push_back({"announce", sender ? sender->name : "", "", "",
                           fmt::format("round {} of {}", *round, announcements.total())});
  }
  if (igmp_reports.take(turn.now)) actions.emplace_back(action::ResendIgmp{});
  if (tx_balance.take_due(turn.now)) actions.emplace_back(action::ReadTxTotals{});
  if (next_poll && turn.now >= *next_poll) {
    actions.emplace_back(action::PollLinks{});
    next_poll = turn.now + options.miimon;
  }
}

}  // namespace ebond::core
