#include "config/formats/interfaces.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/draft.h"
#include "config/formats/interfaces_stanzas.h"
#include "config/natural_order.h"
#include "config/route_words.h"
#include "config/shell_file.h"
#include "config/values.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBondPrefix = "bond-";
constexpr std::string_view kAllSlaves = "eth*";  // what ifenslave takes for `bond-slaves all`

bool is_about_bonds(const StanzaOption& option) {
  return option.key.starts_with(kBondPrefix) || option.key == "slaves";
}

bool is_slave_stanza(const Stanza& stanza) {
  const auto* master = stanza.find("bond-master");
  return master != nullptr && !master->value.empty() && master->value != "none";
}

/// ifupdown2's "eth1-3" and "swp[1-3,7]": names that end in a number of the range.
std::vector<std::string> names_of_range(std::string_view word) {
  constexpr std::uint32_t kMostNames = 1024;
  const auto bracket = word.find('[');
  std::string stem;
  std::string_view ranges;
  std::string_view behind;
  if (bracket != std::string_view::npos && word.find(']', bracket) != std::string_view::npos) {
    const auto close = word.find(']', bracket);
    stem = word.substr(0, bracket);
    ranges = word.substr(bracket + 1, close - bracket - 1);
    behind = word.substr(close + 1);
  } else {
    const auto dash = word.rfind('-');
    if (dash == std::string_view::npos) return {std::string(word)};
    const auto digits = word.substr(0, dash).find_last_not_of("0123456789");
    if (digits == std::string_view::npos || digits + 1 == dash) return {std::string(word)};
    stem = word.substr(0, digits + 1);
    ranges = word.substr(digits + 1);
  }
  std::vector<std::string> names;
  for (const auto range : split_list(ranges, ',')) {
    const auto dash = range.find('-');
    const auto first = parse_decimal(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_decimal(range.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first > kMostNames) return {std::string(word)};
    for (auto n = *first; n <= *last; ++n) names.push_back(fmt::format("{}{}{}", stem, n, behind));
  }
  return names;
}

class InterfacesReader {
 public:
  InterfacesReader(InterfacesFiles files, Notes notes) : files_(std::move(files)), notes_(std::move(notes)) {}

  Result<Configuration> run() {
    find_bonds();
    for (auto& [name, draft] : bonds_) {
      for (const auto& stanza : files_.stanzas) {
        if (stanza.interface == name) read_bond_stanza(draft, stanza);
      }
    }
    for (const auto& stanza : files_.stanzas) add_named_slave(stanza);
    for (const auto& stanza : files_.stanzas) {
      add_vlan(stanza);
      add_bridge(stanza);
    }
    std::vector<Draft> drafts;
    for (auto& [name, draft] : bonds_) {
      choose_primary(draft);
      set_queue_ids(draft);
      draft.bond.onboot = draft.bond.onboot || is_started(name);
      drafts.push_back(std::move(draft));
    }
    return finish(std::move(drafts), std::move(notes_));
  }

 private:
  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }
  void leave_out(const StanzaOption& option, std::string_view why) {
    note(option.where, fmt::format("{} {}: {}: left out", option.written, option.value, why));
  }
  void set_mtu(std::optional<std::uint32_t>& mtu, const StanzaOption& option) {
    mtu = parse_mtu(option.value);
    if (!mtu) leave_out(option, fmt::format("is not an MTU: it goes from {} to {}", kLeastMtu, kMostMtu));
  }

  bool is_started(std::string_view interface) const {
    return files_.automatic.contains(interface) || files_.hotplugged.contains(interface);
  }

  void find_bonds() {
    const auto add = [&](const std::string& name, const Location& where) {
      const auto [it, fresh] = bonds_.try_emplace(name);
      if (!fresh) return;
      it->second.bond.name = name;
      it->second.bond.where = where;
      it->second.bond.onboot = false;
    };
    for (const auto& stanza : files_.stanzas) {
      // A stanza with bond-master is a slave's, whatever else it says.
      if (is_slave_stanza(stanza)) continue;
      if (std::ranges::any_of(stanza.options, is_about_bonds)) add(stanza.interface, stanza.where);
    }
    for (const auto& stanza : files_.stanzas) {
      if (!is_slave_stanza(stanza)) continue;
      const auto* master = stanza.find("bond-master");
      const auto own = std::ranges::find(files_.stanzas, master->value, &Stanza::interface);
      if (own == files_.stanzas.end()) {
        if (!bonds_.contains(master->value)) leave_out(*master, "no stanza is about that bond");
      } else {
        add(master->value, own->where);
      }
    }
  }

  // ---- A bond's own stanzas

  void read_bond_stanza(Draft& draft, const Stanza& stanza) {
    auto& bond = draft.bond;
    read_method(stanza, bond);
    for (const auto& option : stanza.options) {
      if (is_about_bonds(option)) {
        read_bond_option(draft, option);
      } else if (option.key == "hwaddress") {
        read_mac(bond, option);
      } else if (option.key == "mtu") {
        set_mtu(bond.mtu, option);
      } else {
        note_other_option(option);
      }
    }
    read_addresses(stanza, bond);
  }

  void read_bond_option(Draft& draft, const StanzaOption& option) {
    if (option.key == "slaves" || option.key == "bond-slaves") {
      add_listed_slaves(draft, option);
      return;
    }
    auto key = option.key.substr(kBondPrefix.size());
    if (key == "master" || key == "give-a-chance") return;
    if (key == "primary") {
      primaries_[draft.bond.name] = &option;
      return;
    }
    if (key == "queue-id") {
      queue_ids_[draft.bond.name] = &option;
      return;
    }
    std::ranges::replace(key, '-', '_');
    if (key == "active_slave") return leave_out(option, "is a state, not a setting");
    auto value = option.value;
    // Several values of one option stand with blanks between them, or on lines of their own.
    if (key == "arp_ip_target" || key == "ns_ip6_target") std::ranges::replace(value, ' ', ',');
    if (const auto said = parse_yes_no(value); said && !parse_decimal(value)) value = *said ? "1" : "0";
    draft.options.push_back({std::move(key), std::move(value), option.where, option.written});
  }

  void add_listed_slaves(Draft& draft, const StanzaOption& option) {
    auto words = split_words(option.value);
    if (words.empty() || words.front() == "none") return;
    if (words.front() == "regex") return leave_out(option, "cards are listed by name here");
    if (words.front() == "all") words = {kAllSlaves};
    const bool glob = words.front() == "glob";
    if (glob) words.erase(words.begin());
    for (const auto word : words) {
      for (const auto& name : glob ? names_of_range(word) : std::vector{std::string(word)}) {
        if (draft.has_slave(name)) continue;
        SlaveDraft slave{.slave = {.name = name}, .where = option.where};
        if (is_pattern(name)) {
          slave.slave.name.clear();
          slave.slave.match.name = name;
        }
        slave.slave.hotplug = comes_later(name);
        draft.slaves.push_back(std::move(slave));
      }
    }
  }

  bool comes_later(std::string_view name) const {
    return files_.hotplugged.contains(name) && !files_.automatic.contains(name);
  }

  /// A slave whose own stanza says bond-master.
  void add_named_slave(const Stanza& stanza) {
    const auto* master = stanza.find("bond-master");
    if (master == nullptr) return;
    const auto bond = bonds_.find(master->value);
    if (bond == bonds_.end()) return;
    auto& draft = bond->second;
    draft.bond.onboot = draft.bond.onboot || is_started(stanza.interface);
    for (const auto& option : stanza.options) {
      if (option.key == "bond-primary" || option.key == "bond-primary-reselect") {
        read_bond_option(draft, option);
      } else if (is_about_bonds(option) && option.key != "bond-master") {
        leave_out(option, "counts in the bond's own stanza alone");
      }
    }
    if (draft.has_slave(stanza.interface)) return;
    draft.slaves.push_back({.slave = {.name = stanza.interface, .hotplug = comes_later(stanza.interface)},
                            .where = master->where});
  }

  /// bond-primary is a list: the first that is a slave counts.
  void choose_primary(Draft& draft) {
    const auto given = primaries_.find(draft.bond.name);
    if (given == primaries_.end()) return;
    const auto& option = *given->second;
    const auto names = split_words(option.value);
    for (const auto name : names) {
      if (!draft.has_slave(name) && names.size() > 1) {
        note(option.where,
             fmt::format("{}: {} is no slave: the first name that is one counts", option.written, name));
        continue;
      }
      draft.options.push_back({"primary", std::string(name), option.where, option.written});
      return;
    }
  }

  /// bond-queue-id: SLAVE:NUMBER, several with blanks between them.
  void set_queue_ids(Draft& draft) {
    const auto given = queue_ids_.find(draft.bond.name);
    if (given == queue_ids_.end()) return;
    const auto& option = *given->second;
    for (const auto pair : split_words(option.value)) {
      const auto colon = pair.find(':');
      const auto slave = std::ranges::find(draft.slaves, pair.substr(0, colon), [](const SlaveDraft& s) {
        return std::string_view(s.slave.name);
      });
      if (colon == std::string_view::npos || slave == draft.slaves.end()) {
        leave_out(option, fmt::format("\"{}\" is not a slave with a number, like eno1:2", pair));
        continue;
      }
      slave->options.push_back(
          {"queue_id", std::string(pair.substr(colon + 1)), option.where, option.written});
    }
  }

  void read_mac(BondConfig& bond, const StanzaOption& option) {
    const auto words = split_words(option.value);
    bond.mac = words.empty() ? std::nullopt : parse_unicast_mac(words.back());
    if (!bond.mac && option.value != "random")
      leave_out(option, "is not a MAC address that an interface may have");
  }

  void note_other_option(const StanzaOption& option) {
    constexpr std::array<std::string_view, 10> kOfAddresses{
        "address", "netmask", "gateway", "broadcast",    "network",
        "metric",  "scope",   "label",   "dad-attempts", "accept-ra"};
    constexpr std::array<std::string_view, 8> kOfNoAccount{
        "hostname", "autoconf", "privext", "description", "alias", "leasehours", "leasetime", "clientid"};
    if (std::ranges::find(kOfAddresses, option.key) != kOfAddresses.end()) return;
    if (std::ranges::find(kOfNoAccount, option.key) != kOfNoAccount.end()) return;
    const bool command = option.key == "up" || option.key == "down" || option.key.starts_with("pre-") ||
                         option.key.starts_with("post-");
    note(option.where, command
                           ? fmt::format("{}: a command, which is not run: {}", option.written, option.value)
                           : fmt::format("{}: is not carried out: left out", option.written));
  }

  // ---- Addresses, of bonds and of VLANs

  template <class Interface>
  void read_method(const Stanza& stanza, Interface& interface) {
    if (stanza.method == "dhcp") (stanza.family == "inet6" ? interface.dhcp6 : interface.dhcp4) = true;
    constexpr std::array<std::string_view, 5> kKnown{"", "static", "manual", "dhcp", "auto"};
    if (std::ranges::find(kKnown, stanza.method) != kKnown.end()) return;
    note(stanza.where,
         fmt::format("iface {} {} {}: of methods, static, manual, dhcp and auto are carried out",
                     stanza.interface, stanza.family, stanza.method));
  }

  template <class Interface>
  void read_addresses(const Stanza& stanza, Interface& interface) {
    if (stanza.method == "manual" || stanza.method == "dhcp") {
      for (const auto& option : stanza.options) {
        if (option.key == "address" || option.key == "gateway") {
          leave_out(option, fmt::format("the method {} has none", stanza.method));
        }
      }
      return;
    }
    for (const auto& option : stanza.options) {
      if (option.key == "address") add_address(stanza, option, interface.addresses);
    }
    for (const auto& option : stanza.options) {
      if (option.key == "gateway") add_gateway(stanza, option, interface.routes);
    }
  }

  void add_address(const Stanza& stanza, const StanzaOption& option,
                   std::vector<InterfaceAddress>& addresses) {
    const auto host = parse_ip(std::string_view(option.value).substr(0, option.value.find('/')));
    std::optional<std::uint8_t> length;
    const auto* mask = stanza.find("netmask");
    if (mask != nullptr && host) {
      length = mask->value.contains('.') ? parse_netmask(mask->value)
                                         : parse_length(mask->value, full_length(*host));
      if (!length) leave_out(*mask, "is not a netmask");
    }
    if (!length && host) length = full_length(*host);
    const auto prefix = parse_prefix(option.value, length);
    const bool wrong_family =
        prefix && !stanza.family.empty() && prefix->is_ipv6() != (stanza.family == "inet6");
    if (!prefix || wrong_family) {
      return leave_out(
          option, prefix ? "is not an address of the stanza's family" : std::string_view(prefix.error()));
    }
    InterfaceAddress address{*prefix, {}};
    if (const auto* broadcast = stanza.find("broadcast")) {
      address.broadcast = wire::parse_ipv4(broadcast->value);
      if (!address.broadcast && broadcast->value != "+" && broadcast->value != "-") {
        leave_out(*broadcast, "is not an IPv4 address");
      }
    }
    addresses.push_back(address);
  }

  void add_gateway(const Stanza& stanza, const StanzaOption& option, std::vector<Route>& routes) {
    for (const auto word : split_words(option.value)) {
      const auto gateway = parse_ip(word);
      if (!gateway) {
        leave_out(option, fmt::format("\"{}\" is not an IP address", word));
        continue;
      }
      auto route = default_route_via(*gateway);
      route.where = option.where;
      if (const auto* metric = stanza.find("metric")) route.metric = parse_decimal(metric->value);
      routes.push_back(route);
    }
  }

  // ---- What is over a bond

  /// By vlan-raw-device, or by a name like bond0.20.
  void add_vlan(const Stanza& stanza) {
    const auto* raw = stanza.find("vlan-raw-device");
    const auto dot = stanza.interface.rfind('.');
    const auto below =
        raw != nullptr ? raw->value : stanza.interface.substr(0, dot == std::string::npos ? 0 : dot);
    const auto bond = bonds_.find(below);
    if (bond == bonds_.end()) return;
    const auto* id = stanza.find("vlan-id");
    const auto number = id != nullptr ? parse_vlan_number(id->value) : vlan_number_of_name(stanza.interface);
    if (!number) {
      return note(
          id != nullptr ? id->where : stanza.where,
          fmt::format("{}: no VLAN's number, 0 to 4094, in vlan-id or at the end of the name: left out",
                      stanza.interface));
    }
    auto& vlans = bond->second.bond.vlans;
    auto vlan = std::ranges::find(vlans, stanza.interface, &VlanConfig::name);
    if (vlan == vlans.end()) vlan = vlans.insert(vlan, {.id = *number, .name = stanza.interface});
    read_method(stanza, *vlan);
    read_addresses(stanza, *vlan);
    for (const auto& option : stanza.options) {
      if (option.key == "mtu") {
        set_mtu(vlan->mtu, option);
      } else if (option.key != "vlan-raw-device" && option.key != "vlan-id") {
        note_other_option(option);
      }
    }
  }

  void add_bridge(const Stanza& stanza) {
    const auto* ports = stanza.find("bridge-ports");
    if (ports == nullptr) return;
    for (const auto port : split_words(ports->value)) {
      const auto bond = bonds_.find(std::string(port));
      if (bond != bonds_.end()) bond->second.bond.bridge = stanza.interface;
    }
  }

  InterfacesFiles files_;
  Notes notes_;
  std::map<std::string, Draft, NaturalLess> bonds_;
  std::map<std::string, const StanzaOption*> primaries_;  // by bond
  std::map<std::string, const StanzaOption*> queue_ids_;
};

