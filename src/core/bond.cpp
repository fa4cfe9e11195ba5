#include "core/bond.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/bond_state.h"
#include "core/options/option_table.h"

namespace ebond::core {
namespace {

std::unexpected<Refusal> refuse(Refusal::Kind kind, std::string message) {
  return std::unexpected(Refusal{kind, std::move(message), {}});
}

}  // namespace

Bond::Bond(std::string name, IfIndex ifindex, MacAddress mac, bool mac_is_user_set, BondOptions options)
    : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->ifindex = ifindex;
  state_->mac = mac;
  state_->mac_is_user_set = mac_is_user_set;
  state_->options = std::move(options);
  state_->spec = state_->wanted_spec();
}
Bond::Bond(std::unique_ptr<State> state) : state_(std::move(state)) {}
Bond::Bond(Bond&&) noexcept = default;
Bond& Bond::operator=(Bond&&) noexcept = default;
Bond::~Bond() = default;

Outcome<> Bond::enslave(const NewSlave& slave, TimePoint now) {
  if (slave.ifindex == state_->ifindex) {
    return refuse(Refusal::Kind::conflict, fmt::format("{} cannot be enslaved to itself.", slave.name));
  }
  if (state_->find(slave.ifindex)) {
    return refuse(Refusal::Kind::conflict,
                  fmt::format("{} is enslaved to {} already.", slave.name, state_->name));
  }
  if (state_->slaves.size() >= kMaxSlots) {
    return refuse(Refusal::Kind::conflict,
                  fmt::format("{} has {} slaves, as many as a bond can have.", state_->name, kMaxSlots));
  }
  if (!slave.current_mac.is_valid_unicast()) {
    return refuse(
        Refusal::Kind::bad_value,
        fmt::format("{} has the MAC address {}; a slave needs one that is neither zero nor multicast.",
                    slave.name, slave.current_mac.to_string()));
  }
  if (state_->balances_load() && !state_->mac_to_speak_with(slave.current_mac)) {
    return refuse(
        Refusal::Kind::conflict,
        fmt::format("{} has the MAC address {} as another slave of {} does; in mode {} each slave needs one "
                    "of its own.",
                    slave.name, slave.current_mac.to_string(), state_->name,
                    mode_name(state_->options.mode)));
  }
  Turn turn{.now = now, .seen_by = "command"};
  state_->add_slave(slave, turn);
  return state_->settle(turn);
}

Outcome<> Bond::release(IfIndex slave, TimePoint now) {
  if (!state_->find(slave)) {
    return refuse(Refusal::Kind::no_such_slave,
                  fmt::format("Interface {} is not a slave of {}.", std::to_underlying(slave), state_->name));
  }
  Turn turn{.now = now, .seen_by = "command"};
  state_->remove_slave(slave, "released", turn);
  return state_->settle(turn);
}

Actions Bond::slave_unplugged(IfIndex slave, TimePoint now) {
  Turn turn{.now = now, .seen_by = "netlink"};
  if (state_->find(slave)) state_->remove_slave(slave, "unplugged", turn);
  return state_->settle(turn);
}

Actions Bond::link_report(IfIndex slave_index, const LinkState& link, LinkSource source, TimePoint now) {
  Turn turn{.now = now, .seen_by = link_source_name(source)};
  if (Slave* const slave = state_->find(slave_index)) {
    slave->link = link;
    if (source == LinkSource::enslave && link.carrier) state_->arp.trust(slave_index, now);
    if (const auto transition = slave->monitor.report(link.carrier, state_->link_delays(), source, now)) {
      state_->link_changed(*slave, *transition, turn);
    }
  }
  return state_->settle(turn);
}

Actions Bond::carrier_lost(IfIndex slave_index, LinkSource source, TimePoint now) {
  const Slave* const slave = state_->find(slave_index);
  LinkState link = slave ? slave->link : LinkState{};
  link.carrier = false;
  return link_report(slave_index, link, source, now);
}

Actions Bond::slave_renamed(IfIndex slave_index, std::string name, TimePoint now) {
  Turn turn{.now = now, .seen_by = "netlink"};
  if (Slave* const slave = state_->find(slave_index)) {
    const auto& primary = state_->options.primary;
    const bool concerns_primary =
        state_->uses_active_slave() && (slave->name == primary || name == primary) && !primary.empty();
    slave->name = std::move(name);
    if (concerns_primary) state_->select_active(fmt::format("renamed to {}", slave->name), turn);
  }
  return state_->settle(turn);
}

Actions Bond::renamed(std::string name) {
  state_->name = std::move(name);
  return {};
}

Actions Bond::admin_state(bool up, TimePoint now) {
  Turn turn{.now = now, .seen_by = "netlink"};
  if (up != state_->admin_up) {
    state_->admin_up = up;
    state_->start_polling(now);
    state_->announcements.stop();
    state_->igmp_reports.stop();
  }
  return state_->settle(turn);
}

Actions Bond::mac_changed(MacAddress mac, TimePoint now) {
  Turn turn{.now = now, .seen_by = "netlink"};
  State& state = *state_;
  if (mac == state.mac) return state.settle(turn);
  const bool follows_slaves = state.fail_over_mac() != FailOverMac::none;
  if (follows_slaves || !mac.is_valid_unicast()) {
    // The driver leaves the address as it is; here it has changed already, so it is put back.
    turn.mac_actions.emplace_back(action::SetBondMac{state.mac});
    turn.events.push_back({"warning", "", mac.to_string(), state.mac.to_string(),
                           follows_slaves
                               ? "fail_over_mac decides the bond's MAC: the previous one is restored"
                               : "a bond cannot have this MAC: the previous one is restored"});
    return state.settle(turn);
  }
  turn.events.push_back({"mac", "", state.mac.to_string(), mac.to_string(), "set on the interface"});
  state.mac = mac;
  state.mac_is_user_set = true;
  if (state.balances_load()) {
    state.bond_mac_was_set(turn);
  } else {
    for (Slave& slave : state.slaves) state.set_slave_mac(slave, mac, turn);
  }
  return state.settle(turn);
}

Actions Bond::advance(TimePoint now) {
  Turn turn{.now = now, .seen_by = "timer"};
  state_->expire_delays(turn);
  state_->watch_paths(turn);
  state_->let_back(turn);
  return state_->settle(turn);
}

std::optional<TimePoint> Bond::next_deadline() const {
  std::optional<TimePoint> earliest;
  const auto consider = [&](std::optional<TimePoint> deadline) {
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  };
  for (const Slave& slave : state_->slaves) consider(slave.monitor.delay_ends());
  consider(state_->announcements.deadline());
  consider(state_->igmp_reports.deadline());
  consider(state_->next_poll);
  consider(state_->failback_deadline());
  consider(state_->lacp_deadline());
  consider(state_->arp.deadline(state_->arp_view()));
  consider(state_->balance_deadline());
  if (state_->path_watch && state_->ways_are_news) consider(TimePoint{});  // at once
  if (state_->path_watch) consider(state_->path_watch->next_deadline());
  return earliest;
}

}  // namespace ebond::core
