#include "config/formats/freebsd_rc.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "config/draft.h"
#include "config/formats/ifconfig_words.h"
#include "config/natural_order.h"
#include "config/route_words.h"
#include "config/shell_file.h"
#include "config/values.h"

namespace ebond::config {
namespace {

/// rc.conf writes the dots of an interface's name as underscores in names of variables.
std::string in_variable(std::string name) {
  std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-' || c == '/' || c == '+'; }, '_');
  return name;
}

class RcReader {
 public:
  RcReader(const std::vector<TextFile>& texts, Notes notes) : notes_(std::move(notes)) {
    for (const auto& text : texts) {
      auto shell = parse_shell_text(text.text, text.path);
      std::ranges::move(shell.notes, std::back_inserter(notes_));
      if (shell.fault) notes_.push_back({shell.fault->where, shell.fault->message + ": left out"});
      std::ranges::move(shell.assignments, std::back_inserter(assignments_));
    }
  }

  Result<Configuration> run() {
    for (const auto& name : cloned_interfaces()) add_lagg(name);
    for (auto& draft : bonds_) {
      add_vlans(draft.bond);
      find_bridge(draft.bond);
    }
    add_default_routers();
    add_static_routes("static_routes", "route_", false);
    add_static_routes("ipv6_static_routes", "ipv6_route_", true);
    return finish(std::move(bonds_), std::move(notes_));
  }

 private:
  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }
  void leave_out(const Assignment& given, std::string_view why) {
    note(given.where, fmt::format("{}: {}: left out", given.key, why));
  }

  const Assignment* find(std::string_view key) const { return find_value(assignments_, key); }

  std::vector<std::string> cloned_interfaces() const {
    std::vector<std::string> names;
    if (const auto* given = find("cloned_interfaces")) {
      for (const auto word : split_words(given->value)) names.emplace_back(word);
    }
    return names;
  }

  // ---- One lagg

  /// The words of everything that configures an interface, each with the variable that holds it: of its
  /// creation, of itself, its IPv6 part and its aliases, in the order in which they take effect.
  std::vector<IfconfigCommand> commands_of(const std::string& interface) const {
    const auto name = in_variable(interface);
    std::vector<IfconfigCommand> commands;
    const auto add = [&](const Assignment* given) {
      if (given != nullptr) commands.push_back({*given, split_words(given->value)});
    };
    add(find("create_args_" + name));
    add(find("ifconfig_" + name));
    for (int n = 0;; ++n) {
      const auto* alias = find(fmt::format("ifconfig_{}_alias{}", name, n));
      if (alias == nullptr) break;
      add(alias);
    }
    if (const auto* aliases = find(fmt::format("ifconfig_{}_aliases", name))) {
      // Several in one variable: each begins with its family.
      auto words = split_words(aliases->value);
      auto begin = words.begin();
      while (begin != words.end()) {
        const auto is_family = [](std::string_view word) { return word == "inet" || word == "inet6"; };
        const auto end = std::find_if(begin + 1, words.end(), is_family);
        commands.push_back({*aliases, {begin, end}});
        begin = end;
      }
    }
    if (const auto* addresses = find("ipv4_addrs_" + name)) {
      for (const auto word : split_words(addresses->value)) commands.push_back({*addresses, {"inet", word}});
    }
    add(find(fmt::format("ifconfig_{}_ipv6", name)));
    return commands;
  }

  void add_lagg(const std::string& name) {
    const auto commands = commands_of(name);
    const bool is_lagg = name.starts_with("lagg") || std::ranges::any_of(commands, [](const auto& command) {
                           return std::ranges::find(command.words, "laggproto") != command.words.end() ||
                                  std::ranges::find(command.words, "laggport") != command.words.end();
                         });
    if (!is_lagg) return;
    IfconfigReader reader(notes_);
    for (const auto& command : commands) reader.read(command);
    Draft draft;
    auto& bond = draft.bond;
    bond.name = name;
    bond.where = commands.empty() ? find("cloned_interfaces")->where : commands.front().given.where;
    bond.addresses = std::move(reader.addresses);
    bond.mtu = reader.mtu;
    bond.mac = reader.mac;
    bond.dhcp4 = reader.dhcp;
    bond.onboot = !reader.noauto;
    for (const auto& port : reader.ports)
      draft.slaves.push_back({.slave = {.name = port.name}, .where = port.where});
    set_protocol(draft, reader);
    bonds_.push_back(std::move(draft));
  }

  void set_protocol(Draft& draft, const IfconfigReader& reader) {
    struct Protocol {
      std::string_view name;
      std::string_view mode;
    };
    constexpr std::array kProtocols{Protocol{"failover", "active-backup"}, Protocol{"lacp", "802.3ad"},
                                    Protocol{"loadbalance", "balance-xor"},
                                    Protocol{"roundrobin", "balance-rr"}, Protocol{"broadcast", "broadcast"}};
    const auto protocol = reader.protocol ? reader.protocol->name : std::string("failover");
    const auto where = reader.protocol ? reader.protocol->where : draft.bond.where;
    const auto* known = std::ranges::find(kProtocols, protocol, &Protocol::name);
    const auto mode = known == kProtocols.end() ? std::string_view(protocol) : known->mode;
    draft.options.push_back({"mode", std::string(mode), where, "laggproto"});
    if (protocol == "failover" && !draft.slaves.empty()) {
      draft.options.push_back(
          {"primary", draft.slaves.front().slave.name, draft.slaves.front().where, "laggport"});
    }
    if (protocol == "lacp" || protocol == "loadbalance") {
      draft.options.push_back({"xmit_hash_policy", hash_policy(reader), where, "lagghash"});
    } else if (reader.hash) {
      note(reader.hash->where,
           fmt::format("lagghash {}: {} places no flows by hash: left out", reader.hash->name, protocol));
    }
    if (reader.fast_lacp)
      draft.options.push_back({"lacp_rate", "fast", *reader.fast_lacp, "lacp_fast_timeout"});
  }

