#include "cli/traffic/resolver.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "os/neighbour_lookup.h"

namespace ebond::cli::traffic {
namespace {

constexpr int kMostDevices = 8;  // devices on one another

/// RFC 1112 6.4, RFC 2464 7, and the broadcast to all of a link.
std::optional<MacAddress> group_mac(const IpAddress& address) {
  if (const auto* v4 = std::get_if<wire::Ipv4Address>(&address)) {
    const auto& a = *v4;
    if (a == wire::Ipv4Address{255, 255, 255, 255}) return MacAddress::broadcast();
    if ((a[0] & 0xf0) != 0xe0) return std::nullopt;
    return MacAddress({0x01, 0x00, 0x5e, static_cast<std::uint8_t>(a[1] & 0x7f), a[2], a[3]});
  }
  const auto& a = std::get<wire::Ipv6Address>(address);
  if (a[0] != 0xff) return std::nullopt;
  return MacAddress({0x33, 0x33, a[12], a[13], a[14], a[15]});
}

}  // namespace

std::expected<Resolver, std::string> Resolver::open(std::vector<std::string> bonds) {
  auto here = os::Namespace::current();
  if (!here) return std::unexpected(here.error().message());
  auto links = os::Rtnetlink::open(*here);
  if (!links) return std::unexpected(links.error().message());
  return Resolver(std::move(bonds), std::move(*here), std::move(*links));
}

bool Resolver::is_bond(const std::string& name) const {
  return std::ranges::find(bonds_, name) != bonds_.end();
}

/// From a device down to the bond that it stands on.
bool Resolver::descend(const os::LinkInfo& from, Way& way, int depth) {
  if (is_bond(from.name)) {
    way.bond = from.name;
    return true;
  }
  if (depth == 0) return false;
  if (from.lower && !from.lower_netnsid) {
    const auto lower = links_.link(*from.lower);
    if (!lower || !descend(*lower, way, depth - 1)) return false;
    if (from.vlan && !way.vlan) way.vlan = from.vlan->id;  // the outermost is that of the lowest device
    return true;
  }
  if (from.kind != "bridge") return false;
  for (const auto& port : links_.links().value_or(std::vector<os::LinkInfo>{})) {
    if (port.master == from.ifindex && descend(port, way, depth - 1)) return true;
  }
  return false;
}

std::optional<Resolver::Way> Resolver::way_to(const IpAddress& target) {
  const auto hop = links_.next_hop(target);
  if (!hop) return std::nullopt;
  auto device = links_.link(hop->ifindex);
  if (!device) return std::nullopt;
  Way way{.bond = {}, .device = std::move(*device), .next_hop = hop->gateway.value_or(target)};
  if (!descend(way.device, way, kMostDevices)) return std::nullopt;
  return way;
}

std::expected<std::string, std::string> Resolver::bond_of(const Flow& flow, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  if (bonds_.empty()) return std::unexpected("there are no bonds in this network namespace");
  if (!flow.packets.empty()) {
    if (const auto way = way_to(flow.packets.front().destination)) return way->bond;
  }
  if (bonds_.size() == 1) return bonds_.front();
  return std::unexpected(fmt::format("no route of this host sends it by a bond: say which with --bond: {}",
                                     fmt::join(bonds_, ", ")));
}

Origins Resolver::complete(Flow& flow, const std::string& bond) {
  Origins origins{.source_mac = flow.source_mac ? "given" : "",
                  .destination_mac = flow.destination_mac ? "given" : ""};
  if (flow.packets.empty()) return origins;
  const auto& target = flow.packets.front().destination;
  const auto way = way_to(target);
  const bool goes_by_it = way && way->bond == bond;
  if (!flow.source_mac) {
    const auto device = goes_by_it ? way->device : links_.link(bond).value_or(os::LinkInfo{});
    if (!device.mac.is_zero()) {
      flow.source_mac = device.mac;
      origins.source_mac = device.name + "'s";
    }
  }
  if (goes_by_it && !flow.vlan) flow.vlan = way->vlan;
  if (!flow.destination_mac) {
    if (const auto group = group_mac(target)) {
      flow.destination_mac = group;
      origins.destination_mac = "the group's";
    } else if (goes_by_it) {
      const auto known = os::known_mac(here_, way->device.ifindex, way->next_hop);
      if (known && *known) {
        flow.destination_mac = **known;
        origins.destination_mac = wire::to_string(way->next_hop) + "'s";
      }
    }
  }
  return origins;
}

}  // namespace ebond::cli::traffic
