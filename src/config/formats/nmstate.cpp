#include "config/formats/nmstate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/draft.h"
#include "config/route_words.h"
#include "config/tree.h"
#include "config/values.h"

namespace ebond::config {
namespace {

bool says_true(const TreeNode& node, std::string_view key) {
  const auto text = node.text_of(key);
  return text && parse_yes_no(*text) == true;
}

bool is_absent(const TreeNode& node) {
  const auto state = node.text_of("state").value_or("up");
  return state == "absent" || state == "down" || state == "ignore";
}

class NmstateReader {
 public:
  NmstateReader(std::vector<TreeNode> states, Notes notes)
      : states_(std::move(states)), notes_(std::move(notes)) {}

  Result<Configuration> run() {
    for_each_interface("bond", &NmstateReader::add_bond);
    for_each_interface("vlan", &NmstateReader::add_vlan);
    for (const auto* kind : {"linux-bridge", "ovs-bridge"})
      for_each_interface(kind, &NmstateReader::add_bridge);
    for (const auto& state : states_) add_routes(state);
    return finish(std::move(bonds_), std::move(notes_));
  }

 private:
  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }
  void leave_out(const TreeEntry& entry, std::string_view why) {
    note(entry.where, fmt::format("{}: {}: left out", entry.key, why));
  }

  void for_each_interface(std::string_view type, void (NmstateReader::*take)(const TreeNode&)) {
    for (const auto& state : states_) {
      const auto* interfaces = state.find("interfaces");
      if (interfaces == nullptr) continue;
      for (const auto& interface : interfaces->items) {
        if (interface.text_of("type") == std::string(type)) (this->*take)(interface);
      }
    }
  }

  // ---- Bonds

  void add_bond(const TreeNode& node) {
    const auto* name = node.find_entry("name");
    if (name == nullptr) return note(node.where, "name: is missing: the bond is left out");
    if (is_absent(node)) {
      return leave_out(*node.find_entry("state"), fmt::format("{} is not to be there", name->value.text));
    }
    if (find_draft(bonds_, name->value.text) != nullptr) {
      return leave_out(*name, fmt::format("{} is described already", name->value.text));
    }
    Draft draft;
    draft.bond.name = name->value.text;
    draft.bond.where = name->where;
    for (const auto& entry : node.entries) read_bond_key(draft, entry);
    read_network(node, draft.bond);
    bonds_.push_back(std::move(draft));
  }

  void read_bond_key(Draft& draft, const TreeEntry& entry) {
    constexpr std::array<std::string_view, 9> kKnown{
        "name", "type", "state", "ipv4", "ipv6", "mtu", "profile-name", "description", "identifier"};
    auto& bond = draft.bond;
    if (entry.key == "link-aggregation") {
      for (const auto& setting : entry.value.entries) read_aggregation_key(draft, setting);
    } else if (entry.key == "mac-address") {
      bond.mac = parse_unicast_mac(entry.value.text);
      if (!bond.mac) leave_out(entry, fmt::format("\"{}\" is not a MAC address", entry.value.text));
    } else if (entry.key == "controller" || entry.key == "master") {
      bond.bridge = entry.value.text;
    } else if (std::ranges::find(kKnown, entry.key) == kKnown.end()) {
      leave_out(entry, "is not carried out");
    }
  }

  void read_aggregation_key(Draft& draft, const TreeEntry& entry) {
    if (entry.key == "mode") {
      draft.options.push_back({"mode", entry.value.text, entry.where});
    } else if (entry.key == "options") {
      for (const auto& option : entry.value.entries) read_option(draft, option);
    } else if (entry.key == "port" || entry.key == "ports" || entry.key == "slaves") {
      for (const auto& port : entry.value.items) {
        if (!draft.has_slave(port.text))
          draft.slaves.push_back({.slave = {.name = port.text}, .where = port.where});
      }
    } else if (entry.key == "ports-config") {
      for (const auto& port : entry.value.items) read_port_config(draft, port);
    } else {
      leave_out(entry, "is not understood");
    }
  }

  void read_option(Draft& draft, const TreeEntry& entry) {
    auto value = entry.value.text;
    if (entry.value.is_list()) {
      for (const auto& item : entry.value.items) value += (value.empty() ? "" : ",") + item.text;
    }
    if (entry.key == "all_slaves_active") {
      if (value == "delivered") value = "1";
      if (value == "dropped") value = "0";
    }
    if (value == "true" || value == "false") value = value == "true" ? "1" : "0";
    draft.options.push_back({entry.key, std::move(value), entry.where});
  }

  void read_port_config(Draft& draft, const TreeNode& node) {
    const auto name = node.text_of("name");
    if (!name) return note(node.where, "ports-config: name is missing: left out");
    if (!draft.has_slave(*name)) draft.slaves.push_back({.slave = {.name = *name}, .where = node.where});
    auto& slave = *std::ranges::find(draft.slaves, *name, [](const SlaveDraft& s) { return s.slave.name; });
    for (const auto& entry : node.entries) {
      if (entry.key == "priority") {
        slave.options.push_back({"prio", entry.value.text, entry.where, entry.key});
      } else if (entry.key == "queue-id") {
        slave.options.push_back({"queue_id", entry.value.text, entry.where, entry.key});
      } else if (entry.key != "name") {
        leave_out(entry, "is not understood of a port");
      }
    }
  }

  // ---- Addresses, of bonds and of VLANs

