#include "config/formats/keyfile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/draft.h"
#include "config/ini_file.h"
#include "config/natural_order.h"
#include "config/route_words.h"
#include "config/values.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

/// What NetworkManager takes for the length of an address that has none.
std::uint8_t usual_length(const IpAddress& address) {
  constexpr std::uint8_t kIpv4 = 24;
  constexpr std::uint8_t kIpv6 = 64;
  return std::holds_alternative<Ipv6Address>(address) ? kIpv6 : kIpv4;
}

/// The number in address1, route2; nothing for other keys.
std::optional<std::uint32_t> number_behind(std::string_view key, std::string_view stem) {
  if (!key.starts_with(stem)) return std::nullopt;
  return parse_decimal(key.substr(stem.size()));
}

/// Addresses, routes and the wish for DHCP of [ipv4] or [ipv6].
class KeyfileNetwork {
 public:
  explicit KeyfileNetwork(Notes& notes) : notes_(notes) {}

  std::vector<InterfaceAddress> addresses;
  std::vector<Route> routes;
  bool dhcp4 = false;
  bool dhcp6 = false;

  void add(const IniFile& file, bool ipv6) {
    ipv6_ = ipv6;
    const auto* section = file.find(ipv6 ? "ipv6" : "ipv4");
    const auto* method_entry = section != nullptr ? section->find("method") : nullptr;
    const auto method = method_entry != nullptr ? method_entry->value : std::string("auto");
    // ipv6 auto listens to routers, which may send it to DHCP.
    (ipv6 ? dhcp6 : dhcp4) = method == "auto" || method == "dhcp";
    if (method == "shared") leave_out(*method_entry, "is not carried out: ebond shares no connection");
    if (section == nullptr || method == "disabled" || method == "ignore") return;
    const auto metric = section->find("route-metric");
    const auto never_default = section->find("never-default");
    const bool no_default = never_default != nullptr && parse_yes_no(never_default->value) == true;
    std::vector<Route> own;
    add_addresses(*section, own, no_default);
    add_routes(*section, own, no_default);
    if (metric != nullptr) {
      const auto number = parse_decimal<std::int64_t>(metric->value);
      for (auto& route : own) {
        if (number && *number >= 0 && !route.metric) route.metric = static_cast<std::uint32_t>(*number);
      }
    }
    std::ranges::move(own, std::back_inserter(routes));
    for (const auto& entry : section->entries) note_if_unknown(entry);
  }

 private:
  void leave_out(const IniEntry& entry, std::string_view why) {
    notes_.push_back({entry.where, fmt::format("{}={} {}: left out", entry.key, entry.value, why)});
  }

  void note_if_unknown(const IniEntry& entry) {
    constexpr std::array<std::string_view, 12> kKnown{
        "method",      "gateway",   "route-metric", "never-default", "may-fail",        "addr-gen-mode",
        "ip6-privacy", "addresses", "routes",       "dhcp-timeout",  "ignore-auto-dns", "ignore-auto-routes"};
    if (std::ranges::find(kKnown, entry.key) != kKnown.end()) return;
    const auto stem = std::string_view(entry.key).substr(0, entry.key.find('_'));
    for (const auto* numbered : {"address", "addresses", "route", "routes"}) {
      if (number_behind(stem, numbered)) return;
    }
    leave_out(entry, "is not carried out");
  }

  void add_default(std::vector<Route>& own, const IniEntry& entry, std::string_view text, bool no_default) {
    const auto gateway = parse_ip(text);
    if (!gateway || std::holds_alternative<Ipv6Address>(*gateway) != ipv6_) {
      return leave_out(entry, fmt::format("has a gateway \"{}\" that is not an address of its family", text));
    }
    // "::" and 0.0.0.0 stand for none.
    if (*gateway == IpAddress(Ipv4Address{}) || *gateway == IpAddress(Ipv6Address{})) return;
    if (no_default) return leave_out(entry, "makes no default route, as never-default=true");
    auto route = default_route_via(*gateway);
    route.where = entry.where;
    if (std::ranges::find(own, route.destination, &Route::destination) == own.end()) own.push_back(route);
  }

