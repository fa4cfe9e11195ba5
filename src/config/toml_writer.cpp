#include "config/toml_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/options.h"
#include "config/route_words.h"
#include "config/values.h"
#include "core/options/option_table.h"

namespace ebond::config {
namespace {

/// A basic string of TOML. Octets that are no UTF-8 cannot stand in such a file; names and values that come
/// from one of our readers have none that matter.
std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (octet < 0x20 || octet == 0x7f) {
      result += fmt::format("\\u{:04X}", octet);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

/// A key of a table: bare if it may be.
std::string key_text(std::string_view key) {
  const bool bare = !key.empty() && std::ranges::all_of(key, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  return bare ? std::string(key) : toml_string(key);
}

std::string list_of(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

/// Digits that TOML takes for the same number: no zero in front.
bool is_plain_number(std::string_view text) {
  return parse_decimal<std::int64_t>(text).has_value() && !(text.size() > 1 && text.starts_with('0')) &&
         !text.starts_with("-0");
}

std::string option_value(const std::string& key, const std::string& value) {
  const auto* spec = core::find_option(key);
  using Kind = core::ValueKind;
  if (spec != nullptr &&
      (spec->kind == Kind::ipv4_list || spec->kind == Kind::ipv6_list || spec->kind == Kind::ip_list)) {
    std::vector<std::string> items;
    for (const auto item : split_list(value, ',')) items.push_back(toml_string(item));
    return list_of(items);
  }
  const bool is_name = spec != nullptr && (spec->kind == Kind::slave_name || spec->kind == Kind::choice);
  return !is_name && is_plain_number(value) ? value : toml_string(value);
}

/// The pairs of an inline table.
class InlineTable {
 public:
  InlineTable& add(std::string_view key, const std::string& value) {
    pairs_.push_back(fmt::format("{} = {}", key, value));
    return *this;
  }
  template <class T>
  InlineTable& add_number(std::string_view key, const std::optional<T>& value) {
    if (value) add(key, std::to_string(*value));
    return *this;
  }
  InlineTable& add_if(bool said, std::string_view key) {
    if (said) add(key, "true");
    return *this;
  }
  std::string text() const { return fmt::format("{{ {} }}", fmt::join(pairs_, ", ")); }

 private:
  std::vector<std::string> pairs_;
};

void add_match(InlineTable& table, const CardMatch& match) {
  if (match.mac) table.add("mac", toml_string(match.mac->to_string()));
  if (!match.name.empty()) table.add("pattern", toml_string(match.name));
}

bool is_just_a_name(const SlaveConfig& slave) {
  return !slave.name.empty() && slave.match.is_empty() && !slave.hotplug;
}

std::string slave_text(const SlaveConfig& slave) {
  if (is_just_a_name(slave)) return toml_string(slave.name);
  InlineTable table;
  if (!slave.name.empty()) table.add("name", toml_string(slave.name));
  add_match(table, slave.match);
  table.add_if(slave.rename, "rename").add_if(slave.hotplug, "hotplug");
  for (const auto& [key, value] : slave.options)
    table.add(key, is_plain_number(value) ? value : toml_string(value));
  return table.text();
}

std::string addresses_text(const std::vector<InterfaceAddress>& addresses) {
  std::vector<std::string> items;
  for (const auto& address : addresses) {
    auto text = toml_string(address.prefix.to_string());
    if (address.broadcast) {
      text = InlineTable()
                 .add("address", text)
                 .add("broadcast", toml_string(wire::to_string(*address.broadcast)))
                 .text();
    }
    items.push_back(std::move(text));
  }
  return list_of(items);
}

std::string route_text(const Route& route) {
  InlineTable table;
  // "default" takes its family from the gateway, so without one it is written out.
  const bool is_default = route.destination.length == 0 && route.gateway;
  table.add("to", toml_string(is_default ? "default" : route.destination.to_string()));
  if (route.gateway) table.add("via", toml_string(to_string(*route.gateway)));
  if (route.source) table.add("src", toml_string(to_string(*route.source)));
  table.add_number("metric", route.metric);
  if (route.table) {
    const auto word = route_table_text(*route.table);
    table.add("table", is_plain_number(word) ? word : toml_string(word));
  }
  if (route.protocol) table.add("proto", toml_string(route_protocol_text(*route.protocol)));
  if (route.scope) table.add("scope", toml_string(route_scope_text(*route.scope)));
  table.add_number("mtu", route.mtu)
      .add_number("initcwnd", route.initcwnd)
      .add_number("initrwnd", route.initrwnd)
      .add_if(route.onlink, "onlink");
  return table.text();
}

/// One of several on lines of their own.
std::string listed(const std::vector<std::string>& items) {
  if (items.size() < 2) return list_of(items);
  return fmt::format("[\n  {},\n]", fmt::join(items, ",\n  "));
}

std::string routes_text(const std::vector<Route>& routes) {
  std::vector<std::string> items;
  items.reserve(routes.size());
  for (const auto& route : routes) items.push_back(route_text(route));
  return listed(items);
}

/// What a bond and a VLAN have in common.
template <class Interface>
std::string network_text(const Interface& interface) {
  std::string text;
  if (!interface.addresses.empty())
    text += fmt::format("addresses = {}\n", addresses_text(interface.addresses));
  if (!interface.routes.empty()) text += fmt::format("routes = {}\n", routes_text(interface.routes));
  if (interface.mtu) text += fmt::format("mtu = {}\n", *interface.mtu);
  if (interface.dhcp4) text += "dhcp4 = true\n";
  if (interface.dhcp6) text += "dhcp6 = true\n";
  return text;
}

std::string bond_text(const BondConfig& bond) {
  auto text = fmt::format("[bond.{}]\n", key_text(bond.name));
  for (const auto& [key, value] : bond.options)
    text += fmt::format("{} = {}\n", key, option_value(key, value));
  if (bond.primary_match) {
    InlineTable match;
    add_match(match, *bond.primary_match);
    text += fmt::format("primary = {}\n", match.text());
  }
  if (!bond.slaves.empty()) {
    std::vector<std::string> slaves;
    for (const auto& slave : bond.slaves) slaves.push_back(slave_text(slave));
    text += fmt::format("slaves = {}\n", list_of(slaves));
  }
  if (bond.mac) text += fmt::format("mac = {}\n", toml_string(bond.mac->to_string()));
  if (!bond.gateways.empty()) {
    std::vector<std::string> gateways;
    for (const auto& gateway : bond.gateways) gateways.push_back(toml_string(to_string(gateway)));
    text += fmt::format("gateways = {}\n", list_of(gateways));
  }
  text += network_text(bond);
  if (!bond.bridge.empty()) text += fmt::format("bridge = {}\n", toml_string(bond.bridge));
  if (!bond.netns.empty()) text += fmt::format("netns = {}\n", toml_string(bond.netns));
  if (!bond.adopt.empty()) text += fmt::format("adopt = {}\n", toml_string(bond.adopt));
  if (!bond.onboot) text += "onboot = false\n";
  for (const auto& vlan : bond.vlans) {
    text += fmt::format("\n[[bond.{}.vlans]]\nid = {}\nname = {}\n", key_text(bond.name), vlan.id,
                        toml_string(vlan.name));
    text += network_text(vlan);
  }
  for (const auto& slave : bond.slaves) {
    if (!is_just_a_name(slave) || slave.options.empty()) continue;
    text += fmt::format("\n[slave.{}]\n", key_text(slave.name));
    for (const auto& [key, value] : slave.options) {
      text += fmt::format("{} = {}\n", key, is_plain_number(value) ? value : toml_string(value));
    }
  }
  return text;
}

}  // namespace

std::string to_toml(const std::vector<BondConfig>& bonds) {
  std::vector<std::string> texts;
  texts.reserve(bonds.size());
  for (const auto& bond : bonds) texts.push_back(bond_text(bond));
  return fmt::format("{}", fmt::join(texts, "\n"));
}

}  // namespace ebond::config
