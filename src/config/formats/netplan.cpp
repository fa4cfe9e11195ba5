#include "config/formats/netplan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/draft.h"
#include "config/formats/netplan_keys.h"
#include "config/route_words.h"
#include "config/tree.h"
#include "config/values.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

/// A later file over an earlier one: mappings join, lists grow, single values are replaced. The same goes for
/// a key that comes twice in one file.
void merge_into(TreeNode& earlier, TreeNode later) {
  if (earlier.is_map() && later.is_map()) {
    for (auto& entry : later.entries) {
      const auto same = std::ranges::find(earlier.entries, entry.key, &TreeEntry::key);
      if (same != earlier.entries.end()) {
        merge_into(same->value, std::move(entry.value));
      } else if (entry.value.is_map()) {
        earlier.entries.push_back(
            {entry.key, entry.where, tree_node(TreeNode::Kind::map, {}, entry.value.where)});
        merge_into(earlier.entries.back().value, std::move(entry.value));
      } else {
        earlier.entries.push_back(std::move(entry));
      }
    }
  } else if (earlier.is_list() && later.is_list()) {
    for (auto& item : later.items) {
      const auto same = [&](const TreeNode& other) { return item.is_scalar() && other.text == item.text; };
      if (std::ranges::none_of(earlier.items, same)) earlier.items.push_back(std::move(item));
    }
  } else if (later.kind != TreeNode::Kind::null) {
    earlier = std::move(later);
  }
}

class NetplanReader {
 public:
  NetplanReader(const TreeNode& network, Notes notes) : network_(network), notes_(std::move(notes)) {}

  Result<Configuration> run() {
    if (auto checked = check_netplan_keys(network_, NetplanMap::network); !checked) {
      return std::unexpected(checked.error());
    }
    for (auto step : {&NetplanReader::check_cards, &NetplanReader::read_bonds, &NetplanReader::read_vlans,
                      &NetplanReader::read_bridges}) {
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    return finish(std::move(bonds_), std::move(notes_));
  }

 private:
  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }

  /// The entries of a section; each is an interface by its ID.
  const std::vector<TreeEntry>& section(std::string_view name) const {
    static const std::vector<TreeEntry> kNone;
    const auto* node = network_.find(name);
    return node == nullptr ? kNone : node->entries;
  }

  bool is_defined(std::string_view id) const {
    for (const auto* name : {"ethernets", "bonds", "bridges", "vlans", "wifis", "modems", "tunnels", "vrfs",
                             "dummy-devices", "virtual-ethernets", "nm-devices"}) {
      const auto& entries = section(name);
      if (std::ranges::find(entries, id, &TreeEntry::key) != entries.end()) return true;
    }
    return false;
  }

  Result<> check_cards() {
    for (const auto& card : section("ethernets")) {
      if (auto checked = check_netplan_keys(card.value, NetplanMap::ethernet); !checked) return checked;
      const auto* match = card.value.find("match");
      if (match == nullptr) continue;
      if (auto checked = check_netplan_keys(*match, NetplanMap::match); !checked) return checked;
      const auto* mac = match->find("macaddress");
      if (mac != nullptr && !parse_unicast_mac(mac->text)) {
        return fail(mac->where, fmt::format("\"{}\" is not the MAC address of a card, like 00:00:5e:00:53:01",
                                            mac->text));
      }
    }
    return {};
  }

  // ---- Bonds

  Result<> read_bonds() {
    for (const auto& entry : section("bonds")) {
      if (auto checked = check_netplan_keys(entry.value, NetplanMap::bond); !checked) return checked;
      Draft draft;
      auto& bond = draft.bond;
      bond.name = entry.key;
      bond.where = entry.where;
      if (auto read = read_members(draft, entry.value); !read) return read;
      if (auto read = read_parameters(draft, entry.value); !read) return read;
      if (auto read = read_network(entry.value, bond); !read) return read;
      if (const auto* mac = entry.value.find("macaddress")) {
        bond.mac = parse_unicast_mac(mac->text);
        if (!bond.mac && mac->text != "permanent" && mac->text != "random") {
          return fail(mac->where,
                      fmt::format("\"{}\" is not a MAC address that an interface may have", mac->text));
        }
      }
      bonds_.push_back(std::move(draft));
    }
    return {};
  }

  Result<> read_members(Draft& draft, const TreeNode& bond) {
    const auto* members = bond.find("interfaces");
    if (members == nullptr) return {};
    if (!members->is_list()) return fail(members->where, "interfaces wants a list: [eno1, eno2]");
    for (const auto& member : members->items) {
      if (!is_defined(member.text)) {
        return fail(member.where, fmt::format("interface \"{}\" is not defined", member.text));
      }
      draft.slaves.push_back({.slave = card_called(member.text), .where = member.where});
    }
    return {};
  }

