#include "tests/unit/config/expected_bonds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "config/route_words.h"
#include "core/options/option_table.h"

namespace ebond::config::test {
namespace {

using nlohmann::json;
using Texts = std::map<std::string, std::string>;

std::string option_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> items;
  for (const auto& item : value) items.push_back(item.get<std::string>());
  return fmt::format("{}", fmt::join(items, ","));
}

/// Every option of the table with the value that takes effect.
Texts effect_of(const KeyValues& options) {
  core::BondOptions accepted;
  if (const auto done = core::apply_options(accepted, options, {}); !done) {
    return {{"refused", done.error().message}};
  }
  Texts texts;
  for (const auto& spec : core::option_table()) {
    if (!spec.is_action) texts[std::string(spec.name)] = spec.get(accepted);
  }
  return texts;
}

Texts slave_effect_of(const KeyValues& options) {
  core::SlaveOptions accepted;
  for (const auto& [key, value] : options) {
    const auto* spec = core::find_slave_option(key);
    if (spec == nullptr) return {{"unknown", key}};
    spec->set(accepted, std::stoll(value));
  }
  Texts texts;
  for (const auto& [key, value] : core::slave_option_texts(accepted)) texts[key] = value;
  return texts;
}

json match_json(const CardMatch& match) {
  json result = json::object();
  if (match.mac) result["mac"] = match.mac->to_string();
  if (!match.name.empty()) result["name"] = match.name;
  return result;
}

/// Words that have no effect of their own are left away: the main table, an absent source.
json route_json(const Route& route) {
  json result{{"to", route.destination.length == 0 ? "default" : route.destination.to_string()}};
  if (route.destination.length == 0 && !route.gateway) result["to"] = route.destination.to_string();
  if (route.gateway) result["via"] = config::to_string(*route.gateway);
  if (route.metric) result["metric"] = *route.metric;
  if (route.source) result["src"] = config::to_string(*route.source);
  if (route.table && *route.table != 254) result["table"] = *route.table;
  if (route.mtu) result["mtu"] = *route.mtu;
  if (route.initcwnd) result["initcwnd"] = *route.initcwnd;
  if (route.initrwnd) result["initrwnd"] = *route.initrwnd;
  if (route.protocol) result["proto"] = route_protocol_text(*route.protocol);
  if (route.scope) result["scope"] = route_scope_text(*route.scope);
  if (route.onlink) result["onlink"] = true;
  return result;
}

json addresses_json(const std::vector<InterfaceAddress>& addresses) {
  json result = json::array();
  for (const auto& address : addresses) result.push_back(address.prefix.to_string());
  return result;
}

class Comparison {
 public:
  std::vector<std::string> found;

  void bond(const json& expected, const BondConfig& bond) {
    about_ = bond.name;
    KeyValues options{{"mode", expected.at("mode").get<std::string>()}};
    json primary_match;
    for (const auto& [key, value] : expected.at("options").items()) {
      if (value.is_object()) {
        primary_match = value.at("match");
      } else {
        options.emplace_back(key, option_text(value));
      }
    }
    texts("option", effect_of(options), effect_of(bond.options));
    same("primary's match", primary_match, bond.primary_match ? match_json(*bond.primary_match) : json());
    slaves(expected.at("slaves"), bond);
    same("addresses", expected.at("addresses"), addresses_json(bond.addresses));
    std::vector<Route> all;
    for (const auto& gateway : bond.gateways) all.push_back(default_route_via(gateway));
    all.insert(all.end(), bond.routes.begin(), bond.routes.end());
    routes(expected.at("routes"), all);
    same("mtu", expected.value("mtu", json()), bond.mtu ? json(*bond.mtu) : json());
    same("mac", expected.value("mac", json()), bond.mac ? json(bond.mac->to_string()) : json());
    same("dhcp4", expected.value("dhcp4", false), bond.dhcp4);
    same("dhcp6", expected.value("dhcp6", false), bond.dhcp6);
    same("bridge", expected.value("bridge", ""), bond.bridge);
    vlans(expected.value("vlans", json::array()), bond);
    about_.clear();
  }

  void same(const std::string& what, const json& expected, const json& is) {
    if (expected == is) return;
    found.push_back(fmt::format("{}{}: expected {}, is {}", about_.empty() ? "" : about_ + ": ", what,
                                expected.dump(), is.dump()));
  }

