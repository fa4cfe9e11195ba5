#include "config/formats/networkd.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/draft.h"
#include "config/formats/networkd_values.h"
#include "config/ini_file.h"
#include "config/natural_order.h"
#include "config/route_words.h"
#include "config/shell_file.h"
#include "config/values.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

/// A unit as networkd sees it: the main file's sections, then those of the drop-ins.
IniFile joined(const NetworkdUnit& unit, Notes& notes) {
  auto file = parse_ini(unit.main.text, unit.main.path, IniSyntax::systemd);
  std::ranges::move(file.notes, std::back_inserter(notes));
  for (const auto& drop_in : unit.drop_ins) {
    auto more = parse_ini(drop_in.text, drop_in.path, IniSyntax::systemd);
    std::ranges::move(more.notes, std::back_inserter(notes));
    std::ranges::move(more.sections, std::back_inserter(file.sections));
  }
  return file;
}

/// The words of a key that may be given several times; an empty value forgets those before.
std::vector<IniEntry> all_of(const IniFile& file, std::string_view section, std::string_view key) {
  std::vector<IniEntry> entries;
  for (const auto& candidate : file.sections) {
    if (candidate.name != section) continue;
    for (const auto& entry : candidate.entries) {
      if (entry.key != key) continue;
      if (entry.value.empty()) entries.clear();
      for (const auto word : split_words(entry.value))
        entries.push_back({entry.key, std::string(word), entry.where});
    }
  }
  return entries;
}

/// A virtual device as its .netdev file makes it.
struct NetDev {
  std::string name;
  std::string kind;
  std::optional<wire::MacAddress> mac;
};

bool matches_words(const std::vector<IniEntry>& words, const std::string& name) {
  if (words.empty()) return false;
  const bool inverted = words.front().value.starts_with('!');
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto pattern = i == 0 && inverted ? words[i].value.substr(1) : words[i].value;
    if (matches_pattern(pattern, name)) return !inverted;
  }
  return inverted;
}

/// If a .network file is about this device. Of what networkd matches by, a device that is not there yet has
/// its name, kind and MAC address.
bool is_about(const IniFile& network, const NetDev& device) {
  if (network.find("Match") == nullptr) return false;
  bool matched = false;
  for (const auto& section : network.sections) {
    if (section.name != "Match") continue;
    for (const auto& entry : section.entries) {
      const auto words = all_of(network, "Match", entry.key);
      bool fits = false;
      if (entry.key == "Name") fits = matches_words(words, device.name);
      if (entry.key == "Kind" || entry.key == "Type") fits = matches_words(words, device.kind);
      if (entry.key == "MACAddress" && device.mac) {
        fits = std::ranges::any_of(
            words, [&](const IniEntry& word) { return wire::MacAddress::parse(word.value) == device.mac; });
      }
      if (!fits) return false;
      matched = true;
    }
  }
  return matched;
}

class NetworkdReader {
 public:
  NetworkdReader(const std::vector<NetworkdUnit>& units, Notes notes) : notes_(std::move(notes)) {
    for (const auto& unit : units) {
      auto& files = unit.main.name.ends_with(".netdev") ? netdevs_ : networks_;
      files.push_back(joined(unit, notes_));
    }
  }

  Result<Configuration> run() {
    std::erase_if(networks_, [&](const IniFile& file) { return is_without_match(file); });
    for (const auto& file : netdevs_) read_netdev(file);
    for (const auto& network : networks_) read_slaves(network);
    for (auto& draft : bonds_) read_own_network(draft);
    return finish(std::move(bonds_), std::move(notes_));
  }