  /// What an ID stands for: without match, the name of the card.
  SlaveConfig card_called(const std::string& id) {
    SlaveConfig slave;
    const auto& cards = section("ethernets");
    const auto card = std::ranges::find(cards, id, &TreeEntry::key);
    const auto* match = card == cards.end() ? nullptr : card->value.find("match");
    if (match == nullptr || match->entries.empty()) {
      slave.name = id;
      return slave;
    }
    if (const auto* driver = match->find_entry("driver")) {
      note(driver->where, "driver: cards are found by name and macaddress here: not compared");
    }
    if (const auto mac = match->text_of("macaddress")) slave.match.mac = parse_unicast_mac(*mac);
    const auto name = match->text_of("name").value_or("");
    if (const auto new_name = card->value.text_of("set-name")) {
      slave.name = *new_name;
      slave.match.name = name;
      slave.rename = slave.match.mac.has_value();
      if (!slave.rename) {
        note(card->value.find_entry("set-name")->where,
             "set-name: a card is renamed here if its macaddress says which: left out");
        slave.name.clear();
      }
    } else {
      (is_pattern(name) ? slave.match.name : slave.name) = name;
    }
    return slave;
  }

  Result<> read_parameters(Draft& draft, const TreeNode& bond) {
    const auto* parameters = bond.find("parameters");
    if (parameters == nullptr) return {};
    if (!parameters->is_map() && parameters->kind != TreeNode::Kind::null) {
      return fail(parameters->where, "parameters wants a mapping: KEY: VALUE");
    }
    for (const auto& entry : parameters->entries) {
      if (entry.key == "primary") {
        if (auto set = set_primary(draft, entry); !set) return set;
        continue;
      }
      auto option = netplan_parameter(entry);
      if (!option) return std::unexpected(option.error());
      draft.options.push_back(*std::move(option));
    }
    return {};
  }

  Result<> set_primary(Draft& draft, const TreeEntry& entry) {
    if (!is_defined(entry.value.text)) {
      return fail(entry.value.where, fmt::format("interface \"{}\" is not defined", entry.value.text));
    }
    const auto card = card_called(entry.value.text);
    draft.set_primary(card, entry.where, entry.key);
    return {};
  }

  // ---- Addresses, of bonds and of VLANs

  template <class Interface>
  Result<> read_network(const TreeNode& node, Interface& interface) {
    if (auto read = read_addresses(node, interface.addresses); !read) return read;
    for (const auto* key : {"gateway4", "gateway6"}) {
      if (auto read = read_gateway(node, key, interface.routes); !read) return read;
    }
    if (auto read = read_routes(node, interface.routes); !read) return read;
    for (auto [key, wish] : {std::pair{"dhcp4", &interface.dhcp4}, {"dhcp6", &interface.dhcp6}}) {
      const auto* given = node.find(key);
      if (given == nullptr) continue;
      const auto said = netplan_boolean(*given);
      if (!said) return std::unexpected(said.error());
      *wish = *said;
    }
    if (const auto* mtu = node.find("mtu")) {
      interface.mtu = parse_mtu(mtu->text);
      if (!interface.mtu) {
        return fail(mtu->where, fmt::format("\"{}\" is not an MTU: it goes from {} to {}", mtu->text,
                                            kLeastMtu, kMostMtu));
      }
    }
    note_what_is_not_done(node);
    return {};
  }

  void note_what_is_not_done(const TreeNode& node) {
    for (const auto& entry : node.entries) {
      for (const auto* key : {"nameservers", "routing-policy", "openvswitch", "networkmanager", "auth",
                              "ipv6-mtu", "dhcp4-overrides", "dhcp6-overrides", "ipv6-address-token"}) {
        if (entry.key == key) note(entry.where, fmt::format("{}: is not carried out: left out", key));
      }
    }
  }

  Result<> read_addresses(const TreeNode& node, std::vector<InterfaceAddress>& addresses) {
    const auto* given = node.find("addresses");
    if (given == nullptr) return {};
    if (!given->is_list()) return fail(given->where, "addresses wants a list: [192.0.2.1/24]");
    for (const auto& item : given->items) {
      // An address may have settings of its own below it.
      const bool with_settings = item.is_map() && item.entries.size() == 1;
      const auto& text = with_settings ? item.entries.front().key : item.text;
      const auto prefix = parse_prefix(text);
      if (!prefix) return fail(item.where, fmt::format("\"{}\" {}", text, prefix.error()));
      addresses.push_back({*prefix, {}});
    }
    return {};
  }

  Result<> read_gateway(const TreeNode& node, std::string_view key, std::vector<Route>& routes) {
    const auto* entry = node.find_entry(key);
    if (entry == nullptr) return {};
    const auto gateway = parse_ip(entry->value.text);
    const bool ipv6 = key.ends_with('6');
    if (!gateway || std::holds_alternative<Ipv6Address>(*gateway) != ipv6) {
      return fail(entry->value.where,
                  fmt::format("\"{}\" is not an IPv{} address", entry->value.text, ipv6 ? 6 : 4));
    }
    note(entry->where, fmt::format("{} is deprecated, and taken as a default route", key));
    routes.push_back(default_route_via(*gateway));
    routes.back().where = entry->where;
    return {};
  }

