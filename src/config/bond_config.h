// What a configuration says of a bond, whatever format it came in.
// Made by the readers of config/, carried out by `ebond up` and `ebond apply`, written by toml_writer.h.
// Plain values, already checked: names fit the kernel, addresses parse, and the option table took every
// option.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "config/ip_prefix.h"
#include "config/problem.h"
#include "wire/mac_address.h"

namespace ebond::config {

using KeyValues = std::vector<std::pair<std::string, std::string>>;

struct InterfaceAddress {
  IpPrefix prefix;
  std::optional<Ipv4Address> broadcast;  ///< as written; none: the subnet's own
  bool operator==(const InterfaceAddress&) const = default;
};

struct Route {
  IpPrefix destination;                ///< no host bits; length 0 is the default route
  std::optional<IpAddress> gateway{};  ///< none: on the link
  std::optional<std::uint32_t> metric{};
  std::optional<IpAddress> source{};  ///< preferred source address
  std::optional<std::uint32_t> table{};
  std::optional<std::uint32_t> mtu{};
  std::optional<std::uint32_t> initcwnd{};  ///< initial congestion window, in segments
  std::optional<std::uint32_t> initrwnd{};  ///< initial receive window, in segments
  std::optional<std::uint8_t> protocol{};   ///< RTPROT_*
  std::optional<std::uint8_t> scope{};      ///< RT_SCOPE_*
  bool onlink = false;                      ///< the gateway is a neighbour, whatever the addresses say
  Location where{};                         ///< no part of what the route is

  bool operator==(const Route& other) const {
    const auto values = [](const Route& r) {
      return std::tie(r.destination, r.gateway, r.metric, r.source, r.table, r.mtu, r.initcwnd, r.initrwnd,
                      r.protocol, r.scope, r.onlink);
    };
    return values(*this) == values(other);
  }
};

/// How a card is found that the configuration does not name, or not by its name alone. All that is set must
/// fit.
struct CardMatch {
  std::optional<wire::MacAddress> mac{};
  std::string name{};  ///< a shell's pattern: enp3s0f*
  bool operator==(const CardMatch&) const = default;

  bool is_empty() const { return !mac && name.empty(); }
};

struct SlaveConfig {
  std::string name;     ///< empty: every card that fits `match`
  KeyValues options{};  ///< prio, queue_id, …
  CardMatch match{};
  bool rename = false;   ///< the card that fits `match` gets `name`
  bool hotplug = false;  ///< it may come later, and that is no fault
  bool operator==(const SlaveConfig&) const = default;

  /// "eth0", or "a card with MAC 02:00:00:00:00:01"
  std::string to_string() const;
};

/// A VLAN on the bond: a device of its own.
struct VlanConfig {
  std::uint16_t id = 0;
  std::string name;
  std::vector<InterfaceAddress> addresses{};
  std::vector<Route> routes{};
  std::optional<std::uint32_t> mtu{};
  bool dhcp4 = false;
  bool dhcp6 = false;
  bool operator==(const VlanConfig&) const = default;
};

struct BondConfig {
  std::string name{};
  Location where{};     ///< the file (and line) that makes it a bond
  KeyValues options{};  ///< names and values as written, in the order given, each name once
  std::optional<CardMatch> primary_match{};  ///< the primary, where the file has no name for it
  std::vector<SlaveConfig> slaves{};         ///< in the order to enslave them
  std::vector<InterfaceAddress> addresses{};
  std::vector<IpAddress> gateways{};  ///< default routes: at most one IPv4, one IPv6
  std::vector<Route> routes{};
  std::vector<VlanConfig> vlans{};  ///< by number
  std::string bridge{};             ///< that the bond is a port of; empty: none
  std::string netns{};  ///< that its interface stands in, as `ip netns` names it; empty: with its slaves
  std::string adopt{};  ///< the slave whose addresses, routes and the like become the bond's; empty: none
  std::optional<std::uint32_t> mtu{};
  std::optional<wire::MacAddress> mac{};
  bool dhcp4 = false;  ///< wants a DHCP client, which another program must be
  bool dhcp6 = false;
  bool onboot = true;  ///< brought up by `ebond up` without a name

  /// But for where it stands.
  bool operator==(const BondConfig& other) const {
    const auto values = [](const BondConfig& b) {
      return std::tie(b.name, b.options, b.primary_match, b.slaves, b.addresses, b.gateways, b.routes,
                      b.vlans, b.bridge, b.netns, b.adopt, b.mtu, b.mac, b.dhcp4, b.dhcp6, b.onboot);
    };
    return values(*this) == values(other);
  }
};

struct Configuration {
  std::vector<BondConfig> bonds;
  Notes notes;  ///< on what was read but is not done, or not as written

  const BondConfig* find(const std::string& name) const {
    for (const auto& bond : bonds) {
      if (bond.name == name) return &bond;
    }
    return nullptr;
  }
};

}  // namespace ebond::config
