#include "config/formats/suse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/draft.h"
#include "config/natural_order.h"
#include "config/route_words.h"
#include "config/shell_file.h"
#include "config/values.h"

namespace ebond::config {
namespace {

constexpr std::string_view kIfcfg = "ifcfg-";
constexpr std::string_view kIfroute = "ifroute-";

/// What follows a stem and an optional "_": BONDING_SLAVE_0 and BONDING_SLAVE0 → 0; IPADDR → "".
std::optional<std::string> suffix_of(std::string_view key, std::string_view stem) {
  if (!key.starts_with(stem)) return std::nullopt;
  key.remove_prefix(stem.size());
  if (key.starts_with('_')) key.remove_prefix(1);
  return std::string(key);
}

struct SuseFile {
  std::string device;
  ShellText shell;

  const Assignment* find(std::string_view key) const { return find_value(shell.assignments, key); }
  bool says_yes(std::string_view key) const {
    const auto* given = find(key);
    return given != nullptr && parse_yes_no(given->value) == true;
  }
};

class SuseReader {
 public:
  SuseReader(const std::vector<TextFile>& texts, Notes notes) : texts_(texts), notes_(std::move(notes)) {
    for (const auto& text : texts_) {
      if (!text.name.starts_with(kIfcfg)) continue;
      files_.push_back({text.name.substr(kIfcfg.size()), parse_shell_text(text.text, text.path)});
      const auto& shell = files_.back().shell;
      notes_.insert(notes_.end(), shell.notes.begin(), shell.notes.end());
      if (shell.fault) notes_.push_back({shell.fault->where, shell.fault->message + ": left out"});
    }
  }

  Result<Configuration> run() {
    for (const auto& file : files_) {
      if (file.says_yes("BONDING_MASTER")) {
        add_bond(file);
      } else {
        note_bond_without_master(file);
      }
    }
    for (const auto& file : files_) {
      add_vlan(file);
      add_bridge(file);
    }
    for (auto& draft : bonds_) add_routes(draft.bond);
    return finish(std::move(bonds_), std::move(notes_));
  }

 private:
  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }
  void leave_out(const Assignment& given, std::string_view why) {
    note(given.where, fmt::format("{}={} {}: left out", given.key, given.value, why));
  }

  void set_mtu(std::optional<std::uint32_t>& mtu, const Assignment& given) {
    if (given.value.empty()) return;
    mtu = parse_mtu(given.value);
    if (!mtu) leave_out(given, fmt::format("is not an MTU: it goes from {} to {}", kLeastMtu, kMostMtu));
  }

  void note_bond_without_master(const SuseFile& file) {
    for (const auto& assignment : file.shell.assignments) {
      if (!suffix_of(assignment.key, "BONDING_SLAVE") && assignment.key != "BONDING_MODULE_OPTS") continue;
      note(assignment.where,
           fmt::format("{}: BONDING_MASTER=yes is missing: the file describes no bond", assignment.key));
      return;
    }
  }

  // ---- Bonds

  void add_bond(const SuseFile& file) {
    Draft draft;
    auto& bond = draft.bond;
    bond.name = file.device;
    bond.where = file.find("BONDING_MASTER")->where;
    for (const auto& assignment : file.shell.assignments) read_bond_key(draft, assignment);
    std::ranges::stable_sort(slave_numbers_, natural_less, [](const auto& entry) { return entry.first; });
    for (const auto& [number, assignment] : slave_numbers_) draft.slaves.push_back(slave_of(*assignment));
    slave_numbers_.clear();
    read_addresses_of(file, bond);
    bonds_.push_back(std::move(draft));
  }

  void read_bond_key(Draft& draft, const Assignment& given) {
    auto& bond = draft.bond;
    if (given.value.empty() || is_address_key(given.key)) return;
    if (const auto number = suffix_of(given.key, "BONDING_SLAVE")) {
      const auto same = [&](const auto& entry) { return entry.first == *number; };
      std::erase_if(slave_numbers_, same);
      slave_numbers_.emplace_back(*number, &given);
    } else if (given.key == "BONDING_MODULE_OPTS") {
      const auto options = parse_option_words(given.value, given.where, notes_);
      draft.options.insert(draft.options.end(), options.begin(), options.end());
    } else if (given.key == "LLADDR") {
      bond.mac = parse_unicast_mac(given.value);
      if (!bond.mac) leave_out(given, "is not a MAC address that an interface may have");
    } else if (given.key == "MTU") {
      set_mtu(bond.mtu, given);
    } else if (given.key == "STARTMODE") {
      bond.onboot = given.value != "manual" && given.value != "off";
    } else if (!is_of_no_account(given.key)) {
      leave_out(given, "is not carried out");
    }
  }