  /// lagg(4) hashes l2, l3 and l4 if nothing is said; layer3+4 spreads flows most like all three.
  static std::string hash_policy(const IfconfigReader& reader) {
    if (!reader.hash) return "layer3+4";
    const auto layers = split_list(reader.hash->name, ',');
    const auto has = [&](std::string_view layer) { return std::ranges::find(layers, layer) != layers.end(); };
    if (has("l4")) return "layer3+4";
    return has("l3") ? "layer2+3" : "layer2";
  }

  // ---- What is over it

  void add_vlans(BondConfig& bond) {
    // vlans_lagg0="20 name": a number makes lagg0.20, a name has its number in create_args_name.
    if (const auto* given = find("vlans_" + in_variable(bond.name))) {
      for (const auto word : split_words(given->value)) {
        if (const auto number = parse_vlan_number(word)) {
          add_vlan(bond, fmt::format("{}.{}", bond.name, *number), number, *given);
        } else {
          add_vlan(bond, std::string(word), {}, *given);
        }
      }
    }
    for (const auto& name : cloned_interfaces()) {
      const auto commands = commands_of(name);
      const bool on_bond = std::ranges::any_of(commands, [&](const auto& command) {
        return value_of_word(command.words, "vlandev") == std::string_view(bond.name);
      });
      if (on_bond) add_vlan(bond, name, {}, commands.front().given);
    }
  }

  void add_vlan(BondConfig& bond, const std::string& name, std::optional<std::uint16_t> number,
                const Assignment& given) {
    IfconfigReader reader(notes_);
    for (const auto& command : commands_of(name)) reader.read(command);
    if (!number) number = reader.vlan;
    if (!number) return leave_out(given, fmt::format("the VLAN {} has no number, as in \"vlan 20\"", name));
    bond.vlans.push_back({.id = *number,
                          .name = name,
                          .addresses = std::move(reader.addresses),
                          .mtu = reader.mtu,
                          .dhcp4 = reader.dhcp});
  }

  void find_bridge(BondConfig& bond) const {
    for (const auto& name : cloned_interfaces()) {
      for (const auto& command : commands_of(name)) {
        for (std::size_t i = 0; i + 1 < command.words.size(); ++i) {
          if (command.words[i] == "addm" && command.words[i + 1] == bond.name) bond.bridge = name;
        }
      }
    }
  }

  // ---- Routes stand apart: each goes out of the interface in whose subnet its gateway is.

  void place_route(Route route, const Assignment& given) {
    for (auto& draft : bonds_) {
      const auto holds = [&](const InterfaceAddress& address) {
        return address.prefix.contains(*route.gateway);
      };
      if (std::ranges::any_of(draft.bond.addresses, holds)) {
        draft.bond.routes.push_back(std::move(route));
        return;
      }
      for (auto& vlan : draft.bond.vlans) {
        if (!std::ranges::any_of(vlan.addresses, holds)) continue;
        vlan.routes.push_back(std::move(route));
        return;
      }
    }
    if (!bonds_.empty()) {
      leave_out(given, fmt::format("{} is in no subnet of a lagg", to_string(*route.gateway)));
    }
  }

  void add_default_routers() {
    for (const auto* key : {"defaultrouter", "ipv6_defaultrouter"}) {
      const auto* given = find(key);
      if (given == nullptr || lower_case(given->value) == "no") continue;
      const auto gateway = parse_ip(std::string_view(given->value).substr(0, given->value.find('%')));
      if (!gateway) {
        leave_out(*given, fmt::format("\"{}\" is not an IP address", given->value));
        continue;
      }
      auto route = default_route_via(*gateway);
      route.where = given->where;
      place_route(std::move(route), *given);
    }
  }

  void add_static_routes(std::string_view list, const std::string& prefix, bool ipv6) {
    const auto* names = find(list);
    if (names == nullptr) return;
    for (const auto name : split_words(names->value)) {
      const auto bare = name.substr(0, name.find(':'));  // "name:em0" is for that interface alone
      const auto* given = find(prefix + std::string(bare));
      if (given == nullptr) {
        leave_out(*names, fmt::format("{}{} is missing", prefix, bare));
        continue;
      }
      auto route = parse_route_arguments(split_words(given->value), ipv6);
      if (!route) {
        leave_out(*given, route.error());
        continue;
      }
      route->where = given->where;
      place_route(*std::move(route), *given);
    }
  }

  Notes notes_;
  std::vector<Assignment> assignments_;
  std::vector<Draft> bonds_;
};

}  // namespace

Result<Configuration> parse_freebsd_rc(const std::vector<TextFile>& files, Notes notes) {
  return RcReader(files, std::move(notes)).run();
}

Result<Configuration> read_freebsd_rc(const std::filesystem::path& path) {
  Notes notes;
  auto files = read_files(path, notes,
                          [](std::string_view name) { return name == "rc.conf" || name == "rc.conf.local"; });
  if (!files) return std::unexpected(files.error());
  return parse_freebsd_rc(*files, std::move(notes));
}

}  // namespace ebond::config
