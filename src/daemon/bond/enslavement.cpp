#include "daemon/bond/enslavement.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "daemon/errors.h"

namespace ebond::daemon {
namespace {

constexpr const char* kHook = "cannot use the carrier hook";

std::string own_vlans_of(const std::string& slave) {
  return "cannot leave the frames of its own VLANs to " + slave;
}

}  // namespace

std::optional<core::SlotId> Enslavement::slot_of(os::IfIndex slave) const {
  const auto& slots = parts_.bond.table().slots;
  const auto found = std::ranges::find(slots, slave, &core::TableSlot::ifindex);
  if (found == slots.end()) return std::nullopt;
  return found->slot;
}

os::Result<os::IfIndex> Enslavement::number_for(const os::LinkInfo& link) const {
  const auto links = parts_.hands.links();
  if (!links) return std::unexpected(links.error());
  // What bond0 was made as, the bond is known by.
  const auto of_bond = parts_.slaves.bond_made_as();
  auto highest = std::max(link.ifindex, of_bond);
  bool is_free = !parts_.slaves.has(link.ifindex) && link.ifindex != of_bond;
  for (const auto& each : *links) {
    highest = std::max(highest, each.ifindex);
    is_free = is_free && each.ifindex != link.ifindex;
  }
  if (is_free) return link.ifindex;
  for (const auto& each : parts_.slaves.originals()) highest = std::max(highest, each.ifindex);
  return os::IfIndex(std::to_underlying(highest) + 1);
}

control::Result<os::LinkInfo> Enslavement::take(const os::LinkInfo& link, Belonging belonging) {
  auto& [hands, home, bond, programs, slaves, absentees, senses, executor, dues, reporter] = parts_;
  auto originals = note_originals(home.hands(), link);
  if (!originals) return refuse(originals.error());
  if (home.is_elsewhere()) {
    // What it has of tc it loses on the way; whoever had some was refused.
    originals->had_clsact = false;
    const auto number = number_for(link);
    if (!number) return refuse(number.error());
    originals->at_home = link.ifindex;
    originals->ifindex = *number;
  } else {
    const auto had_clsact = hands.has_clsact(link.ifindex);
    if (!had_clsact) return refuse(had_clsact.error());
    originals->had_clsact = *had_clsact;
  }
  if (belonging == Belonging::moved_to_bond) {
    auto belongings = note_belongings(home.hands(), link);
    if (!belongings) return refuse(belongings.error());
    originals->moved = Moved{slaves.upper(), bond.name(), *std::move(belongings)};
  }
  const auto slave = originals->ifindex;
  slaves.note_new(*std::move(originals));
  // From here on a crash can be undone.
  if (auto saved = save_(); !saved) {
    slaves.forget(slave);
    return refuse_unsaved(bond.name(), saved.error());
  }

  const auto give_up = [&](const os::Error& error) -> control::Result<os::LinkInfo> {
    (void)release(slave, hands.now());
    return refuse(error);
  };
  if (!home.is_elsewhere()) {
    if (auto qdisc = hands.add_clsact(slave); !qdisc) return give_up(qdisc.error());
    if (auto done = slaves.take(slave); !done) return give_up(done.error());
    return link;
  }
  if (auto done = slaves.take(slave); !done) return give_up(done.error());
  auto here = hands.link(slave);
  if (!here) return give_up(here.error());
  if (auto qdisc = hands.add_clsact(slave); !qdisc) return give_up(qdisc.error());
  return *here;
}

control::Result<os::IfIndex> Enslavement::enslave(const os::LinkInfo& found,
                                                  std::vector<std::string>& warnings, Belonging belonging) {
  auto& [hands, home, bond, programs, slaves, absentees, senses, executor, dues, reporter] = parts_;
  const auto now = hands.now();
  const auto taken = take(found, belonging);
  if (!taken) return std::unexpected(taken.error());
  const auto& link = *taken;
  auto give_up = [&](control::Error error) -> control::Result<os::IfIndex> {
    (void)release(link.ifindex, now);
    return std::unexpected(std::move(error));
  };
  if (auto done = give_mac(link, warnings); !done) return give_up(done.error());

  const auto worn = bond.mac_to_wear(link.mac);
  const core::NewSlave facts{.ifindex = link.ifindex,
                             .name = link.name,
                             .current_mac = link.mac,
                             .permanent_mac = link.permanent_mac.value_or(link.mac),
                             .link = senses.read_link(link.ifindex)};
  auto actions = bond.enslave(facts, now);
  if (!actions) return give_up(to_control(actions.error()));

  const auto order = std::ranges::find_if(*actions, [&](const core::Action& action) {
    const auto* mac = std::get_if<core::action::SetSlaveMac>(&action);
    return mac != nullptr && mac->slave == link.ifindex && mac->mac == worn;
  });
  if (order != actions->end()) actions->erase(order);  // carried out before

  if (auto attached = programs.attach_slave(link.ifindex, *slot_of(link.ifindex)); !attached) {
    return give_up(to_control(attached.error()));
  }
  if (auto told = tell_own_vlans(link.ifindex); !told) return give_up(to_control(told.error()));
  slaves.follow_limits(link);
  watch_carriers();
  if (auto done = executor.try_to(*actions, now); !done) return give_up(to_control(done.error()));
  senses.listen();  // the far end may answer the moment the slave is up
  if (auto up = bring_up(link.ifindex); !up) return give_up(to_control(up.error()));
  absentees.forget(link);
  const auto count = slaves.find(link.ifindex)->addresses.size();
  if (count > 0 && belonging == Belonging::put_away) {
    warnings.push_back(
        fmt::format("{} had {} address{}: removed while it is a slave of {}, put back on release", link.name,
                    count, count == 1 ? "" : "es", bond.name()));
  }
  return link.ifindex;
}

/// As bond_enslave: an interface that cannot change its MAC is for fail_over_mac active only, which the first
/// slave of an active-backup bond brings about.
control::Result<> Enslavement::give_mac(const os::LinkInfo& link, std::vector<std::string>& warnings) {
  auto& [hands, home, bond, programs, slaves, absentees, senses, executor, dues, reporter] = parts_;
  const bool is_active_backup = bond.options().mode == core::Mode::active_backup;
  if (is_active_backup && bond.options().fail_over_mac == core::FailOverMac::active) return {};
  const auto mac = bond.mac_to_wear(link.mac).value_or(link.mac);
  const bool has_it = mac == link.mac;
  // One that has it is asked all the same: a failover may want another of it.
  const auto done =
      has_it ? hands.set_mac(link.ifindex, mac) : set_mac_even_if_busy(hands, link.ifindex, mac);
  if (done || (has_it && done.error().errno_value == EBUSY)) return {};
  auto refusal = to_control(done.error());
  if (!is_active_backup || refusal.kind != control::Error::Kind::unsupported) {
    return std::unexpected(std::move(refusal));
  }
  if (!bond.slaves().empty()) {
    refusal.message += fmt::format(
        ". {} would take it with fail_over_mac active, which is set while it has no slaves", bond.name());
    return std::unexpected(std::move(refusal));
  }
  const auto now = hands.now();
  auto actions = bond.set({{"fail_over_mac", "active"}}, now);
  if (!actions) return refuse(actions.error());
  (void)executor.carry_out(*actions, now);
  warnings.push_back(fmt::format("{} cannot change its MAC address: fail_over_mac of {} is set to active",
                                 link.name, bond.name()));
  return {};
}

os::Result<> Enslavement::bring_up(os::IfIndex slave) {
  auto& [hands, home, bond, programs, slaves, absentees, senses, executor, dues, reporter] = parts_;
  if (auto up = hands.set_up(slave, true); !up) return up;
  const auto now = hands.now();
  const auto link = senses.read_link(slave);
  (void)executor.carry_out(bond.link_report(slave, link, core::LinkSource::enslave, now), now);
  return {};
}

os::Result<> Enslavement::release(os::IfIndex slave, core::TimePoint heard) {
  auto& [hands, home, bond, programs, slaves, absentees, senses, executor, dues, reporter] = parts_;
  const auto slot = slot_of(slave);
  if (slot) {
    if (auto actions = bond.release(slave, heard)) (void)executor.carry_out(*actions, heard);
    // What a socket has a card take beside its own MAC, a card that is down does not let go of.
    senses.listen();
  }
  hands.unwatch_carrier(slave);
  const auto* originals = slaves.find(slave);
  if (originals == nullptr) return {};
  auto off = slot ? programs.detach_slave(slave, *slot, !originals->had_clsact)
                  : programs.take_off(slave, !originals->had_clsact);
  auto back = slaves.give_back(slave);
  const auto done = off ? back : off;
  if (done) {
    slaves.forget(slave);
  } else {
    slaves.set_leaving(slave, true);
    dues.note("cannot fully restore " + originals->name, done);
  }
  return done;
}

void Enslavement::try_again() {
  auto& [hands, home, bond, programs, slaves, absentees, senses, executor, dues, reporter] = parts_;
  const auto leaving = slaves.leaving();
  for (const auto slave : leaving) (void)release(slave, hands.now());
  for (const auto& slave : bond.slaves()) {
    if (dues.has(own_vlans_of(slave.name))) look_for_own_vlans(slave.ifindex);
  }
  if (dues.has(kHook)) watch_carriers();
}

void Enslavement::lost(const os::LinkInfo& gone, core::TimePoint heard) {
  auto& [hands, home, bond, programs, slaves, absentees, senses, executor, dues, reporter] = parts_;
  const auto slave = gone.ifindex;
  const auto slot = slot_of(slave);
  std::vector<wire::MacAddress> worn{bond.mac(), gone.mac};
  for (const auto& each : bond.slaves()) worn.push_back(each.mac);
  if (slot) (void)executor.carry_out(bond.slave_unplugged(slave, heard), heard);
  hands.unwatch_carrier(slave);
  const auto* originals = slaves.find(slave);
  if (originals == nullptr) return;
  if (slot) programs.forget_slave(*slot);
  if (auto back = slaves.give_back_elsewhere(gone, worn); !back) {
    reporter.complain(fmt::format("cannot restore {} where it went", originals->name), back.error());
  }
  slaves.forget(slave);
}

void Enslavement::look_for_own_vlans(os::IfIndex slave) {
  parts_.dues.note(own_vlans_of(parts_.slaves.name_of(slave)), tell_own_vlans(slave));
}

os::Result<> Enslavement::tell_own_vlans(os::IfIndex slave) {
  const auto links = parts_.hands.links();
  if (!links) return std::unexpected(links.error());
  std::erase_if(own_vlans_, [&](const auto& vlan) { return vlan.second == slave; });
  os::VlanSet vlans;
  for (const auto& link : *links) {
    if (!link.vlan || link.lower != slave || link.lower_netnsid) continue;
    vlans.insert({.protocol = link.vlan->protocol, .id = link.vlan->id});
    own_vlans_.emplace(link.ifindex, slave);
  }
  return parts_.programs.set_own_vlans(slave, std::move(vlans));
}

void Enslavement::own_vlan_changed(const os::LinkInfo& vlan) {
  if (!vlan.lower || vlan.lower_netnsid) return;
  const auto* originals = parts_.slaves.find(*vlan.lower);
  if (originals == nullptr) return;
  const bool was_known = own_vlans_.contains(vlan.ifindex);
  look_for_own_vlans(*vlan.lower);
  const bool is_new = !was_known && own_vlans_.contains(vlan.ifindex);
  if (!is_new || !vlan.noarp() || (originals->flags & IFF_NOARP) != 0) return;
  if (auto done = parts_.hands.set_flags(vlan.ifindex, IFF_NOARP, 0); !done) {
    parts_.reporter.complain(fmt::format("cannot switch ARP on for {}", vlan.name), done.error());
  }
}

void Enslavement::watch_carriers() {
  const auto& bond = parts_.bond;
  // A downdelay forbids the instant cut: the daemon is told, and waits.
  const bool cuts = bond.options().downdelay.count() == 0;
  os::Result<> done;
  for (const auto& slot : bond.table().slots) {
    auto watched = parts_.programs.watch_carrier(slot.ifindex, slot.slot, cuts);
    if (!watched) done = watched;
  }
  parts_.dues.note(kHook, done);
}

}  // namespace ebond::daemon
