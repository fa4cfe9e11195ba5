#include "config/ifcfg.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <ranges>

namespace ebond::config {
namespace {

constexpr std::uint8_t kDefaultIpv6Length = 64;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::unexpected<Problem> fault(const Assignment& at, std::string_view what) {
  return fail(at.where, fmt::format("{}={} {}", at.key, at.value, what));
}

void note(std::vector<std::string>& notes, const Assignment& at, std::string_view what) {
  notes.push_back(fmt::format("{}: {}={} {}", at.where.to_string(), at.key, at.value, what));
}

/// The class the address had before CIDR: what the scripts fall back on.
std::uint8_t classful_length(const Ipv4Address& address) {
  if (address[0] < 128) return 8;
  return address[0] < 192 ? 16 : 24;
}

Result<std::uint8_t> ipv4_length(const IfcfgFile& file, const Assignment& ipaddr, const Ipv4Address& address,
                                 std::string_view n, std::vector<std::string>& notes) {
  const auto* netmask = file.find(fmt::format("NETMASK{}", n));
  const auto* prefix = file.find(fmt::format("PREFIX{}", n));
  std::optional<std::uint8_t> from_mask;
  std::optional<std::uint8_t> from_prefix;
  if (netmask != nullptr) {
    from_mask = parse_netmask(netmask->value);
    if (!from_mask)
      return fault(*netmask, "is not a netmask: write one like 255.255.255.0, its ones in front");
  }
  if (prefix != nullptr) {
    from_prefix = parse_length(prefix->value, 32);
    if (!from_prefix) return fault(*prefix, "is not a prefix length: it goes from 0 to 32");
  }
  if (from_mask && from_prefix && *from_mask != *from_prefix) {
    return fault(*prefix, fmt::format("contradicts {}={}, which is a prefix of {}: keep one of them",
                                      netmask->key, netmask->value, *from_mask));
  }
  if (from_prefix) return *from_prefix;
  if (from_mask) return *from_mask;
  const auto guess = classful_length(address);
  note(notes, ipaddr,
       fmt::format("has neither NETMASK{} nor PREFIX{}: taken as /{}, its old class", n, n, guess));
  return guess;
}

/// BROADCAST[n] as an address, after holding it and NETWORK[n] against the subnet.
Result<std::optional<Ipv4Address>> broadcast(const IfcfgFile& file, const Ipv4Address& address,
                                             std::uint8_t length, std::string_view n,
                                             std::vector<std::string>& notes) {
  if (const auto* given = file.find(fmt::format("NETWORK{}", n)); given != nullptr) {
    const auto network = wire::parse_ipv4(given->value);
    if (!network)
      return fault(*given, "is not an IPv4 address: write one like 192.0.2.0, or leave the line out");
    const auto right = to_string(IpPrefix{address, length}.network());
    if (right != given->value)
      note(notes, *given, fmt::format("is not the address's network, which is {}: ignored", right));
  }
  const auto* given = file.find(fmt::format("BROADCAST{}", n));
  if (given == nullptr) return std::optional<Ipv4Address>{};
  const auto parsed = wire::parse_ipv4(given->value);
  if (!parsed)
    return fault(*given, "is not an IPv4 address: write one like 192.0.2.255, or leave the line out");
  if (const auto right = broadcast_of(address, length); length < 31 && *parsed != right) {
    note(notes, *given,
         fmt::format("is not the subnet's broadcast address, which is {}: set as written",
                     wire::to_string(right)));
  }
  return parsed;
}

Result<InterfaceAddress> ipv4_address(const IfcfgFile& file, const Assignment& ipaddr, std::string_view n,
                                      std::vector<std::string>& notes) {
  const auto address = wire::parse_ipv4(ipaddr.value);
  if (!address) {
    return fault(
        ipaddr,
        fmt::format("is not an IPv4 address: write one like 192.0.2.1, its length as PREFIX{}=24", n));
  }
  const auto length = ipv4_length(file, ipaddr, *address, n, notes);
  if (!length) return std::unexpected(length.error());
  auto brd = broadcast(file, *address, *length, n, notes);
  if (!brd) return std::unexpected(brd.error());
  return InterfaceAddress{{*address, *length}, *brd};
}

Result<InterfaceAddress> ipv6_address(const Assignment& at, std::string_view text) {
  auto prefix = parse_prefix(text, kDefaultIpv6Length);
  if (!prefix || !prefix->is_ipv6()) {
    return fault(
        at, fmt::format("holds \"{}\", which is not an IPv6 address: write one like 2001:db8::1/64", text));
  }
  return InterfaceAddress{*prefix, {}};
}

/// n of IPADDRn in order: "", then 0, 1, …; gaps are allowed.
std::vector<std::string> address_numbers(const IfcfgFile& file) {
  constexpr std::string_view kStem = "IPADDR";
  std::vector<int> numbers;
  for (const auto& assignment : file.assignments()) {
    const std::string_view key = assignment.key;
    if (!key.starts_with(kStem)) continue;
    int n = -1;
    const auto digits = key.substr(kStem.size());
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (digits.empty()) numbers.push_back(-1);
    if (!digits.empty() && error == std::errc{} && end == digits.data() + digits.size()) numbers.push_back(n);
  }
  std::ranges::sort(numbers);
  const auto repeated = std::ranges::unique(numbers);
  numbers.erase(repeated.begin(), repeated.end());
  std::vector<std::string> suffixes;
  suffixes.reserve(numbers.size());
  for (const int n : numbers) suffixes.push_back(n < 0 ? "" : std::to_string(n));
  return suffixes;
}

Result<> read_mac(const IfcfgFile& file, BondConfig& bond) {
  const auto* given = file.find("MACADDR");
  if (given == nullptr) given = file.find("HWADDR");
  if (given == nullptr) return {};
  bond.mac = wire::MacAddress::parse(given->value);
  if (!bond.mac) return fault(*given, "is not a MAC address: write one like 02:00:00:00:00:01");
  if (!bond.mac->is_valid_unicast())
    return fault(*given, "cannot be the address of an interface: it must be unicast");
  return {};
}

Result<> read_mtu(const IfcfgFile& file, BondConfig& bond) {
  constexpr std::uint32_t kLeast = 68;
  constexpr std::uint32_t kMost = 65535;
  const auto* given = file.find("MTU");
  if (given == nullptr) return {};
  std::uint32_t mtu = 0;
  const char* last = given->value.data() + given->value.size();
  auto [end, error] = std::from_chars(given->value.data(), last, mtu);
  if (error != std::errc{} || end != last || mtu < kLeast || mtu > kMost) {
    return fault(*given, fmt::format("is not an MTU: it goes from {} to {}", kLeast, kMost));
  }
  bond.mtu = mtu;
  return {};
}

Result<> read_bootproto(const IfcfgFile& file, BondConfig& bond) {
  const auto* given = file.find("BOOTPROTO");
  if (given == nullptr) return {};
  const auto word = lower(given->value);
  if (word == "static") bond.bootproto = BootProtocol::static_addresses;
  if (word == "none" || word == "static") return {};
  if (word == "dhcp" || word == "bootp") {
    return fault(*given,
                 fmt::format("is not supported, as ebond runs no DHCP client: write BOOTPROTO=none and run "
                             "one on {} yourself",
                             bond.name));
  }
  return fault(*given, "is not understood: none and static are");
}

}  // namespace

Result<IfcfgFile> IfcfgFile::parse(std::string_view text, const std::string& path,
                                   const std::string& name_in_file) {
  auto assignments = parse_shell_assignments(text, path);
  if (!assignments) return std::unexpected(assignments.error());
  IfcfgFile file;
  file.path_ = path;
  file.assignments_ = *std::move(assignments);
  const auto* device = file.find("DEVICE");
  file.device_ = device != nullptr ? device->value : name_in_file;
  return file;
}

const Assignment* IfcfgFile::find(std::string_view key) const {
  for (const auto& assignment : std::views::reverse(assignments_)) {
    if (assignment.key == key) return assignment.value.empty() ? nullptr : &assignment;
  }
  return nullptr;
}

Location IfcfgFile::where(std::string_view key) const {
  const auto* found = find(key);
  return found != nullptr ? found->where : Location{path_};
}

Result<bool> IfcfgFile::flag(std::string_view key, bool otherwise) const {
  const auto* given = find(key);
  if (given == nullptr) return otherwise;
  const auto word = lower(given->value);
  for (auto yes : {"yes", "true", "y", "t", "1", "on"}) {
    if (word == yes) return true;
  }
  for (auto no : {"no", "false", "n", "f", "0", "off"}) {
    if (word == no) return false;
  }
  return fault(*given, "is neither yes nor no");
}

Result<std::vector<InterfaceAddress>> read_addresses(const IfcfgFile& file, std::vector<std::string>& notes) {
  std::vector<InterfaceAddress> addresses;
  for (const auto& n : address_numbers(file)) {
    const auto* ipaddr = file.find("IPADDR" + n);
    if (ipaddr == nullptr) continue;
    auto address = ipv4_address(file, *ipaddr, n, notes);
    if (!address) return std::unexpected(address.error());
    addresses.push_back(*address);
  }
  for (const auto* key : {"IPV6ADDR", "IPV6ADDR_SECONDARIES"}) {
    const auto* given = file.find(key);
    if (given == nullptr) continue;
    for (const auto word : split_words(given->value)) {
      auto address = ipv6_address(*given, word);
      if (!address) return std::unexpected(address.error());
      addresses.push_back(*address);
    }
  }
  return addresses;
}

Result<std::vector<IpAddress>> read_gateways(const IfcfgFile& file) {
  std::vector<IpAddress> gateways;
  const auto default_route = file.flag("DEFROUTE", true);
  if (!default_route) return std::unexpected(default_route.error());
  if (!*default_route) return gateways;
  if (const auto* given = file.find("GATEWAY"); given != nullptr) {
    const auto gateway = wire::parse_ipv4(given->value);
    if (!gateway) return fault(*given, "is not an IPv4 address: write one like 192.0.2.254");
    gateways.emplace_back(*gateway);
  }
  if (const auto* given = file.find("IPV6_DEFAULTGW"); given != nullptr) {
    const auto text = std::string_view(given->value).substr(0, given->value.find('%'));
    const auto gateway = wire::parse_ipv6(text);
    if (!gateway) return fault(*given, "is not an IPv6 address: write one like 2001:db8::fe");
    gateways.emplace_back(*gateway);
  }
  return gateways;
}

Result<> read_link_settings(const IfcfgFile& file, BondConfig& bond) {
  if (auto read = read_bootproto(file, bond); !read) return read;
  if (auto read = read_mac(file, bond); !read) return read;
  if (auto read = read_mtu(file, bond); !read) return read;
  const auto onboot = file.flag("ONBOOT", true);
  if (!onboot) return std::unexpected(onboot.error());
  bond.onboot = *onboot;
  return {};
}

}  // namespace ebond::config
