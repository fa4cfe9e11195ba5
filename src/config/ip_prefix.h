// An address with its prefix length, and the text forms configuration files give them in.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "wire/ip_address.h"

namespace ebond::config {

using wire::Ipv4Address;
using wire::Ipv6Address;
using IpAddress = std::variant<Ipv4Address, Ipv6Address>;

struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;
  bool operator==(const IpPrefix&) const = default;

  bool is_ipv6() const { return std::holds_alternative<Ipv6Address>(address); }
  /// The address with every bit beyond the prefix cleared.
  IpAddress network() const;
  /// If the address is one of this network's.
  bool contains(const IpAddress& other) const;
  /// "192.0.2.1/24"
  std::string to_string() const;
};

std::string to_string(const IpAddress& address);
std::optional<IpAddress> parse_ip(std::string_view text);

/// 32 for IPv4, 128 for IPv6.
std::uint8_t full_length(const IpAddress& address);

/// "192.0.2.1/24", "2001:db8::1/64". Without a length: `default_length`, or refused if there is none.
/// The error is a phrase ("is not a …").
std::expected<IpPrefix, std::string> parse_prefix(std::string_view text,
                                                  std::optional<std::uint8_t> default_length = {});
/// A route's destination: a prefix without host bits, "default", or a bare address (a host). The error says
/// which network or host would be right.
std::expected<IpPrefix, std::string> parse_destination(std::string_view text, bool ipv6);
/// Refuses host bits, in the same words.
std::expected<IpPrefix, std::string> as_destination(const IpPrefix& prefix);

/// "255.255.252.0" → 22; nothing if the ones are not all in front.
std::optional<std::uint8_t> parse_netmask(std::string_view text);
/// "24": 0 to `most`, decimal.
std::optional<std::uint8_t> parse_length(std::string_view text, std::uint8_t most);
/// What the address's class had before CIDR: 8, 16 or 24. Some tools still fall back on it.
std::uint8_t classful_length(const Ipv4Address& address);
/// The subnet's directed broadcast.
Ipv4Address broadcast_of(const Ipv4Address& address, std::uint8_t length);
Ipv4Address netmask_of(std::uint8_t length);

}  // namespace ebond::config