 private:
  void texts(const std::string& what, const Texts& expected, const Texts& is) {
    for (const auto& [key, value] : expected) {
      const auto other = is.find(key);
      same(what + " " + key, value, other == is.end() ? "(nothing)" : other->second);
    }
    for (const auto& [key, value] : is) {
      if (!expected.contains(key)) same(what + " " + key, "(nothing)", value);
    }
  }

  void slaves(const json& expected, const BondConfig& bond) {
    same("number of slaves", expected.size(), bond.slaves.size());
    for (std::size_t i = 0; i < std::min(expected.size(), bond.slaves.size()); ++i) {
      const auto& slave = bond.slaves[i];
      const auto which = fmt::format("slave {}", i);
      same(which + " name", expected[i].value("name", ""), slave.name);
      same(which + " match", expected[i].value("match", json::object()), match_json(slave.match));
      same(which + " rename", expected[i].value("rename", false), slave.rename);
      same(which + " hotplug", expected[i].value("hotplug", false), slave.hotplug);
      KeyValues options;
      const auto written = expected[i].value("options", json::object());
      for (const auto& [key, value] : written.items()) {
        options.emplace_back(key, option_text(value));
      }
      texts(which + " option", slave_effect_of(options), slave_effect_of(slave.options));
    }
  }

  /// A reader may keep a route that the kernel will refuse, or drop it.
  void routes(const json& expected, const std::vector<Route>& routes) {
    json wanted = json::array();
    std::vector<json> may_be_there;
    for (auto route : expected) {
      const bool unreachable = route.value("unreachable", false);
      route.erase("unreachable");
      if (route.value("table", json()) == "main") route.erase("table");
      if (unreachable) {
        may_be_there.push_back(route);
      } else {
        wanted.push_back(route);
      }
    }
    json is = json::array();
    for (const auto& route : routes) {
      const auto text = route_json(route);
      if (std::ranges::find(may_be_there, text) == may_be_there.end()) is.push_back(text);
    }
    same("routes", wanted, is);
  }

  void vlans(const json& expected, const BondConfig& bond) {
    same("number of VLANs", expected.size(), bond.vlans.size());
    for (std::size_t i = 0; i < std::min(expected.size(), bond.vlans.size()); ++i) {
      const auto& vlan = bond.vlans[i];
      const auto which = fmt::format("VLAN {}", vlan.name);
      same(which + " id", expected[i].at("id"), vlan.id);
      same(which + " name", expected[i].at("name"), vlan.name);
      same(which + " addresses", expected[i].value("addresses", json::array()),
           addresses_json(vlan.addresses));
      same(which + " dhcp4", expected[i].value("dhcp4", false), vlan.dhcp4);
      same(which + " dhcp6", expected[i].value("dhcp6", false), vlan.dhcp6);
    }
  }

  std::string about_;
};

std::string place_in(const std::filesystem::path& folder, const std::string& file) {
  return std::filesystem::path(file).lexically_relative(folder).string();
}

void compare_warnings(const json& expected, const Notes& notes, const std::filesystem::path& folder,
                      Comparison& comparison) {
  for (const auto& warning : expected) {
    const auto key = warning.at("key").get<std::string>();
    const bool said = std::ranges::any_of(notes, [&](const Problem& note) {
      return place_in(folder, note.where.file) == warning.at("file") &&
             note.where.line == warning.at("line") && note.message.contains(key);
    });
    if (!said) comparison.same("warning", warning, json());
  }
}

}  // namespace

std::vector<std::string> differences(const nlohmann::json& expected, const Result<Configuration>& read,
                                     const std::filesystem::path& folder) {
  Comparison comparison;
  const auto& refused = expected.at("refused");
  if (!refused.is_null() || !read) {
    json is;
    if (!read) {
      const auto& where = read.error().where;
      is = {{"file", place_in(folder, where.file)}, {"line", where.line}, {"column", where.column}};
    }
    json wanted = refused;
    if (wanted.is_object()) wanted.erase("why");
    comparison.same("refused", wanted, is);
    if (!read && refused.is_null()) comparison.found.push_back(read.error().to_string());
    return comparison.found;
  }
  const auto& bonds = expected.at("bonds");
  comparison.same("number of bonds", bonds.size(), read->bonds.size());
  for (std::size_t i = 0; i < std::min(bonds.size(), read->bonds.size()); ++i) {
    comparison.same("name of bond", bonds[i].at("name"), read->bonds[i].name);
    comparison.bond(bonds[i], read->bonds[i]);
  }
  compare_warnings(expected.at("warnings"), read->notes, folder, comparison);
  return comparison.found;
}

}  // namespace ebond::config::test
