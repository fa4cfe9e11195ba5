#include "core/options/option_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ebond::core {
namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "a, b or c"; the number beside each word, since configs carry either.
std::string words_of(std::span<const NamedValue> values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += i + 1 == values.size() ? " or " : ", ";
    text += fmt::format("{} ({})", values[i].name, values[i].number);
  }
  return text;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> parse_digits(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

std::optional<std::int64_t> parse_number(const OptionSpec& spec, std::string_view text) {
  text = trimmed(text);
  if (text == "default") return spec.get_number(BondOptions{});
  for (const auto& [name, number] : spec.values) {
    if (text == name) return number;
  }
  const auto number = parse_digits(text);
  if (!number) return std::nullopt;
  const bool is_word_only = spec.kind == ValueKind::choice || spec.kind == ValueKind::flag;
  const bool fits = is_word_only
                        ? std::ranges::find(spec.values, *number, &NamedValue::number) != spec.values.end()
                        : *number >= spec.minimum && *number <= spec.maximum;
  return fits ? number : std::nullopt;
}

bool is_probe_target(const Ipv4Address& address) {
  return address != Ipv4Address{} && address != Ipv4Address{255, 255, 255, 255};
}

bool is_probe_target(const Ipv6Address& address) {
  Ipv6Address loopback{};
  loopback.back() = 1;
  return address != Ipv6Address{} && address != loopback && address.front() != 0xff;
}

bool is_probe_target(const IpAddress& address) {
  return std::visit([](const auto& each) { return is_probe_target(each); }, address);
}

std::string accepted_values(const OptionSpec& spec) {
  switch (spec.kind) {
    case ValueKind::choice:
    case ValueKind::flag:
      return words_of(spec.values);
    case ValueKind::number:
      return fmt::format("{} to {}", spec.minimum, spec.maximum);
    case ValueKind::milliseconds:
      return fmt::format("{} to {} ms", spec.minimum, spec.maximum);
    case ValueKind::slave_name:
      return "an interface name of 1 to 127 characters without blanks, '/', ':' or '%', or nothing for none";
    case ValueKind::mac:
      return "a unicast MAC address such as 02:00:00:00:00:01, or nothing for the bond's own";
    case ValueKind::ipv4_list:
      return "up to 16 different IPv4 addresses a,b,… in place of the present ones (nothing: none), +a to "
             "add "
             "or -a to remove one; not 0.0.0.0 or 255.255.255.255";
    case ValueKind::ipv6_list:
      return "up to 16 different IPv6 addresses a,b,… in place of the present ones (nothing: none), +a to "
             "add "
             "or -a to remove one; not ::, ::1 or multicast";
    case ValueKind::ip_list:
      return "up to 16 different IPv4 or IPv6 addresses a,b,… in place of the present ones (nothing: none), "
             "+a to add or -a to remove one; not 0.0.0.0, 255.255.255.255, ::, ::1 or multicast";
  }
  return {};
}

}  // namespace ebond::core
