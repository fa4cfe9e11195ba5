#include "config/formats/networkd_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "config/route_words.h"
#include "config/shell_file.h"
#include "config/values.h"

namespace ebond::config {
namespace {

enum class KeyKind : std::uint8_t { as_written, milliseconds, seconds, yes_no, words };

struct BondKey {
  std::string_view key;
  std::string_view option;
  KeyKind kind = KeyKind::as_written;
};
constexpr std::array kBondKeyTable{BondKey{"Mode", "mode"},
                                   BondKey{"TransmitHashPolicy", "xmit_hash_policy"},
                                   BondKey{"LACPTransmitRate", "lacp_rate"},
                                   BondKey{"MIIMonitorSec", "miimon", KeyKind::milliseconds},
                                   BondKey{"PeerNotifyDelaySec", "peer_notif_delay", KeyKind::milliseconds},
                                   BondKey{"UpDelaySec", "updelay", KeyKind::milliseconds},
                                   BondKey{"DownDelaySec", "downdelay", KeyKind::milliseconds},
                                   BondKey{"LearnPacketIntervalSec", "lp_interval", KeyKind::seconds},
                                   BondKey{"AdSelect", "ad_select"},
                                   BondKey{"AdActorSystemPriority", "ad_actor_sys_prio"},
                                   BondKey{"AdUserPortKey", "ad_user_port_key"},
                                   BondKey{"AdActorSystem", "ad_actor_system"},
                                   BondKey{"FailOverMACPolicy", "fail_over_mac"},
                                   BondKey{"ARPValidate", "arp_validate"},
                                   BondKey{"ARPIntervalSec", "arp_interval", KeyKind::milliseconds},
                                   BondKey{"ARPIPTargets", "arp_ip_target", KeyKind::words},
                                   BondKey{"ARPAllTargets", "arp_all_targets"},
                                   BondKey{"ARPMissedMax", "arp_missed_max"},
                                   BondKey{"PrimaryReselectPolicy", "primary_reselect"},
                                   BondKey{"ResendIGMP", "resend_igmp"},
                                   BondKey{"PacketsPerSlave", "packets_per_slave"},
                                   BondKey{"GratuitousARP", "num_grat_arp"},
                                   BondKey{"AllSlavesActive", "all_slaves_active", KeyKind::yes_no},
                                   BondKey{"DynamicTransmitLoadBalancing", "tlb_dynamic_lb", KeyKind::yes_no},
                                   BondKey{"MinLinks", "min_links"}};

constexpr std::uint64_t kMicrosPerMilli = 1000;
constexpr std::uint64_t kMicrosPerSecond = 1'000'000;
// A watch that looks as seldom as this was mostly meant in milliseconds.
constexpr std::uint64_t kSuspiciousSeconds = 20;

}  // namespace

NetworkdOption networkd_bond_option(const IniEntry& entry) {
  NetworkdOption result;
  const auto* known = std::ranges::find(kBondKeyTable, entry.key, &BondKey::key);
  if (known == kBondKeyTable.end()) {
    result.fault = "is not a key of [Bond]";
    return result;
  }
  if (entry.value.empty()) return result;  // back to the default
  SourcedOption option{std::string(known->option), entry.value, entry.where, entry.key};
  if (known->kind == KeyKind::milliseconds || known->kind == KeyKind::seconds) {
    const auto span = parse_time_span(entry.value, kMicrosPerSecond);
    if (!span) {
      result.fault = "is not a span of time: write one like 100ms or 1s";
      return result;
    }
    const bool in_seconds = known->kind == KeyKind::seconds;
    option.value = decimal(*span / (in_seconds ? kMicrosPerSecond : kMicrosPerMilli));
    const auto bare = parse_decimal<std::uint64_t>(entry.value);
    if (!in_seconds && bare && *bare >= kSuspiciousSeconds) {
      result.remark = fmt::format(
          "is {} seconds, as no unit stands behind it: taken as written; {}ms would be "
          "milliseconds",
          entry.value, entry.value);
    }
  } else if (known->kind == KeyKind::yes_no) {
    const auto said = parse_yes_no(entry.value);
    if (!said) {
      result.fault = "is neither yes nor no";
      return result;
    }
    option.value = *said ? "1" : "0";
  } else if (known->kind == KeyKind::words) {
    option.value = fmt::format("{}", fmt::join(split_words(entry.value), ","));
  }
  result.option = std::move(option);
  return result;
}

std::optional<std::uint32_t> networkd_mtu(std::string_view text) {
  constexpr std::uint32_t kKibi = 1024;
  if (!text.ends_with('K')) return parse_mtu(text);
  const auto thousands = parse_decimal(text.substr(0, text.size() - 1));
  if (!thousands || *thousands > kMostMtu / kKibi) return std::nullopt;
  return *thousands * kKibi;
}

void NetworkdAddresses::leave_out(const IniEntry& entry, std::string_view why) {
  notes_.push_back({entry.where, fmt::format("{}={} {}: left out", entry.key, entry.value, why)});
}

void NetworkdAddresses::add(const IniFile& network) {
  for (const auto& section : network.sections) {
    if (section.name == "Network") add_network(section);
    if (section.name == "Address") add_address_section(section);
    if (section.name == "Route") add_route_section(section);
  }
}

void NetworkdAddresses::set_dhcp(const IniEntry& entry) {
  const auto said = parse_yes_no(entry.value);
  const bool both = said == true || entry.value == "both";
  dhcp4 = both || entry.value == "ipv4" || entry.value == "v4";
  dhcp6 = both || entry.value == "ipv6" || entry.value == "v6";
  if (!said && !dhcp4 && !dhcp6 && entry.value != "none") leave_out(entry, "is not yes, no, ipv4 or ipv6");
}

void NetworkdAddresses::add_network(const IniSection& section) {
  for (const auto& entry : section.entries) {
    if (entry.key == "DHCP") set_dhcp(entry);
    if (entry.key == "Address") {
      const auto prefix = parse_ip(entry.value)
                              ? parse_prefix(entry.value, full_length(*parse_ip(entry.value)))
                              : parse_prefix(entry.value);
      if (entry.value.empty()) {
        addresses.clear();
      } else if (prefix) {
        addresses.push_back({*prefix, {}});
      } else {
        leave_out(entry, prefix.error());
      }
    }
    if (entry.key == "Gateway") {
      const auto gateway = parse_ip(entry.value);
      if (gateway) {
        routes.push_back(default_route_via(*gateway));
        routes.back().where = entry.where;
      } else if (entry.value.empty()) {
        std::erase_if(routes, [](const Route& route) { return route.destination.length == 0; });
      } else {
        leave_out(entry, "is not an IP address");
      }
    }
  }
}

void NetworkdAddresses::add_address_section(const IniSection& section) {
  const auto* address = section.find("Address");
  if (address == nullptr) {
    notes_.push_back({section.where, "[Address] has no Address=: left out"});
    return;
  }
  const auto host = parse_ip(address->value);
  const auto prefix = parse_prefix(address->value, host ? std::optional(full_length(*host)) : std::nullopt);
  if (!prefix) return leave_out(*address, prefix.error());
  InterfaceAddress result{*prefix, {}};
  for (const auto& entry : section.entries) {
    if (entry.key == "Address") continue;
    const auto broadcast = wire::parse_ipv4(entry.value);
    if (entry.key == "Broadcast" && broadcast) {
      result.broadcast = broadcast;
    } else if (entry.key != "Label" && entry.key != "Broadcast") {
      leave_out(entry, "is not carried out");
    }
  }
  addresses.push_back(result);
}

void NetworkdAddresses::set_route_key(Route& route, const IniEntry& entry) {
  struct RouteKey {
    std::string_view key;
    std::string_view word;
  };
  constexpr std::array kRouteKeyTable{RouteKey{"PreferredSource", "src"},
                                      RouteKey{"Metric", "metric"},
                                      RouteKey{"Table", "table"},
                                      RouteKey{"MTUBytes", "mtu"},
                                      RouteKey{"Protocol", "proto"},
                                      RouteKey{"Scope", "scope"},
                                      RouteKey{"InitialCongestionWindow", "initcwnd"},
                                      RouteKey{"InitialAdvertisedReceiveWindow", "initrwnd"}};
  if (entry.key == "Gateway" || entry.key == "Destination") return;
  if (entry.key == "GatewayOnLink" || entry.key == "GatewayOnlink") {
    route.onlink = parse_yes_no(entry.value) == true;
    return;
  }
  const auto* known = std::ranges::find(kRouteKeyTable, entry.key, &RouteKey::key);
  if (known == kRouteKeyTable.end()) return leave_out(entry, "is not carried out");
  if (const auto fault = set_route_word(route, known->word, entry.value); !fault.empty()) {
    leave_out(entry, fault);
  }
}

void NetworkdAddresses::add_route_section(const IniSection& section) {
  const auto* gateway = section.find("Gateway");
  const auto* destination = section.find("Destination");
  const auto via = gateway != nullptr ? parse_ip(gateway->value) : std::nullopt;
  if (gateway != nullptr && !via) return leave_out(*gateway, "is not an IP address");
  if (destination == nullptr && gateway == nullptr) {
    notes_.push_back({section.where, "[Route] has neither Destination= nor Gateway=: left out"});
    return;
  }
  Route route = via ? default_route_via(*via) : Route{};
  route.where = section.where;
  if (destination != nullptr) {
    const auto to = parse_destination(destination->value, destination->value.contains(':'));
    if (!to) return leave_out(*destination, to.error());
    if (via && to->address.index() != via->index())
      return leave_out(*gateway, "is not of the destination's family");
    route.destination = *to;
  }
  for (const auto& entry : section.entries) set_route_key(route, entry);
  routes.push_back(route);
}

}  // namespace ebond::config
