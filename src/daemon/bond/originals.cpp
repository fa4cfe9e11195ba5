#include "daemon/bond/originals.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "daemon/bond/dues.h"
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
  if (link.permanent_mac) {
    if (auto driver = hands.driver(link.name)) originals.bus = std::move(driver->bus);
  }
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

namespace {

os::Result<> switch_ipv6_off(Hands& hands, const SlaveOriginals& originals) {
  if (!originals.disable_ipv6) return {};
  return hands.set_ipv6_setting(originals.name, "disable_ipv6", "1");
}

}  // namespace

os::Result<> take(const Places& places, const SlaveOriginals& originals, std::uint32_t bond_mtu) {
  auto& home = *places.home;
  const auto moved = originals.moved ? on_bond(home, *originals.moved) : Belongings{};
  if (auto done = give_addresses(home, moved); !done) return done;
  for (const auto& address : originals.moved ? originals.moved->belongings.addresses : originals.addresses) {
    auto gone = home.delete_address(address);
    if (!gone && gone.error().errno_value != EADDRNOTAVAIL) return gone;
  }
  if (!originals.at_home) {
    if (auto off = switch_ipv6_off(home, originals); !off) return off;
  }
  if (originals.moved) {
    // Most routes went with the addresses.
    if (auto done = take_ways(home, originals.moved->belongings); !done) return done;
    if (auto done = give_ways(home, moved); !done) return done;
  }
  if (originals.at_home) {
    auto gone = home.move_link(*originals.at_home, places.slaves, {.ifindex = originals.ifindex});
    if (!gone) return gone;
    if (auto off = switch_ipv6_off(places.slaves, originals); !off) return off;
  }
  // As dev_disable_lro(): what is merged cannot be passed on.
  if (originals.had_lro) (void)places.slaves.set_lro(originals.name, false);
  if (originals.mtu != bond_mtu) return places.slaves.set_mtu(originals.ifindex, bond_mtu);
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

namespace {

/// Step by step, past what fails.
class GivingBack {
 public:
  explicit GivingBack(const SlaveOriginals& originals)
      : originals_(originals),
        own_(originals.moved ? originals.moved->belongings
                             : Belongings{originals.name, originals.addresses, originals.routes, {}, {}}) {}

  /// bond0 keeps the addresses until the interface has them again.
  void take_ways_off_bond(Hands& home) {
    if (!originals_.moved) return;
    moved_ = on_bond(home, *originals_.moved);
    attempt(follow_lifetimes(home, originals_.moved->upper, own_.addresses), ENODEV);
    attempt(take_ways(home, moved_));
  }
  void take_back_what_it_was_told(Hands& hands, const os::LinkInfo& link) {
    for (const auto& mac : originals_.told.unicast) take_back(hands.drop_address(originals_.ifindex, mac));
    take_back_vlans(hands);
    for (const auto& group : originals_.told.multicast) take_back(hands.remove_group(link.name, group));
  }
  void take_back_vlans(Hands& hands) {
    for (const auto& vlan : originals_.told.vlans) take_back(hands.keep_vlan_out(originals_.ifindex, vlan));
  }
  /// Its MAC, MTU and flags. `stays_up`: what a MAC that cannot be changed so is changed for.
  void make_it_what_it_was(Hands& hands, const os::LinkInfo& link, bool stays_up) {
    if (!stays_up) attempt(hands.set_up(link.ifindex, false));
    if (link.mac != originals_.mac) {
      attempt(stays_up ? set_mac_even_if_busy(hands, link.ifindex, originals_.mac)
                       : hands.set_mac(link.ifindex, originals_.mac));
    }
    if (link.mtu != originals_.mtu) attempt(hands.set_mtu(link.ifindex, originals_.mtu));
    attempt(hands.set_flags(link.ifindex, kKeptFlags, originals_.flags & kKeptFlags));
    if (originals_.had_lro) attempt(hands.set_lro(link.name, true));
  }
  /// Up, if it was, and all that people gave it.
  void put_back(Hands& home, const os::LinkInfo& link, bool is_up) {
    if (originals_.disable_ipv6) {
      attempt(home.set_ipv6_setting(link.name, "disable_ipv6", *originals_.disable_ipv6));
    }
    if ((originals_.flags & IFF_UP) != 0 && !is_up) attempt(home.set_up(link.ifindex, true));
    for (auto& address : own_.addresses) {
      address.ifindex = link.ifindex;
      if (!address.label.empty() && address.label == originals_.name) address.label = link.name;
      attempt(home.add_address(address), EEXIST);
    }
    // Routes through gateways come after the routes to those gateways.
    for (const bool with_gateway : {false, true}) {
      for (auto& route : own_.routes) {
        route.ifindex = link.ifindex;
        if (route.gateway.has_value() == with_gateway) attempt(home.add_route(route), EEXIST);
      }
    }
    for (auto& neighbour : own_.neighbours) {
      neighbour.ifindex = link.ifindex;
      attempt(home.add_neighbour(neighbour), EEXIST);
    }
    for (const auto& rule : own_.rules) attempt(home.add_rule(rule), EEXIST);
    if (!originals_.moved) return;
    attempt(take_addresses(home, moved_));
    // Switches may have the MAC behind another slave.
    (void)announce(home, link.ifindex);
  }

  void attempt(os::Result<> result, int harmless = 0) {
    if (!result && result.error().errno_value != harmless && first_failure_) first_failure_ = result;
  }
  const os::Result<>& outcome() const { return first_failure_; }

 private:
  /// What was about to be told may never have been, to a card that takes none.
  void take_back(os::Result<> result) {
    if (!result && (result.error().errno_value == EOPNOTSUPP || result.error().errno_value == EINVAL)) return;
    attempt(std::move(result), ENOENT);
  }

  const SlaveOriginals& originals_;
  Belongings own_, moved_;
  os::Result<> first_failure_;
};

os::Result<> give_back_here(Hands& hands, const SlaveOriginals& originals) {
  auto link = hands.link(originals.ifindex);
  if (!link) return os::unless_gone(link);
  GivingBack giving(originals);
  giving.take_ways_off_bond(hands);
  giving.take_back_what_it_was_told(hands, *link);
  const bool was_up = (originals.flags & IFF_UP) != 0;
  giving.make_it_what_it_was(hands, *link, was_up);
  giving.put_back(hands, *link, link->is_up());
  return giving.outcome();
}

/// Where it stands it becomes what it was, before it goes home: it is not seen there otherwise. Whatever is
/// wanting for that may be there the next time. `name`: what it is to be called there, unless as here.
os::Result<> send_home(const Places& places, const os::LinkInfo& link, const SlaveOriginals& originals,
                       const std::string& name = {}) {
  GivingBack giving(originals);
  giving.take_back_what_it_was_told(places.slaves, link);
  giving.make_it_what_it_was(places.slaves, link, false);
  const auto& outcome = giving.outcome();
  if (!outcome && !Dues::is_refusal(outcome.error())) return outcome;
  if (places.home == nullptr) return outcome;
  auto gone =
      places.slaves.move_link(link.ifindex, *places.home, {.ifindex = originals.at_home, .name = name});
  // Another one has its number there.
  if (!gone && gone.error().errno_value == EBUSY) {
    gone = places.slaves.move_link(link.ifindex, *places.home, {.name = name});
  }
  return gone;
}

}  // namespace

os::Result<std::optional<os::LinkInfo>> find_at_home(Hands& home, const SlaveOriginals& originals,
                                                     const std::vector<wire::MacAddress>& worn) {
  const auto links = home.links();
  if (!links) return std::unexpected(links.error());
  const auto is_it = [&](const os::LinkInfo& link) {
    if (originals.permanent_mac) return link.permanent_mac == originals.permanent_mac;
    const bool may_wear = link.mac == originals.mac || std::ranges::find(worn, link.mac) != worn.end();
    return !link.permanent_mac && link.name == originals.name && may_wear;
  };
  // Some docks give all cards one MAC.
  auto found = std::ranges::find_if(
      *links, [&](const os::LinkInfo& link) { return link.name == originals.name && is_it(link); });
  if (found == links->end()) found = std::ranges::find_if(*links, is_it);
  return found == links->end() ? std::nullopt : std::optional(*found);
}

os::Result<> give_back_at_home(const Places& places, const os::LinkInfo& link,
                               const SlaveOriginals& originals) {
  GivingBack giving(originals);
  giving.take_ways_off_bond(*places.home);
  giving.take_back_vlans(places.slaves);
  const bool is_what_it_was = link.mac == originals.mac && link.mtu == originals.mtu &&
                              (link.flags & kKeptFlags) == (originals.flags & kKeptFlags);
  if (!is_what_it_was) giving.make_it_what_it_was(*places.home, link, link.is_up());
  giving.put_back(*places.home, link, link.is_up());
  return giving.outcome();
}

os::Result<> give_back_from(Hands& initial, Hands* home, const os::LinkInfo& link,
                            const SlaveOriginals& originals) {
  if (home == nullptr) {
    GivingBack giving(originals);
    giving.make_it_what_it_was(initial, link, link.is_up());
    return giving.outcome();
  }
  const auto sent = send_home({initial, home}, link, originals, originals.name);
  if (!sent) return sent;
  const auto back = find_at_home(*home, originals);
  if (!back) return std::unexpected(back.error());
  return *back ? give_back_at_home(Places::of_a_bond(*home), **back, originals) : os::Result<>{};
}

os::Result<> give_back(const Places& places, const SlaveOriginals& originals) {
  if (!originals.at_home) return give_back_here(places.slaves, originals);
  const auto away = places.slaves.link(originals.ifindex);
  if (!away && away.error().errno_value != ENODEV) return std::unexpected(away.error());
  if (away) {
    const auto sent = send_home(places, *away, originals);
    if (!sent || places.home == nullptr) return sent;
  }
  if (places.home == nullptr) return {};
  const auto link = find_at_home(*places.home, originals);
  if (!link) return std::unexpected(link.error());
  return *link ? give_back_at_home(places, **link, originals) : os::Result<>{};
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
