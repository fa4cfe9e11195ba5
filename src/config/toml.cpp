#include "config/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/options.h"
#include "config/route_words.h"
#include "config/shell_file.h"
#include "config/toml_nodes.h"
#include "config/values.h"
#include "core/interface_name.h"
#include "core/options/option_table.h"

namespace ebond::config {
namespace {

const std::vector<std::string> kBondKeys{"slaves", "addresses", "gateways", "routes", "vlans",
                                         "bridge", "netns",     "adopt",    "mtu",    "mac",
                                         "dhcp4",  "dhcp6",     "onboot"};
const std::vector<std::string> kRouteKeys{"to",    "via",   "metric",   "src",      "table", "mtu",
                                          "proto", "scope", "initcwnd", "initrwnd", "onlink"};
const std::vector<std::string> kVlanKeys{"id", "name", "addresses", "routes", "mtu", "dhcp4", "dhcp6"};
const std::vector<std::string> kSlaveKeys{"name", "mac", "pattern", "rename", "hotplug"};
const std::vector<std::string> kAddressKeys{"address", "broadcast"};

struct Reader : TomlNodes {
  Configuration result;
  std::map<std::string, std::string, std::less<>> bond_of_slave;
  std::map<std::string, SourcedOptions> bond_options;                  // by bond
  std::map<std::string, std::vector<SourcedOptions>> slave_options{};  // by bond, in its slaves' order

  Result<> read_slaves(BondConfig& bond, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return fail(at(node), "slaves wants a list of strings: [\"…\", \"…\"]");
    auto& options = slave_options[bond.name];
    for (const auto& element : *array) {
      SlaveConfig slave;
      SourcedOptions own_options;
      if (const auto* table = element.as_table()) {
        if (auto read = read_matched_slave(slave, own_options, *table); !read) return read;
      } else {
        auto name = string(element, "each entry of slaves");
        if (!name) return std::unexpected(name.error());
        slave.name = *std::move(name);
      }
      if (auto checked = check_slave(bond, slave, at(element)); !checked) return checked;
      bond.slaves.push_back(std::move(slave));
      options.push_back(std::move(own_options));
    }
    return {};
  }

  Result<> check_slave(const BondConfig& bond, const SlaveConfig& slave, const Location& where) {
    if (slave.name.empty()) {
      if (!slave.match.is_empty()) return {};
      return fail(where, "the slave lacks what it is found by: name, mac or pattern");
    }
    if (auto fault = core::any_interface_name_fault(slave.name); !fault.empty()) return fail(where, fault);
    if (slave.name == bond.name) return fail(where, fmt::format("{} cannot be its own slave", slave.name));
    // Two cards may be meant by one name if the MAC says which.
    if (slave.match.mac && !slave.rename) return {};
    const auto [it, fresh] = bond_of_slave.emplace(slave.name, bond.name);
    if (!fresh) return fail(where, fmt::format("{} is a slave of {} already", slave.name, it->second));
    return {};
  }

  Result<> read_matched_slave(SlaveConfig& slave, SourcedOptions& options, const toml::table& table) const {
    for (const auto& [key, node] : in_file_order(table)) {
      if (key->str() == "rename" || key->str() == "hotplug") {
        const auto said = flag(*node, key->str());
        if (!said) return std::unexpected(said.error());
        (key->str() == "rename" ? slave.rename : slave.hotplug) = *said;
      } else if (is_slave_option(key->str())) {
        auto text = option_text(*node, key->str());
        if (!text) return std::unexpected(text.error());
        options.push_back({std::string(key->str()), *std::move(text), at(*key)});
      } else if (key->str() == "name") {
        auto name = string(*node, key->str());
        if (!name) return std::unexpected(name.error());
        slave.name = *std::move(name);
      } else if (auto read = read_match_key(slave.match, *key, *node); !read) {
        return read;
      }
    }
    if (slave.rename && (slave.name.empty() || !slave.match.mac)) {
      return fail(at(table), "rename = true wants a name to give and the mac of the card that gets it");
    }
    return {};
  }

