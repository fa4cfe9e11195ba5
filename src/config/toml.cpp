#include "config/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/options.h"
#include "config/shell_file.h"
#include "core/interface_name.h"
#include "core/options/nearest.h"
#include "core/options/option_table.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace ebond::config {
namespace {

const std::vector<std::string> kBondKeys{"slaves", "addresses", "gateways", "routes", "mtu", "mac", "onboot"};
const std::vector<std::string> kRouteKeys{"to", "via", "metric", "src", "table", "mtu"};

struct Reader {
  std::string file;
  Configuration result;
  std::map<std::string, std::string, std::less<>> bond_of_slave;
  std::map<std::string, SourcedOptions> bond_options;  // by bond

  Location at(const toml::source_region& region) const {
    return {file, region.begin.line, region.begin.column};
  }
  Location at(const toml::node& node) const { return at(node.source()); }
  Location at(const toml::key& key) const { return at(key.source()); }

  std::unexpected<Problem> unknown_key(const toml::key& key, std::string_view what,
                                       const std::vector<std::string>& accepted) const {
    const auto near = core::nearest(key.str(), accepted);
    return fail(at(key), near.empty()
                             ? fmt::format("there is no {} \"{}\"", what, key.str())
                             : fmt::format("there is no {} \"{}\"; did you mean {}?", what, key.str(), near));
  }

  Result<std::string> string(const toml::node& node, std::string_view key) const {
    if (const auto* text = node.as_string()) return text->get();
    return fail(at(node), fmt::format("{} wants a string in quotes", key));
  }

  Result<std::uint32_t> number(const toml::node& node, std::string_view key, std::int64_t least,
                               std::int64_t most) const {
    const auto* value = node.as_integer();
    if (value == nullptr || value->get() < least || value->get() > most) {
      return fail(at(node), fmt::format("{} wants a whole number from {} to {}", key, least, most));
    }
    return static_cast<std::uint32_t>(value->get());
  }

  /// The strings of a list, each with its place.
  Result<std::vector<std::pair<std::string, Location>>> strings(const toml::node& node,
                                                                std::string_view key) const {
    const auto* array = node.as_array();
    if (array == nullptr)
      return fail(at(node), fmt::format("{} wants a list of strings: [\"…\", \"…\"]", key));
    std::vector<std::pair<std::string, Location>> result_strings;
    for (const auto& element : *array) {
      auto text = string(element, fmt::format("each entry of {}", key));
      if (!text) return std::unexpected(text.error());
      result_strings.emplace_back(*std::move(text), at(element));
    }
    return result_strings;
  }

  /// An option's value as the option table reads it.
  Result<std::string> option_text(const toml::node& node, std::string_view key) const {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "1" : "0");
    if (node.is_array()) {
      const auto list = strings(node, key);
      if (!list) return std::unexpected(list.error());
      std::vector<std::string> words;
      for (const auto& entry : *list) words.push_back(entry.first);
      return fmt::format("{}", fmt::join(words, ","));
    }
    return fail(at(node),
                fmt::format("{} wants a string, a whole number, true, false or a list of strings", key));
  }

  Result<> read_slaves(BondConfig& bond, const toml::node& node) {
    const auto names = strings(node, "slaves");
    if (!names) return std::unexpected(names.error());
    for (const auto& [name, where] : *names) {
      if (auto fault = core::interface_name_fault(name); !fault.empty()) return fail(where, fault);
      if (name == bond.name) return fail(where, fmt::format("{} cannot be its own slave", name));
      const auto [it, fresh] = bond_of_slave.emplace(name, bond.name);
      if (!fresh) return fail(where, fmt::format("{} is a slave of {} already", name, it->second));
      bond.slaves.push_back({name, {}});
    }
    return {};
  }

  Result<> read_addresses(BondConfig& bond, const toml::node& node) const {
    const auto texts = strings(node, "addresses");
    if (!texts) return std::unexpected(texts.error());
    for (const auto& [text, where] : *texts) {
      const auto prefix = parse_prefix(text);
      if (!prefix) return fail(where, fmt::format("\"{}\" {}", text, prefix.error()));
      bond.addresses.push_back({*prefix, {}});
    }
    return {};
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

  Result<> read_routes(BondConfig& bond, const toml::node& node) const {
    const auto* array = node.as_array();
    if (array == nullptr)
      return fail(at(node), "routes wants a list of tables: [{ to = \"…\", via = \"…\" }]");
    for (const auto& element : *array) {
      const auto* table = element.as_table();
      if (table == nullptr) return fail(at(element), "each route wants a table: { to = \"…\", via = \"…\" }");
      auto route = read_route(*table);
      if (!route) return std::unexpected(route.error());
      bond.routes.push_back(*route);
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
    Route route{.destination = *destination};
    for (const auto& [key, node] : table) {
      if (key.str() == "to") continue;
      if (auto set = set_route_key(route, key, node); !set) return std::unexpected(set.error());
    }
    return route;
  }

  Result<> set_route_key(Route& route, const toml::key& key, const toml::node& node) const {
    constexpr std::int64_t kMost = 0xffffffff;
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
    for (auto [name, member] :
         {std::pair{"metric", &Route::metric}, {"table", &Route::table}, {"mtu", &Route::mtu}}) {
      if (key != name) continue;
      const auto value = number(node, name, 0, kMost);
      if (!value) return std::unexpected(value.error());
      route.*member = *value;
      return {};
    }
    return unknown_key(key, "route key", kRouteKeys);
  }

  Result<> read_mac(BondConfig& bond, const toml::node& node) const {
    const auto text = string(node, "mac");
    if (!text) return std::unexpected(text.error());
    bond.mac = wire::MacAddress::parse(*text);
    if (bond.mac && bond.mac->is_valid_unicast()) return {};
    return fail(at(node),
                fmt::format("\"{}\" is not a unicast MAC address: write one like 02:00:00:00:00:01", *text));
  }

  /// True if the key was one of a bond's own, not an option.
  Result<bool> read_bond_key(BondConfig& bond, std::string_view key, const toml::node& node) {
    Result<> read;
    if (key == "slaves") {
      read = read_slaves(bond, node);
    } else if (key == "addresses") {
      read = read_addresses(bond, node);
    } else if (key == "gateways") {
      read = read_gateways(bond, node);
    } else if (key == "routes") {
      read = read_routes(bond, node);
    } else if (key == "mac") {
      read = read_mac(bond, node);
    } else if (key == "mtu") {
      const auto mtu = number(node, key, 68, 65535);
      if (!mtu) return std::unexpected(mtu.error());
      bond.mtu = *mtu;
    } else if (key == "onboot") {
      const auto* flag = node.as_boolean();
      if (flag == nullptr) return fail(at(node), "onboot wants true or false");
      bond.onboot = flag->get();
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
    if (auto checked = check_bond_options(options, bond.where, result.notes); !checked) return checked;
    bond.options = key_values(options);
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

  using Entries = std::vector<std::pair<const toml::key*, const toml::node*>>;
  /// toml++ keeps tables in key order; people mean the order they wrote.
  static Entries in_file_order(const toml::table& table) {
    Entries entries;
    for (const auto& [key, node] : table) entries.emplace_back(&key, &node);
    std::ranges::sort(entries, {}, [](const auto& entry) {
      const auto& begin = entry.first->source().begin;
      return std::pair{begin.line, begin.column};
    });
    return entries;
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
  Reader reader{.file = file, .result = {}, .bond_of_slave = {}, .bond_options = {}};
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
