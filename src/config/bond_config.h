// What a configuration says of a bond, whatever format it came in.
// Made by sysconfig.h and toml.h, carried out by `ebond up` and `ebond apply`. Plain values, already checked:
// names fit the kernel, addresses parse, and the option table took every option.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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
  bool operator==(const Route&) const = default;
};

struct SlaveConfig {
  std::string name;
  KeyValues options;  ///< prio, queue_id, …
  bool operator==(const SlaveConfig&) const = default;
};

enum class BootProtocol : std::uint8_t { none, static_addresses };

struct BondConfig {
  std::string name;
  Location where;                   ///< the file (and line) that makes it a bond
  KeyValues options;                ///< names and values as written, in the order given, each name once
  std::vector<SlaveConfig> slaves;  ///< in the order to enslave them
  std::vector<InterfaceAddress> addresses;
  std::vector<IpAddress> gateways;  ///< default routes: at most one IPv4, one IPv6
  std::vector<Route> routes;
  std::optional<std::uint32_t> mtu;
  std::optional<wire::MacAddress> mac;
  bool onboot = true;  ///< brought up by `ebond up` without a name
  BootProtocol bootproto = BootProtocol::none;
};

struct Configuration {
  std::vector<BondConfig> bonds;
  /// Remarks on what was read but not done, "FILE:LINE: …" each.
  std::vector<std::string> notes;

  const BondConfig* find(const std::string& name) const {
    for (const auto& bond : bonds) {
      if (bond.name == name) return &bond;
    }
    return nullptr;
  }
};

}  // namespace ebond::config
