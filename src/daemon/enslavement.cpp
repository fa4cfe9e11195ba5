#include "daemon/enslavement.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>

#include "os/sysctl.h"

namespace ebond::daemon {

namespace {
constexpr std::uint32_t kKeptFlags = IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI;
}

os::Result<SlaveOriginals> note_originals(Network& network, const os::LinkInfo& link) {
  SlaveOriginals originals;
  originals.ifindex = link.ifindex;
  originals.name = link.name;
  originals.mac = link.mac;
  originals.mtu = link.mtu;
  originals.flags = link.flags & (IFF_UP | kKeptFlags);
  if (auto value = os::read_interface_sysctl(network.where, os::IpFamily::ipv6, link.name, "disable_ipv6")) {
    originals.disable_ipv6 = *value;
  }
  auto addresses = network.netlink.addresses(link.ifindex);
  if (!addresses) return std::unexpected(addresses.error());
  std::ranges::copy_if(*addresses, std::back_inserter(originals.addresses),
                       [](const os::Address& address) { return !address.is_kernel_made(); });
  auto routes = network.netlink.routes(link.ifindex);
  if (!routes) return std::unexpected(routes.error());
  std::ranges::copy_if(*routes, std::back_inserter(originals.routes),
                       [](const os::Route& route) { return route.protocol != RTPROT_KERNEL; });
  return originals;
}

os::Result<> take(Network& network, const SlaveOriginals& originals, std::uint32_t bond_mtu) {
  for (const auto& address : originals.addresses) {
    auto gone = network.netlink.delete_address(address);
    if (!gone && gone.error().errno_value != EADDRNOTAVAIL) return gone;
  }
  if (originals.disable_ipv6) {
    auto off =
        os::write_interface_sysctl(network.where, os::IpFamily::ipv6, originals.name, "disable_ipv6", "1");
    if (!off) return off;
  }
  if (originals.mtu != bond_mtu) return network.netlink.set_mtu(originals.ifindex, bond_mtu);
  return {};
}

os::Result<> set_mac_even_if_busy(Network& network, os::IfIndex ifindex, const wire::MacAddress& mac) {
  auto live = network.netlink.set_mac(ifindex, mac);
  if (live || live.error().errno_value != EBUSY) return live;
  if (auto down = network.netlink.set_up(ifindex, false); !down) return down;
  auto changed = network.netlink.set_mac(ifindex, mac);
  auto up = network.netlink.set_up(ifindex, true);
  return changed ? up : changed;
}

os::Result<> give_back(Network& network, const SlaveOriginals& originals) {
  auto link = network.netlink.link(originals.ifindex);
  if (!link) {
    if (link.error().errno_value == ENODEV) return {};
    return std::unexpected(link.error());
  }
  os::Result<> first_failure;
  auto attempt = [&](os::Result<> result, int harmless = 0) {
    if (!result && result.error().errno_value != harmless && first_failure) first_failure = result;
  };
  const bool was_up = (originals.flags & IFF_UP) != 0;
  if (!was_up) attempt(network.netlink.set_up(originals.ifindex, false));
  if (link->mac != originals.mac) {
    auto restored = was_up ? set_mac_even_if_busy(network, originals.ifindex, originals.mac)
                           : network.netlink.set_mac(originals.ifindex, originals.mac);
    attempt(restored);
  }
  if (link->mtu != originals.mtu) attempt(network.netlink.set_mtu(originals.ifindex, originals.mtu));
  attempt(network.netlink.set_flags(originals.ifindex, kKeptFlags, originals.flags & kKeptFlags));
  if (originals.disable_ipv6) {
    attempt(os::write_interface_sysctl(network.where, os::IpFamily::ipv6, link->name, "disable_ipv6",
                                       *originals.disable_ipv6));
  }
  if (was_up && !link->is_up()) attempt(network.netlink.set_up(originals.ifindex, true));
  for (auto address : originals.addresses) {
    if (!address.label.empty() && address.label == originals.name) address.label = link->name;
    attempt(network.netlink.add_address(address), EEXIST);
  }
  // Routes through gateways come after the routes to those gateways.
  for (const bool with_gateway : {false, true}) {
    for (const auto& route : originals.routes) {
      if (route.gateway.has_value() == with_gateway) attempt(network.netlink.add_route(route), EEXIST);
    }
  }
  return first_failure;
}

os::Result<> give_back_elsewhere(Network& network, const os::LinkInfo& left,
                                 const SlaveOriginals& originals) {
  if (!left.new_netnsid || !left.new_ifindex) return {};
  auto where = network.netlink.namespace_known_as(*left.new_netnsid);
  if (!where) return std::unexpected(where.error());
  auto there = os::Rtnetlink::open(*where);
  if (!there) return std::unexpected(there.error());
  auto link = there->link(*left.new_ifindex);
  if (!link) return std::unexpected(link.error());
  // Whoever moved it may have set it up already.
  if (link->mac == left.mac && left.mac != originals.mac) {
    if (auto back = there->set_mac(link->ifindex, originals.mac); !back) return back;
  }
  if (link->mtu == left.mtu && left.mtu != originals.mtu) {
    if (auto back = there->set_mtu(link->ifindex, originals.mtu); !back) return back;
  }
  return there->set_flags(link->ifindex, kKeptFlags, originals.flags & kKeptFlags);
}

}  // namespace ebond::daemon
