// The small values that several formats have in common: numbers, yes and no, spans of time, MTUs, lists.
// Used by every reader in config/. Each function takes the whole text or nothing.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mac_address.h"

namespace ebond::config {

/// Decimal, all of it; a sign only if T has one.
template <class T = std::uint32_t>
std::optional<T> parse_decimal(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string lower_case(std::string_view text);
std::string_view trimmed_blanks(std::string_view text);
/// The pieces between `separator`s, blanks around them and empty ones dropped.
std::vector<std::string_view> split_list(std::string_view text, char separator);

/// Of entries with a `key`, the last with this one, which is what counts for every format where one may come
/// twice; null if there is none.
template <class Entries>
const std::ranges::range_value_t<Entries>* find_last(const Entries& entries, std::string_view key) {
  for (const auto& entry : std::views::reverse(entries)) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

/// yes, true, y, t, 1, on and their opposites, in either case.
std::optional<bool> parse_yes_no(std::string_view text);

/// A span of time as systemd writes it ("1min 30s", "200ms"), in microseconds. A number without a unit counts
/// `unit` microseconds each.
std::optional<std::uint64_t> parse_time_span(std::string_view text, std::uint64_t unit);

inline constexpr std::uint32_t kLeastMtu = 68;
inline constexpr std::uint32_t kMostMtu = 65535;
/// What an interface may have for an MTU.
std::optional<std::uint32_t> parse_mtu(std::string_view text);

/// A MAC address that an interface may have.
std::optional<wire::MacAddress> parse_unicast_mac(std::string_view text);

/// What stands in a name for a pattern: *, ? or [.
bool is_pattern(std::string_view name);
/// As a shell matches file names.
bool matches_pattern(const std::string& pattern, const std::string& name);

/// The number at the end of a VLAN's name: bond0.30 → 30, vlan40 → 40. None if it is no VLAN's number.
std::optional<std::uint16_t> vlan_number_of_name(std::string_view name);
std::optional<std::uint16_t> parse_vlan_number(std::string_view text);

/// A number as bond options and slave options are written: decimal digits.
std::string decimal(std::uint64_t number);

}  // namespace ebond::config
