#include "config/formats/netplan_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "config/values.h"
#include "core/options/nearest.h"

namespace ebond::config {
namespace {

using Keys = std::vector<std::string>;

const Keys kNetworkKeys{
    "version", "renderer", "ethernets", "bonds",         "bridges",           "vlans",      "wifis",
    "modems",  "tunnels",  "vrfs",      "dummy-devices", "virtual-ethernets", "nm-devices", "openvswitch"};
const Keys kCommonKeys{"renderer",
                       "dhcp4",
                       "dhcp6",
                       "ipv6-mtu",
                       "ipv6-privacy",
                       "link-local",
                       "ignore-carrier",
                       "critical",
                       "dhcp-identifier",
                       "dhcp4-overrides",
                       "dhcp6-overrides",
                       "ra-overrides",
                       "accept-ra",
                       "addresses",
                       "ipv6-address-generation",
                       "ipv6-address-token",
                       "gateway4",
                       "gateway6",
                       "nameservers",
                       "macaddress",
                       "mtu",
                       "optional",
                       "optional-addresses",
                       "activation-mode",
                       "routes",
                       "routing-policy",
                       "neigh-suppress",
                       "networkmanager",
                       "openvswitch",
                       "auth"};
const Keys kCardKeys{"match",
                     "set-name",
                     "wakeonlan",
                     "emit-lldp",
                     "receive-checksum-offload",
                     "transmit-checksum-offload",
                     "tcp-segmentation-offload",
                     "tcp6-segmentation-offload",
                     "generic-segmentation-offload",
                     "generic-receive-offload",
                     "large-receive-offload",
                     "link",
                     "virtual-function-count",
                     "embedded-switch-mode",
                     "delay-virtual-functions-rebind",
                     "infiniband-mode"};
const Keys kMatchKeys{"name", "macaddress", "driver"};
const Keys kNetplanRouteKeys{"to",
                             "via",
                             "on-link",
                             "metric",
                             "from",
                             "type",
                             "scope",
                             "table",
                             "mtu",
                             "advmss",
                             "congestion-window",
                             "advertised-receive-window"};

Keys with_common(Keys own) {
  own.insert(own.end(), kCommonKeys.begin(), kCommonKeys.end());
  return own;
}

const Keys& keys_of(NetplanMap kind) {
  static const Keys ethernet = with_common(kCardKeys);
  static const Keys members = with_common({"interfaces", "parameters"});
  static const Keys vlan = with_common({"id", "link"});
  switch (kind) {
    case NetplanMap::network:
      return kNetworkKeys;
    case NetplanMap::ethernet:
      return ethernet;
    case NetplanMap::bond:
    case NetplanMap::bridge:
      return members;
    case NetplanMap::vlan:
      return vlan;
    case NetplanMap::match:
      return kMatchKeys;
    case NetplanMap::route:
      return kNetplanRouteKeys;
  }
  return kCommonKeys;
}

enum class ParameterKind : std::uint8_t { word, number, milliseconds, seconds, yes_no, list };

struct Parameter {
  std::string_view key;
  std::string_view option;
  ParameterKind kind;
  std::string_view words{};         ///< blank-separated
  std::uint32_t most = 0xffffffff;  ///< of a number
};
constexpr std::uint32_t kOctet = 255;
constexpr std::uint32_t kTwoOctets = 65535;
constexpr std::array kParameters{
    Parameter{"mode", "mode", ParameterKind::word,
              "balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb"},
    Parameter{"lacp-rate", "lacp_rate", ParameterKind::word, "slow fast"},
    Parameter{"mii-monitor-interval", "miimon", ParameterKind::milliseconds},
    Parameter{"min-links", "min_links", ParameterKind::number},
    Parameter{"transmit-hash-policy", "xmit_hash_policy", ParameterKind::word,
              "layer2 layer3+4 layer2+3 encap2+3 encap3+4 vlan+srcmac"},
    Parameter{"ad-select", "ad_select", ParameterKind::word, "stable bandwidth count"},
    Parameter{"all-slaves-active", "all_slaves_active", ParameterKind::yes_no},
    Parameter{"all-members-active", "all_slaves_active", ParameterKind::yes_no},
    Parameter{"arp-interval", "arp_interval", ParameterKind::milliseconds},
    Parameter{"arp-ip-targets", "arp_ip_target", ParameterKind::list},
    Parameter{"arp-validate", "arp_validate", ParameterKind::word, "none active backup all"},
    Parameter{"arp-all-targets", "arp_all_targets", ParameterKind::word, "any all"},
    Parameter{"up-delay", "updelay", ParameterKind::milliseconds},
    Parameter{"down-delay", "downdelay", ParameterKind::milliseconds},
    Parameter{"fail-over-mac-policy", "fail_over_mac", ParameterKind::word, "none active follow"},
    Parameter{"gratuitous-arp", "num_grat_arp", ParameterKind::number, "", kOctet},
    Parameter{"gratuitious-arp", "num_grat_arp", ParameterKind::number, "", kOctet},
    Parameter{"packets-per-slave", "packets_per_slave", ParameterKind::number, "", kTwoOctets},
    Parameter{"packets-per-member", "packets_per_slave", ParameterKind::number, "", kTwoOctets},
    Parameter{"primary-reselect-policy", "primary_reselect", ParameterKind::word, "always better failure"},
    Parameter{"resend-igmp", "resend_igmp", ParameterKind::number, "", kOctet},
    Parameter{"learn-packet-interval", "lp_interval", ParameterKind::seconds}};

std::unexpected<Problem> unknown(const TreeEntry& entry, const Keys& accepted) {
  const auto near = core::nearest(entry.key, accepted);
  return fail(entry.where, fmt::format("unknown key \"{}\"{}", entry.key,
                                       near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

Result<std::string> word_value(const Parameter& parameter, const TreeNode& node) {
  const auto accepted = split_list(parameter.words, ' ');
  if (node.is_scalar() && std::ranges::find(accepted, node.text) != accepted.end()) return node.text;
  return fail(node.where, fmt::format("{} \"{}\" is not known: it is {}", parameter.key, node.text,
                                      fmt::join(accepted, ", ")));
}

Result<std::string> span_value(const Parameter& parameter, const TreeNode& node) {
  constexpr std::uint64_t kMilli = 1000;
  constexpr std::uint64_t kSecond = 1'000'000;
  const auto unit = parameter.kind == ParameterKind::seconds ? kSecond : kMilli;
  const auto span = node.is_scalar() ? parse_time_span(node.text, unit) : std::nullopt;
  if (span) return decimal(*span / unit);
  return fail(node.where, fmt::format("{} \"{}\" is not a span of time: write one like 100 or 1s",
                                      parameter.key, node.text));
}

Result<std::string> list_value(const Parameter& parameter, const TreeNode& node) {
  if (!node.is_list()) return fail(node.where, fmt::format("{} wants a list of addresses", parameter.key));
  std::vector<std::string> items;
  for (const auto& item : node.items) {
    if (!wire::parse_ipv4(item.text)) {
      return fail(item.where, fmt::format("{} \"{}\" is not an IPv4 address", parameter.key, item.text));
    }
    items.push_back(item.text);
  }
  return fmt::format("{}", fmt::join(items, ","));
}

Result<std::string> parameter_value(const Parameter& parameter, const TreeNode& node) {
  switch (parameter.kind) {
    case ParameterKind::word:
      return word_value(parameter, node);
    case ParameterKind::milliseconds:
    case ParameterKind::seconds:
      return span_value(parameter, node);
    case ParameterKind::list:
      return list_value(parameter, node);
    case ParameterKind::yes_no: {
      const auto said = netplan_boolean(node);
      if (!said) return std::unexpected(said.error());
      return std::string(*said ? "1" : "0");
    }
    case ParameterKind::number:
      break;
  }
  const auto number = node.is_scalar() ? parse_decimal(node.text) : std::nullopt;
  if (number && *number <= parameter.most) return node.text;
  return fail(node.where, fmt::format("{} \"{}\" is not a number from 0 to {}", parameter.key, node.text,
                                      parameter.most));
}

}  // namespace

Result<> check_netplan_keys(const TreeNode& node, NetplanMap kind) {
  const auto& accepted = keys_of(kind);
  if (node.kind == TreeNode::Kind::null) return {};
  if (!node.is_map()) return fail(node.where, "expected a mapping: KEY: VALUE");
  for (const auto& entry : node.entries) {
    if (std::ranges::find(accepted, entry.key) == accepted.end()) return unknown(entry, accepted);
  }
  return {};
}

Result<SourcedOption> netplan_parameter(const TreeEntry& entry) {
  const auto* known = std::ranges::find(kParameters, entry.key, &Parameter::key);
  if (known == kParameters.end()) {
    Keys keys{"primary"};
    for (const auto& parameter : kParameters) keys.emplace_back(parameter.key);
    return unknown(entry, keys);
  }
  auto value = parameter_value(*known, entry.value);
  if (!value) return std::unexpected(value.error());
  return SourcedOption{std::string(known->option), *std::move(value), entry.where, entry.key};
}

Result<bool> netplan_boolean(const TreeNode& node) {
  const auto said = node.is_scalar() ? parse_yes_no(node.text) : std::nullopt;
  if (said) return *said;
  return fail(node.where, fmt::format("\"{}\" is neither true nor false", node.text));
}

}  // namespace ebond::config
