// Reading an option's value: text in, typed value out, and in words what would have been accepted.
// Used by apply_option alone; knows the kinds of value, not the rules between options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/options/option_table.h"

namespace ebond::core {

/// Without the blanks and line ends a file may leave around a value.
std::string_view trimmed(std::string_view text);

/// A whole decimal number, digits only.
std::optional<std::int64_t> parse_digits(std::string_view text);

/// Of a choice, flag, number or milliseconds: one of its words, a number in range, or "default".
std::optional<std::int64_t> parse_number(const OptionSpec& spec, std::string_view text);

/// The driver probes any IPv4 address but 0.0.0.0 and 255.255.255.255,
bool is_probe_target(const Ipv4Address& address);
/// and any IPv6 address but ::, ::1 and multicast.
bool is_probe_target(const Ipv6Address& address);
bool is_probe_target(const IpAddress& address);

}  // namespace ebond::core