  /// ADDRESS/LENGTH,GATEWAY
  void add_addresses(const IniSection& section, std::vector<Route>& own, bool no_default) {
    for (const auto& entry : section.entries) {
      const bool numbered = number_behind(entry.key, "address") || number_behind(entry.key, "addresses");
      if (!numbered && entry.key != "addresses") continue;
      // One a key; `addresses` may hold several, which ';' stands between.
      for (const auto item : split_list(entry.value, ';')) {
        const auto parts = split_list(item, ',');
        const auto host = parts.empty() ? std::nullopt : parse_ip(parts[0]);
        const auto prefix = parse_prefix(parts.empty() ? std::string_view() : parts[0],
                                         host ? std::optional(usual_length(*host)) : std::nullopt);
        if (!prefix || prefix->is_ipv6() != ipv6_) {
          leave_out(entry, "is not an address of its family, like 192.0.2.1/24");
          continue;
        }
        addresses.push_back({*prefix, {}});
        if (parts.size() > 1) add_default(own, entry, parts[1], no_default);
      }
    }
    if (const auto* gateway = section.find("gateway")) add_default(own, *gateway, gateway->value, no_default);
  }

  /// NETWORK/LENGTH,GATEWAY,METRIC
  void add_routes(const IniSection& section, std::vector<Route>& own, bool no_default) {
    for (const auto& entry : section.entries) {
      const bool numbered = number_behind(entry.key, "route") || number_behind(entry.key, "routes");
      if (!numbered && entry.key != "routes") continue;
      const auto parts = split_list(entry.value, ',');
      const auto to = parse_destination(parts.empty() ? std::string_view() : parts[0], ipv6_);
      if (!to) {
        leave_out(entry, to.error());
        continue;
      }
      Route route{.destination = *to, .where = entry.where};
      const bool none = parts.size() < 2 || parts[1] == "0.0.0.0" || parts[1] == "::";
      std::string fault = none ? "" : set_route_word(route, "via", parts[1]);
      if (fault.empty() && parts.size() > 2) fault = set_route_word(route, "metric", parts[2]);
      if (const auto* options = section.find(entry.key + "_options")) set_route_options(route, *options);
      if (!fault.empty()) {
        leave_out(entry, fault);
      } else if (route.destination.length == 0 && no_default) {
        leave_out(entry, "makes no default route, as never-default=true");
      } else {
        own.push_back(route);
      }
    }
  }

  /// mtu=1400,src=192.0.2.1,onlink=true
  void set_route_options(Route& route, const IniEntry& entry) {
    for (const auto pair : split_list(entry.value, ',')) {
      const auto equals = pair.find('=');
      const auto key = pair.substr(0, equals);
      const auto value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
      if (key == "onlink") {
        route.onlink = parse_yes_no(value) == true;
      } else if (const auto fault = set_route_word(route, key, value); !fault.empty()) {
        leave_out(entry, fault);
      }
    }
  }

  Notes& notes_;
  bool ipv6_ = false;
};

/// One connection: a file with what identifies it.
struct Connection {
  const IniFile* file;
  std::string id;
  std::string uuid;
  std::string type;
  std::string interface;
  const IniEntry* controller = nullptr;  ///< the connection it is a port of
  std::string port_type;
};

std::string value_of(const IniFile& file, std::string_view section, std::string_view key) {
  const auto* entry = file.find(section, key);
  return entry == nullptr ? std::string() : entry->value;
}

/// Type and section have had names of their own.
const IniEntry* ethernet_entry(const IniFile& file, std::string_view key) {
  const auto* entry = file.find("ethernet", key);
  return entry != nullptr ? entry : file.find("802-3-ethernet", key);
}

Connection connection_of(const IniFile& file) {
  Connection connection{.file = &file,
                        .id = value_of(file, "connection", "id"),
                        .uuid = value_of(file, "connection", "uuid"),
                        .type = value_of(file, "connection", "type"),
                        .interface = value_of(file, "connection", "interface-name"),
                        .port_type = value_of(file, "connection", "port-type")};
  connection.controller = file.find("connection", "controller");
  if (connection.controller == nullptr) connection.controller = file.find("connection", "master");
  if (connection.port_type.empty()) connection.port_type = value_of(file, "connection", "slave-type");
  return connection;
}

class KeyfileReader {
 public:
  KeyfileReader(std::vector<IniFile> files, Notes notes)
      : files_(std::move(files)), notes_(std::move(notes)) {
    for (auto& file : files_) {
      std::ranges::move(file.notes, std::back_inserter(notes_));
      if (file.find("connection") == nullptr) {
        note({file.path}, "has no [connection]: left out");
      } else {
        connections_.push_back(connection_of(file));
      }
    }
  }

