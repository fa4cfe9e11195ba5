// Runner's look at an interface before it is enslaved: what cannot be a slave, and why.
#include <fmt/format.h>
#include <net/if_arp.h>

#include <algorithm>
#include <array>
#include <set>

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
      const bool has_lower = link.lower && !link.lower_netnsid && !link.is_half_of_a_pair();
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
os::Result<std::string> taker_of_frames(Hands& hands, os::IfIndex interface) {
  const auto here = hands.links();
  if (!here) return std::unexpected(here.error());
  for (const auto& link : *here) {
    if (link.lower == interface && !link.lower_netnsid && takes_all_frames(link)) {
      return fmt::format("{} ({})", link.name, link.kind);
    }
  }
  for (const auto& link : hands.links_elsewhere()) {
    if (link.lower == interface && takes_all_frames(link)) {
      return fmt::format("{} ({}, in another network namespace)", link.name, link.kind);
    }
  }
  return std::string();
}

}  // namespace

control::Result<os::LinkInfo> Runner::find_enslavable(const std::string& interface) {
  auto& home = home_.hands();
  if (has_slaves_away()) {
    const auto away = hands_->link(interface);
    if (away && has_slave(away->ifindex)) {
      return refuse(Kind::conflict, fmt::format("{} is {}: it cannot be enslaved to {}", interface,
                                                *claims(away->ifindex), name()));
    }
  }
  auto link = home.link(interface);
  if (!link) {
    if (link.error().errno_value != ENODEV) return refuse(link.error());
    return refuse(Kind::no_such_interface,
                  fmt::format("there is no interface {} in this network namespace", interface));
  }
  if (!upper_.is_away() && link->ifindex == upper_.ifindex()) {
    return refuse(Kind::conflict, fmt::format("{} cannot be enslaved to itself", interface));
  }
  if (auto claim = host_.claimed_by(home, link->ifindex)) {
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
  const auto other = is_a_bond(home, *link);
  if (!other) return refuse(other.error());
  if (*other) {
    return refuse(Kind::conflict, fmt::format("{} is a bond of another daemon: it cannot be enslaved to {}",
                                              interface, name()));
  }
  const auto above =
      upper_.is_away() ? os::Result<bool>(false) : is_above(home, link->ifindex, upper_.ifindex());
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
  const auto taker = taker_of_frames(home, link->ifindex);
  if (!taker) return refuse(taker.error());
  if (!taker->empty()) {
    return refuse(Kind::conflict, fmt::format("{} on {} takes all its frames: delete it, or enslave another",
                                              *taker, interface));
  }
  if (has_slaves_away()) {
    if (auto can = check_can_go(*link); !can) return std::unexpected(can.error());
    return *link;
  }
  if (auto free = programs_->check_free(link->ifindex); !free) return refuse(free.error());
  return *link;
}

control::Result<> Runner::check_can_go(const os::LinkInfo& link) {
  auto& home = home_.hands();
  if (home_.gone()) {
    return refuse(Kind::conflict, fmt::format("the network namespace that {} belongs to is gone", name()));
  }
  const auto links = home.links();
  if (!links) return refuse(links.error());
  for (const auto& each : *links) {
    const bool is_on_it = each.lower == link.ifindex && !each.lower_netnsid && !each.is_half_of_a_pair();
    if (!is_on_it) continue;
    return refuse(Kind::conflict,
                  fmt::format("{} ({}) stands on {}, which is to go to {}: delete it, or have it on {}",
                              each.name, each.kind, link.name, stored_home_->own_netns, name()));
  }
  const auto has_clsact = home.has_clsact(link.ifindex);
  if (!has_clsact) return refuse(has_clsact.error());
  if (*has_clsact) {
    return refuse(
        Kind::conflict,
        fmt::format("{0} has filters of tc, which are lost when it goes to {1}: take them off (`tc qdisc del "
                    "dev {0} clsact`), and put them on {2}",
                    link.name, stored_home_->own_netns, name()));
  }
  const auto there = hands_->link(link.name);
  if (there) {
    return refuse(Kind::conflict, fmt::format("there is an interface {} in {} already: rename one of the two",
                                              link.name, stored_home_->own_netns));
  }
  if (there.error().errno_value != ENODEV) return refuse(there.error());
  return {};
}

}  // namespace ebond::daemon
