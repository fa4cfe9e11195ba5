// What can happen to a bond, one function each: the first step of a turn.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/balance/source_hash.h"
#include "core/bond/modes.h"
#include "core/bond/turn.h"
#include "core/options/option_table.h"
#include "wire/cdp.h"
#include "wire/lldp.h"

namespace ebond::core {
namespace {

constexpr std::string_view kActiveSlave = "active_slave";

/// Every option that is not what it was: those named, and those the table changed along with them.
void record_changes(const BondOptions& before, const BondOptions& after, std::vector<Event>& events) {
  for (const OptionSpec& option : option_table()) {
    if (!option.get) continue;
    auto from = option.get(before);
    auto to = option.get(after);
    if (from == to) continue;
    events.push_back(
        {EventKind::option, "", std::move(from), std::move(to), fmt::format("{} set", option.name)});
  }
}

bool names(const Turn::Changes& changes, std::string_view name) {
  return std::ranges::any_of(changes, [&](const auto& change) {
    const OptionSpec* const option = find_option(change.first);
    return option && option->name == name;
  });
}

}  // namespace

std::optional<std::string> named_active_slave(const Turn::Changes& changes) {
  for (const auto& [key, value] : changes) {
    const OptionSpec* const option = find_option(key);
    if (option && option->name == kActiveSlave) return value;
  }
  return std::nullopt;
}

void Turn::enslave(const NewSlave& facts) {
  Roster& roster = bond_.roster;
  const bool first = roster.empty();
  const auto own_mac = bond_.macs.mac_to_speak_with(facts.current_mac, roster).value_or(facts.current_mac);
  if (first) bond_.macs.first_slave_comes(facts.current_mac, notes_);
  Slave& slave = roster.add(
      Slave{.ifindex = facts.ifindex,
            .name = facts.name,
            .slot = roster.free_slot(),
            .permanent_mac = facts.permanent_mac,
            .mac = facts.current_mac,
            .own_mac = own_mac,
            .link = facts.link,
            .monitor = LinkMonitor(facts.link.carrier, roster.link_delays(bond_.options).up, notes_.now)});
  notes_.events.push_back({.kind = EventKind::enslaved,
                           .slave = slave.name,
                           .from = "",
                           .to = std::string(mii_status_name(slave.monitor.status())),
                           .why = "by command"});
  bond_.macs.slave_came(slave, bond_.options, notes_);
  if (uses_active_slave(bond_.options)) {
    if (slave.name == bond_.options.primary) roster.force_primary();
    choose(fmt::format("{} enslaved", slave.name));
  } else if (!roster.active_index() && slave.is_up()) {
    roster.make_active(slave.ifindex);
  }
}

void Turn::remove(IfIndex index, EventKind kind) {
  Roster& roster = bond_.roster;
  const Slave& leaving = *roster.find(index);
  const auto gone = fmt::format("{} {}", leaving.name, event_kind_name(kind));
  notes_.events.push_back({.kind = kind,
                           .slave = leaving.name,
                           .from = std::string(mii_status_name(leaving.monitor.status())),
                           .why = kind == EventKind::unplugged ? "the interface is gone" : "by command"});
  notes_.lost(gone);
  const bool was_active = roster.is_active(leaving);
  if (was_active) make_active(nullptr, gone);
  bond_.macs.slave_leaves(leaving, roster, bond_.options, notes_);
  roster.remove(index);
  if (was_active) choose(gone);
}

void Turn::link_reported(IfIndex index, const LinkState& link, LinkSource source) {
  Slave* const slave = bond_.roster.find(index);
  if (!slave) return;
  slave->link = link;
  const auto delays = bond_.roster.link_delays(bond_.options);
  if (const auto transition = slave->monitor.report(link.carrier, delays, source, notes_.now)) {
    link_changed(*slave, *transition, source == LinkSource::enslave);
  }
}

void Turn::link_changed(Slave& slave, const LinkTransition& transition, bool at_enslaving) {
  notes_.link_event(slave, transition);
  if (transition.to == MiiStatus::down) slave.neighbour.link_lost();
  judge_link(slave, {.from = transition.from, .to = transition.to, .at_enslaving = at_enslaving});
  const auto why = fmt::format("{}: {}", slave.name, transition.why);
  if (transition.to != MiiStatus::up) notes_.lost(why);
  if (bond_.roster.is_active(slave) && transition.to == MiiStatus::down) return choose(why);
  // The active slave of active-backup stays on through its downdelay; a balancing bond sends nothing through
  // a slave that is going down, so if it was the last one, one that is going back is needed now.
  if (transition.to == MiiStatus::going_down && !bond_.roster.has_usable(bond_.options)) return choose(why);
  if (slave.is_up()) risen(slave, why);
}

void Turn::slave_renamed(IfIndex index, std::string name) {
  Slave* const slave = bond_.roster.find(index);
  if (!slave) return;
  const auto& primary = bond_.options.primary;
  const bool concerns_primary =
      uses_active_slave(bond_.options) && !primary.empty() && (slave->name == primary || name == primary);
  slave->name = std::move(name);
  if (concerns_primary) choose(fmt::format("renamed to {}", slave->name));
}

void Turn::admin_state(bool up) {
  if (up == bond_.admin_up) return;
  bond_.admin_up = up;
  bond_.rounds.stop_announcing();
}

void Turn::options_set(BondOptions wanted, const Changes& changes, const std::vector<std::string>& remarks) {
  record_changes(bond_.options, wanted, notes_.events);
  for (const auto& remark : remarks) notes_.events.push_back({EventKind::warning, "", "", "", remark});
  bond_.options = std::move(wanted);
  const BondOptions& options = bond_.options;
  if (!uses_active_slave(options)) return;
  if (names(changes, "primary")) {
    bond_.roster.force_primary_if_here(options);
    choose(options.primary.empty() ? "primary cleared" : "primary set");
  }
  if (names(changes, "primary_reselect")) choose("primary_reselect set");
  if (const auto name = named_active_slave(changes)) make_active_by_name(*name);
}

void Turn::slave_option_set(Slave& slave, const SlaveOptions& before, std::string_view key,
                            std::string_view value) {
  notes_.events.push_back(
      {EventKind::option, slave.name, "", std::string(value), fmt::format("{} set", key)});
  const bool counts_prio =
      uses_active_slave(bond_.options) && !bond_.roster.candidates(bond_.options).primary;
  if (slave.options.prio != before.prio && counts_prio) choose("prio set");
}

void Turn::mac_was_set(MacAddress mac) {
  bond_.macs.bond_mac_was_set(mac, bond_.roster, bond_.options, notes_);
}

bool Turn::frame_heard(Slave& slave, const wire::EthernetFrame& frame) {
  if (frame.header.ethertype == wire::kLldpEtherType) {
    const auto said = wire::parse_lldp(frame.payload);
    return said && neighbour_heard(slave, DiscoveryProtocol::lldp, *said);
  }
  if (frame.header.ethertype == wire::kSlowProtocolsEtherType) {
    if (!bond_.lacp.is_running() || !bond_.admin_up) return false;
    bond_.lacp.heard(slave, frame, notes_);
    return true;
  }
  // By the EtherType behind all VLAN tags, as the driver sees it: an answer is an answer in whatever VLAN.
  const bool judged = bond_.judges.heard(*this, slave, frame, notes_.now);
  return bond_.balance.heard(bond_.balance_view(), frame, notes_.now) || judged;
}

bool Turn::cdp_heard(Slave& slave, std::span<const std::uint8_t> frame) {
  const auto said = wire::parse_cdp(frame);
  return said && neighbour_heard(slave, DiscoveryProtocol::cdp, *said);
}

bool Turn::neighbour_heard(Slave& slave, DiscoveryProtocol protocol, const wire::Discovery& said) {
  const auto before = slave.neighbour.known();
  if (!slave.neighbour.heard(protocol, said, notes_.now)) return false;
  notes_.events.push_back({.kind = EventKind::neighbour,
                           .slave = slave.name,
                           .from = before ? neighbour_words(*before) : "",
                           .to = neighbour_words(*slave.neighbour.known()),
                           .why = fmt::format("by {}", discovery_protocol_name(protocol))});
  return true;
}

/// Whom switches are to be taught: in balance-slb those that have another slave now.
std::vector<MacBehind> Turn::that_moved(std::vector<MacBehind> found) const {
  if (balances_sources(bond_.options)) {
    const auto& before = bond_.lessons.from();
    const auto& now = bond_.told.table().buckets;
    std::erase_if(found, [&](const MacBehind& each) {
      return slot_of_source(before, each.mac, each.tags) == slot_of_source(now, each.mac, each.tags);
    });
  } else {
    // Those are announced with their addresses.
    std::erase_if(found, &MacBehind::is_own);
  }
  return found;
}

void Turn::behind_read(std::vector<MacBehind> found) {
  auto moved = that_moved(std::move(found));
  const auto there = moved.size(), taught = bond_.lessons.read(std::move(moved), notes_.now);
  if (there == 0) return;
  notes_.events.push_back(
      {.kind = EventKind::announce, .why = fmt::format("{} MACs behind the bond", taught)});
  if (taught == there) return;
  notes_.events.push_back(
      {.kind = EventKind::warning,
       .why = fmt::format(
           "of {} MACs behind the bond {} are not announced: switches learn them by what they send", there,
           there - taught)});
}

void Turn::behind_found_elsewhere(std::vector<MacBehind> found) {
  const auto taught = bond_.lessons.add(that_moved(std::move(found)), notes_.now);
  if (taught == 0) return;
  notes_.events.push_back({.kind = EventKind::announce,
                           .why = fmt::format("{} MACs behind the bond, in other namespaces", taught)});
}

void Turn::time_passed() {
  for (Slave& slave : bond_.roster.slaves()) {
    if (const auto transition = slave.monitor.expire(notes_.now)) link_changed(slave, *transition);
  }
  const bool any_up = std::ranges::any_of(bond_.roster.slaves(), &Slave::is_up);
  if (!bond_.roster.active_index() && any_up) choose("no slave was active");
  bond_.judges.advance(*this, notes_.now);
}

}  // namespace ebond::core
