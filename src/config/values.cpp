#include "config/values.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace ebond::config {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kDigits = "0123456789";
constexpr std::uint16_t kMostVlans = 4094;

struct TimeUnit {
  std::string_view name;
  std::uint64_t microseconds;
};
constexpr std::uint64_t kMicrosecondsOfSecond = 1'000'000;
constexpr std::array kTimeUnits{TimeUnit{"us", 1},
                                TimeUnit{"usec", 1},
                                TimeUnit{"µs", 1},
                                TimeUnit{"ms", 1000},
                                TimeUnit{"msec", 1000},
                                TimeUnit{"s", kMicrosecondsOfSecond},
                                TimeUnit{"sec", kMicrosecondsOfSecond},
                                TimeUnit{"second", kMicrosecondsOfSecond},
                                TimeUnit{"seconds", kMicrosecondsOfSecond},
                                TimeUnit{"m", 60 * kMicrosecondsOfSecond},
                                TimeUnit{"min", 60 * kMicrosecondsOfSecond},
                                TimeUnit{"minute", 60 * kMicrosecondsOfSecond},
                                TimeUnit{"minutes", 60 * kMicrosecondsOfSecond},
                                TimeUnit{"h", 3600 * kMicrosecondsOfSecond},
                                TimeUnit{"hr", 3600 * kMicrosecondsOfSecond},
                                TimeUnit{"hour", 3600 * kMicrosecondsOfSecond},
                                TimeUnit{"hours", 3600 * kMicrosecondsOfSecond}};

/// The decimal places behind a point, as microseconds of `unit`; takes them off the front of `text`.
std::uint64_t take_fraction(std::string_view& text, std::uint64_t unit) {
  std::uint64_t result = 0;
  std::uint64_t place = unit;
  while (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0) {
    place /= 10;
    result += place * static_cast<std::uint64_t>(text.front() - '0');
    text.remove_prefix(1);
  }
  return result;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<std::string_view> split_list(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const auto end = text.find(separator);
    const auto piece = trimmed_blanks(text.substr(0, end));
    if (!piece.empty()) pieces.push_back(piece);
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::optional<bool> parse_yes_no(std::string_view text) {
  const auto word = lower_case(text);
  for (const auto* yes : {"yes", "true", "y", "t", "1", "on"}) {
    if (word == yes) return true;
  }
  for (const auto* no : {"no", "false", "n", "f", "0", "off"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_time_span(std::string_view text, std::uint64_t unit) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 4;
  std::uint64_t total = 0;
  text = trimmed_blanks(text);
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto digits = text.substr(0, std::min(text.find_first_not_of(kDigits), text.size()));
    const auto number = parse_decimal<std::uint64_t>(digits);
    if (!number) return std::nullopt;
    text.remove_prefix(digits.size());
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = text.substr(0, std::min(text.find_first_not_of(kDigits), text.size()));
      if (fraction.empty()) return std::nullopt;
      text.remove_prefix(fraction.size());
    }
    text = trimmed_blanks(text);
    const auto name = text.substr(0, std::min(text.find_first_of("0123456789. \t"), text.size()));
    const auto* known = std::ranges::find(kTimeUnits, name, &TimeUnit::name);
    if (!name.empty() && known == kTimeUnits.end()) return std::nullopt;
    const std::uint64_t each = name.empty() ? unit : known->microseconds;
    text = trimmed_blanks(text.substr(name.size()));
    if (*number > kMost / each) return std::nullopt;
    total += *number * each + take_fraction(fraction, each);
    if (total > kMost) return std::nullopt;
  }
  return total;
}

std::optional<std::uint32_t> parse_mtu(std::string_view text) {
  const auto mtu = parse_decimal(text);
  if (!mtu || *mtu < kLeastMtu || *mtu > kMostMtu) return std::nullopt;
  return mtu;
}

std::optional<wire::MacAddress> parse_unicast_mac(std::string_view text) {
  const auto mac = wire::MacAddress::parse(text);
  if (!mac || !mac->is_valid_unicast()) return std::nullopt;
  return mac;
}

bool is_pattern(std::string_view name) {
  return name.find_first_of("*?[") != std::string_view::npos;
}

bool matches_pattern(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

std::optional<std::uint16_t> parse_vlan_number(std::string_view text) {
  const auto number = parse_decimal<std::uint16_t>(text);
  if (!number || *number > kMostVlans) return std::nullopt;
  return number;
}

std::optional<std::uint16_t> vlan_number_of_name(std::string_view name) {
  const auto last_other = name.find_last_not_of(kDigits);
  if (last_other == std::string_view::npos) return std::nullopt;
  const bool after_dot = name[last_other] == '.';
  const bool after_vlan = lower_case(name.substr(0, last_other + 1)) == "vlan";
  if (!after_dot && !after_vlan) return std::nullopt;
  return parse_vlan_number(name.substr(last_other + 1));
}

std::string decimal(std::uint64_t number) {
  return std::to_string(number);
}

}  // namespace ebond::config
