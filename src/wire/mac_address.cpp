#include "wire/mac_address.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace ebond::wire {

MacAddress MacAddress::from_bytes(std::span<const std::uint8_t, 6> bytes) {
  std::array<std::uint8_t, 6> octets{};
  std::ranges::copy(bytes, octets.begin());
  return MacAddress(octets);
}

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  constexpr std::size_t kTextLength = 17;
  if (text.size() != kTextLength) return std::nullopt;
  std::array<std::uint8_t, 6> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char* begin = text.data() + i * 3;
    auto [end, error] = std::from_chars(begin, begin + 2, octets.at(i), 16);
    if (error != std::errc{} || end != begin + 2) return std::nullopt;
    if (i + 1 < octets.size() && *end != ':' && *end != '-') return std::nullopt;
  }
  return MacAddress(octets);
}

std::string MacAddress::to_string() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (auto octet : octets_) {
    if (!text.empty()) text += ':';
    text += kHex[octet >> 4];
    text += kHex[octet & 0x0f];
  }
  return text;
}

}  // namespace ebond::wire
