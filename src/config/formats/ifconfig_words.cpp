#include "config/formats/ifconfig_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/route_words.h"
#include "config/values.h"

namespace ebond::config {
namespace {

/// 255.255.255.0, or 0xffffff00 as ifconfig prints it.
std::optional<std::uint8_t> parse_mask(std::string_view text) {
  constexpr std::string_view kHex = "0x";
  if (!text.starts_with(kHex)) return parse_netmask(text);
  constexpr int kBase = 16;
  std::uint32_t number = 0;
  const auto digits = text.substr(kHex.size());
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, kBase);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return parse_netmask(
      fmt::format("{}.{}.{}.{}", number >> 24U, number >> 16U & 0xffU, number >> 8U & 0xffU, number & 0xffU));
}

}  // namespace

std::string_view value_of_word(const std::vector<std::string_view>& words, std::string_view word) {
  const auto at = std::ranges::find(words, word);
  return at == words.end() || at + 1 == words.end() ? std::string_view() : *(at + 1);
}

void IfconfigReader::leave_out(const IfconfigCommand& command, std::string_view word, std::string_view why) {
  notes_.push_back({command.given.where, fmt::format("{}: {} {}: left out", command.given.key, word, why)});
}

void IfconfigReader::read(const IfconfigCommand& command) {
  for (std::size_t i = 0; i < command.words.size(); ++i) read_word(command, i);
}

void IfconfigReader::read_word(const IfconfigCommand& command, std::size_t& i) {
  constexpr std::array<std::string_view, 10> kOfNoAccount{
      "up",     "inet", "inet6",        "alias",       "auto_linklocal",
      "create", "add",  "accept_rtadv", "-ifdisabled", "WPA"};
  const auto word = command.words[i];
  if (word == "DHCP" || word == "SYNCDHCP") {
    dhcp = true;
  } else if (word == "NOAUTO") {
    noauto = true;
  } else if (word == "lacp_fast_timeout") {
    fast_lacp = command.given.where;
  } else if (std::ranges::find(kOfNoAccount, word) != kOfNoAccount.end()) {
    return;
  } else if (parse_ip(word.substr(0, word.find('/')))) {
    add_address(command, word, i);
  } else if (i + 1 < command.words.size() && read_valued_word(command, word, command.words[i + 1])) {
    ++i;
  } else {
    leave_out(command, word, "is not understood");
  }
}

/// True if the word takes this value with it.
bool IfconfigReader::read_valued_word(const IfconfigCommand& command, std::string_view word,
                                      std::string_view value) {
  const auto& where = command.given.where;
  if (word == "laggport") {
    ports.push_back({std::string(value), where});
  } else if (word == "laggproto") {
    protocol = NamedPlace{std::string(value), where};
  } else if (word == "lagghash") {
    hash = NamedPlace{std::string(value), where};
  } else if (word == "mtu") {
    mtu = parse_mtu(value);
    if (!mtu) leave_out(command, value, "is not an MTU");
  } else if (word == "ether" || word == "link" || word == "lladdr") {
    mac = parse_unicast_mac(value);
    if (!mac) leave_out(command, value, "is not a MAC address");
  } else if (word == "vlan") {
    vlan = parse_vlan_number(value);
    if (!vlan) leave_out(command, value, "is not a VLAN's number: it goes from 0 to 4094");
  } else if (word == "description" || word == "descr" || word == "name" || word == "media" ||
             word == "lagg_type" || word == "laggoptions" || word == "group") {
    leave_out(command, word, "is not carried out");
  } else {
    return word == "vlandev" || word == "addm";
  }
  return true;
}

/// An address with what follows it: netmask, prefixlen, broadcast.
void IfconfigReader::add_address(const IfconfigCommand& command, std::string_view text, std::size_t& i) {
  const auto host = *parse_ip(text.substr(0, text.find('/')));
  const auto* ipv4 = std::get_if<Ipv4Address>(&host);
  std::optional<std::uint8_t> length;
  std::optional<Ipv4Address> broadcast;
  while (i + 2 < command.words.size()) {
    const auto word = command.words[i + 1];
    const auto value = command.words[i + 2];
    if (word == "netmask") {
      length = parse_mask(value);
    } else if (word == "prefixlen") {
      length = parse_length(value, full_length(host));
    } else if (word == "broadcast") {
      broadcast = wire::parse_ipv4(value);
    } else {
      break;
    }
    if (!length && word != "broadcast") leave_out(command, value, fmt::format("is no {}", word));
    i += 2;
  }
  constexpr std::uint8_t kIpv6Length = 64;
  const bool without = !length && !text.contains('/');
  if (without) length = ipv4 != nullptr ? classful_length(*ipv4) : kIpv6Length;
  const auto prefix = parse_prefix(text, length);
  if (!prefix) return leave_out(command, text, prefix.error());
  if (without) {
    notes_.push_back({command.given.where,
                      fmt::format("{}: {} has no netmask: taken as /{}", command.given.key, text, *length)});
  }
  addresses.push_back({*prefix, broadcast});
}

std::expected<Route, std::string> parse_route_arguments(const std::vector<std::string_view>& words,
                                                        bool ipv6) {
  std::vector<std::string_view> plain;
  std::optional<std::uint8_t> length;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool takes_value = words[i] == "-netmask" || words[i] == "-prefixlen";
    if (takes_value && i + 1 < words.size()) {
      length = words[i] == "-netmask" ? parse_mask(words[i + 1]) : parse_length(words[i + 1], 128);
      ++i;
    } else if (words[i] == "-inet6") {
      ipv6 = true;
    } else if (!words[i].starts_with('-')) {
      plain.push_back(words[i]);
    } else if (words[i] != "-net" && words[i] != "-host" && words[i] != "-inet") {
      return std::unexpected(fmt::format("\"{}\" is not understood", words[i]));
    }
  }
  if (plain.size() == 3 && !length) {  // -net NETWORK GATEWAY NETMASK
    length = parse_mask(plain[2]);
    plain.pop_back();
  }
  if (plain.size() != 2)
    return std::unexpected("wants a network and a gateway, as in -net 198.51.100.0/24 192.0.2.1");
  const auto text =
      length && !plain[0].contains('/') ? fmt::format("{}/{}", plain[0], *length) : std::string(plain[0]);
  const auto to = parse_destination(text, ipv6);
  if (!to) return std::unexpected(fmt::format("{} {}", text, to.error()));
  Route route{.destination = *to};
  if (auto fault = set_route_word(route, "via", plain[1]); !fault.empty()) return std::unexpected(fault);
  return route;
}

}  // namespace ebond::config
