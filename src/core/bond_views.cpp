// A bond looked at: its table, its status, and its memory for the next daemon.
#include <algorithm>
#include <utility>

#include "core/bond_state.h"

namespace ebond::core {
namespace {

SlaveStatus status_of(const Slave& slave, bool in_use, TimePoint now) {
  return {.name = slave.name,
          .ifindex = slave.ifindex,
          .slot = slave.slot,
          .active = in_use,
          .mii_status = slave.mii_status(),
          .link_status = slave.monitor.status(),
          .path = {slave.path.holds().begin(), slave.path.holds().end()},
          .delay_left = slave.monitor.delay_left(now),
          .link_failure_count = slave.failures(),
          .permanent_mac = slave.permanent_mac,
          .mac = slave.mac,
          .link = slave.link,
          .options = slave.options,
          .lacp = std::nullopt};
}

SlaveMemory memory_of(const Slave& slave) {
  return {.facts = {.ifindex = slave.ifindex,
                    .name = slave.name,
                    .current_mac = slave.mac,
                    .permanent_mac = slave.permanent_mac,
                    .link = slave.link},
          .slot = slave.slot,
          .options = slave.options,
          .mii_status = slave.monitor.status(),
          .link_failure_count = slave.monitor.failures(),
          .delay_ends = slave.monitor.delay_ends(),
          .path = {slave.path.holds().begin(), slave.path.holds().end()},
          .path_failure_count = slave.path.failures(),
          .own_mac = slave.own_mac};
}

/// A delay whose end was not kept starts again.
std::optional<TimePoint> delay_end(const SlaveMemory& slave, const BondOptions& options, TimePoint now) {
  switch (slave.mii_status) {
    case MiiStatus::going_down:
      return slave.delay_ends.value_or(now + options.downdelay);
    case MiiStatus::going_back:
      return slave.delay_ends.value_or(now + options.updelay);
    default:
      return std::nullopt;
  }
}

Slave slave_from(const SlaveMemory& memory, const BondOptions& options, TimePoint now) {
  return {
      .ifindex = memory.facts.ifindex,
      .name = memory.facts.name,
      .slot = memory.slot,
      .permanent_mac = memory.facts.permanent_mac,
      .mac = memory.facts.current_mac,
      .own_mac = memory.own_mac,
      .link = memory.facts.link,
      .monitor = LinkMonitor(memory.mii_status, memory.link_failure_count, delay_end(memory, options, now)),
      .path = PathGate(memory.path, memory.path_failure_count),
      .options = memory.options};
}

}  // namespace

const Table& Bond::table() const {
  return state_->table;
}
DatapathSpec Bond::datapath_spec() const {
  return state_->spec;
}
const BondOptions& Bond::options() const {
  return state_->options;
}
const std::string& Bond::name() const {
  return state_->name;
}
const MacAddress& Bond::mac() const {
  return state_->mac;
}
bool Bond::admin_up() const {
  return state_->admin_up;
}
std::span<const Slave> Bond::slaves() const {
  return state_->slaves;
}
const Slave* Bond::find(IfIndex slave) const {
  return state_->find(slave);
}

BondStatus Bond::status(TimePoint now) const {
  BondStatus status{.at = now,
                    .name = state_->name,
                    .ifindex = state_->ifindex,
                    .mac = state_->mac,
                    .admin_up = state_->admin_up,
                    .carrier = state_->carrier,
                    .options = state_->options,
                    .active_slave = {},
                    .slaves = {},
                    .lacp = std::nullopt};
  const Slave* const active = state_->active_slave();
  if (active && state_->uses_active_slave()) status.active_slave = active->name;
  for (const Slave& slave : state_->slaves) {
    SlaveStatus& told = status.slaves.emplace_back(status_of(slave, state_->is_in_use(slave), now));
    if (const auto& lacp = state_->lacp; lacp && lacp->has_port(slave.ifindex)) {
      told.lacp = lacp->port_status(slave.ifindex);
      status.lacp = lacp->bond_status();
    }
  }
  return status;
}

BondMemory Bond::memory() const {
  const Slave* const active = state_->active_slave();
  BondMemory memory{.name = state_->name,
                    .ifindex = state_->ifindex,
                    .mac = state_->mac,
                    .mac_is_user_set = state_->mac_is_user_set,
                    .admin_up = state_->admin_up,
                    .options = state_->options,
                    .active_slave = active ? active->name : "",
                    .slaves = {},
                    .buckets = {},
                    .lacp = std::nullopt,
                    .lacp_mac = {},
                    .clients = state_->rx_balance.clients()};
  std::ranges::transform(state_->slaves, std::back_inserter(memory.slaves), memory_of);
  if (state_->options.tx_table == TxTable::resilient || state_->balances_by_load())
    memory.buckets = state_->table.buckets;
  state_->remember_lacp(memory);
  return memory;
}

Bond Bond::restore(const BondMemory& memory, TimePoint now) {
  Bond bond(memory.name, memory.ifindex, memory.mac, memory.mac_is_user_set, memory.options);
  State& state = *bond.state_;
  state.admin_up = memory.admin_up;
  for (const SlaveMemory& slave : memory.slaves) {
    state.slaves.push_back(slave_from(slave, memory.options, now));
    if (slave.facts.name != memory.active_slave) continue;
    state.active = slave.facts.ifindex;
    if (!state.uses_active_slave()) continue;
    state.told_active = slave.facts.ifindex;
    state.told_active_name = slave.facts.name;
  }
  // What stands already in the system is what the memory says: nothing of it is told again.
  for (Slave& slave : state.slaves) slave.no_arp = state.is_active_backup() && state.active != slave.ifindex;
  state.resume_lacp(memory, now);
  state.resume_balance(memory, now);
  state.table.buckets = memory.buckets;
  state.table = state.wanted_table();
  state.carrier = state.wants_carrier();
  state.told_carrying = state.carrying();
  state.start_polling(now);
  state.arp.follow(state.arp_view(), now);
  // Who was held stays so until proved; who was not has a whole detection time to answer.
  state.path_watch_kind = state.options.path_monitor;
  state.path_watch = make_path_watch(state.path_watch_kind);
  return bond;
}

}  // namespace ebond::core
