#include "core/bond.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/bond/modes.h"
#include "core/bond/turn.h"
#include "core/options/option_table.h"

namespace ebond::core {
namespace {

std::unexpected<Refusal> refuse(Refusal::Kind kind, std::string message) {
  return std::unexpected(Refusal{kind, std::move(message), {}});
}

std::unexpected<Refusal> refuse_stranger(IfIndex slave, const std::string& bond) {
  return refuse(Refusal::Kind::no_such_slave,
                fmt::format("Interface {} is not a slave of {}.", std::to_underlying(slave), bond));
}

/// Why a slave cannot be made active by the option active_slave, if it cannot. The driver's rule: one of
/// ours, its link up, while there is an active one to take over from.
std::optional<Refusal> refuse_active(const std::string& slave_name, const std::string& bond,
                                     const Roster& roster) {
  if (slave_name.empty()) return std::nullopt;
  const Slave* const wanted = roster.named(slave_name);
  if (!wanted) {
    return Refusal{Refusal::Kind::no_such_slave,
                   fmt::format("active_slave {0}: {0} is not a slave of {1}.", slave_name, bond),
                   "active_slave"};
  }
  if (roster.is_active(*wanted) || (roster.active_index() && wanted->is_up())) return std::nullopt;
  return Refusal{
      Refusal::Kind::not_now,
      fmt::format("active_slave {0}: the {1} of {0} is {2}; it must be up.", slave_name,
                  wanted->monitor.is_up() ? "path" : "link", mii_status_name(wanted->mii_status())),
      "active_slave"};
}

/// Frames can leave by it.
bool can_carry(const Slave& slave, const Bond::State& bond) {
  const bool has_port = bond.options.mode != Mode::ieee8023ad || bond.duties().is_in_use(slave);
  return slave.is_up() && has_port;
}

/// Without it the bond carries nothing, or less than min_links asks for.
bool is_last_path(const Slave& slave, const Bond::State& bond) {
  if (!can_carry(slave, bond)) return false;
  const auto others = std::ranges::count_if(
      bond.roster.slaves(), [&](const Slave& other) { return &other != &slave && can_carry(other, bond); });
  const auto needed = bond.options.mode == Mode::ieee8023ad ? bond.options.min_links : 1;
  return others < std::max<std::ptrdiff_t>(needed, 1);
}

}  // namespace

Bond::Bond(std::string name, IfIndex ifindex, MacAddress mac, bool mac_is_user_set, BondOptions options)
    : state_(std::make_unique<State>(std::move(name), ifindex, mac, mac_is_user_set, std::move(options))) {}
Bond::Bond(Bond&&) noexcept = default;
Bond& Bond::operator=(Bond&&) noexcept = default;
Bond::~Bond() = default;

// ---- Commands.

Outcome<> Bond::enslave(const NewSlave& slave, TimePoint now) {
  const Roster& roster = state_->roster;
  if (slave.ifindex == state_->ifindex) {
    return refuse(Refusal::Kind::conflict, fmt::format("{} cannot be enslaved to itself.", slave.name));
  }
  if (roster.find(slave.ifindex)) {
    return refuse(Refusal::Kind::conflict,
                  fmt::format("{} is enslaved to {} already.", slave.name, state_->name));
  }
  if (roster.size() >= kMaxSlots) {
    return refuse(Refusal::Kind::conflict,
                  fmt::format("{} has {} slaves, as many as a bond can have.", state_->name, kMaxSlots));
  }
  if (!slave.current_mac.is_valid_unicast()) {
    return refuse(
        Refusal::Kind::bad_value,
        fmt::format("{} has the MAC address {}; a slave needs one that is neither zero nor multicast.",
                    slave.name, slave.current_mac.to_string()));
  }
  if (balances_load(state_->options) && !state_->macs.mac_to_speak_with(slave.current_mac, roster)) {
    return refuse(
        Refusal::Kind::conflict,
        fmt::format("{} has the MAC address {} as another slave of {} does; in mode {} each slave needs one "
                    "of its own.",
                    slave.name, slave.current_mac.to_string(), state_->name,
                    mode_name(state_->options.mode)));
  }
  Turn turn(*state_, now, Cause::command);
  turn.enslave(slave);
  return turn.end();
}

Outcome<> Bond::release(IfIndex slave, TimePoint now) {
  if (!find(slave)) return refuse_stranger(slave, name());
  Turn turn(*state_, now, Cause::command);
  turn.remove(slave, EventKind::released);
  return turn.end();
}

/// All changes are tried on a copy, and only if every one is right do their effects follow.
Outcome<> Bond::set(const std::vector<std::pair<std::string, std::string>>& changes, TimePoint now) {
  BondOptions wanted = state_->options;
  const auto notes = apply_options(
      wanted, changes, {.has_slaves = !state_->roster.empty(), .admin_up = state_->admin_up, .exists = true});
  if (!notes) return std::unexpected(notes.error());
  if (const auto active_name = named_active_slave(changes)) {
    if (auto refusal = refuse_active(*active_name, name(), state_->roster)) return std::unexpected(*refusal);
  }
  Turn turn(*state_, now, Cause::command);
  turn.options_set(std::move(wanted), changes, *notes);
  return turn.end();
}

Outcome<> Bond::set_slave(IfIndex slave_index, std::string_view key, std::string_view value, TimePoint now) {
  Slave* const slave = state_->roster.find(slave_index);
  if (!slave) return refuse_stranger(slave_index, name());
  std::vector<std::uint16_t> other_queue_ids;
  for (const Slave& other : slaves()) {
    if (&other != slave) other_queue_ids.push_back(other.options.queue_id);
  }
  const SlaveOptions before = slave->options;
  SlaveOptionContext context;
  context.mode = state_->options.mode;
  context.other_queue_ids = other_queue_ids;
  if (auto applied = apply_slave_option(slave->options, key, value, context); !applied) {
    return std::unexpected(applied.error());
  }
  Turn turn(*state_, now, Cause::command);
  turn.slave_option_set(*slave, before, key, value);
  return turn.end();
}

Outcome<> Bond::drain(IfIndex slave_index, bool on, bool force, TimePoint now) {
  Slave* const slave = state_->roster.find(slave_index);
  if (!slave) return refuse_stranger(slave_index, name());
  if (on && !force && is_last_path(*slave, *state_)) {
    return refuse(
        Refusal::Kind::not_now,
        fmt::format("{} is the last slave that carries {}: have another one carry first, or drain it "
                    "all the same with --force.",
                    slave->name, name()));
  }
  Turn turn(*state_, now, Cause::command);
  slave->drained = on;
  return turn.end();
}

// ---- Observations.

Actions Bond::slave_unplugged(IfIndex slave, TimePoint now) {
  Turn turn(*state_, now, LinkSource::netlink);
  if (find(slave)) turn.remove(slave, EventKind::unplugged);
  return turn.end();
}

Actions Bond::link_report(IfIndex slave, const LinkState& link, LinkSource source, TimePoint now) {
  Turn turn(*state_, now, source);
  turn.link_reported(slave, link, source);
  return turn.end();
}

Actions Bond::carrier_lost(IfIndex slave_index, LinkSource source, TimePoint now) {
  const Slave* const slave = find(slave_index);
  LinkState link = slave ? slave->link : LinkState{};
  link.carrier = false;
  return link_report(slave_index, link, source, now);
}

Actions Bond::slave_renamed(IfIndex slave, std::string name, TimePoint now) {
  Turn turn(*state_, now, LinkSource::netlink);
  turn.slave_renamed(slave, std::move(name));
  return turn.end();
}

Actions Bond::renamed(std::string name) {
  state_->name = std::move(name);
  return {};
}

Actions Bond::admin_state(bool up, TimePoint now) {
  Turn turn(*state_, now, LinkSource::netlink);
  turn.admin_state(up);
  return turn.end();
}

Actions Bond::mac_changed(MacAddress mac, TimePoint now) {
  Turn turn(*state_, now, LinkSource::netlink);
  turn.mac_was_set(mac);
  return turn.end();
}

/// Whoever shares the wire with a slave can send it anything: what is not a whole Ethernet frame, or nothing
/// a protocol of the bond waits for, changes nothing.
Actions Bond::frame_received(IfIndex slave_index, std::span<const std::uint8_t> frame, TimePoint now) {
  Slave* const slave = state_->roster.find(slave_index);
  if (!slave) return {};
  Turn turn(*state_, now);
  const auto parsed = wire::parse_ethernet(frame);
  // CDP has no EtherType.
  if (!(parsed ? turn.frame_heard(*slave, *parsed) : turn.cdp_heard(*slave, frame))) return {};
  return turn.end();
}

void Bond::activity(IfIndex slave_index, TimePoint last_rx) {
  if (Slave* const slave = state_->roster.find(slave_index)) slave->last_rx = last_rx;
}

void Bond::surroundings(Surroundings around) {
  state_->is_stale |= state_->around.paths != around.paths;
  state_->around = std::move(around);
}

/// What a bridge on the bond passes on is not the bond's own.
Listening Bond::listening_to_itself() const {
  Listening wanted;
  if (!balances_receiving(state_->options) || state_->roster.empty()) return wanted;
  wanted.arp.emplace().push_back({.sender_mac = mac()});
  return wanted;
}

Actions Bond::frame_sent(std::span<const std::uint8_t> frame, TimePoint now) {
  const auto parsed = wire::parse_ethernet(frame);
  if (!parsed || !state_->balance.sent(state_->balance_view(), *parsed, now)) return {};
  return Turn(*state_, now).end();
}

Actions Bond::tx_measured(const TxTotals& totals, TimePoint now) {
  state_->balance.measured(totals, now);
  return Turn(*state_, now).end();
}

Actions Bond::behind_read(std::vector<MacBehind> found, TimePoint now) {
  Turn turn(*state_, now);
  turn.behind_read(std::move(found));
  return turn.end();
}

Actions Bond::behind_found_elsewhere(std::vector<MacBehind> found, TimePoint now) {
  Turn turn(*state_, now);
  turn.behind_found_elsewhere(std::move(found));
  return turn.end();
}

Actions Bond::advance(TimePoint now) {
  Turn turn(*state_, now, Cause::timer);
  turn.time_passed();
  return turn.end();
}

std::optional<TimePoint> Bond::next_deadline() const {
  if (state_->is_stale) return TimePoint{};  // at once
  auto next = earlier(state_->rounds.next_deadline(), state_->judges.next_deadline(state_->scene()));
  next = earlier(next, state_->lacp.next_deadline(state_->admin_up));
  next = earlier(next, state_->balance.next_deadline(state_->options));
  next = earlier(next, earlier(state_->lessons.deadline(), state_->settling.deadline()));
  for (const Slave& slave : slaves()) next = earlier(next, slave.monitor.delay_ends());
  return next;
}

}  // namespace ebond::core