  static bool is_address_key(std::string_view key) {
    constexpr std::array<std::string_view, 5> kStems{"IPADDR", "NETMASK", "PREFIXLEN", "BROADCAST",
                                                     "BOOTPROTO"};
    return std::ranges::any_of(kStems, [&](std::string_view stem) { return key.starts_with(stem); });
  }
  static bool is_of_no_account(std::string_view key) {
    constexpr std::array<std::string_view, 12> kKeys{
        "BONDING_MASTER", "NAME",          "USERCONTROL",      "FIREWALL",      "ZONE",          "NETWORK",
        "REMOTE_IPADDR",  "LINK_REQUIRED", "IFPLUGD_PRIORITY", "NM_CONTROLLED", "INTERFACETYPE", "LABEL"};
    return key.starts_with("DHCLIENT") || key.starts_with("LABEL_") ||
           std::ranges::find(kKeys, key) != kKeys.end();
  }

  SlaveDraft slave_of(const Assignment& given) const {
    SlaveDraft draft{.slave = {.name = given.value}, .where = given.where};
    const auto own = std::ranges::find(files_, given.value, &SuseFile::device);
    if (own == files_.end()) return draft;
    const auto* startmode = own->find("STARTMODE");
    draft.slave.hotplug = startmode != nullptr && startmode->value == "hotplug";
    return draft;
  }

  // ---- Addresses

  template <class Interface>
  void read_addresses_of(const SuseFile& file, Interface& interface) {
    for (const auto& assignment : file.shell.assignments) {
      const auto suffix = suffix_of(assignment.key, "IPADDR");
      if (!suffix || assignment.value.empty()) continue;
      for (const auto word : split_words(assignment.value)) {
        if (const auto address = address_of(file, assignment, word, assignment.key.substr(6))) {
          interface.addresses.push_back(*address);
        }
      }
    }
    const auto* protocol = file.find("BOOTPROTO");
    if (protocol == nullptr) return;
    for (const auto word : split_list(protocol->value, '+')) {
      if (word == "dhcp") interface.dhcp4 = interface.dhcp6 = true;
      if (word == "dhcp4") interface.dhcp4 = true;
      if (word == "dhcp6") interface.dhcp6 = true;
      if (word == "autoip" || word == "6to4" || word == "ibft") leave_out(*protocol, "is not carried out");
    }
  }

  /// `suffix` as it stands behind IPADDR: "", "_1", "2".
  std::optional<InterfaceAddress> address_of(const SuseFile& file, const Assignment& given,
                                             std::string_view text, const std::string& suffix) {
    const auto host = parse_ip(text.substr(0, text.find('/')));
    if (!host) {
      leave_out(given, "is not an IP address: write one like 192.0.2.1/24");
      return std::nullopt;
    }
    auto length = full_length(*host);
    const auto* prefix = file.find("PREFIXLEN" + suffix);
    const auto* mask = file.find("NETMASK" + suffix);
    if (prefix != nullptr) {
      const auto said = parse_length(prefix->value, full_length(*host));
      if (!said) leave_out(*prefix, "is not a prefix length");
      length = said.value_or(length);
    } else if (mask != nullptr) {
      const auto said = parse_netmask(mask->value);
      if (!said) leave_out(*mask, "is not a netmask");
      length = said.value_or(length);
    }
    const auto parsed = parse_prefix(text, length);
    if (!parsed) {
      leave_out(given, parsed.error());
      return std::nullopt;
    }
    InterfaceAddress address{*parsed, {}};
    if (const auto* broadcast = file.find("BROADCAST" + suffix)) {
      address.broadcast = wire::parse_ipv4(broadcast->value);
      if (!address.broadcast && broadcast->value != "+") leave_out(*broadcast, "is not an IPv4 address");
    }
    return address;
  }

  // ---- What is over a bond

  void add_vlan(const SuseFile& file) {
    const auto* below = file.find("ETHERDEVICE");
    auto* draft = below != nullptr ? find_draft(bonds_, below->value) : nullptr;
    if (draft == nullptr) return;
    const auto* given = file.find("VLAN_ID");
    const auto id = given != nullptr ? parse_vlan_number(given->value) : vlan_number_of_name(file.device);
    if (!id) {
      return note(
          given != nullptr ? given->where : below->where,
          fmt::format("{} is no VLAN's number: it goes from 0 to 4094, in VLAN_ID or at the end of the "
                      "name: the VLAN is left out",
                      given != nullptr ? "VLAN_ID=" + given->value : file.device));
    }
    VlanConfig vlan{.id = *id, .name = file.device};
    read_addresses_of(file, vlan);
    if (const auto* mtu = file.find("MTU")) set_mtu(vlan.mtu, *mtu);
    add_routes(vlan);
    draft->bond.vlans.push_back(std::move(vlan));
  }

