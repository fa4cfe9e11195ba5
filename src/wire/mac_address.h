// An IEEE 802 48-bit MAC address, as a value.
// Used by every layer. Prints and reads the colon form, lower case: 02:00:00:00:00:01.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ebond::wire {

class MacAddress {
 public:
  constexpr MacAddress() = default;  // 00:00:00:00:00:00
  constexpr explicit MacAddress(std::array<std::uint8_t, 6> octets) : octets_(octets) {}

  /// Six bytes in wire order.
  static MacAddress from_bytes(std::span<const std::uint8_t, 6> bytes);
  /// Reads "02:00:00:00:00:01" (either case, ':' or '-'); nothing else.
  static std::optional<MacAddress> parse(std::string_view text);
  static constexpr MacAddress broadcast() { return MacAddress({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}); }

  std::string to_string() const;
  constexpr const std::array<std::uint8_t, 6>& octets() const { return octets_; }

  constexpr bool is_zero() const { return octets_ == std::array<std::uint8_t, 6>{}; }
  /// The group bit (multicast, broadcast included).
  constexpr bool is_multicast() const { return (octets_[0] & 0x01) != 0; }
  /// May stand on an interface: unicast and not zero.
  constexpr bool is_valid_unicast() const { return !is_zero() && !is_multicast(); }

  constexpr auto operator<=>(const MacAddress&) const = default;

 private:
  std::array<std::uint8_t, 6> octets_{};
};

}  // namespace ebond::wire

template <>
struct std::hash<ebond::wire::MacAddress> {
  std::size_t operator()(const ebond::wire::MacAddress& mac) const noexcept {
    std::size_t value = 0;
    for (auto octet : mac.octets()) value = value << 8 | octet;
    return value;
  }
};
