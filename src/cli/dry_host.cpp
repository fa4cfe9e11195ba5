#include "cli/dry_host.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ebond::cli {
namespace {

std::string words_of(const config::KeyValues& options) {
  std::string text;
  for (const auto& [key, value] : options) text += fmt::format(" {} {}", key, value.empty() ? "''" : value);
  return text;
}

std::string words_of(const config::Route& route) {
  auto text = route.destination.length == 0 ? (route.destination.is_ipv6() ? "-6 default" : "default")
                                            : route.destination.to_string();
  if (route.gateway) text += fmt::format(" via {}", config::to_string(*route.gateway));
  if (route.metric) text += fmt::format(" metric {}", *route.metric);
  if (route.table) text += fmt::format(" table {}", *route.table);
  return text;
}

}  // namespace

Step<> DryHost::say(const std::string& words) {
  ++steps_;
  say_(words);
  return {};
}

Step<> DryHost::rename(const std::string& from, const std::string& to) {
  return say(fmt::format("ip link set {} name {}", from, to));
}

Step<> DryHost::add_bond(const std::string& bond, const config::KeyValues& options) {
  return say(fmt::format("ebond add {}{}", bond, words_of(options)));
}

Step<std::vector<std::string>> DryHost::add_adopting(const std::string& bond,
                                                     const config::KeyValues& options,
                                                     const std::string& interface) {
  (void)say(fmt::format("ebond add {}{} --adopt {}", bond, words_of(options), interface));
  return std::vector<std::string>{};
}

std::string DryHost::ip(const std::string& interface) const {
  const auto away = away_.find(interface);
  return away == away_.end() ? "ip" : "ip -n " + away->second;
}

Step<> DryHost::put_into(const std::string& bond, const std::string& netns) {
  auto said = say(fmt::format("{} link set {} netns {}", ip(bond), bond, netns));
  away_.insert_or_assign(bond, netns);
  return said;
}

Step<> DryHost::seek_in(const std::string& interface, const std::string& netns) {
  away_.insert_or_assign(interface, netns);
  return real_.seek_in(interface, netns);
}

Step<> DryHost::set_bond(const std::string& bond, const config::KeyValues& options) {
  return say(fmt::format("ebond set {}{}", bond, words_of(options)));
}

Step<> DryHost::delete_bond(const std::string& bond) {
  return say(fmt::format("ebond del {}", bond));
}

Step<std::vector<std::string>> DryHost::enslave(const std::string& bond,
                                                const std::vector<std::string>& slaves) {
  (void)say(fmt::format("ebond enslave --wait {} {}", bond, fmt::join(slaves, " ")));
  return std::vector<std::string>{};
}

Step<> DryHost::release(const std::string& bond, const std::vector<std::string>& slaves) {
  return say(fmt::format("ebond release {} {}", bond, fmt::join(slaves, " ")));
}

Step<> DryHost::set_slave(const std::string& slave, const config::KeyValues& options) {
  return say(fmt::format("ebond set-slave {}{}", slave, words_of(options)));
}

Step<> DryHost::add_vlan(const std::string& bond, std::uint16_t id, const std::string& name) {
  auto said = say(fmt::format("{} link add link {} name {} type vlan id {}", ip(bond), bond, name, id));
  if (const auto away = away_.find(bond); away != away_.end()) away_.insert_or_assign(name, away->second);
  return said;
}

Step<> DryHost::join_bridge(const std::string& interface, const std::string& bridge) {
  return say(fmt::format("{} link set {} master {}", ip(interface), interface, bridge));
}

Step<> DryHost::set_mac(const std::string& interface, const wire::MacAddress& mac) {
  return say(fmt::format("{} link set {} address {}", ip(interface), interface, mac.to_string()));
}

Step<> DryHost::set_mtu(const std::string& interface, std::uint32_t mtu) {
  return say(fmt::format("{} link set {} mtu {}", ip(interface), interface, mtu));
}

Step<> DryHost::set_up(const std::string& interface) {
  return say(fmt::format("{} link set {} up", ip(interface), interface));
}

Step<> DryHost::add_address(const std::string& interface, const config::InterfaceAddress& address) {
  return say(fmt::format("{} address add {} dev {}", ip(interface), address.prefix.to_string(), interface));
}

Step<> DryHost::delete_address(const std::string& interface, const config::InterfaceAddress& address) {
  return say(fmt::format("{} address del {} dev {}", ip(interface), address.prefix.to_string(), interface));
}

Step<> DryHost::add_route(const std::string& interface, const config::Route& route) {
  return say(fmt::format("{} route add {} dev {}", ip(interface), words_of(route), interface));
}

Step<> DryHost::delete_route(const std::string& interface, const config::Route& route) {
  return say(fmt::format("{} route del {} dev {}", ip(interface), words_of(route), interface));
}

}  // namespace ebond::cli