  void add_bridge(const SuseFile& file) {
    const auto* ports = file.find("BRIDGE_PORTS");
    if (!file.says_yes("BRIDGE") || ports == nullptr) return;
    for (const auto port : split_words(ports->value)) {
      if (auto* draft = find_draft(bonds_, port)) draft->bond.bridge = file.device;
    }
  }

  // ---- Routes: DESTINATION GATEWAY NETMASK INTERFACE OPTIONS…

  template <class Interface>
  void add_routes(Interface& interface) {
    for (const auto& text : texts_) {
      const bool own = text.name == std::string(kIfroute) + interface.name;
      if (!own && text.name != "routes") continue;
      for (const auto& line : split_lines(text.text)) {
        const auto words = split_words(line.text.substr(0, line.text.find('#')));
        if (words.empty()) continue;
        const auto device = words.size() > 3 && words[3] != "-" ? words[3] : std::string_view();
        if (own && !device.empty() && device != interface.name) {
          note({text.path, line.number},
               fmt::format("the route of {} goes out of {}, but this file is {}'s: left out", words[0],
                           device, interface.name));
        }
        if (!device.empty() ? device != interface.name : !own && !leads_out_of(interface, words)) continue;
        add_route(interface.routes, words, {text.path, line.number});
      }
    }
  }

  /// In the file of all routes, one that names no device is the one's in whose subnet its gateway is.
  template <class Interface>
  static bool leads_out_of(const Interface& interface, const std::vector<std::string_view>& words) {
    const auto via = words.size() > 1 ? parse_ip(words[1]) : std::nullopt;
    return via && std::ranges::any_of(interface.addresses, [&](const InterfaceAddress& address) {
             return address.prefix.contains(*via);
           });
  }

  void add_route(std::vector<Route>& routes, const std::vector<std::string_view>& words,
                 const Location& where) {
    const auto said = [&](std::size_t i) { return words.size() > i && words[i] != "-"; };
    const auto via = said(1) ? parse_ip(words[1]) : std::nullopt;
    const auto left_out = [&](std::string_view what) {
      note(where, fmt::format("{} {}: the route is left out", words[0], what));
    };
    if (said(1) && !via)
      return left_out(fmt::format("has a gateway \"{}\" that is not an IP address", words[1]));
    std::string text(words[0]);
    if (said(2) && !text.contains('/')) {
      const auto length = parse_netmask(words[2]);
      if (!length) return left_out(fmt::format("has a netmask \"{}\" that is none", words[2]));
      text += fmt::format("/{}", *length);
    }
    const bool ipv6 = text.contains(':') || (via && std::holds_alternative<Ipv6Address>(*via));
    const auto to = parse_destination(text, ipv6);
    if (!to) return left_out(to.error());
    Route route{.destination = *to, .gateway = via, .where = where};
    if (via && via->index() != to->address.index()) return left_out("has a gateway of the other family");
    set_route_options(route, words, where);
    routes.push_back(route);
  }

  void set_route_options(Route& route, const std::vector<std::string_view>& words, const Location& where) {
    for (std::size_t i = 4; i < words.size(); ++i) {
      if (words[i] == "-" || words[i] == "unicast") continue;
      if (words[i] == "onlink") {
        route.onlink = true;
        continue;
      }
      const auto fault = i + 1 < words.size() ? set_route_word(route, words[i], words[i + 1])
                                              : fmt::format("\"{}\" has no value", words[i]);
      if (!fault.empty()) note(where, fmt::format("{}: {}: left out", words[0], fault));
      ++i;
    }
  }

  const std::vector<TextFile>& texts_;
  Notes notes_;
  std::vector<SuseFile> files_;
  std::vector<Draft> bonds_;
  std::vector<std::pair<std::string, const Assignment*>> slave_numbers_;
};

}  // namespace

Result<Configuration> parse_suse(const std::vector<TextFile>& files, Notes notes) {
  return SuseReader(files, std::move(notes)).run();
}

Result<Configuration> read_suse(const std::filesystem::path& path) {
  Notes notes;
  auto files = read_files(path, notes, [](std::string_view name) {
    return (name.starts_with(kIfcfg) || name.starts_with(kIfroute) || name == "routes") && !is_leftover(name);
  });
  if (!files) return std::unexpected(files.error());
  return parse_suse(*files, std::move(notes));
}

}  // namespace ebond::config
