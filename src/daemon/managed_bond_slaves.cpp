// ManagedBond's slaves: taken, started, released, lost and found again.
#include <fmt/format.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>

#include "daemon/errors.h"
#include "daemon/managed_bond.h"

namespace ebond::daemon {

namespace {
using Kind = control::Error::Kind;
}

control::Result<os::LinkInfo> ManagedBond::find_enslavable(const std::string& interface) {
  auto link = network_->netlink.link(interface);
  if (!link) {
    if (link.error().errno_value != ENODEV) return refuse(link.error());
    return refuse(Kind::no_such_interface,
                  fmt::format("there is no interface {} in this network namespace", interface));
  }
  if (link->ifindex == device_.upper()) {
    return refuse(Kind::conflict, fmt::format("{} cannot be enslaved to itself", interface));
  }
  if (auto claim = host_.claimed_by(*network_, link->ifindex)) {
    return refuse(Kind::conflict,
                  fmt::format("{} is {}: it cannot be enslaved to {}", interface, *claim, name_));
  }
  if (link->is_loopback()) {
    return refuse(
        Kind::conflict,
        fmt::format("{} is a loopback interface: only Ethernet interfaces can be enslaved", interface));
  }
  if (link->arptype != ARPHRD_ETHER) {
    return refuse(Kind::conflict,
                  fmt::format("{} is not an Ethernet interface (its hardware type is {}): only those can be "
                              "enslaved",
                              interface, link->arptype));
  }
  if (link->kind == "veth" && link->lower && !link->lower_netnsid) {
    const auto half = network_->netlink.link(*link->lower);
    if (half && half->alias.ends_with("(ebond)")) {
      return refuse(Kind::conflict, fmt::format("{} is a bond of another daemon: it cannot be enslaved to {}",
                                                interface, name_));
    }
  }
  if (link->master) {
    return refuse(Kind::conflict,
                  fmt::format("{} is a port of another device already ({}): release it there first",
                              interface, link->slave_kind.empty() ? "its master" : link->slave_kind));
  }
  auto scope = os::NamespaceScope::enter(network_->where);
  if (!scope) return refuse(scope.error());
  if (auto free = datapath_.check_free(link->ifindex); !free) return refuse(free.error());
  return *link;
}

control::Result<std::vector<std::string>> ManagedBond::enslave(const std::vector<std::string>& interfaces) {
  // What was done to bond0 an instant ago (its MAC, its MTU) counts, whether its news has come or not.
  heard_ = monotonic_now();
  if (auto upper = network_->netlink.link(device_.upper())) upper_changed(*upper);
  // Look at all of them before any is touched.
  std::vector<os::LinkInfo> links;
  for (const auto& interface : interfaces) {
    // It came back by itself after it was pulled out: that is what is asked for.
    if (readmitted_.contains(interface)) continue;
    auto link = find_enslavable(interface);
    if (!link) return std::unexpected(link.error());
    if (std::ranges::any_of(links, [&](const auto& other) { return other.ifindex == link->ifindex; })) {
      return refuse(Kind::conflict, fmt::format("{} is named twice", interface));
    }
    links.push_back(std::move(*link));
  }
  for (const auto& interface : interfaces) readmitted_.erase(interface);
  std::vector<std::string> warnings;
  std::vector<os::IfIndex> taken;
  for (const auto& link : links) {
    if (auto done = enslave_one(link, warnings); !done) {
      for (auto slave : taken) release_one(slave);
      settle();
      return std::unexpected(done.error());
    }
    taken.push_back(link.ifindex);
  }
  settle();
  return warnings;
}

control::Result<> ManagedBond::enslave_one(const os::LinkInfo& link, std::vector<std::string>& warnings) {
  heard_ = monotonic_now();
  auto originals = note_originals(*network_, link);
  if (!originals) return refuse(originals.error());
  absent_.erase(link.name);
  auto scope = os::NamespaceScope::enter(network_->where);
  if (!scope) return refuse(scope.error());
  auto fresh_qdisc = os::add_clsact(link.ifindex);
  if (!fresh_qdisc) return refuse(fresh_qdisc.error());
  originals->had_clsact = !*fresh_qdisc;
  originals_.insert_or_assign(link.ifindex, *originals);
  write_state();  // from here on a crash can be undone

  auto give_up = [&](control::Error error) -> control::Result<> {
    (void)datapath_.take_off(link.ifindex, *fresh_qdisc);
    (void)give_back(*network_, originals_.at(link.ifindex));
    originals_.erase(link.ifindex);
    write_state();
    return std::unexpected(std::move(error));
  };
  if (auto done = prepare_slave(link, *originals); !done) return give_up(to_control(done.error()));

  core::NewSlave facts{.ifindex = link.ifindex,
                       .name = link.name,
                       .current_mac = link.mac,
                       .permanent_mac = link.permanent_mac.value_or(link.mac),
                       .link = read_link(link.name)};
  auto actions = bond_.enslave(facts, heard_);
  if (!actions) return give_up(to_control(actions.error()));

  auto undo = [&](const os::Error& error) -> control::Result<> {
    release_one(link.ifindex);
    return refuse(error);
  };
  const auto& slots = bond_.table().slots;
  const auto slot = std::ranges::find(slots, link.ifindex, &core::TableSlot::ifindex);
  if (auto attached = datapath_.attach_slave(link.ifindex, slot->slot); !attached)
    return undo(attached.error());
  tell_own_vlans(link.ifindex);
  watch_carriers();
  carry_out(*actions);
  listen();  // the far end may answer the moment the slave is up
  if (auto started = start_slave(link.ifindex); !started) return undo(started.error());
  if (!originals->addresses.empty()) {
    warnings.push_back(
        fmt::format("{} had {} address{}: removed while it is a slave of {}, put back on release", link.name,
                    originals->addresses.size(), originals->addresses.size() == 1 ? "" : "es", name_));
  }
  return {};
}

os::Result<> ManagedBond::prepare_slave(const os::LinkInfo& link, SlaveOriginals& originals) {
  if (auto done = take(*network_, originals, mtu_); !done) return done;
  for (const auto& group : groups_) (void)network_->multicast.add(link.name, group);
  if (promiscuous_ || all_multicast_) follow_flags_on(link.ifindex);
  return {};
}

os::Result<> ManagedBond::start_slave(os::IfIndex slave) {
  if (auto up = network_->netlink.set_up(slave, true); !up) return up;
  const auto now = monotonic_now();
  ++link_news_;
  carry_out(bond_.link_report(slave, read_link(slave_name(slave)), core::LinkSource::enslave, now));
  return {};
}

core::LinkState ManagedBond::read_link(const std::string& slave_name) const {
  auto state = network_->ethtool.link_state(slave_name, bond_.options().use_carrier);
  return state.value_or(core::LinkState{});
}

control::Result<> ManagedBond::release(const std::vector<std::string>& interfaces) {
  std::vector<os::IfIndex> slaves;
  for (const auto& interface : interfaces) {
    auto link = network_->netlink.link(interface);
    if (link && has_slave(link->ifindex)) {
      slaves.push_back(link->ifindex);
      readmitted_.erase(interface);
    } else if (absent_.contains(interface)) {
      continue;
    } else {
      return refuse(Kind::no_such_interface, fmt::format("{} is not a slave of {}", interface, name_));
    }
  }
  for (const auto& interface : interfaces) absent_.erase(interface);
  heard_ = monotonic_now();
  for (auto slave : slaves) release_one(slave);
  settle();
  return {};
}

void ManagedBond::release_one(os::IfIndex slave, const os::LinkInfo* gone) {
  const bool still_there = gone == nullptr;
  const auto slots = bond_.table().slots;
  const auto slot = std::ranges::find(slots, slave, &core::TableSlot::ifindex);
  if (slot != slots.end()) {
    if (still_there) {
      if (auto actions = bond_.release(slave, heard_)) carry_out(*actions);
    } else {
      carry_out(bond_.slave_unplugged(slave, heard_));
    }
  }
  if (host_.hook != nullptr) host_.hook->unwatch(network_->where.id(), slave);
  taking_others_.erase(slave);
  auto found = originals_.find(slave);
  if (found == originals_.end()) return;
  const auto originals = found->second;
  if (still_there) {
    if (auto scope = os::NamespaceScope::enter(network_->where); scope && slot != slots.end()) {
      if (auto off = datapath_.detach_slave(slave, slot->slot, !originals.had_clsact); !off) {
        complain("cannot fully release a slave", off.error());
      }
    }
    for (const auto& group : groups_) (void)network_->multicast.remove(originals.name, group);
    if (auto back = give_back(*network_, originals); !back) {
      complain(fmt::format("cannot fully restore {}", originals.name), back.error());
    }
  } else {
    if (slot != slots.end()) datapath_.forget_slave(slot->slot);
    if (auto back = give_back_elsewhere(*network_, *gone, originals); !back) {
      complain(fmt::format("cannot restore {} where it went", originals.name), back.error());
    }
  }
  originals_.erase(slave);
}

void ManagedBond::readmit(const os::LinkInfo& link) {
  const auto found = absent_.find(link.name);
  if (found == absent_.end()) return;
  const auto absent = found->second;
  // Another card under the same name is not the one that left, where cards have names of their own.
  if (link.permanent_mac && *link.permanent_mac != absent.permanent_mac) return;
  if (!find_enslavable(link.name)) return;
  std::vector<std::string> warnings;
  if (auto done = enslave_one(link, warnings); !done) {
    absent_.insert_or_assign(absent.name, absent);
    report({.kind = "warning",
            .slave = link.name,
            .why = "came back and could not be enslaved: " + done.error().message});
    return;
  }
  readmitted_.insert(link.name);
  report({.kind = "returned", .slave = link.name, .why = "plugged in again"});
  if (absent.options.prio != 0) {
    (void)set_slave(link.ifindex, {{"prio", std::to_string(absent.options.prio)}});
  }
  if (absent.options.queue_id != 0) {
    (void)set_slave(link.ifindex, {{"queue_id", std::to_string(absent.options.queue_id)}});
  }
  if (absent.options.actor_port_prio != core::SlaveOptions{}.actor_port_prio) {
    (void)set_slave(link.ifindex, {{"actor_port_prio", std::to_string(absent.options.actor_port_prio)}});
  }
  settle();
}

control::Result<> ManagedBond::set_slave(os::IfIndex slave, const control::KeyValues& options) {
  heard_ = monotonic_now();
  const auto memory = bond_.memory();
  const auto before =
      std::ranges::find(memory.slaves, slave, [](const auto& each) { return each.facts.ifindex; });
  for (const auto& [key, value] : options) {
    auto actions = bond_.set_slave(slave, key, value, heard_);
    if (!actions) {
      // All or none: what was set before it goes back.
      for (const auto& [name, old] :
           {std::pair{"prio", before->options.prio},
            std::pair{"queue_id", static_cast<std::int32_t>(before->options.queue_id)},
            std::pair{"actor_port_prio", static_cast<std::int32_t>(before->options.actor_port_prio)}}) {
        if (auto undone = bond_.set_slave(slave, name, std::to_string(old), heard_)) carry_out(*undone);
      }
      settle();
      return refuse(actions.error());
    }
    carry_out(*actions);
  }
  settle();
  return {};
}

void ManagedBond::look_for_slaves_vlans(const os::LinkInfo& vlan) {
  if (vlan.lower && !vlan.lower_netnsid && has_slave(*vlan.lower)) tell_own_vlans(*vlan.lower);
}

void ManagedBond::tell_own_vlans(os::IfIndex slave) {
  const auto links = network_->netlink.links();
  const auto scope = os::NamespaceScope::enter(network_->where);
  if (!links || !scope) return;
  os::VlanSet vlans;
  for (const auto& link : *links) {
    if (!link.vlan || link.lower != slave || link.lower_netnsid) continue;
    vlans.insert({.protocol = link.vlan->protocol, .id = link.vlan->id});
  }
  if (auto done = datapath_.set_own_vlans(slave, std::move(vlans)); !done) {
    complain(fmt::format("cannot leave {} the frames of its own VLANs", slave_name(slave)), done.error());
  }
}

void ManagedBond::filters_changed(os::IfIndex device) {
  if (device == device_.lower() || has_slave(device)) repair_programs();
}

void ManagedBond::repair_programs() {
  const auto scope = os::NamespaceScope::enter(network_->where);
  if (!scope) return;
  const auto repairs = datapath_.repair();
  if (!repairs) return complain("cannot put its programs back", repairs.error());
  for (const auto& [device, what] : *repairs) {
    const bool is_lower = device == device_.lower();
    report({.kind = "warning",
            .slave = is_lower ? "" : slave_name(device),
            .why = is_lower ? "on its lower half, " + what : what});
  }
}

}  // namespace ebond::daemon