  template <class Interface>
  void read_network(const TreeNode& node, Interface& interface) {
    for (const bool ipv6 : {false, true}) {
      const auto* family = node.find(ipv6 ? "ipv6" : "ipv4");
      if (family == nullptr || !says_true(*family, "enabled")) continue;
      (ipv6 ? interface.dhcp6 : interface.dhcp4) = says_true(*family, "dhcp");
      const auto* addresses = family->find("address");
      if (addresses == nullptr) continue;
      for (const auto& item : addresses->items) add_address(interface.addresses, item, ipv6);
    }
    if (const auto* mtu = node.find_entry("mtu")) {
      interface.mtu = parse_mtu(mtu->value.text);
      if (!interface.mtu)
        leave_out(*mtu, fmt::format("is not an MTU: it goes from {} to {}", kLeastMtu, kMostMtu));
    }
  }

  void add_address(std::vector<InterfaceAddress>& addresses, const TreeNode& item, bool ipv6) {
    const auto ip = item.text_of("ip").value_or("");
    const auto address = parse_ip(ip);
    const auto length = address
                            ? parse_length(item.text_of("prefix-length").value_or(""), full_length(*address))
                            : std::nullopt;
    if (!length || std::holds_alternative<Ipv6Address>(*address) != ipv6) {
      return note(item.where,
                  fmt::format("address: \"{}\" with its prefix-length is not an IPv{} address: left out", ip,
                              ipv6 ? 6 : 4));
    }
    addresses.push_back({{*address, *length}, {}});
  }

  // ---- What is over a bond

  void add_vlan(const TreeNode& node) {
    const auto* settings = node.find("vlan");
    if (settings == nullptr || is_absent(node)) return;
    auto* draft = find_draft(bonds_, settings->text_of("base-iface").value_or(""));
    if (draft == nullptr) return;
    const auto* id = settings->find_entry("id");
    const auto number = id != nullptr ? parse_vlan_number(id->value.text) : std::nullopt;
    if (!number) return note(settings->where, "id: is no VLAN's number, 0 to 4094: the VLAN is left out");
    VlanConfig vlan{.id = *number, .name = node.text_of("name").value_or("")};
    read_network(node, vlan);
    draft->bond.vlans.push_back(std::move(vlan));
  }

  void add_bridge(const TreeNode& node) {
    const auto* settings = node.find("bridge");
    const auto* ports = settings == nullptr ? nullptr : settings->find("port");
    if (ports == nullptr || is_absent(node)) return;
    for (const auto& port : ports->items) {
      auto* draft = find_draft(bonds_, port.text_of("name").value_or(""));
      if (draft != nullptr) draft->bond.bridge = node.text_of("name").value_or("");
    }
  }

  // ---- Routes stand apart

  void add_routes(const TreeNode& state) {
    const auto* routes = state.find("routes");
    const auto* config = routes == nullptr ? nullptr : routes->find("config");
    if (config == nullptr) return;
    for (const auto& node : config->items) {
      const auto interface = node.text_of("next-hop-interface").value_or("");
      for (auto& draft : bonds_) {
        if (draft.bond.name == interface) add_route(draft.bond.routes, node);
        for (auto& vlan : draft.bond.vlans) {
          if (vlan.name == interface) add_route(vlan.routes, node);
        }
      }
    }
  }

  void add_route(std::vector<Route>& routes, const TreeNode& node) {
    if (is_absent(node)) return;
    const auto text = node.text_of("destination").value_or("");
    const auto to = parse_destination(text, text.contains(':'));
    if (!to)
      return note(node.where, fmt::format("destination: \"{}\" {}: the route is left out", text, to.error()));
    Route route{.destination = *to, .where = node.where};
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWords{
        {{"next-hop-address", "via"}, {"metric", "metric"}, {"table-id", "table"}, {"source", "src"}}};
    for (const auto& entry : node.entries) {
      if (entry.key == "destination" || entry.key == "next-hop-interface" || entry.key == "state") continue;
      const auto word = std::ranges::find(kWords, entry.key, [](const auto& pair) { return pair.first; });
      if (word == kWords.end()) {
        leave_out(entry, "is not carried out");
        continue;
      }
      // -1 and table 0 stand for what is usual.
      if (entry.value.text == "-1" || (entry.key == "table-id" && entry.value.text == "0")) continue;
      if (const auto fault = set_route_word(route, word->second, entry.value.text); !fault.empty()) {
        leave_out(entry, fault);
      }
    }
    routes.push_back(std::move(route));
  }

  std::vector<TreeNode> states_;
  Notes notes_;
  std::vector<Draft> bonds_;
};

/// The state itself, wherever it stands in a document.
const TreeNode* state_in(const TreeNode& document) {
  for (const auto* key : {"interfaces", "routes"}) {
    if (document.find(key) != nullptr) return &document;
  }
  if (const auto* desired = document.find("desiredState")) return desired;
  const auto* spec = document.find("spec");
  return spec == nullptr ? nullptr : spec->find("desiredState");
}

}  // namespace

Result<Configuration> parse_nmstate(const std::vector<TextFile>& files, Notes notes) {
  std::vector<TreeNode> states;
  for (const auto& file : files) {
    auto documents = parse_yaml(file.text, file.path);
    if (!documents) {
      notes.push_back({documents.error().where, documents.error().message + ": the file is left out"});
      continue;
    }
    for (const auto& document : *documents) {
      if (const auto* state = state_in(document)) {
        states.push_back(*state);
      } else if (document.kind != TreeNode::Kind::null) {
        notes.push_back({document.where, "has neither interfaces nor routes: left out"});
      }
    }
  }
  return NmstateReader(std::move(states), std::move(notes)).run();
}

Result<Configuration> read_nmstate(const std::filesystem::path& path) {
  Notes notes;
  auto files = read_files(
      path, notes, [](std::string_view name) { return name.ends_with(".yml") || name.ends_with(".yaml"); });
  if (!files) return std::unexpected(files.error());
  return parse_nmstate(*files, std::move(notes));
}

}  // namespace ebond::config
