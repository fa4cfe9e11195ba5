#include "core/bond/table_plan.h"

#include <algorithm>

#include "core/bond/modes.h"
#include "core/fill.h"
#include "core/judges/asking.h"

namespace ebond::core {
namespace {

/// Speeds as weights; one that is not known counts as the slowest known.
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

std::vector<SlotId> plan_buckets(const Duties& duties, const BondBalance& balance,
                                 std::span<const SlotId> before) {
  const BondOptions& options = duties.options;
  const Slave* const active = duties.roster.active();
  if (is_active_backup(options)) return active ? std::vector{active->slot} : std::vector<SlotId>{};
  if (balances_by_load(options)) return balance.buckets();

  const auto senders = duties.senders();
  std::vector<Share> shares;
  shares.reserve(senders.size());
  for (const Slave* slave : senders) shares.push_back({.slot = slave->slot});
  if (options.mode == Mode::broadcast) return modulo_fill(shares);

  if (options.weight == Weight::speed) weigh_by_speed(shares, senders);
  if (balances_sources(options)) return resilient_fill(shares, before);
  if (options.mode != Mode::balance_rr) {
    return options.tx_table == TxTable::resilient ? resilient_fill(shares, before) : modulo_fill(shares);
  }
  auto buckets = modulo_fill(shares);
  if (active) {  // IGMP goes where buckets[0] points
    const auto first = std::ranges::find(buckets, active->slot);
    if (first != buckets.end()) std::ranges::rotate(buckets, first);
  }
  return buckets;
}

/// It is held, but what others still send to it counts.
bool takes_in_what_comes(const Slave& slave) {
  return std::ranges::any_of(slave.path.holds(), &PathHold::takes_in);
}

TableSlot plan_slot(const Duties& duties, const Slave& slave) {
  const BondOptions& options = duties.options;
  const bool leaves = takes_in_what_comes(slave);
  const bool accepts_all =
      options.all_slaves_active || duties.may_accept(slave) || (leaves && !uses_active_slave(options));
  // Of what the switch floods, the active slave has its own.
  const bool accepts = accepts_all || leaves || balances_receiving(options);
  TableSlot slot{.slot = slave.slot,
                 .ifindex = slave.ifindex,
                 .accepts = accepts,
                 .unicast_only = accepts && !accepts_all,
                 .queue_id = slave.options.queue_id};
  if (balances_load(options)) {
    slot.own_mac = slave.own_mac;
    slot.rewrites_source = !duties.roster.is_active(slave);
  }
  return slot;
}

/// balance-slb. What is sent to a MAC comes by the slave that the MAC sends by, once switches have learned
/// that; a second copy by another slave was flooded.
void plan_sources(const Duties& duties, const BondBalance::View& bond, bool is_settling, Table& table) {
  const auto slaves = duties.roster.slaves();
  if (const Slave* const active = duties.roster.active()) table.unbalanced = active->slot;
  for (const Slave& slave : slaves) {
    TableSlot& slot = *std::ranges::find(table.slots, slave.slot, &TableSlot::slot);
    slot.accepts = slot.unicast_only = slave.is_up();
    slot.only_its_own = slot.accepts && !is_settling;
    slot.own_mac = probe_mac(slave, slaves, bond.macs.bond());
  }
}

}  // namespace

Table plan_table(const Duties& duties, const BondBalance::View& bond, const BondBalance& balance,
                 std::span<const SlotId> before, bool is_settling) {
  Table wanted;
  wanted.buckets = plan_buckets(duties, balance, before);
  if (uses_active_slave(duties.options) && duties.roster.active_index()) {
    wanted.standby = standby_order(duties.roster.candidates(duties.options));
  }
  for (const Slave& slave : duties.roster.slaves()) wanted.slots.push_back(plan_slot(duties, slave));
  balance.plan(bond, wanted);
  if (balances_sources(duties.options)) {
    const bool moves = !std::ranges::equal(wanted.buckets, before);
    plan_sources(duties, bond, is_settling || moves, wanted);
  }
  std::ranges::sort(wanted.slots, {}, &TableSlot::slot);
  return wanted;
}

DatapathSpec plan_datapath(const BondOptions& options, std::span<const Slave> slaves, bool stamps_rx) {
  DatapathSpec wanted{.mode = options.mode};
  wanted.count_tx = balances_by_load(options);
  wanted.by_destination = balances_receiving(options) && balances_by_load(options);
  const bool hashes =
      options.mode == Mode::balance_xor || options.mode == Mode::ieee8023ad || balances_load(options);
  if (hashes && !wanted.by_destination) wanted.xmit_hash_policy = options.xmit_hash_policy;
  if (options.mode == Mode::balance_rr) wanted.packets_per_slave = options.packets_per_slave;
  // The driver's rule (bond_should_override_tx_queue): other modes keep a flow to its slave.
  const bool obeys_queues = options.mode == Mode::active_backup || options.mode == Mode::balance_rr;
  wanted.queue_ids = obeys_queues && std::ranges::any_of(slaves, [](const Slave& slave) {
                       return slave.options.queue_id != 0;
                     });
  wanted.broadcast_neighbor = options.mode == Mode::ieee8023ad && options.broadcast_neighbor;
  wanted.stamp_rx = stamps_rx;
  return wanted;
}

}  // namespace ebond::core
