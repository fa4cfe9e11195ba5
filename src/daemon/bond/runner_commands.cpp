// Runner's commands: what people ask of a bond. All or nothing.
#include <fmt/format.h>
#include <net/if_arp.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/interface_name.h"
#include "core/options/option_table.h"
#include "daemon/bond/remains.h"
#include "daemon/bond/runner.h"
#include "daemon/errors.h"

namespace ebond::daemon {

namespace {

using Kind = control::Error::Kind;

/// A bridge that has it as a port, a VLAN on it, or anything else above it.
os::Result<bool> is_above(Hands& hands, os::IfIndex device, os::IfIndex bond) {
  const auto links = hands.links();
  if (!links) return std::unexpected(links.error());
  std::set<os::IfIndex> above = {bond};
  for (std::size_t before = 0; before != above.size();) {
    before = above.size();
    for (const auto& link : *links) {
      if (link.master && above.contains(link.ifindex)) above.insert(*link.master);
      const bool has_lower = link.lower && !link.lower_netnsid && link.kind != "veth";
      if (has_lower && above.contains(*link.lower)) above.insert(link.ifindex);
    }
  }
  return device != bond && above.contains(device);
}

/// Kinds of devices that are handed every frame of the one below (the kernel's rx_handler, of which a device
/// has one).
bool takes_all_frames(const os::LinkInfo& link) {
  constexpr std::array<std::string_view, 5> kKinds{"macvlan", "macvtap", "ipvlan", "ipvtap", "macsec"};
  return std::ranges::find(kKinds, link.kind) != kKinds.end();
}

/// "mac0 (macvlan)": what stands on an interface and takes its frames; "" if nothing does.
std::string taker_of_frames(Hands& hands, os::IfIndex interface) {
  const auto here = hands.links();
  for (const auto& link : here.value_or(std::vector<os::LinkInfo>{})) {
    if (link.lower == interface && !link.lower_netnsid && takes_all_frames(link)) {
      return fmt::format("{} ({})", link.name, link.kind);
    }
  }
  for (const auto& link : hands.links_elsewhere()) {
    if (link.lower == interface && takes_all_frames(link)) {
      return fmt::format("{} ({}, in another network namespace)", link.name, link.kind);
    }
  }
  return "";
}

}  // namespace

control::KeyValues with_true_names(Hands& hands, control::KeyValues options) {
  for (auto& [key, value] : options) {
    const auto* option = core::find_option(key);
    if (option == nullptr || (option->name != "primary" && option->name != "active_slave")) continue;
    if (value.empty()) continue;
    if (const auto link = hands.link(value)) value = link->name;
  }
  return options;
}

control::Result<> Runner::set(const control::KeyValues& options) {
  const auto now = hands_->now();
  if (auto saved = save(true); !saved) return refuse_unsaved(name(), saved.error());
  auto actions = bond_.set(with_true_names(*hands_, options), now);
  if (!actions) return refuse(actions.error());
  (void)executor_.carry_out(*actions, now);
  enslavement_.watch_carriers();
  settle();
  return {};
}

control::Result<os::LinkInfo> Runner::find_enslavable(const std::string& interface) {
  auto link = hands_->link(interface);
  if (!link) {
    if (link.error().errno_value != ENODEV) return refuse(link.error());
    return refuse(Kind::no_such_interface,
                  fmt::format("there is no interface {} in this network namespace", interface));
  }
  if (link->ifindex == device_.upper()) {
    return refuse(Kind::conflict, fmt::format("{} cannot be enslaved to itself", interface));
  }
  if (auto claim = host_.claimed_by(*hands_, link->ifindex)) {
    return refuse(Kind::conflict,
                  fmt::format("{} is {}: it cannot be enslaved to {}", interface, *claim, name()));
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
  const auto other = is_a_bond(*hands_, *link);
  if (!other) return refuse(other.error());
  if (*other) {
    return refuse(Kind::conflict, fmt::format("{} is a bond of another daemon: it cannot be enslaved to {}",
                                              interface, name()));
  }
  const auto above = is_above(*hands_, link->ifindex, device_.upper());
  if (!above) return refuse(above.error());
  if (*above) {
    return refuse(Kind::conflict, fmt::format("{} stands on {} itself: enslaved to it, frames would go round",
                                              interface, name()));
  }
  if (link->master) {
    return refuse(Kind::conflict,
                  fmt::format("{} is a port of another device already ({}): release it there first",
                              interface, link->slave_kind.empty() ? "its master" : link->slave_kind));
  }
  // As the driver (netdev_is_rx_handler_busy).
  if (const auto taker = taker_of_frames(*hands_, link->ifindex); !taker.empty()) {
    return refuse(Kind::conflict, fmt::format("{} on {} takes all its frames: delete it, or enslave another",
                                              taker, interface));
  }
  if (auto free = programs_->check_free(link->ifindex); !free) return refuse(free.error());
  return *link;
}

void Runner::give_up(const std::vector<os::IfIndex>& slaves) {
  for (const auto slave : slaves) slaves_.set_leaving(slave, true);
  write_state();
  const auto now = hands_->now();
  for (const auto slave : slaves) (void)enslavement_.release(slave, now);
  settle();
}

control::Result<std::vector<std::string>> Runner::enslave(const std::vector<std::string>& interfaces,
                                                          control::Absent absent) {
  // What was done to bond0 an instant ago (its MAC, its MTU) counts, whether its news has come or not.
  if (auto upper = hands_->link(device_.upper())) upper_changed(*upper, hands_->now());
  // Look at all of them before any is touched.
  std::vector<os::LinkInfo> links;
  std::vector<std::string> awaited;
  for (const auto& interface : interfaces) {
    // It came back by itself after it was pulled out: that is what is asked for.
    if (absentees_.has_returned(true_name(interface))) continue;
    auto link = find_enslavable(interface);
    if (!link && link.error().kind == Kind::no_such_interface && absent == control::Absent::awaited) {
      if (const auto fault = core::any_interface_name_fault(interface); !fault.empty()) {
        return refuse(Kind::no_such_interface, fault);
      }
      awaited.push_back(interface);
      continue;
    }
    if (!link) return std::unexpected(link.error());
    if (std::ranges::any_of(links, [&](const auto& other) { return other.ifindex == link->ifindex; })) {
      return refuse(Kind::conflict, fmt::format("{} is named twice", interface));
    }
    links.push_back(std::move(*link));
  }
  for (const auto& interface : interfaces) absentees_.forget_return(true_name(interface));
  std::vector<std::string> warnings;
  std::vector<os::IfIndex> taken;
  const auto& fail_over_mac = *core::find_option("fail_over_mac");
  const auto mac_rule = fail_over_mac.get(bond_.options());
  for (const auto& link : links) {
    if (auto done = enslavement_.enslave(link, warnings); !done) {
      give_up(taken);
      // The first one may have changed it.
      if (fail_over_mac.get(bond_.options()) != mac_rule) (void)set({{"fail_over_mac", mac_rule}});
      return std::unexpected(done.error());
    }
    taken.push_back(link.ifindex);
    know_primary(link);
  }
  for (const auto& interface : awaited) {
    if (!absentees_.contains(interface)) absentees_.left({.name = interface});
    warnings.push_back(fmt::format("{} is not there: {} takes it when it appears", interface, name()));
  }
  settle();
  return warnings;
}

std::string Runner::true_name(const std::string& interface) {
  const auto link = hands_->link(interface);
  return link ? link->name : interface;
}

void Runner::know_primary(const os::LinkInfo& link) {
  const auto& primary = bond_.options().primary;
  if (primary != link.name && link.is_called(primary)) (void)set({{"primary", link.name}});
}

control::Result<> Runner::release(const std::vector<std::string>& interfaces) {
  std::vector<os::IfIndex> slaves;
  for (const auto& interface : interfaces) {
    auto link = hands_->link(interface);
    if (link && has_slave(link->ifindex)) {
      slaves.push_back(link->ifindex);
      absentees_.forget_return(link->name);
    } else if (absentees_.contains(interface)) {
      continue;
    } else {
      return refuse(Kind::no_such_interface, fmt::format("{} is not a slave of {}", interface, name()));
    }
  }
  for (const auto slave : slaves) slaves_.set_leaving(slave, true);
  if (auto saved = save(); !saved) {
    for (const auto slave : slaves) slaves_.set_leaving(slave, false);
    return refuse_unsaved(name(), saved.error());
  }
  for (const auto& interface : interfaces) absentees_.forget(interface);
  const auto now = hands_->now();
  os::Result<> first_failure;
  for (const auto slave : slaves) {
    if (auto done = enslavement_.release(slave, now); !done && first_failure) first_failure = done;
  }
  settle();
  if (first_failure) return {};
  return refuse(Kind::system,
                fmt::format("released, but not everything could be put back ({}): release it again to have "
                            "the rest tried again",
                            first_failure.error().message()));
}

control::Result<> Runner::set_slave(os::IfIndex slave, const control::KeyValues& options) {
  const auto now = hands_->now();
  const auto* known = bond_.find(slave);
  if (known == nullptr) {
    return refuse(Kind::no_such_interface,
                  fmt::format("{} is not a slave of {}", slaves_.name_of(slave), name()));
  }
  const auto before = core::slave_option_texts(known->options);
  for (const auto& [key, value] : options) {
    auto actions = bond_.set_slave(slave, key, value, now);
    if (!actions) {
      // All or none: what was set before it goes back.
      for (const auto& [name, old] : before) {
        if (auto undone = bond_.set_slave(slave, name, old, now)) (void)executor_.carry_out(*undone, now);
      }
      settle();
      return refuse(actions.error());
    }
    (void)executor_.carry_out(*actions, now);
  }
  settle();
  return {};
}

control::Result<> Runner::set_absent_slave(const std::string& slave, const control::KeyValues& options) {
  auto absent = absentees_.at(slave);
  core::SlaveOptionContext context;
  context.mode = bond_.options().mode;
  std::vector<std::uint16_t> other_queue_ids;
  for (const auto& other : bond_.slaves()) other_queue_ids.push_back(other.options.queue_id);
  context.other_queue_ids = other_queue_ids;
  for (const auto& [key, value] : options) {
    auto applied = core::apply_slave_option(absent.options, key, value, context);
    if (!applied) return refuse(applied.error());
  }
  absentees_.left(std::move(absent));
  settle();
  return {};
}

void Runner::release_all(core::TimePoint heard) {
  std::vector<os::IfIndex> slaves;
  for (const auto& slave : bond_.slaves()) slaves.push_back(slave.ifindex);
  for (const auto slave : slaves) (void)enslavement_.release(slave, heard);
  // What earlier releases could not give back in full.
  for (const auto slave : slaves_.leaving()) (void)enslavement_.release(slave, heard);
}

std::vector<std::string> Runner::forget() {
  ending_ = true;
  write_state();
  std::vector<std::string> failures;
  for (const auto& slave : slaves_.originals()) {
    const auto done = enslavement_.release(slave.ifindex, hands_->now());
    if (!done) failures.push_back(done.error().message());
  }
  const auto gone = hands_->delete_link(device_.upper());
  if (!gone && gone.error().errno_value != ENODEV) failures.push_back(gone.error().message());
  reporter_.report({.kind = core::EventKind::deleted, .why = "forgotten"});
  clear_away();
  return failures;
}

control::Result<> Runner::destroy() {
  ending_ = true;
  // A disk that is full keeps no bond: then a crash in the middle is not finished by the next daemon.
  write_state();
  release_all(hands_->now());
  auto gone = hands_->delete_link(device_.upper());
  if (!gone && gone.error().errno_value != ENODEV) {
    ending_ = false;
    settle();
    return refuse(gone.error());
  }
  reporter_.report({.kind = core::EventKind::deleted});
  clear_away();
  return {};
}

}  // namespace ebond::daemon