 private:
  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }
  void not_understood(const IniEntry& entry, std::string_view why) {
    note(entry.where, fmt::format("{}={} {}: left out", entry.key, entry.value, why));
  }

  bool is_without_match(const IniFile& file) {
    const auto* match = file.find("Match");
    if (match != nullptr && !match->entries.empty()) return false;
    const auto where = file.sections.empty() ? Location{file.path} : file.sections.front().where;
    const auto first =
        file.sections.empty() ? std::string("the file") : "[" + file.sections.front().name + "]";
    note(where,
         fmt::format("{}: no [Match] before it says which links the file is for: it is left out, as it "
                     "would fit every one there is",
                     first));
    return true;
  }

  // ---- .netdev

  void read_netdev(const IniFile& file) {
    const auto* name = file.find("NetDev", "Name");
    const auto* kind = file.find("NetDev", "Kind");
    if (name == nullptr || kind == nullptr) {
      note(file.sections.empty() ? Location{file.path} : file.sections.front().where,
           "[NetDev] lacks Name= or Kind=: the file is left out");
      return;
    }
    if (kind->value == "vlan") vlans_[name->value] = &file;
    if (kind->value != "bond") return;
    if (find_draft(bonds_, name->value) != nullptr) {
      note(name->where, fmt::format("Name={} is described in another file already: left out", name->value));
      return;
    }
    Draft draft;
    draft.bond.name = name->value;
    draft.bond.where = name->where;
    for (const auto& section : file.sections) {
      for (const auto& entry : section.entries) {
        if (section.name == "NetDev") read_netdev_key(draft.bond, entry);
        if (section.name == "Bond") read_bond_key(draft, entry);
      }
    }
    bonds_.push_back(std::move(draft));
  }

  void read_netdev_key(BondConfig& bond, const IniEntry& entry) {
    if (entry.key == "MACAddress") {
      set_mac(bond, entry);
    } else if (entry.key == "MTUBytes") {
      set_mtu(bond.mtu, entry);
    } else if (entry.key != "Name" && entry.key != "Kind" && entry.key != "Description") {
      not_understood(entry, "is not understood");
    }
  }

  void read_bond_key(Draft& draft, const IniEntry& entry) {
    auto read = networkd_bond_option(entry);
    if (!read.fault.empty()) return not_understood(entry, read.fault);
    if (!read.remark.empty()) note(entry.where, fmt::format("{}={} {}", entry.key, entry.value, read.remark));
    if (read.option) draft.options.push_back(*std::move(read.option));
  }

  // ---- .network of slaves

  void read_slaves(const IniFile& network) {
    const auto* bond_name = network.find("Network", "Bond");
    if (bond_name == nullptr || bond_name->value.empty()) return;
    auto* draft = find_draft(bonds_, bond_name->value);
    if (draft == nullptr) {
      note(bond_name->where, fmt::format("Bond={} is no bond here: left out", bond_name->value));
      return;
    }
    auto slaves = matched_cards(network);
    const auto* primary = network.find("Network", "PrimarySlave");
    if (primary != nullptr && parse_yes_no(primary->value) == true) set_primary(*draft, slaves, *primary);
    for (const auto* key : {"ActiveSlave", "Address", "DHCP", "Gateway"}) {
      if (const auto* entry = network.find("Network", key)) not_understood(*entry, "is not for a slave here");
    }
    std::ranges::move(slaves, std::back_inserter(draft->slaves));
  }

  /// The cards that [Match] means: by names, by MACs, or by one name that must have one of the MACs.
  std::vector<SlaveDraft> matched_cards(const IniFile& network) {
    const auto names = all_of(network, "Match", "Name");
    auto macs = all_of(network, "Match", "MACAddress");
    std::ranges::move(all_of(network, "Match", "PermanentMACAddress"), std::back_inserter(macs));
    for (const auto& section : network.sections) {
      if (section.name != "Match") continue;
      for (const auto& entry : section.entries) {
        if (entry.key == "Name" || entry.key == "MACAddress" || entry.key == "PermanentMACAddress") continue;
        if (entry.key == "Type" && entry.value == "ether") continue;
        not_understood(entry, "is not compared: cards are found by Name= and MACAddress=");
      }
    }
    std::vector<SlaveDraft> slaves;
    if (!names.empty() && names.front().value.starts_with('!')) {
      not_understood(names.front(), "names what it is not: cards are found by what they are");
      return slaves;
    }
    if (names.empty()) {
      for (const auto& mac : macs) add_card(slaves, network, nullptr, &mac);
    }
    for (const auto& name : names) {
      if (macs.empty()) add_card(slaves, network, &name, nullptr);
      for (const auto& mac : macs) add_card(slaves, network, &name, &mac);
    }
    if (names.empty() && macs.empty()) {
      note(network.find("Match")->where, "[Match] names no card: no slave comes of it");
    }
    return slaves;
  }

  void add_card(std::vector<SlaveDraft>& slaves, const IniFile& network, const IniEntry* name,
                const IniEntry* mac) {
    SlaveDraft draft{.slave = {}, .where = name != nullptr ? name->where : mac->where};
    if (mac != nullptr) {
      draft.slave.match.mac = parse_unicast_mac(mac->value);
      if (!draft.slave.match.mac) return not_understood(*mac, "is not the MAC address of a card");
    }
    if (name != nullptr) {
      (is_pattern(name->value) ? draft.slave.match.name : draft.slave.name) = name->value;
    }
    const auto* earlier = earlier_file_about(network, draft.slave);
    if (earlier == nullptr) {
      slaves.push_back(std::move(draft));
      return;
    }
    note(draft.where, fmt::format("{}: {} comes first and is about it too: only the first file counts",
                                  draft.slave.to_string(), earlier->path));
  }

  /// Only the first .network file that matches a link is applied to it.
  const IniFile* earlier_file_about(const IniFile& network, const SlaveConfig& slave) const {
    if (slave.name.empty()) return nullptr;
    for (const auto& file : networks_) {
      if (&file == &network) return nullptr;
      if (is_about(file, {slave.name, "ether", slave.match.mac})) return &file;
    }
    return nullptr;
  }

  void set_primary(Draft& draft, const std::vector<SlaveDraft>& slaves, const IniEntry& entry) {
    if (slaves.size() != 1) return not_understood(entry, "is for a file that matches one card");
    draft.set_primary(slaves.front().slave, entry.where, entry.key);
  }

  // ---- .network of the bond itself, and of VLANs on it

  const IniFile* network_of(const NetDev& device) const {
    const auto found =
        std::ranges::find_if(networks_, [&](const IniFile& file) { return is_about(file, device); });
    return found == networks_.end() ? nullptr : &*found;
  }

  void read_own_network(Draft& draft) {
    auto& bond = draft.bond;
    const auto* network = network_of({bond.name, "bond", bond.mac});
    if (network == nullptr) return;
    NetworkdAddresses read(notes_);
    read.add(*network);
    bond.addresses = std::move(read.addresses);
    bond.routes = std::move(read.routes);
    bond.dhcp4 = read.dhcp4;
    bond.dhcp6 = read.dhcp6;
    for (const auto& section : network->sections) {
      for (const auto& entry : section.entries) {
        if (section.name == "Network") read_network_key(bond, entry);
        if (section.name == "Link") read_link_key(bond, entry);
      }
    }
    for (const auto& vlan : all_of(*network, "Network", "VLAN")) add_vlan(bond, vlan);
  }

  void read_network_key(BondConfig& bond, const IniEntry& entry) {
    constexpr std::array<std::string_view, 20> kOfNoAccount{"Description",
                                                            "LinkLocalAddressing",
                                                            "ConfigureWithoutCarrier",
                                                            "IgnoreCarrierLoss",
                                                            "KeepConfiguration",
                                                            "LLDP",
                                                            "EmitLLDP",
                                                            "LLMNR",
                                                            "MulticastDNS",
                                                            "DNSSEC",
                                                            "DNSOverTLS",
                                                            "BindCarrier",
                                                            "IPv6AcceptRA",
                                                            "IPv6PrivacyExtensions",
                                                            "PrimarySlave",
                                                            "ActiveSlave",
                                                            "VLAN",
                                                            "DHCP",
                                                            "Address",
                                                            "Gateway"};
    if (entry.key == "Bridge") {
      bond.bridge = entry.value;
    } else if (std::ranges::find(kOfNoAccount, entry.key) == kOfNoAccount.end()) {
      not_understood(entry, "is not carried out");
    }
  }

  void read_link_key(BondConfig& bond, const IniEntry& entry) {
    if (entry.key == "MTUBytes") {
      set_mtu(bond.mtu, entry);
    } else if (entry.key == "MACAddress") {
      set_mac(bond, entry);
    } else if (entry.key != "RequiredForOnline" && entry.key != "RequiredFamilyForOnline" &&
               entry.key != "ActivationPolicy") {
      not_understood(entry, "is not carried out");
    }
  }

  void add_vlan(BondConfig& bond, const IniEntry& named) {
    const auto netdev = vlans_.find(named.value);
    if (netdev == vlans_.end()) return not_understood(named, "has no .netdev file with Kind=vlan");
    const auto* id = netdev->second->find("VLAN", "Id");
    const auto number = id != nullptr ? parse_vlan_number(id->value) : std::nullopt;
    if (!number) {
      note(id != nullptr ? id->where : Location{netdev->second->path},
           fmt::format("Id={} is no VLAN's number: it goes from 0 to 4094: {} is left out",
                       id != nullptr ? id->value : "", named.value));
      return;
    }
    VlanConfig vlan{.id = *number, .name = named.value};
    if (const auto* network = network_of({named.value, "vlan", {}})) {
      NetworkdAddresses read(notes_);
      read.add(*network);
      vlan.addresses = std::move(read.addresses);
      vlan.routes = std::move(read.routes);
      vlan.dhcp4 = read.dhcp4;
      vlan.dhcp6 = read.dhcp6;
      if (const auto* mtu = network->find("Link", "MTUBytes")) set_mtu(vlan.mtu, *mtu);
    }
    bond.vlans.push_back(std::move(vlan));
  }

  void set_mac(BondConfig& bond, const IniEntry& entry) {
    if (entry.value == "none") return;
    const auto mac = parse_unicast_mac(entry.value);
    if (!mac) return not_understood(entry, "is not a MAC address that an interface may have");
    bond.mac = mac;
  }

  void set_mtu(std::optional<std::uint32_t>& mtu, const IniEntry& entry) {
    const auto value = networkd_mtu(entry.value);
    if (!value)
      return not_understood(entry, fmt::format("is not an MTU: it goes from {} to {}", kLeastMtu, kMostMtu));
    mtu = value;
  }

  Notes notes_;
  std::vector<IniFile> netdevs_;
  std::vector<IniFile> networks_;
  std::map<std::string, const IniFile*> vlans_;
  std::vector<Draft> bonds_;
};

