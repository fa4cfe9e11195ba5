#include "daemon/neighbours/way_finder.h"

#include <algorithm>
#include <variant>

#include "daemon/neighbours/device_stack.h"

namespace ebond::daemon {
namespace {

bool is_link_local(const wire::Ipv6Address& address) {
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

}  // namespace

WayFinder::Known WayFinder::survey() {
  Known known;
  if (auto stack = stack_on(bond_.hands(), bond_.ifindex())) {
    for (auto& device : *stack) {
      if (device.link.kind == "vrf") known.vrfs.push_back(device.link.ifindex);
      known.devices.push_back({.ifindex = device.link.ifindex, .tags = std::move(device.tags)});
    }
  }
  if (known.devices.empty()) known.devices.push_back({.ifindex = bond_.ifindex()});
  for (const auto& device : known.devices) {
    auto addresses = bond_.hands().addresses(device.ifindex);
    if (!addresses) continue;
    for (const auto& address : *addresses) {
      if (is_tentative(address)) continue;
      if (const auto* v4 = std::get_if<wire::Ipv4Address>(&address.local)) known.own_ipv4.push_back(*v4);
      if (const auto* v6 = std::get_if<wire::Ipv6Address>(&address.local)) known.own_ipv6.push_back(*v6);
    }
  }
  return known;
}

/// Where a device of the bond belongs to a VRF, the routes of that VRF lead to it, and the main table to
/// others.
os::Result<os::NextHop> WayFinder::hop_to(const os::IpAddress& target, const Known& known) const {
  const auto* v6 = std::get_if<wire::Ipv6Address>(&target);
  if (v6 != nullptr && is_link_local(*v6)) return bond_.hands().next_hop(target, bond_.ifindex());
  for (const auto vrf : known.vrfs) {
    auto hop = bond_.hands().next_hop(target, vrf);
    if (hop && hop->ifindex != vrf && known.has(hop->ifindex)) return hop;
  }
  return bond_.hands().next_hop(target, std::nullopt);
}

/// A target behind a router is none that can be asked by ARP or ND: the driver, too, takes it for one without
/// a route.
template <class Address>
core::Way<Address> WayFinder::way_to(const Address& target, const Known& known,
                                     const std::vector<Address>& own) {
  core::Way<Address> way{.target = target};
  const auto hop = hop_to(target, known);
  if (!hop || hop->gateway) return way;
  const auto& devices = known.devices;
  const auto device = std::ranges::find(devices, hop->ifindex, &Device::ifindex);
  if (device == devices.end()) {
    way.kind = core::WayKind::elsewhere;
    return way;
  }
  way.kind = core::WayKind::bond;
  way.tags = device->tags;
  if (const auto& found = hop->source) {
    const auto* source = std::get_if<Address>(&*found);
    if (source != nullptr && std::ranges::find(own, *source) != own.end()) way.source = *source;
  }
  return way;
}

/// Routers are gone through: the path monitors ask beyond them.
core::PathWay WayFinder::path_to(const core::IpAddress& target, const Known& known) const {
  core::PathWay way{.target = target};
  const auto hop = hop_to(target, known);
  if (!hop) return way;
  const auto& devices = known.devices;
  const auto device = std::ranges::find(devices, hop->ifindex, &Device::ifindex);
  way.kind = device == devices.end() ? core::WayKind::elsewhere : core::WayKind::bond;
  way.next_hop = hop->gateway.value_or(target);
  if (device == devices.end() || way.next_hop.index() != target.index()) return way;
  way.tags = device->tags;
  const auto source = hop->source.value_or(way.source);
  const auto is_source = [&](const auto& own) { return source == os::IpAddress(own); };
  const bool is_own =
      std::ranges::any_of(known.own_ipv4, is_source) || std::ranges::any_of(known.own_ipv6, is_source);
  if (is_own) way.source = source;
  return way;
}

core::Surroundings WayFinder::look(const core::ProbeTargets& targets) {
  if (!known_) known_ = survey();
  const Known& known = *known_;
  core::Surroundings around{
      .ipv4 = {}, .ipv6 = {}, .paths = {}, .own_ipv4 = known.own_ipv4, .own_ipv6 = known.own_ipv6};
  for (const auto& target : targets.ipv4) around.ipv4.push_back(way_to(target, known, known.own_ipv4));
  for (const auto& target : targets.ipv6) around.ipv6.push_back(way_to(target, known, known.own_ipv6));
  for (const auto& target : targets.paths) around.paths.push_back(path_to(target, known));
  return around;
}

bool WayFinder::concerns(os::IfIndex ifindex) const {
  return !known_ || std::ranges::find(known_->devices, ifindex, &Device::ifindex) != known_->devices.end();
}

}  // namespace ebond::daemon