  Result<Configuration> run() {
    for (const auto& connection : connections_) {
      if (connection.type == "bond") add_bond(connection);
    }
    for (const auto& connection : connections_) {
      if (connection.controller != nullptr && connection.port_type == "bond") add_slave(connection);
    }
    for (const auto& connection : connections_) {
      if (connection.type == "vlan") add_vlan(connection);
    }
    std::vector<Draft> drafts;
    for (auto& [interface, draft] : bonds_) drafts.push_back(std::move(draft));
    return finish(std::move(drafts), std::move(notes_));
  }

 private:
  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }
  void leave_out(const IniEntry& entry, std::string_view why) {
    note(entry.where, fmt::format("{}={} {}: left out", entry.key, entry.value, why));
  }

  /// The interface that a name or UUID stands for.
  std::string interface_of(const std::string& name_or_uuid) const {
    const auto found = std::ranges::find_if(connections_, [&](const Connection& connection) {
      return !connection.uuid.empty() && lower_case(connection.uuid) == lower_case(name_or_uuid);
    });
    return found == connections_.end() ? name_or_uuid : found->interface;
  }

  void add_bond(const Connection& connection) {
    const auto& file = *connection.file;
    const auto where = file.find("connection")->where;
    if (connection.interface.empty()) return note(where, "interface-name is missing: the bond is left out");
    auto& draft = bonds_[connection.interface];
    if (!draft.bond.name.empty()) {
      return note(where,
                  fmt::format("{} is described in another file already: left out", connection.interface));
    }
    auto& bond = draft.bond;
    bond.name = connection.interface;
    bond.where = where;
    for (const auto& section : file.sections) {
      for (const auto& entry : section.entries) read_bond_entry(draft, section.name, entry);
    }
    KeyfileNetwork network(notes_);
    if (connection.controller != nullptr) {
      bond.bridge = interface_of(connection.controller->value);  // and addresses are the bridge's
      if (connection.port_type != "bridge") {
        leave_out(*connection.controller, "is not a bridge");
        bond.bridge.clear();
      }
      return;
    }
    for (const bool ipv6 : {false, true}) network.add(file, ipv6);
    bond.addresses = std::move(network.addresses);
    bond.routes = std::move(network.routes);
    bond.dhcp4 = network.dhcp4;
    bond.dhcp6 = network.dhcp6;
  }

  void read_bond_entry(Draft& draft, const std::string& section, const IniEntry& entry) {
    if (section == "bond") {
      draft.options.push_back({entry.key, entry.value, entry.where});
    } else if (section == "connection") {
      read_connection_entry(draft.bond, entry);
    } else if (section == "ethernet" || section == "802-3-ethernet") {
      read_ethernet_entry(draft.bond, entry);
    } else if (section != "ipv4" && section != "ipv6" && section != "proxy" && section != "user") {
      leave_out(entry, fmt::format("in [{}] is not carried out", section));
    }
  }

  void read_connection_entry(BondConfig& bond, const IniEntry& entry) {
    constexpr std::array<std::string_view, 22> kKnown{"id",
                                                      "uuid",
                                                      "type",
                                                      "interface-name",
                                                      "controller",
                                                      "master",
                                                      "port-type",
                                                      "slave-type",
                                                      "permissions",
                                                      "timestamp",
                                                      "autoconnect-priority",
                                                      "autoconnect-slaves",
                                                      "autoconnect-ports",
                                                      "autoconnect-retries",
                                                      "zone",
                                                      "lldp",
                                                      "llmnr",
                                                      "mdns",
                                                      "stable-id",
                                                      "metered",
                                                      "wait-device-timeout",
                                                      "read-only"};
    if (entry.key == "autoconnect") {
      const auto said = parse_yes_no(entry.value);
      if (!said) return leave_out(entry, "is neither true nor false");
      bond.onboot = *said;
    } else if (std::ranges::find(kKnown, entry.key) == kKnown.end()) {
      leave_out(entry, "is not carried out");
    }
  }

  void set_mtu(std::optional<std::uint32_t>& mtu, const IniEntry& entry) {
    if (entry.value == "0") return;  // automatic
    const auto value = parse_mtu(entry.value);
    if (!value)
      return leave_out(entry, fmt::format("is not an MTU: it goes from {} to {}", kLeastMtu, kMostMtu));
    mtu = value;
  }

  void read_ethernet_entry(BondConfig& bond, const IniEntry& entry) {
    if (entry.key == "mtu") {
      set_mtu(bond.mtu, entry);
    } else if (entry.key == "cloned-mac-address" || entry.key == "assigned-mac-address") {
      const auto mac = parse_unicast_mac(entry.value);
      if (!mac && entry.value != "preserve" && entry.value != "permanent") {
        return leave_out(entry, "is not a MAC address that an interface may have");
      }
      if (mac) bond.mac = mac;
    } else {
      leave_out(entry, "is not carried out");
    }
  }

  void add_slave(const Connection& connection) {
    const auto bond = bonds_.find(interface_of(connection.controller->value));
    if (bond == bonds_.end()) return leave_out(*connection.controller, "is no bond here");
    const auto& file = *connection.file;
    SlaveDraft draft{.slave = {.name = connection.interface}, .where = file.find("connection")->where};
    if (const auto* mac = ethernet_entry(file, "mac-address")) {
      draft.slave.match.mac = parse_unicast_mac(mac->value);
      if (!draft.slave.match.mac) leave_out(*mac, "is not the MAC address of a card");
    }
    for (const auto* key : {"cloned-mac-address", "mtu"}) {
      if (const auto* entry = ethernet_entry(file, key)) leave_out(*entry, "is the bond's to say");
    }
    for (const auto& section : file.sections) {
      if (section.name == "match") note(section.where, "[match] is not compared: left out");
      if (section.name != "bond-port") continue;
      for (const auto& entry : section.entries) {
        const bool is_queue = entry.key == "queue-id";
        if (!is_queue && entry.key != "prio") {
          leave_out(entry, "is not a key of [bond-port]");
        } else {
          draft.options.push_back({is_queue ? "queue_id" : "prio", entry.value, entry.where, entry.key});
        }
      }
    }
    bond->second.slaves.push_back(std::move(draft));
  }

  void add_vlan(const Connection& connection) {
    const auto& file = *connection.file;
    const auto* parent = file.find("vlan", "parent");
    if (parent == nullptr) return;
    const auto bond = bonds_.find(interface_of(parent->value));
    if (bond == bonds_.end()) return;
    const auto* id = file.find("vlan", "id");
    const auto number = id != nullptr ? parse_vlan_number(id->value) : std::nullopt;
    if (!number) {
      return note(id != nullptr ? id->where : parent->where,
                  fmt::format("id={} is no VLAN's number: it goes from 0 to 4094: the VLAN is left out",
                              id != nullptr ? id->value : ""));
    }
    VlanConfig vlan{.id = *number, .name = connection.interface};
    if (vlan.name.empty()) vlan.name = value_of(file, "vlan", "interface-name");
    if (vlan.name.empty()) vlan.name = fmt::format("{}.{}", bond->first, vlan.id);
    if (const auto* mtu = ethernet_entry(file, "mtu")) set_mtu(vlan.mtu, *mtu);
    KeyfileNetwork network(notes_);
    for (const bool ipv6 : {false, true}) network.add(file, ipv6);
    vlan.addresses = std::move(network.addresses);
    vlan.routes = std::move(network.routes);
    vlan.dhcp4 = network.dhcp4;
    vlan.dhcp6 = network.dhcp6;
    bond->second.bond.vlans.push_back(std::move(vlan));
  }

  std::vector<IniFile> files_;
  Notes notes_;
  std::vector<Connection> connections_;
  std::map<std::string, Draft, NaturalLess> bonds_;  // by interface
};

/// NetworkManager writes NAME.nmconnection; before 1.14 a file had the connection's name alone.
bool is_keyfile_name(std::string_view name) {
  return name.ends_with(".nmconnection") || (!name.contains('.') && !is_leftover(name));
}

}  // namespace

Result<Configuration> parse_keyfiles(const std::vector<TextFile>& files, Notes notes) {
  std::vector<IniFile> parsed;
  parsed.reserve(files.size());
  for (const auto& file : files) parsed.push_back(parse_ini(file.text, file.path, IniSyntax::keyfile));
  return KeyfileReader(std::move(parsed), std::move(notes)).run();
}

Result<Configuration> read_keyfiles(const std::vector<fs::path>& directories) {
  Notes notes;
  std::map<std::string, TextFile, NaturalLess> files;
  for (const auto& directory : directories) {
    auto found = read_files(directory, notes, is_keyfile_name);
    if (!found) return std::unexpected(found.error());
    for (auto& file : *found) files.emplace(file.name, std::move(file));
  }
  std::vector<TextFile> in_order;
  for (auto& [name, file] : files) in_order.push_back(std::move(file));
  return parse_keyfiles(in_order, std::move(notes));
}

}  // namespace ebond::config