  Result<> read_match_key(CardMatch& match, const toml::key& key, const toml::node& node) const {
    if (key != "mac" && key != "pattern") return unknown_key(key, "key of a slave", kSlaveKeys);
    auto text = string(node, key.str());
    if (!text) return std::unexpected(text.error());
    if (key == "pattern") {
      match.name = *std::move(text);
      return {};
    }
    match.mac = parse_unicast_mac(*text);
    if (match.mac) return {};
    return fail(at(node),
                fmt::format("\"{}\" is not a unicast MAC address: write one like 02:00:00:00:00:01", *text));
  }

  Result<> read_primary_match(BondConfig& bond, const toml::table& table) const {
    CardMatch match;
    for (const auto& [key, node] : table) {
      if (auto read = read_match_key(match, key, node); !read) return read;
    }
    if (match.is_empty()) return fail(at(table), "primary lacks what it is found by: mac or pattern");
    bond.primary_match = match;
    return {};
  }

  Result<> read_addresses(std::vector<InterfaceAddress>& addresses, const toml::node& node) const {
    const auto* array = node.as_array();
    if (array == nullptr) return fail(at(node), "addresses wants a list of strings: [\"…\", \"…\"]");
    for (const auto& element : *array) {
      auto address = element.is_table() ? read_address_table(*element.as_table()) : read_address(element);
      if (!address) return std::unexpected(address.error());
      addresses.push_back(*address);
    }
    return {};
  }

  Result<InterfaceAddress> read_address(const toml::node& node) const {
    const auto text = string(node, "each entry of addresses");
    if (!text) return std::unexpected(text.error());
    const auto prefix = parse_prefix(*text);
    if (!prefix) return fail(at(node), fmt::format("\"{}\" {}", *text, prefix.error()));
    return InterfaceAddress{*prefix, {}};
  }

  Result<InterfaceAddress> read_address_table(const toml::table& table) const {
    for (const auto& [key, node] : table) {
      if (key != "address" && key != "broadcast") return unknown_key(key, "key of an address", kAddressKeys);
    }
    const auto* written = table.get("address");
    if (written == nullptr) return fail(at(table), "the address is missing: address = \"192.0.2.1/24\"");
    auto address = read_address(*written);
    const auto* broadcast = table.get("broadcast");
    if (!address || broadcast == nullptr) return address;
    const auto text = string(*broadcast, "broadcast");
    if (!text) return std::unexpected(text.error());
    address->broadcast = wire::parse_ipv4(*text);
    if (address->broadcast && !address->prefix.is_ipv6()) return address;
    return fail(at(*broadcast),
                fmt::format("\"{}\" is not the broadcast address of an IPv4 network: write one "
                            "like 192.0.2.255",
                            *text));
  }

  Result<IpAddress> ip(const std::string& text, const Location& where) const {
    if (auto address = parse_ip(text)) return *address;
    return fail(where,
                fmt::format("\"{}\" is not an IP address: write one like 192.0.2.254 or 2001:db8::fe", text));
  }

  Result<> read_gateways(BondConfig& bond, const toml::node& node) const {
    const auto texts = strings(node, "gateways");
    if (!texts) return std::unexpected(texts.error());
    for (const auto& [text, where] : *texts) {
      const auto gateway = ip(text, where);
      if (!gateway) return std::unexpected(gateway.error());
      for (const auto& other : bond.gateways) {
        if (other.index() == gateway->index()) {
          return fail(where, fmt::format("\"{}\" is a second gateway of its family beside {}", text,
                                         to_string(other)));
        }
      }
      bond.gateways.push_back(*gateway);
    }
    return {};
  }

  Result<> read_routes(std::vector<Route>& routes, const toml::node& node) const {
    const auto* array = node.as_array();
    if (array == nullptr)
      return fail(at(node), "routes wants a list of tables: [{ to = \"…\", via = \"…\" }]");
    for (const auto& element : *array) {
      const auto* table = element.as_table();
      if (table == nullptr) return fail(at(element), "each route wants a table: { to = \"…\", via = \"…\" }");
      auto route = read_route(*table);
      if (!route) return std::unexpected(route.error());
      routes.push_back(*route);
    }
    return {};
  }

