#include "daemon/bond/originals.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "daemon/neighbours/announcer.h"

namespace ebond::daemon {

namespace {
constexpr std::uint32_t kKeptFlags = IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI;
}

os::Result<SlaveOriginals> note_originals(Hands& hands, const os::LinkInfo& link) {
  SlaveOriginals originals;
  originals.ifindex = link.ifindex;
  originals.name = link.name;
  originals.mac = link.mac;
  originals.permanent_mac = link.permanent_mac;
  originals.mtu = link.mtu;
  originals.flags = link.flags & (IFF_UP | kKeptFlags);
  if (auto value = hands.ipv6_setting(link.name, "disable_ipv6")) {
    originals.disable_ipv6 = *value;
  } else if (value.error().errno_value != ENOENT) {
    return std::unexpected(value.error());
  }
  const auto lro = hands.lro(link.name);
  if (!lro && lro.error().errno_value != EOPNOTSUPP) return std::unexpected(lro.error());
  originals.had_lro = lro.value_or(false);
  auto addresses = hands.addresses(link.ifindex);
  if (!addresses) return std::unexpected(addresses.error());
  std::ranges::copy_if(*addresses, std::back_inserter(originals.addresses),
                       [](const os::Address& address) { return !address.is_kernel_made(); });
  auto routes = hands.routes(link.ifindex);
  if (!routes) return std::unexpected(routes.error());
  std::ranges::copy_if(*routes, std::back_inserter(originals.routes),
                       [](const os::Route& route) { return route.protocol != RTPROT_KERNEL; });
  return originals;
}

namespace {

Belongings on_bond(Hands& hands, const Moved& moved) {
  const auto upper = hands.link(moved.upper);
  return belongings_on(moved.belongings, moved.upper, upper ? upper->name : moved.upper_name);
}

}  // namespace

os::Result<> take(Hands& hands, const SlaveOriginals& originals, std::uint32_t bond_mtu) {
  const auto moved = originals.moved ? on_bond(hands, *originals.moved) : Belongings{};
  if (auto done = give_addresses(hands, moved); !done) return done;
  for (const auto& address : originals.moved ? originals.moved->belongings.addresses : originals.addresses) {
    auto gone = hands.delete_address(address);
    if (!gone && gone.error().errno_value != EADDRNOTAVAIL) return gone;
  }
  if (originals.disable_ipv6) {
    auto off = hands.set_ipv6_setting(originals.name, "disable_ipv6", "1");
    if (!off) return off;
  }
  if (originals.moved) {
    // Most routes went with the addresses.
    if (auto done = take_ways(hands, originals.moved->belongings); !done) return done;
    if (auto done = give_ways(hands, moved); !done) return done;
  }
  // As dev_disable_lro(): what is merged cannot be passed on.
  if (originals.had_lro) (void)hands.set_lro(originals.name, false);
  if (originals.mtu != bond_mtu) return hands.set_mtu(originals.ifindex, bond_mtu);
  return {};
}

os::Result<> give_neighbours_again(Hands& hands, const SlaveOriginals& originals) {
  if (!originals.moved) return {};
  return give_neighbours(hands, on_bond(hands, *originals.moved));
}

os::Result<> set_mac_even_if_busy(Hands& hands, os::IfIndex ifindex, const wire::MacAddress& mac) {
  auto live = hands.set_mac(ifindex, mac);
  if (live || live.error().errno_value != EBUSY) return live;
  if (auto down = hands.set_up(ifindex, false); !down) return down;
  auto changed = hands.set_mac(ifindex, mac);
  auto up = hands.set_up(ifindex, true);
  return changed ? up : changed;
}

os::Result<> give_back(Hands& hands, const SlaveOriginals& originals) {
  auto link = hands.link(originals.ifindex);
  if (!link) {
    if (link.error().errno_value == ENODEV) return {};
    return std::unexpected(link.error());
  }
  os::Result<> first_failure;
  auto attempt = [&](os::Result<> result, int harmless = 0) {
    if (!result && result.error().errno_value != harmless && first_failure) first_failure = result;
  };
  // bond0 keeps the addresses until the interface has them again.
  const auto moved = originals.moved ? on_bond(hands, *originals.moved) : Belongings{};
  auto own = originals.moved ? originals.moved->belongings
                             : Belongings{originals.name, originals.addresses, originals.routes, {}, {}};
  if (originals.moved) {
    attempt(follow_lifetimes(hands, originals.moved->upper, own.addresses), ENODEV);
    attempt(take_ways(hands, moved));
  }
  // What was about to be told may never have been, to a card that takes none.
  auto take_back = [&](os::Result<> result) {
    if (!result && (result.error().errno_value == EOPNOTSUPP || result.error().errno_value == EINVAL)) return;
    attempt(std::move(result), ENOENT);
  };
  for (const auto& mac : originals.told.unicast) take_back(hands.drop_address(originals.ifindex, mac));
  for (const auto& vlan : originals.told.vlans) take_back(hands.keep_vlan_out(originals.ifindex, vlan));
  for (const auto& group : originals.told.multicast) take_back(hands.remove_group(link->name, group));
  const bool was_up = (originals.flags & IFF_UP) != 0;
  if (!was_up) attempt(hands.set_up(originals.ifindex, false));
  if (link->mac != originals.mac) {
    auto restored = was_up ? set_mac_even_if_busy(hands, originals.ifindex, originals.mac)
                           : hands.set_mac(originals.ifindex, originals.mac);
    attempt(restored);
  }
  if (link->mtu != originals.mtu) attempt(hands.set_mtu(originals.ifindex, originals.mtu));
  attempt(hands.set_flags(originals.ifindex, kKeptFlags, originals.flags & kKeptFlags));
  if (originals.had_lro) attempt(hands.set_lro(link->name, true));
  if (originals.disable_ipv6) {
    attempt(hands.set_ipv6_setting(link->name, "disable_ipv6", *originals.disable_ipv6));
  }
  if (was_up && !link->is_up()) attempt(hands.set_up(originals.ifindex, true));
  for (auto& address : own.addresses) {
    if (!address.label.empty() && address.label == originals.name) address.label = link->name;
    attempt(hands.add_address(address), EEXIST);
  }
  // Routes through gateways come after the routes to those gateways.
  for (const bool with_gateway : {false, true}) {
    for (const auto& route : own.routes) {
      if (route.gateway.has_value() == with_gateway) attempt(hands.add_route(route), EEXIST);
    }
  }
  for (const auto& neighbour : own.neighbours) attempt(hands.add_neighbour(neighbour), EEXIST);
  for (const auto& rule : own.rules) attempt(hands.add_rule(rule), EEXIST);
  attempt(take_addresses(hands, moved));
  // Switches may have the MAC behind another slave.
  if (originals.moved) (void)announce(hands, originals.ifindex);
  return first_failure;
}

os::Result<> give_back_elsewhere(Hands& hands, const os::LinkInfo& left, const SlaveOriginals& originals) {
  // Its lists of addresses are emptied by the move; what holds its VLANs goes along.
  for (const auto& vlan : originals.told.vlans) (void)hands.keep_vlan_out(originals.ifindex, vlan);
  if (!left.new_netnsid || !left.new_ifindex) return {};
  auto elsewhere = hands.hands_at(left);
  if (!elsewhere) return std::unexpected(elsewhere.error());
  auto& there = **elsewhere;
  auto link = there.link(*left.new_ifindex);
  if (!link) return std::unexpected(link.error());
  // Whoever moved it may have set it up already.
  if (link->mac == left.mac && left.mac != originals.mac) {
    if (auto back = there.set_mac(link->ifindex, originals.mac); !back) return back;
  }
  if (link->mtu == left.mtu && left.mtu != originals.mtu) {
    if (auto back = there.set_mtu(link->ifindex, originals.mtu); !back) return back;
  }
  return there.set_flags(link->ifindex, kKeptFlags, originals.flags & kKeptFlags);
}

}  // namespace ebond::daemon