/// run-parts' rule for names, which source-directory follows.
bool is_plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
}

}  // namespace

Result<Configuration> parse_interfaces(const TextFile& file, const SourceLines& sources, Notes notes) {
  auto stanzas = parse_stanzas(file, sources, notes);
  return InterfacesReader(std::move(stanzas), std::move(notes)).run();
}

Result<Configuration> read_stanza(const std::string& interface, const KeyValues& options) {
  const Location where{.file = "iface " + interface};
  Stanza stanza{.interface = interface, .method = "manual", .where = where};
  for (const auto& [key, values] : options) {
    for (const auto value : split_list(values, '\n')) {
      stanza.options.push_back({key, std::string(value), where, key});
    }
  }
  return InterfacesReader({.stanzas = {std::move(stanza)}, .automatic = {}, .hotplugged = {}}, {}).run();
}

Result<Configuration> read_interfaces(const fs::path& path, const fs::path& root) {
  Notes notes;
  std::error_code ignored;
  const auto file = fs::is_directory(path, ignored) ? path / "interfaces" : path;
  const auto first = read_files(file, notes, [](std::string_view) { return true; });
  if (!first) return std::unexpected(first.error());
  Notes of_sources;
  const auto take = [&](const std::string& name, const std::function<bool(std::string_view)>& wanted) {
    auto files = read_files(name, of_sources, wanted);
    if (files) return *std::move(files);
    of_sources.push_back(files.error());
    return std::vector<TextFile>();
  };
  // The files that are read stand below the root already; a path in them does not.
  const auto below_root = [&](const std::string& name) {
    const bool is_there = root == "/" || name.starts_with(root.string());
    return is_there || !name.starts_with('/') ? name : root.string() + name;
  };
  const SourceLines sources{
      .matching =
          [&](const std::string& given) {
            const auto pattern = below_root(given);
            std::vector<TextFile> result;
            ::glob_t found{};
            if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
              for (std::size_t i = 0; i < found.gl_pathc; ++i) {
                std::error_code error;
                if (fs::is_directory(found.gl_pathv[i], error)) continue;
                std::ranges::move(take(found.gl_pathv[i], [](std::string_view) { return true; }),
                                  std::back_inserter(result));
              }
            }
            ::globfree(&found);
            return result;
          },
      .of_directory =
          [&](const std::string& directory) { return take(below_root(directory), is_plain_name); }};
  auto read = parse_interfaces(first->front(), sources, std::move(notes));
  if (read) std::ranges::move(of_sources, std::back_inserter(read->notes));
  return read;
}

}  // namespace ebond::config
