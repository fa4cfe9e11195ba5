#include "config/ip_prefix.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstddef>

namespace ebond::config {
namespace {

constexpr std::uint8_t kIpv4Bits = 32;
constexpr std::uint8_t kIpv6Bits = 128;

template <class Address>
Address masked(Address address, std::size_t length) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    const std::size_t kept = length > i * 8 ? std::min<std::size_t>(length - i * 8, 8) : 0;
    address.at(i) &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  return address;
}

std::uint32_t number_of(const Ipv4Address& address) {
  std::uint32_t number = 0;
  for (auto octet : address) number = number << 8 | octet;
  return number;
}

}  // namespace

IpAddress IpPrefix::network() const {
  return std::visit([&](const auto& bytes) { return IpAddress(masked(bytes, length)); }, address);
}

bool IpPrefix::contains(const IpAddress& other) const {
  return address.index() == other.index() && IpPrefix{other, length}.network() == network();
}

std::string IpPrefix::to_string() const {
  return fmt::format("{}/{}", config::to_string(address), length);
}

std::string to_string(const IpAddress& address) {
  return std::visit([](const auto& bytes) { return wire::to_string(bytes); }, address);
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (auto ipv4 = wire::parse_ipv4(text)) return *ipv4;
  if (auto ipv6 = wire::parse_ipv6(text)) return *ipv6;
  return std::nullopt;
}

std::uint8_t full_length(const IpAddress& address) {
  return std::holds_alternative<Ipv6Address>(address) ? kIpv6Bits : kIpv4Bits;
}

std::expected<IpPrefix, std::string> parse_prefix(std::string_view text,
                                                  std::optional<std::uint8_t> default_length) {
  const auto slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::unexpected("is not an IP address: write one like 192.0.2.1/24 or 2001:db8::1/64");
  if (slash == std::string_view::npos) {
    if (!default_length) {
      return std::unexpected(fmt::format("has no prefix length: write {}/24 or the like", text));
    }
    return IpPrefix{*address, *default_length};
  }
  const auto length = parse_length(text.substr(slash + 1), full_length(*address));
  if (!length) {
    return std::unexpected(
        fmt::format("has a bad prefix length: it goes from 0 to {}", full_length(*address)));
  }
  return IpPrefix{*address, *length};
}

std::expected<IpPrefix, std::string> as_destination(const IpPrefix& prefix) {
  const IpAddress network = prefix.network();
  if (network == prefix.address) return prefix;
  return std::unexpected(
      fmt::format("is not a network, its address does not fit its mask: write {} for the "
                  "network or {} for the one host",
                  IpPrefix{network, prefix.length}.to_string(),
                  IpPrefix{prefix.address, full_length(prefix.address)}.to_string()));
}

std::expected<IpPrefix, std::string> parse_destination(std::string_view text, bool ipv6) {
  if (text == "default") return ipv6 ? IpPrefix{Ipv6Address{}, 0} : IpPrefix{Ipv4Address{}, 0};
  auto prefix = parse_prefix(text, ipv6 ? kIpv6Bits : kIpv4Bits);
  if (!prefix) return prefix;
  if (prefix->is_ipv6() != ipv6) {
    return std::unexpected(ipv6 ? "is an IPv4 network where an IPv6 one belongs"
                                : "is an IPv6 network where an IPv4 one belongs");
  }
  return as_destination(*prefix);
}

std::optional<std::uint8_t> parse_netmask(std::string_view text) {
  const auto mask = wire::parse_ipv4(text);
  if (!mask) return std::nullopt;
  const std::uint32_t number = number_of(*mask);
  const auto length = std::countl_one(number);
  if (std::popcount(number) != length) return std::nullopt;
  return static_cast<std::uint8_t>(length);
}

std::optional<std::uint8_t> parse_length(std::string_view text, std::uint8_t most) {
  std::uint8_t length = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || length > most) {
    return std::nullopt;
  }
  return length;
}

std::uint8_t classful_length(const Ipv4Address& address) {
  if (address[0] < 128) return 8;
  return address[0] < 192 ? 16 : 24;
}

Ipv4Address broadcast_of(const Ipv4Address& address, std::uint8_t length) {
  Ipv4Address result = masked(address, length);
  const Ipv4Address mask = netmask_of(length);
  for (std::size_t i = 0; i < result.size(); ++i) result.at(i) |= static_cast<std::uint8_t>(~mask.at(i));
  return result;
}

Ipv4Address netmask_of(std::uint8_t length) {
  return masked(Ipv4Address{0xff, 0xff, 0xff, 0xff}, length);
}

}  // namespace ebond::config
