#include "config/ifcfg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "config/route_words.h"
#include "config/values.h"

namespace ebond::config {
namespace {

constexpr std::uint8_t kDefaultIpv6Length = 64;

std::unexpected<Problem> fault(const Assignment& at, std::string_view what) {
  return fail(at.where, fmt::format("{}={} {}", at.key, at.value, what));
}

void note(Notes& notes, const Assignment& at, std::string_view what) {
  notes.push_back({at.where, fmt::format("{}={} {}", at.key, at.value, what)});
}

Result<std::uint8_t> ipv4_length(const IfcfgFile& file, const Assignment& ipaddr, const Ipv4Address& address,
                                 std::string_view n, Notes& notes) {
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
    note(notes, *netmask,
         fmt::format("is a prefix of {}, where {}={}: {} counts", *from_mask, prefix->key, *from_prefix,
                     prefix->key));
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
                                             std::uint8_t length, std::string_view n, Notes& notes) {
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
                                      Notes& notes) {
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

/// GATEWAY, else the first GATEWAYn.
const Assignment* first_gateway(const IfcfgFile& file, Notes& notes) {
  const Assignment* first = file.find("GATEWAY");
  for (const auto& n : address_numbers(file)) {
    const auto* given = file.find("GATEWAY" + n);
    if (given == nullptr || given == first) continue;
    if (first == nullptr) {
      first = given;
    } else {
      note(notes, *given,
           fmt::format("is a second gateway beside {}={}: left out", first->key, first->value));
    }
  }
  return first;
}

enum class KeyFate : std::uint8_t { understood, of_no_account, not_done, unknown };

constexpr std::array<std::string_view, 36> kUnderstood{"DEVICE",
                                                       "IPADDR",
                                                       "NETMASK",
                                                       "PREFIX",
                                                       "BROADCAST",
                                                       "NETWORK",
                                                       "GATEWAY",
                                                       "IPV6ADDR",
                                                       "IPV6ADDR_SECONDARIES",
                                                       "IPV6_DEFAULTGW",
                                                       "DEFROUTE",
                                                       "IPV6_DEFROUTE",
                                                       "MTU",
                                                       "MACADDR",
                                                       "HWADDR",
                                                       "ONBOOT",
                                                       "BOOTPROTO",
                                                       "DHCPV6C",
                                                       "IPV6INIT",
                                                       "METRIC",
                                                       "BONDING_OPTS",
                                                       "BONDING_MASTER",
                                                       "TYPE",
                                                       "MASTER",
                                                       "MASTER_UUID",
                                                       "SLAVE",
                                                       "BRIDGE",
                                                       "UUID",
                                                       "VLAN",
                                                       "PHYSDEV",
                                                       "VLAN_ID",
                                                       "VID",
                                                       "ONPARENT",
                                                       "BOND_PORT_PRIO",
                                                       "BOND_PORT_QUEUE_ID",
                                                       "IPV6_ROUTE_METRIC"};
// Of other programs, or about what ebond has no part in.
constexpr std::array<std::string_view, 25> kIgnoredIfcfgKeys{"NAME",
                                                             "USERCTL",
                                                             "NM_CONTROLLED",
                                                             "IPV6_AUTOCONF",
                                                             "IPV4_FAILURE_FATAL",
                                                             "IPV6_FAILURE_FATAL",
                                                             "PROXY_METHOD",
                                                             "BROWSER_ONLY",
                                                             "ZONE",
                                                             "HOTPLUG",
                                                             "REORDER_HDR",
                                                             "VLAN_FLAGS",
                                                             "DEVICETYPE",
                                                             "IPV6_ADDR_GEN_MODE",
                                                             "AUTOCONNECT_PRIORITY",
                                                             "BRIDGE_UUID",
                                                             "BRIDGING_OPTS",
                                                             "IPV6_PRIVACY",
                                                             "GVRP",
                                                             "MVRP",
                                                             "LINKDELAY",
                                                             "ARPCHECK",
                                                             "PEERDNS",
                                                             "PEERROUTES",
                                                             "IPV6_PEERDNS"};
constexpr std::array<std::string_view, 6> kNotDone{"DOMAIN",  "SEARCH",   "ETHTOOL_OPTS",
                                                   "SRCADDR", "IPV6_MTU", "DNS"};

KeyFate fate_of(std::string_view key) {
  constexpr std::string_view kTeam = "TEAM_";
  if (key.starts_with(kTeam)) return KeyFate::understood;
  const auto stem = key.substr(0, key.find_last_not_of("0123456789") + 1);
  const auto among = [&](const auto& keys) {
    return std::ranges::find(keys, key) != keys.end() || std::ranges::find(keys, stem) != keys.end();
  };
  if (among(kUnderstood)) return KeyFate::understood;
  if (among(kIgnoredIfcfgKeys)) return KeyFate::of_no_account;
  return among(kNotDone) ? KeyFate::not_done : KeyFate::unknown;
}

}  // namespace

IfcfgFile IfcfgFile::parse(std::string_view text, const std::string& path, const std::string& name_in_file) {
  auto shell = parse_shell_text(text, path);
  IfcfgFile file;
  file.path_ = path;
  file.assignments_ = std::move(shell.assignments);
  file.notes_ = std::move(shell.notes);
  file.fault_ = std::move(shell.fault);
  if (const auto* device = file.find("DEVICE")) {
    file.device_ = device->value;
  } else if (file.find("HWADDR") == nullptr) {
    file.device_ = name_in_file;
  }
  return file;
}

bool IfcfgFile::is_vlan() const {
  const auto* vlan = find("VLAN");
  const auto* type = find("TYPE");
  return (vlan != nullptr && parse_yes_no(vlan->value) == true) ||
         (type != nullptr && lower_case(type->value) == "vlan");
}

const Assignment* IfcfgFile::find(std::string_view key) const {
  return find_value(assignments_, key);
}

Location IfcfgFile::where(std::string_view key) const {
  const auto* found = find(key);
  return found != nullptr ? found->where : Location{path_};
}

bool IfcfgFile::flag(std::string_view key, bool otherwise, Notes& notes) const {
  const auto* given = find(key);
  if (given == nullptr) return otherwise;
  if (const auto said = parse_yes_no(given->value)) return *said;
  note(notes, *given, "is neither yes nor no: not taken into account");
  return otherwise;
}

Result<std::vector<InterfaceAddress>> read_addresses(const IfcfgFile& file, Notes& notes) {
  std::vector<InterfaceAddress> addresses;
  for (const auto& n : address_numbers(file)) {
    const auto* ipaddr = file.find("IPADDR" + n);
    if (ipaddr == nullptr) continue;
    auto address = ipv4_address(file, *ipaddr, n, notes);
    if (!address) return std::unexpected(address.error());
    addresses.push_back(*address);
  }
  const bool ipv6 = file.flag("IPV6INIT", true, notes);
  for (const auto* key : {"IPV6ADDR", "IPV6ADDR_SECONDARIES"}) {
    const auto* given = file.find(key);
    if (given == nullptr) continue;
    if (!ipv6) {
      note(notes, *given, "is not set: IPV6INIT=no");
      continue;
    }
    for (const auto word : split_words(given->value)) {
      auto address = ipv6_address(*given, word);
      if (!address) return std::unexpected(address.error());
      addresses.push_back(*address);
    }
  }
  return addresses;
}

std::optional<std::uint32_t> read_metric(const IfcfgFile& file, std::string_view key, Notes& notes) {
  const auto* given = file.find(key);
  if (given == nullptr) return std::nullopt;
  const auto metric = parse_decimal(given->value);
  if (!metric) note(notes, *given, "is not a number: left out");
  return metric;
}

Result<IfcfgGateways> read_gateways(const IfcfgFile& file, Notes& notes) {
  IfcfgGateways gateways;
  if (const auto* given = first_gateway(file, notes); given != nullptr) {
    const auto gateway = wire::parse_ipv4(given->value);
    if (!gateway) return fault(*given, "is not an IPv4 address: write one like 192.0.2.254");
    if (file.flag("DEFROUTE", true, notes)) {
      gateways.ipv4 = default_route_via(*gateway);
      gateways.ipv4->where = given->where;
      gateways.ipv4->metric = read_metric(file, "METRIC", notes);
    } else {
      note(notes, *given, "makes no default route: DEFROUTE=no");
    }
  }
  if (const auto* given = file.find("IPV6_DEFAULTGW"); given != nullptr) {
    const auto text = std::string_view(given->value).substr(0, given->value.find('%'));
    const auto gateway = wire::parse_ipv6(text);
    if (!gateway) return fault(*given, "is not an IPv6 address: write one like 2001:db8::fe");
    if (!file.flag("IPV6INIT", true, notes)) {
      note(notes, *given, "makes no default route: IPV6INIT=no");
    } else if (!file.flag("IPV6_DEFROUTE", true, notes)) {
      note(notes, *given, "makes no default route: IPV6_DEFROUTE=no");
    } else {
      gateways.ipv6 = default_route_via(*gateway);
      gateways.ipv6->where = given->where;
      gateways.ipv6->metric = read_metric(file, "IPV6_ROUTE_METRIC", notes);
    }
  }
  return gateways;
}

Result<std::optional<std::uint32_t>> read_mtu(const IfcfgFile& file) {
  const auto* given = file.find("MTU");
  if (given == nullptr) return std::optional<std::uint32_t>{};
  const auto mtu = parse_mtu(given->value);
  if (!mtu) return fault(*given, fmt::format("is not an MTU: it goes from {} to {}", kLeastMtu, kMostMtu));
  return mtu;
}

DhcpWishes read_dhcp(const IfcfgFile& file, Notes& notes) {
  DhcpWishes wishes;
  wishes.dhcp6 = file.flag("DHCPV6C", false, notes);
  const auto* given = file.find("BOOTPROTO");
  if (given == nullptr) return wishes;
  const auto word = lower_case(given->value);
  wishes.dhcp4 = word == "dhcp" || word == "bootp";
  if (!wishes.dhcp4 && word != "none" && word != "static") {
    note(notes, *given, "is not understood: none, static and dhcp are");
  }
  return wishes;
}

Result<> read_link_settings(const IfcfgFile& file, BondConfig& bond, Notes& notes) {
  const auto wishes = read_dhcp(file, notes);
  bond.dhcp4 = wishes.dhcp4;
  bond.dhcp6 = wishes.dhcp6;
  if (auto read = read_mac(file, bond); !read) return read;
  const auto mtu = read_mtu(file);
  if (!mtu) return std::unexpected(mtu.error());
  bond.mtu = *mtu;
  bond.onboot = file.flag("ONBOOT", true, notes);
  return {};
}

void note_keys_not_understood(const IfcfgFile& file, Notes& notes) {
  for (const auto& assignment : file.assignments()) {
    const auto fate = fate_of(assignment.key);
    if (fate == KeyFate::not_done) note(notes, assignment, "is not carried out: ebond has no part in that");
    if (fate == KeyFate::unknown) note(notes, assignment, "is not understood: left out");
  }
}

}  // namespace ebond::config