  Result<Route> read_route(const toml::table& table) const {
    const auto* to = table.get("to");
    if (to == nullptr) return fail(at(table), "the route lacks its destination: to = \"198.51.100.0/24\"");
    const auto text = string(*to, "to");
    if (!text) return std::unexpected(text.error());
    const auto* via = table.get_as<std::string>("via");
    const bool ipv6 =
        text->contains(':') || (*text == "default" && via != nullptr && via->get().contains(':'));
    const auto destination = parse_destination(*text, ipv6);
    if (!destination) return fail(at(*to), fmt::format("\"{}\" {}", *text, destination.error()));
    Route route{.destination = *destination, .where = at(*to)};
    for (const auto& [key, node] : table) {
      if (key.str() == "to") continue;
      if (auto set = set_route_key(route, key, node); !set) return std::unexpected(set.error());
    }
    return route;
  }

  Result<> set_route_key(Route& route, const toml::key& key, const toml::node& node) const {
    constexpr std::int64_t kMost = 0xffffffff;
    if (key == "onlink") {
      const auto said = flag(node, key.str());
      if (!said) return std::unexpected(said.error());
      route.onlink = *said;
      return {};
    }
    if (key == "via" || key == "src") {
      const auto text = string(node, key.str());
      if (!text) return std::unexpected(text.error());
      const auto address = ip(*text, at(node));
      if (!address) return std::unexpected(address.error());
      if (address->index() != route.destination.address.index()) {
        return fail(at(node), fmt::format("\"{}\" is not of the destination's family", *text));
      }
      (key == "via" ? route.gateway : route.source) = *address;
      return {};
    }
    if (std::ranges::find(kRouteKeys, key.str()) == kRouteKeys.end()) {
      return unknown_key(key, "route key", kRouteKeys);
    }
    const auto* word = node.as_string();
    const bool has_words = key == "table" || key == "proto" || key == "scope";
    std::string text;
    if (has_words && word != nullptr) {
      text = word->get();
    } else {
      const auto value = number(node, key.str(), 0, kMost);
      if (!value) return std::unexpected(value.error());
      text = std::to_string(*value);
    }
    if (auto fault = set_route_word(route, key.str(), text); !fault.empty()) return fail(at(node), fault);
    return {};
  }

  Result<> read_vlans(BondConfig& bond, const toml::node& node) const {
    const auto* array = node.as_array();
    if (array == nullptr) return fail(at(node), "vlans wants a list of tables: [{ id = 20 }]");
    for (const auto& element : *array) {
      const auto* table = element.as_table();
      if (table == nullptr) return fail(at(element), "each VLAN wants a table: { id = 20 }");
      auto vlan = read_vlan(bond, *table);
      if (!vlan) return std::unexpected(vlan.error());
      for (const auto& other : bond.vlans) {
        if (other.id != vlan->id && other.name != vlan->name) continue;
        return fail(at(element),
                    fmt::format("{} has a VLAN {} ({}) already", bond.name, other.id, other.name));
      }
      bond.vlans.push_back(*std::move(vlan));
    }
    return {};
  }

  Result<VlanConfig> read_vlan(const BondConfig& bond, const toml::table& table) const {
    constexpr std::int64_t kMostVlans = 4094;
    VlanConfig vlan;
    const auto* id = table.get("id");
    if (id == nullptr) return fail(at(table), "the VLAN lacks its number: id = 20");
    for (const auto& [key, node] : in_file_order(table)) {
      if (auto read = read_vlan_key(vlan, *key, *node); !read) return std::unexpected(read.error());
    }
    const auto value = number(*id, "id", 0, kMostVlans);
    if (!value) return std::unexpected(value.error());
    vlan.id = static_cast<std::uint16_t>(*value);
    if (vlan.name.empty()) vlan.name = fmt::format("{}.{}", bond.name, vlan.id);
    if (auto fault = core::interface_name_fault(vlan.name); !fault.empty()) return fail(at(table), fault);
    return vlan;
  }

