// A bond looked at: its table, its status, and its memory for the next daemon.
#include <algorithm>
#include <utility>

#include "core/bond/modes.h"
#include "core/bond/state.h"
#include "core/bond/table_plan.h"
#include "core/judges/arp_judge.h"
#include "core/judges/asking.h"

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
          .path_failure_count = slave.path.failures(),
          .permanent_mac = slave.permanent_mac,
          .mac = slave.mac,
          .link = slave.link,
          .options = slave.options,
          .lacp = std::nullopt,
          .drained = slave.drained,
          .neighbour = slave.neighbour.known(),
          .neighbour_heard = slave.neighbour.heard_at(),
          .is_neighbour_current = slave.neighbour.is_current(now)};
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
          .own_mac = slave.own_mac,
          .drained = slave.drained,
          .neighbour = slave.neighbour.known()};
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
      .options = memory.options,
      .drained = memory.drained,
      .neighbour = NeighbourRecord(memory.neighbour)};
}

/// An ebond that knew nothing of balance-tlb and balance-alb had every slave wear the bond's MAC, and sent
/// all by the active one.
MacAddress own_mac_of(const SlaveMemory& slave, const BondMemory& memory) {
  if (!balances_load(memory.options) || !slave.own_mac.is_zero()) return slave.own_mac;
  return slave.facts.name == memory.active_slave ? memory.mac : slave.facts.permanent_mac;
}

}  // namespace

const Table& Bond::table() const {
  return state_->told.table();
}
DatapathSpec Bond::datapath_spec() const {
  return state_->told.spec();
}
const BondOptions& Bond::options() const {
  return state_->options;
}
const std::string& Bond::name() const {
  return state_->name;
}
const MacAddress& Bond::mac() const {
  return state_->macs.bond();
}
bool Bond::admin_up() const {
  return state_->admin_up;
}
std::span<const Slave> Bond::slaves() const {
  return std::as_const(state_->roster).slaves();
}
const Slave* Bond::find(IfIndex slave) const {
  return state_->roster.find(slave);
}

std::optional<MacAddress> Bond::mac_to_wear(MacAddress brought) const {
  return state_->macs.mac_to_wear(brought, state_->roster, state_->options);
}

std::optional<Milliseconds> Bond::polled_every() const {
  const bool polls =
      state_->admin_up && !state_->roster.empty() && state_->options.miimon > Milliseconds::zero();
  return polls ? std::optional(state_->options.miimon) : std::nullopt;
}

Listening Bond::listening(IfIndex slave_index) const {
  const Slave* const slave = find(slave_index);
  if (!slave) return {};
  Listening wanted = state_->judges.listening(state_->scene(), *slave);
  wanted.discovery = true;
  wanted.slow_protocols = state_->options.mode == Mode::ieee8023ad && state_->admin_up;
  if (balances_receiving(state_->options)) wanted.add({.arp = state_->balance.listening()});
  return wanted;
}

std::optional<MacAddress> Bond::probe_mac(IfIndex slave_index) const {
  const Slave* const slave = find(slave_index);
  const bool probes_arp = balances_sources(state_->options) && ArpJudge::is_wanted(state_->options);
  if (!slave || (state_->options.path_monitor == PathMonitor::off && !probes_arp)) return std::nullopt;
  return core::probe_mac(*slave, slaves(), mac());
}

ProbeTargets Bond::targets() const {
  ProbeTargets targets;
  if (ArpJudge::is_wanted(state_->options)) {
    targets.ipv4 = state_->options.arp_ip_target;
    targets.ipv6 = state_->options.ns_ip6_target;
  }
  if (state_->options.path_monitor != PathMonitor::off) targets.paths = state_->options.path_target;
  return targets;
}

BondStatus Bond::status(TimePoint now) const {
  BondStatus status{.at = now,
                    .name = state_->name,
                    .ifindex = state_->ifindex,
                    .mac = mac(),
                    .admin_up = state_->admin_up,
                    .carrier = state_->told.carrier(),
                    .options = state_->options,
                    .active_slave = {},
                    .slaves = {},
                    .lacp = std::nullopt};
  const Slave* const active = std::as_const(state_->roster).active();
  if (active && uses_active_slave(state_->options)) status.active_slave = active->name;
  for (const Slave& slave : slaves()) {
    status.slaves.push_back(status_of(slave, state_->duties().is_in_use(slave), now));
  }
  state_->lacp.show(status);
  return status;
}

std::vector<MonitorSession> Bond::sessions() const {
  return state_->judges.sessions(state_->scene());
}

bool Bond::has_carrier() const {
  return state_->told.carrier();
}

bool Bond::is_silent(IfIndex slave_index) const {
  const Slave* const slave = find(slave_index);
  return slave && Told::is_silent(*slave, state_->roster, state_->options);
}

BondMemory Bond::memory() const {
  const Roster& roster = state_->roster;
  const Slave* const active = roster.active();
  const auto former_wearer = state_->balance.former_wearer();
  const Slave* const former = former_wearer ? roster.find(*former_wearer) : nullptr;
  BondMemory memory{.name = state_->name,
                    .ifindex = state_->ifindex,
                    .mac = mac(),
                    .mac_is_user_set = state_->macs.is_user_set(),
                    .admin_up = state_->admin_up,
                    .options = state_->options,
                    .active_slave = active ? active->name : "",
                    .slaves = {},
                    .buckets = {},
                    .lacp = std::nullopt,
                    .lacp_mac = {},
                    .clients = state_->balance.clients(),
                    .former_wearer = former ? former->name : ""};
  std::ranges::transform(slaves(), std::back_inserter(memory.slaves), memory_of);
  if (state_->options.tx_table == TxTable::resilient || balances_by_load(state_->options) ||
      balances_sources(state_->options)) {
    memory.buckets = table().buckets;
  }
  state_->lacp.remember(memory);
  return memory;
}

Bond Bond::restore(const BondMemory& memory, TimePoint now) {
  Bond bond(memory.name, memory.ifindex, memory.mac, memory.mac_is_user_set, memory.options);
  State& state = *bond.state_;
  state.admin_up = memory.admin_up;
  for (const SlaveMemory& remembered : memory.slaves) {
    Slave& slave = state.roster.add(slave_from(remembered, memory.options, now));
    slave.own_mac = own_mac_of(remembered, memory);
    if (slave.name == memory.active_slave) state.roster.make_active(slave.ifindex);
    if (slave.name == memory.former_wearer) state.balance.settle(slave.ifindex, now);
  }
  state.lacp.resume(memory, state.roster.slaves(), now);
  state.balance.resume(state.balance_view(), memory.buckets, memory.clients, now);
  // What stands already in the system is what the memory says: nothing of it is told again.
  if (balances_sources(state.options)) {
    // Whom the earlier process had not taught yet, nobody knows.
    state.settling.begin(now);
    if (state.admin_up && teaches_behind(state.options) && !memory.buckets.empty()) state.lessons.start({});
  }
  const auto planned =
      plan_table(state.duties(), state.balance_view(), state.balance, memory.buckets, state.settling.is_on());
  state.told.resume(state.datapath(), planned, state.duties());
  // Judges that have something to do begin at once. A slave that was held stays so until it is proved; one
  // that was not has a whole detection time to answer.
  state.is_stale =
      balances_sources(state.options) || !bond.targets().empty() ||
      std::ranges::any_of(bond.slaves(), [](const Slave& slave) { return !slave.path.is_open(); });
  return bond;
}

}  // namespace ebond::core