  Result<> read_routes(const TreeNode& node, std::vector<Route>& routes) {
    const auto* given = node.find("routes");
    if (given == nullptr) return {};
    if (!given->is_list()) return fail(given->where, "routes wants a list of mappings: - to: …");
    for (const auto& item : given->items) {
      if (auto checked = check_netplan_keys(item, NetplanMap::route); !checked) return checked;
      if (const auto type = item.text_of("type"); type && *type != "unicast") {
        note(item.find_entry("type")->where,
             fmt::format("type: {} is not set up: the route is left out", *type));
        continue;
      }
      auto route = read_route(item);
      if (!route) return std::unexpected(route.error());
      routes.push_back(*std::move(route));
    }
    return {};
  }

  Result<Route> read_route(const TreeNode& item) {
    const auto* to = item.find("to");
    const auto via = item.text_of("via");
    if (to == nullptr) return fail(item.where, "the route lacks its destination: to: 198.51.100.0/24");
    const bool ipv6 = to->text.contains(':') || (to->text == "default" && via && via->contains(':'));
    const auto destination = parse_destination(to->text, ipv6);
    if (!destination) return fail(to->where, fmt::format("\"{}\" {}", to->text, destination.error()));
    Route route{.destination = *destination, .where = item.where};
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kWords{
        {{"via", "via"},
         {"from", "src"},
         {"metric", "metric"},
         {"table", "table"},
         {"mtu", "mtu"},
         {"scope", "scope"},
         {"congestion-window", "initcwnd"},
         {"advertised-receive-window", "initrwnd"}}};
    for (const auto& entry : item.entries) {
      const auto word = std::ranges::find(kWords, entry.key, [](const auto& pair) { return pair.first; });
      if (word != kWords.end()) {
        const auto fault = set_route_word(route, word->second, entry.value.text);
        if (!fault.empty()) return fail(entry.value.where, fault);
      } else if (entry.key == "on-link") {
        const auto said = netplan_boolean(entry.value);
        if (!said) return std::unexpected(said.error());
        route.onlink = *said;
      }
    }
    return route;
  }

  // ---- What is over a bond

  Result<> read_vlans() {
    for (const auto& entry : section("vlans")) {
      if (auto checked = check_netplan_keys(entry.value, NetplanMap::vlan); !checked) return checked;
      const auto* link = entry.value.find("link");
      const auto* id = entry.value.find("id");
      if (link == nullptr || id == nullptr)
        return fail(entry.where, fmt::format("{} lacks id or link", entry.key));
      if (!is_defined(link->text))
        return fail(link->where, fmt::format("interface \"{}\" is not defined", link->text));
      const auto number = parse_vlan_number(id->text);
      if (!number)
        return fail(id->where,
                    fmt::format("\"{}\" is not a VLAN's number: it goes from 0 to 4094", id->text));
      VlanConfig vlan{.id = *number, .name = entry.key};
      if (auto read = read_network(entry.value, vlan); !read) return read;
      if (auto* draft = find_draft(bonds_, link->text)) draft->bond.vlans.push_back(std::move(vlan));
    }
    return {};
  }

  Result<> read_bridges() {
    for (const auto& entry : section("bridges")) {
      if (auto checked = check_netplan_keys(entry.value, NetplanMap::bridge); !checked) return checked;
      const auto* members = entry.value.find("interfaces");
      if (members == nullptr) continue;
      for (const auto& member : members->items) {
        if (!is_defined(member.text)) {
          return fail(member.where, fmt::format("interface \"{}\" is not defined", member.text));
        }
        if (auto* draft = find_draft(bonds_, member.text)) draft->bond.bridge = entry.key;
      }
    }
    return {};
  }

  const TreeNode& network_;
  Notes notes_;
  std::vector<Draft> bonds_;
};

bool is_yaml(std::string_view name) {
  return name.ends_with(".yaml");
}

}  // namespace

Result<Configuration> parse_netplan(const std::vector<TextFile>& files, Notes notes) {
  auto network = tree_node(TreeNode::Kind::map);
  for (const auto& file : files) {
    auto documents = parse_yaml(file.text, file.path);
    if (!documents) return std::unexpected(documents.error());
    for (auto& document : *documents) {
      if (document.kind == TreeNode::Kind::null) continue;
      if (!document.is_map()) return fail(document.where, "expected a mapping that begins with network:");
      for (auto& entry : document.entries) {
        if (entry.key != "network") {
          return fail(entry.where, fmt::format("unknown key \"{}\": network is what stands here", entry.key));
        }
        merge_into(network, std::move(entry.value));
      }
    }
  }
  return NetplanReader(network, std::move(notes)).run();
}

Result<Configuration> read_netplan(const std::vector<fs::path>& directories) {
  Notes notes;
  std::map<std::string, TextFile> files;
  for (const auto& directory : directories) {
    auto found = read_files(directory, notes, is_yaml);
    if (!found) return std::unexpected(found.error());
    for (auto& file : *found) files.emplace(file.name, std::move(file));
  }
  std::vector<TextFile> in_order;
  for (auto& [name, file] : files) in_order.push_back(std::move(file));
  return parse_netplan(in_order, std::move(notes));
}

}  // namespace ebond::config