  Result<> read_vlan_key(VlanConfig& vlan, const toml::key& key, const toml::node& node) const {
    if (key == "id") return {};
    if (key == "addresses") return read_addresses(vlan.addresses, node);
    if (key == "routes") return read_routes(vlan.routes, node);
    if (key == "name") {
      auto name = string(node, "name");
      if (!name) return std::unexpected(name.error());
      vlan.name = *std::move(name);
    } else if (key == "mtu") {
      const auto mtu = number(node, "mtu", kLeastMtu, kMostMtu);
      if (!mtu) return std::unexpected(mtu.error());
      vlan.mtu = *mtu;
    } else if (key == "dhcp4" || key == "dhcp6") {
      const auto said = flag(node, key.str());
      if (!said) return std::unexpected(said.error());
      (key == "dhcp4" ? vlan.dhcp4 : vlan.dhcp6) = *said;
    } else {
      return unknown_key(key, "key of a VLAN", kVlanKeys);
    }
    return {};
  }

  Result<> read_mac(BondConfig& bond, const toml::node& node) const {
    const auto text = string(node, "mac");
    if (!text) return std::unexpected(text.error());
    bond.mac = wire::MacAddress::parse(*text);
    if (bond.mac && bond.mac->is_valid_unicast()) return {};
    return fail(at(node),
                fmt::format("\"{}\" is not a unicast MAC address: write one like 02:00:00:00:00:01", *text));
  }

  Result<> read_netns(BondConfig& bond, const toml::node& node) const {
    auto name = string(node, "netns");
    if (!name) return std::unexpected(name.error());
    if (name->empty() || *name == "." || *name == ".." || name->contains('/')) {
      return fail(
          at(node),
          fmt::format("\"{}\" is not the name of a network namespace as `ip netns` lists them", *name));
    }
    bond.netns = *std::move(name);
    return {};
  }

  /// True if the key was one of a bond's own, not an option.
  Result<bool> read_bond_key(BondConfig& bond, std::string_view key, const toml::node& node) {
    Result<> read;
    if (key == "slaves") {
      read = read_slaves(bond, node);
    } else if (key == "addresses") {
      read = read_addresses(bond.addresses, node);
    } else if (key == "gateways") {
      read = read_gateways(bond, node);
    } else if (key == "routes") {
      read = read_routes(bond.routes, node);
    } else if (key == "vlans") {
      read = read_vlans(bond, node);
    } else if (key == "primary" && node.is_table()) {
      read = read_primary_match(bond, *node.as_table());
    } else if (key == "mac") {
      read = read_mac(bond, node);
    } else if (key == "bridge" || key == "adopt") {
      auto name = string(node, key);
      if (!name) return std::unexpected(name.error());
      if (auto fault = core::any_interface_name_fault(*name); !fault.empty()) return fail(at(node), fault);
      (key == "bridge" ? bond.bridge : bond.adopt) = *std::move(name);
    } else if (key == "netns") {
      read = read_netns(bond, node);
    } else if (key == "mtu") {
      const auto mtu = number(node, key, kLeastMtu, kMostMtu);
      if (!mtu) return std::unexpected(mtu.error());
      bond.mtu = *mtu;
    } else if (key == "onboot" || key == "dhcp4" || key == "dhcp6") {
      const auto said = flag(node, key);
      if (!said) return std::unexpected(said.error());
      (key == "onboot" ? bond.onboot : key == "dhcp4" ? bond.dhcp4 : bond.dhcp6) = *said;
    } else {
      return false;
    }
    if (!read) return std::unexpected(read.error());
    return true;
  }

