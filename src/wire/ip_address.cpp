#include "wire/ip_address.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace ebond::wire {
namespace {

constexpr std::size_t kGroups = 8;
constexpr std::string_view kDigits = "0123456789abcdef";

struct Groups {
  std::array<std::uint16_t, kGroups> values{};
  std::size_t count = 0;

  bool push(std::uint16_t value) {
    if (count == kGroups) return false;
    values.at(count++) = value;
    return true;
  }
};

std::optional<std::uint16_t> parse_number(std::string_view text, int base, std::size_t most_digits) {
  if (text.empty() || text.size() > most_digits) return std::nullopt;
  std::uint16_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// One side of "::" (or the whole address): groups between colons, the last of which may be IPv4 text.
bool parse_groups(std::string_view text, Groups& groups) {
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.contains('.')) {
      auto tail = parse_ipv4(group);
      return tail && groups.push(static_cast<std::uint16_t>((*tail)[0] << 8 | (*tail)[1])) &&
             groups.push(static_cast<std::uint16_t>((*tail)[2] << 8 | (*tail)[3]));
    }
    auto value = parse_number(group, 16, 4);
    if (!value || !groups.push(*value)) return false;
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;  // a colon at the end
  }
  return true;
}

std::array<std::uint16_t, kGroups> groups_of(const Ipv6Address& address) {
  std::array<std::uint16_t, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups.at(i) = static_cast<std::uint16_t>(address.at(2 * i) << 8 | address.at(2 * i + 1));
  }
  return groups;
}

struct Run {
  std::size_t begin = kGroups;
  std::size_t length = 0;
};

/// The first longest run of two or more zero groups (RFC 5952 4.2).
Run longest_zero_run(const std::array<std::uint16_t, kGroups>& groups) {
  Run best;
  for (std::size_t i = 0; i < kGroups;) {
    std::size_t end = i;
    while (end < kGroups && groups.at(end) == 0) ++end;
    if (end - i > std::max<std::size_t>(best.length, 1)) best = {i, end - i};
    i = std::max(end, i + 1);
  }
  return best;
}

std::string hex(std::uint16_t value) {
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const auto digit = static_cast<std::size_t>(value >> shift & 0xf);
    if (digit != 0 || !text.empty() || shift == 0) text += kDigits[digit];
  }
  return text;
}

}  // namespace

std::optional<Ipv4Address> parse_ipv4(std::string_view text) {
  Ipv4Address address{};
  for (std::size_t i = 0; i < address.size(); ++i) {
    const bool last = i + 1 == address.size();
    const auto dot = text.find('.');
    if (last != (dot == std::string_view::npos)) return std::nullopt;
    const auto part = text.substr(0, dot);
    auto value = parse_number(part, 10, 3);
    if (!value || *value > 0xff || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    address.at(i) = static_cast<std::uint8_t>(*value);
    if (!last) text.remove_prefix(dot + 1);
  }
  return address;
}

std::optional<Ipv6Address> parse_ipv6(std::string_view text) {
  Groups head;
  Groups tail;
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, head) || head.count != kGroups) return std::nullopt;
  } else {
    const auto before = text.substr(0, gap);
    const auto after = text.substr(gap + 2);
    if (before.contains('.') || after.starts_with(':')) return std::nullopt;
    if (!parse_groups(before, head) || !parse_groups(after, tail)) return std::nullopt;
    if (head.count + tail.count >= kGroups) return std::nullopt;
  }
  for (std::size_t i = 0; i < tail.count; ++i) {
    head.values.at(kGroups - tail.count + i) = tail.values.at(i);
  }
  Ipv6Address address{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    address.at(2 * i) = static_cast<std::uint8_t>(head.values.at(i) >> 8);
    address.at(2 * i + 1) = static_cast<std::uint8_t>(head.values.at(i) & 0xff);
  }
  return address;
}

std::string to_string(const Ipv4Address& address) {
  std::string text;
  for (auto octet : address) {
    if (!text.empty()) text += '.';
    text += std::to_string(octet);
  }
  return text;
}

std::string to_string(const Ipv6Address& address) {
  const auto groups = groups_of(address);
  const Run run = longest_zero_run(groups);
  const bool mapped = run.begin == 0 && run.length == 5 && groups[5] == 0xffff;
  std::string text;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == run.begin) {
      text += "::";
      i += run.length - 1;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    if (mapped && i == 6)
      return text + to_string(Ipv4Address{address[12], address[13], address[14], address[15]});
    text += hex(groups.at(i));
  }
  return text;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (const auto address = parse_ipv4(text)) return *address;
  if (const auto address = parse_ipv6(text)) return *address;
  return std::nullopt;
}

std::string to_string(const IpAddress& address) {
  return std::visit([](const auto& each) { return to_string(each); }, address);
}

}  // namespace ebond::wire
