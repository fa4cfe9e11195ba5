#include "cli/running_state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/options/option_table.h"

namespace ebond::cli {
namespace {

using nlohmann::json;

constexpr std::uint32_t kUsualMtu = 1500;
constexpr std::uint32_t kForever = 0xffffffff;
constexpr std::uint8_t kLearnedFromRouter = 9;  // RTPROT_RA
constexpr std::uint8_t kLeased = 16;            // RTPROT_DHCP

/// As the option table reads it again; "" for null.
std::string value_text(const json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  if (value.is_object()) return value.at("name").get<std::string>();
  if (!value.is_array()) return value.dump();
  return fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), ","));
}

/// Those that a new bond of this mode does not have anyway.
config::KeyValues options_of_report(const json& options) {
  const auto mode = value_text(options.at("mode"));
  config::KeyValues result{{"mode", mode}};
  core::BondOptions defaults;
  (void)core::apply_option(defaults, "mode", mode, {});
  for (const auto& spec : core::option_table()) {
    const std::string name(spec.name);
    if (spec.is_action || name == "mode" || !options.contains(name)) continue;
    core::BondOptions changed = defaults;
    const auto text = value_text(options.at(name));
    // Flags and choices have more than one spelling: what counts is what becomes of it.
    (void)core::apply_option(changed, name, text, {});
    if (spec.get(changed) != spec.get(defaults)) result.emplace_back(name, text);
  }
  return result;
}

config::SlaveConfig slave_of_report(const json& slave) {
  config::SlaveConfig result{.name = slave.at("ifname").get<std::string>()};
  for (const auto& spec : core::slave_option_table()) {
    const std::string name(spec.name);
    if (!slave.contains(name)) continue;
    const auto value = slave.at(name).get<std::int64_t>();
    if (value != spec.get(core::SlaveOptions{})) result.options.emplace_back(name, std::to_string(value));
  }
  return result;
}

/// One of RTA_METRICS' attributes.
std::optional<std::uint32_t> metric_of(const std::vector<std::uint8_t>& metrics, unsigned short wanted) {
  std::size_t at = 0;
  while (at + sizeof(rtattr) <= metrics.size()) {
    rtattr header{};
    std::memcpy(&header, metrics.data() + at, sizeof header);
    std::uint32_t value = 0;
    if (header.rta_len < RTA_LENGTH(0) || at + header.rta_len > metrics.size()) break;
    if (header.rta_type == wanted && header.rta_len >= RTA_LENGTH(sizeof value)) {
      std::memcpy(&value, metrics.data() + at + RTA_LENGTH(0), sizeof value);
      return value;
    }
    at += RTA_ALIGN(header.rta_len);
  }
  return std::nullopt;
}

config::Route route_of_kernel(const os::Route& route) {
  config::Route result;
  if (route.destination) {
    result.destination = {*route.destination, route.prefix_length};
  } else if (route.ipv6) {
    result.destination = {config::Ipv6Address{}, route.prefix_length};
  }
  result.gateway = route.gateway;
  result.source = route.preferred_source;
  if (route.metric != 0) result.metric = route.metric;
  if (route.table != RT_TABLE_MAIN) result.table = route.table;
  if (route.protocol != RTPROT_BOOT) result.protocol = route.protocol;
  const bool usual_scope = route.scope == (route.gateway || route.ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
  if (!usual_scope) result.scope = route.scope;
  result.mtu = metric_of(route.metrics, RTAX_MTU);
  result.initcwnd = metric_of(route.metrics, RTAX_INITCWND);
  result.initrwnd = metric_of(route.metrics, RTAX_INITRWND);
  result.onlink = (route.flags & RTNH_F_ONLINK) != 0;
  return result;
}

template <class Interface>
void add_network(Interface& target, const RunningInterface& running) {
  for (const auto& address : running.addresses) {
    if (address.is_kernel_made()) continue;
    if (address.valid_lifetime != kForever) {
      (address.is_ipv6() ? target.dhcp6 : target.dhcp4) = true;
      continue;
    }
    config::InterfaceAddress result{{address.local, address.prefix_length}, {}};
    const auto* ipv4 = std::get_if<wire::Ipv4Address>(&address.local);
    if (ipv4 != nullptr && address.broadcast != config::broadcast_of(*ipv4, address.prefix_length)) {
      result.broadcast = address.broadcast;
    }
    target.addresses.push_back(result);
  }
  for (const auto& route : running.routes) {
    const bool made_by_others =
        route.protocol == RTPROT_KERNEL || route.protocol == kLearnedFromRouter || route.protocol == kLeased;
    if (!made_by_others) target.routes.push_back(route_of_kernel(route));
  }
}

}  // namespace

config::BondConfig bond_of_report(const json& report) {
  config::BondConfig bond;
  bond.name = report.at("ifname").get<std::string>();
  bond.options = options_of_report(report.at("options"));
  if (const auto& away = report.at("away"); !away.is_null()) away.at("netns").get_to(bond.netns);
  for (const auto& slave : report.at("slaves")) bond.slaves.push_back(slave_of_report(slave));
  for (const auto& name : report.at("awaited")) bond.slaves.push_back({.name = name.get<std::string>()});
  const auto& slaves = report.at("slaves");
  if (slaves.empty() || slaves.front().at("perm_hwaddr") != report.at("address")) {
    bond.mac = wire::MacAddress::parse(report.at("address").get<std::string>());
  }
  return bond;
}

void add_running_network(config::BondConfig& bond, const RunningInterface& interface,
                         const std::vector<RunningInterface>& vlans) {
  add_network(bond, interface);
  if (interface.link.mtu != kUsualMtu) bond.mtu = interface.link.mtu;
  bond.bridge = interface.master;
  for (const auto& running : vlans) {
    config::VlanConfig vlan{.id = running.link.vlan->id, .name = running.link.name};
    add_network(vlan, running);
    if (running.link.mtu != interface.link.mtu) vlan.mtu = running.link.mtu;
    bond.vlans.push_back(std::move(vlan));
  }
  std::ranges::sort(bond.vlans, {}, &config::VlanConfig::id);
}

}  // namespace ebond::cli