  Result<> read_bond(const toml::key& name, const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return fail(at(node), fmt::format("expected a table: [bond.{}]", name.str()));
    BondConfig bond;
    bond.name = std::string(name.str());
    bond.where = at(name);
    if (auto fault = core::interface_name_fault(bond.name); !fault.empty()) return fail(bond.where, fault);
    auto& options = bond_options[bond.name];
    for (const auto& [key, value] : in_file_order(*table)) {
      const auto own = read_bond_key(bond, key->str(), *value);
      if (!own) return std::unexpected(own.error());
      if (*own) continue;
      if (!is_bond_option(key->str())) return unknown_key(*key, "key or option", all_bond_keys());
      auto text = option_text(*value, key->str());
      if (!text) return std::unexpected(text.error());
      options.push_back({std::string(key->str()), *std::move(text), at(*key)});
    }
    if (merged(options).size() != options.size()) {
      return fail(bond.where, fmt::format("{} gives one option by two names: keep one of them", bond.name));
    }
    if (!bond.adopt.empty() &&
        std::ranges::find(bond.slaves, bond.adopt, &SlaveConfig::name) == bond.slaves.end()) {
      return fail(at(*table->get("adopt")),
                  fmt::format("adopt = \"{}\" is not one of {}'s slaves", bond.adopt, bond.name));
    }
    if (!bond.adopt.empty() && !bond.netns.empty()) {
      return fail(at(*table->get("netns")),
                  "netns does not go with adopt: what is adopted belongs to the namespace of the slaves");
    }
    if (auto checked = check_bond_options(options, bond.where, result.notes); !checked) return checked;
    bond.options = key_values(options);
    if (core::ask_for_slaves_away(bond.options) && !bond.netns.empty()) {
      return fail(
          at(*table->get("netns")),
          "netns does not go with slaves_away: either the interface leaves this namespace or the slaves do");
    }
    for (std::size_t i = 0; i < bond.slaves.size(); ++i) {
      const auto& own = slave_options[bond.name][i];
      if (auto checked = check_slave_options(own, options); !checked) return checked;
      bond.slaves[i].options = key_values(own);
    }
    result.bonds.push_back(std::move(bond));
    return {};
  }

  Result<> read_slave(const toml::key& name, const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return fail(at(node), fmt::format("expected a table: [slave.{}]", name.str()));
    const auto bond_name = bond_of_slave.find(name.str());
    if (bond_name == bond_of_slave.end()) {
      return fail(at(name), fmt::format("no bond here has {} among its slaves", name.str()));
    }
    SourcedOptions options;
    for (const auto& [key, value] : in_file_order(*table)) {
      if (!is_slave_option(key->str())) return unknown_key(*key, "slave option", core::slave_option_names());
      auto text = option_text(*value, key->str());
      if (!text) return std::unexpected(text.error());
      options.push_back({std::string(key->str()), *std::move(text), at(*key)});
    }
    if (auto checked = check_slave_options(options, bond_options[bond_name->second]); !checked)
      return checked;
    for (auto& bond : result.bonds) {
      for (auto& slave : bond.slaves) {
        if (slave.name == name.str()) slave.options = key_values(options);
      }
    }
    return {};
  }

  static std::vector<std::string> all_bond_keys() {
    auto keys = core::option_names();
    keys.insert(keys.end(), kBondKeys.begin(), kBondKeys.end());
    return keys;
  }

  Result<> read(const toml::table& root) {
    for (const auto* section : {"bond", "slave"}) {  // slaves last: they refer to bonds
      const auto* node = root.get(section);
      if (node == nullptr) continue;
      const auto* table = node->as_table();
      if (table == nullptr) return fail(at(*node), fmt::format("expected tables: [{}.NAME]", section));
      const bool bonds = std::string_view(section) == "bond";
      for (const auto& [name, value] : in_file_order(*table)) {
        auto done = bonds ? read_bond(*name, *value) : read_slave(*name, *value);
        if (!done) return done;
      }
    }
    for (const auto& [key, node] : root) {
      if (key != "bond" && key != "slave") return unknown_key(key, "section", {"bond", "slave"});
    }
    return {};
  }
};

}  // namespace

Result<Configuration> parse_toml(std::string_view text, const std::string& file) {
  const toml::parse_result parsed = toml::parse(text, file);
  Reader reader{TomlNodes{file}, {}, {}, {}, {}};
  if (!parsed) {
    return fail(reader.at(parsed.error().source()), std::string(parsed.error().description()));
  }
  if (auto read = reader.read(parsed.table()); !read) return std::unexpected(read.error());
  return std::move(reader.result);
}

Result<Configuration> read_toml(const std::string& path) {
  const auto text = read_text_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_toml(*text, path);
}

}  // namespace ebond::config
