// IPv4 and IPv6 addresses: plain arrays in wire order, and their text forms.
// Used by every format that carries one, by options and by config files. Knows nothing of prefixes, routes
// or interfaces, and resolves no names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ebond::wire {

using Ipv4Address = std::array<std::uint8_t, 4>;   // wire order
using Ipv6Address = std::array<std::uint8_t, 16>;  // wire order

/// Reads four decimal numbers 0..255 without leading zeros, as inet_pton does ("192.0.2.1"); nothing else.
std::optional<Ipv4Address> parse_ipv4(std::string_view text);
/// Reads RFC 4291 2.2 text: eight groups, "::" once, an IPv4 tail; no scope, no prefix.
std::optional<Ipv6Address> parse_ipv6(std::string_view text);

std::string to_string(const Ipv4Address& address);
/// RFC 5952: lower case, no leading zeros, the longest run of zeros as "::"; IPv4-mapped ones with their
/// IPv4 tail, as inet_ntop prints them.
std::string to_string(const Ipv6Address& address);

using IpAddress = std::variant<Ipv4Address, Ipv6Address>;
/// Of either family.
std::optional<IpAddress> parse_ip(std::string_view text);
std::string to_string(const IpAddress& address);

}  // namespace ebond::wire