bool is_unit(std::string_view name) {
  return name.ends_with(".netdev") || (name.ends_with(".network") && name != kOurNetworkFile);
}

}  // namespace

Result<Configuration> parse_networkd(const std::vector<NetworkdUnit>& units, Notes notes) {
  return NetworkdReader(units, std::move(notes)).run();
}

Result<Configuration> read_networkd(const std::vector<fs::path>& directories) {
  Notes notes;
  std::map<std::string, NetworkdUnit, std::less<>> units;  // by name: the order in which networkd reads them
  std::map<std::string, std::map<std::string, TextFile>> drop_ins;
  for (const auto& directory : directories) {
    auto files = read_files(directory, notes, is_unit);
    if (!files) return std::unexpected(files.error());
    for (auto& file : *files) units.emplace(file.name, NetworkdUnit{file, {}});
    std::error_code ignored;
    if (!fs::is_directory(directory, ignored)) continue;
    const auto names = names_in(directory);
    if (!names) continue;
    for (const auto& name : *names) {
      if (!name.ends_with(".d") || !is_unit(std::string_view(name).substr(0, name.size() - 2))) continue;
      const auto changes =
          read_files(directory / name, notes, [](std::string_view file) { return file.ends_with(".conf"); });
      if (!changes) continue;
      for (const auto& change : *changes)
        drop_ins[name.substr(0, name.size() - 2)].emplace(change.name, change);
    }
  }
  std::vector<NetworkdUnit> in_order;
  for (auto& [name, unit] : units) {
    if (trimmed_blanks(unit.main.text).empty()) continue;  // an empty file hides the others of its name
    for (auto& [file, change] : drop_ins[name]) unit.drop_ins.push_back(std::move(change));
    in_order.push_back(std::move(unit));
  }
  return parse_networkd(in_order, std::move(notes));
}

}  // namespace ebond::config
