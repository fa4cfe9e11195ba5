// Runner's way back: what the bond is like, and how it becomes that again.
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>

#include "core/options/option_table.h"
#include "daemon/bond/runner.h"
#include "daemon/errors.h"

namespace ebond::daemon {
namespace {

control::KeyValues options_of(const core::BondOptions& options) {
  control::KeyValues all;
  for (const auto& spec : core::option_table()) {
    if (!spec.is_action && spec.get != nullptr) all.emplace_back(spec.name, spec.get(options));
  }
  return all;
}

control::KeyValues options_of(const core::SlaveOptions& options) {
  control::KeyValues all;
  for (const auto& [name, value] : core::slave_option_texts(options)) all.emplace_back(name, value);
  return all;
}

/// Those that are otherwise now.
control::KeyValues differing(const control::KeyValues& wanted, const control::KeyValues& now) {
  control::KeyValues differ;
  std::ranges::copy_if(wanted, std::back_inserter(differ),
                       [&](const auto& option) { return std::ranges::find(now, option) == now.end(); });
  return differ;
}

/// What people and programs set; the kernel makes its own of it.
bool was_set(const os::Address& address) {
  return !address.is_kernel_made();
}
bool was_set(const os::Route& route) {
  return route.protocol != RTPROT_KERNEL && route.expires == 0;
}

/// A lease that was renewed is the same.
bool is_same(const os::Address& a, const os::Address& b) {
  return a.local == b.local && a.prefix_length == b.prefix_length && a.peer == b.peer;
}
bool is_same(const os::Route& a, const os::Route& b) {
  return a == b;
}

template <class Thing>
std::vector<Thing> that_were_set(std::vector<Thing> things) {
  std::erase_if(things, [](const Thing& thing) { return !was_set(thing); });
  return things;
}

/// Of these, the ones that are not among the others.
template <class Thing>
std::vector<Thing> beyond(const std::vector<Thing>& these, const std::vector<Thing>& others) {
  auto left = these;
  std::erase_if(left, [&](const Thing& thing) {
    return std::ranges::any_of(others, [&](const Thing& other) { return is_same(thing, other); });
  });
  return left;
}

control::Result<> to_command(const os::Result<>& done, int harmless) {
  if (done || done.error().errno_value == harmless) return {};
  return refuse(done.error());
}

}  // namespace

control::Result<BondSnapshot> Runner::snapshot() {
  if (auto ending = refuse_if_ending(); !ending) return std::unexpected(ending.error());
  BondSnapshot snapshot{.name = name(), .options = options_of(bond_.options())};
  for (const auto& slave : bond_.slaves()) {
    snapshot.slaves.push_back({slave.name, options_of(slave.options)});
  }
  for (const auto& absent : absentees_.all()) snapshot.awaited.push_back(absent.name);
  auto& above = upper_.hands();
  const auto links = above.links();
  if (!links) return refuse(links.error());
  for (const auto& link : *links) {
    if (link.ifindex == upper_.ifindex()) {
      snapshot.mtu = link.mtu;
      snapshot.mac = link.mac;
      snapshot.up = link.is_up();
      snapshot.has_master = link.master.has_value();
    }
    if (link.vlan && link.lower == upper_.ifindex() && !link.lower_netnsid) snapshot.above.insert(link.name);
  }
  auto addresses = above.addresses(upper_.ifindex());
  if (!addresses) return refuse(addresses.error());
  snapshot.stands_in = above.where();
  snapshot.addresses = that_were_set(*std::move(addresses));
  auto routes = above.routes(upper_.ifindex());
  if (!routes) return refuse(routes.error());
  snapshot.routes = that_were_set(*std::move(routes));
  return snapshot;
}

control::Result<> Runner::go_back_to(const BondSnapshot& before) {
  if (auto done = take_off_what_is_new(before); !done) return done;
  if (auto done = go_back_to_slaves(before); !done) return done;
  if (auto done = go_back_to_network(before); !done) return done;
  // The slaves follow now, whether its news has come or not.
  if (const auto now = upper_.hands().link(upper_.ifindex())) upper_changed(*now, hands_->now());
  settle();
  return {};
}

/// Somebody who moved bond0 meanwhile made another network around it: that one is not gone back from.
bool Runner::stands_where_it_did(const BondSnapshot& before) const {
  if (before.stands_in == os::NamespaceId{}) return !upper_.is_away();
  return upper_.hands().where() == before.stands_in;
}

/// VLANs that were made meanwhile, and a bridge that it joined.
control::Result<> Runner::take_off_what_is_new(const BondSnapshot& before) {
  if (!stands_where_it_did(before)) return {};
  auto& above = upper_.hands();
  const auto links = above.links();
  if (!links) return refuse(links.error());
  for (const auto& link : *links) {
    const bool is_vlan = link.vlan && link.lower == upper_.ifindex() && !link.lower_netnsid;
    if (is_vlan && !before.above.contains(link.name)) {
      if (auto done = to_command(above.delete_link(link.ifindex), ENODEV); !done) return done;
    }
    if (link.ifindex == upper_.ifindex() && link.master && !before.has_master) {
      if (auto done = to_command(above.leave_master(link.ifindex), ENODEV); !done) return done;
    }
  }
  return {};
}

control::Result<> Runner::go_back_to_slaves(const BondSnapshot& before) {
  const auto was_slave = [&](const std::string& slave) {
    return std::ranges::find(before.slaves, slave, &SlaveSnapshot::name) != before.slaves.end();
  };
  std::vector<std::string> surplus, missing;
  for (const auto& slave : bond_.slaves()) {
    if (!was_slave(slave.name)) surplus.push_back(slave.name);
  }
  for (const auto& absent : absentees_.all()) {
    const bool was_awaited = std::ranges::find(before.awaited, absent.name) != before.awaited.end();
    if (!was_awaited && !was_slave(absent.name)) surplus.push_back(absent.name);
  }
  if (!surplus.empty()) {
    if (auto done = release(surplus); !done) return done;
  }
  if (const auto options = differing(before.options, options_of(bond_.options())); !options.empty()) {
    if (auto done = set(options); !done) return done;
  }
  const auto has = [&](const std::string& slave) {
    return absentees_.contains(slave) ||
           std::ranges::find(bond_.slaves(), slave, &core::Slave::name) != bond_.slaves().end();
  };
  for (const auto& slave : before.slaves) {
    if (!has(slave.name)) missing.push_back(slave.name);
  }
  std::ranges::remove_copy_if(before.awaited, std::back_inserter(missing), has);
  if (!missing.empty()) {
    if (auto done = enslave(missing, control::Absent::awaited); !done) return std::unexpected(done.error());
  }
  for (const auto& slave : before.slaves) {
    const auto now = std::ranges::find(bond_.slaves(), slave.name, &core::Slave::name);
    if (now == bond_.slaves().end()) continue;
    const auto options = differing(slave.options, options_of(now->options));
    if (options.empty()) continue;
    if (auto done = set_slave(now->ifindex, options); !done) return done;
  }
  return {};
}

control::Result<> Runner::go_back_to_network(const BondSnapshot& before) {
  if (!stands_where_it_did(before)) return {};
  auto& above = upper_.hands();
  const auto upper = above.link(upper_.ifindex());
  if (!upper) return refuse(upper.error());
  if (upper->mac != before.mac) {
    if (auto done = above.set_mac(upper->ifindex, before.mac); !done) return refuse(done.error());
  }
  if (upper->mtu != before.mtu) {
    if (auto done = above.set_mtu(upper->ifindex, before.mtu); !done) return refuse(done.error());
  }
  if (upper->is_up() != before.up) {
    if (auto done = above.set_up(upper->ifindex, before.up); !done) return refuse(done.error());
  }
  const auto addresses = above.addresses(upper->ifindex);
  if (!addresses) return refuse(addresses.error());
  // First what is missing: with its last address an interface loses all routes.
  for (const auto& address : beyond(before.addresses, *addresses)) {
    if (auto done = to_command(above.add_address(address), EEXIST); !done) return done;
  }
  for (const auto& address : beyond(that_were_set(*addresses), before.addresses)) {
    if (auto done = to_command(above.delete_address(address), EADDRNOTAVAIL); !done) return done;
  }
  const auto routes = above.routes(upper->ifindex);
  if (!routes) return refuse(routes.error());
  for (const auto& route : beyond(that_were_set(*routes), before.routes)) {
    if (auto done = to_command(above.delete_route(route), ESRCH); !done) return done;
  }
  for (const bool with_gateway : {false, true}) {
    for (const auto& route : beyond(before.routes, *routes)) {
      if (route.gateway.has_value() != with_gateway) continue;
      if (auto done = to_command(above.add_route(route), EEXIST); !done) return done;
    }
  }
  return {};
}

}  // namespace ebond::daemon
