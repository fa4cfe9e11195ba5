#include "config/sysconfig_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/file_list.h"
#include "config/route_file.h"
#include "config/route_words.h"
#include "config/values.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIfcfgPrefix = "ifcfg-";

/// A gateway with a metric of its own is a route; one without is what `gateways` are for.
void add_gateway(BondConfig& bond, const std::optional<Route>& route) {
  if (!route) return;
  if (route->metric) {
    bond.routes.push_back(*route);
  } else {
    bond.gateways.push_back(*route->gateway);
  }
}

bool in_a_subnet_of(const BondConfig& bond, const IpAddress& gateway) {
  return std::ranges::any_of(
      bond.addresses, [&](const InterfaceAddress& address) { return address.prefix.contains(gateway); });
}

/// The device that a VLAN is on: PHYSDEV, or what stands before the last dot of its name.
std::string device_below(const IfcfgFile& file) {
  if (const auto* physdev = file.find("PHYSDEV")) return physdev->value;
  const auto dot = file.device().rfind('.');
  return dot == std::string::npos ? std::string() : file.device().substr(0, dot);
}

}  // namespace

Result<SysconfigFiles> SysconfigFiles::read(const fs::path& network_scripts, const fs::path& network) {
  SysconfigFiles result;
  result.directory_ = fs::is_regular_file(network_scripts) ? network_scripts.parent_path() : network_scripts;
  const auto texts = read_files(network_scripts, result.notes_, [](std::string_view name) {
    return name.starts_with(kIfcfgPrefix) && !is_leftover(name);
  });
  if (!texts) return std::unexpected(texts.error());
  for (const auto& [path, name, text] : *texts) {
    const auto device = name.starts_with(kIfcfgPrefix) ? name.substr(kIfcfgPrefix.size()) : name;
    result.files_.push_back(IfcfgFile::parse(text, path, device));
    const auto& notes = result.files_.back().notes();
    result.notes_.insert(result.notes_.end(), notes.begin(), notes.end());
  }
  if (const auto text = read_text_file(network.string())) {
    result.network_ = IfcfgFile::parse(*text, network.string(), "network");
  }
  return result;
}

const IfcfgFile* SysconfigFiles::of_device(std::string_view device) const {
  const IfcfgFile* of_card = nullptr;
  for (const auto& file : files_) {
    if (file.device() != device) continue;
    if (file.find("HWADDR") == nullptr) return &file;
    if (of_card == nullptr) of_card = &file;
  }
  return of_card;
}

std::string SysconfigFiles::device_called(const std::string& name_or_uuid) const {
  if (of_device(name_or_uuid) != nullptr) return name_or_uuid;
  for (const auto& file : files_) {
    const auto* uuid = file.find("UUID");
    if (uuid != nullptr && lower_case(uuid->value) == lower_case(name_or_uuid)) return file.device();
  }
  return {};
}

Result<> SysconfigFiles::add_network(Draft& draft, const IfcfgFile& own) {
  if (own.fault()) return std::unexpected(*own.fault());
  auto& bond = draft.bond;
  note_keys_not_understood(own, notes_);
  if (auto read = read_link_settings(own, bond, notes_); !read) return read;
  if (auto read = add_addresses(bond, own); !read) return read;
  const auto gateways = read_gateways(own, notes_);
  if (!gateways) return std::unexpected(gateways.error());
  add_gateway(bond, gateways->ipv4);
  add_gateway(bond, gateways->ipv6);
  add_global_gateways(bond, own);
  add_routes_of(bond.name, bond.routes);
  leave_addresses_to_the_bridge(bond, own);
  add_vlans(bond);
  return {};
}

/// Addresses of its own file and of its alias files (ifcfg-bond0:1).
Result<> SysconfigFiles::add_addresses(BondConfig& bond, const IfcfgFile& own) {
  const auto addresses = read_addresses(own, notes_);
  if (!addresses) return std::unexpected(addresses.error());
  bond.addresses.insert(bond.addresses.end(), addresses->begin(), addresses->end());
  for (const auto& file : files_) {
    if (file.is_alias() && file.base_device() == bond.name) add_alias(bond, file);
  }
  return {};
}

void SysconfigFiles::add_alias(BondConfig& bond, const IfcfgFile& file) {
  if (file.fault()) return;  // said with the other broken files
  if (!file.flag("ONPARENT", true, notes_)) {
    const auto* ipaddr = file.find("IPADDR");
    note(file.where("ONPARENT"), fmt::format("ONPARENT=no: {} is not set together with {}",
                                             ipaddr != nullptr ? ipaddr->value : file.device(), bond.name));
    return;
  }
  const auto addresses = read_addresses(file, notes_);
  if (addresses) {
    bond.addresses.insert(bond.addresses.end(), addresses->begin(), addresses->end());
  } else {
    note(addresses.error().where, addresses.error().message + ": left out");
  }
}

/// The gateways of the file `network` are the interface's in whose subnet they are.
void SysconfigFiles::add_global_gateways(BondConfig& bond, const IfcfgFile& own) {
  struct Global {
    const char* gateway;
    const char* device;
    const char* wanted;
    const char* metric;
  };
  for (const auto& [gateway, device, wanted, metric] :
       {Global{"GATEWAY", "GATEWAYDEV", "DEFROUTE", "METRIC"},
        Global{"IPV6_DEFAULTGW", "IPV6_DEFAULTDEV", "IPV6_DEFROUTE", "IPV6_ROUTE_METRIC"}}) {
    const auto* given = network_.find(gateway);
    const auto* out_of = network_.find(device);
    if (given == nullptr || own.find(gateway) != nullptr || !own.flag(wanted, true, notes_)) continue;
    const auto address = parse_ip(std::string_view(given->value).substr(0, given->value.find('%')));
    if (!address) {
      note(given->where, fmt::format("{}={} is not an IP address: left out", given->key, given->value));
      continue;
    }
    const auto same_family = [&](const IpAddress& other) { return other.index() == address->index(); };
    if (out_of != nullptr ? out_of->value != bond.name : !in_a_subnet_of(bond, *address)) continue;
    if (std::ranges::any_of(bond.gateways, same_family)) continue;
    auto route = default_route_via(*address);
    route.where = given->where;
    route.metric = read_metric(own, metric, notes_);
    add_gateway(bond, route);
  }
}

void SysconfigFiles::add_routes_of(const std::string& device, std::vector<Route>& routes) {
  for (const bool ipv6 : {false, true}) {
    const auto path = directory_ / ((ipv6 ? "route6-" : "route-") + device);
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    const auto text = read_text_file(path.string());
    if (!text) {
      notes_.push_back(text.error());
      continue;
    }
    auto file = parse_route_file(*text, path.string(), device, ipv6);
    std::ranges::move(file.routes, std::back_inserter(routes));
    std::ranges::move(file.notes, std::back_inserter(notes_));
  }
}

void SysconfigFiles::leave_addresses_to_the_bridge(BondConfig& bond, const IfcfgFile& own) {
  const auto* bridge = own.find("BRIDGE");
  if (bridge == nullptr) return;
  bond.bridge = bridge->value;
  if (!bond.addresses.empty() || bond.dhcp4 || bond.dhcp6) {
    note(bridge->where, fmt::format("BRIDGE={}: addresses of {} are not set, they are the bridge's",
                                    bridge->value, bond.name));
  }
  bond.addresses.clear();
  bond.gateways.clear();
  bond.routes.clear();
  bond.dhcp4 = bond.dhcp6 = false;
}

void SysconfigFiles::add_vlans(BondConfig& bond) {
  for (const auto& file : files_) {
    if (file.is_vlan() && !file.fault() && device_below(file) == bond.name) add_vlan(bond, file);
  }
}

void SysconfigFiles::add_vlan(BondConfig& bond, const IfcfgFile& file) {
  VlanConfig vlan;
  vlan.name = file.device();
  const auto* number = file.find("VLAN_ID");
  if (number == nullptr) number = file.find("VID");
  const auto id = number != nullptr ? parse_vlan_number(number->value) : vlan_number_of_name(vlan.name);
  if (!id) {
    note(number != nullptr ? number->where : file.where("DEVICE"),
         fmt::format("{} is no VLAN's number: it goes from 0 to 4094, in VLAN_ID or at the end of the name: "
                     "the VLAN is left out",
                     number != nullptr ? number->key + "=" + number->value : vlan.name));
    return;
  }
  vlan.id = *id;
  if (const auto* options = file.find("BONDING_OPTS")) {
    note(options->where, "BONDING_OPTS: a VLAN has no options of a bond: left out");
  }
  note_keys_not_understood(file, notes_);
  const auto addresses = read_addresses(file, notes_);
  const auto gateways = read_gateways(file, notes_);
  const auto mtu = read_mtu(file);
  for (const auto& problem : {addresses ? std::optional<Problem>() : addresses.error(),
                              gateways ? std::optional<Problem>() : gateways.error(),
                              mtu ? std::optional<Problem>() : mtu.error()}) {
    if (problem) note(problem->where, problem->message + ": left out");
  }
  if (addresses) vlan.addresses = *addresses;
  if (gateways && gateways->ipv4) vlan.routes.push_back(*gateways->ipv4);
  if (gateways && gateways->ipv6) vlan.routes.push_back(*gateways->ipv6);
  if (mtu) vlan.mtu = *mtu;
  add_routes_of(vlan.name, vlan.routes);
  const auto wishes = read_dhcp(file, notes_);
  vlan.dhcp4 = wishes.dhcp4;
  vlan.dhcp6 = wishes.dhcp6;
  bond.vlans.push_back(std::move(vlan));
}

SlaveDraft SysconfigFiles::slave_of(const IfcfgFile& file, Notes& notes) {
  SlaveDraft draft{.slave = {.name = file.device()}, .where = file.where("DEVICE")};
  note_keys_not_understood(file, notes);
  if (const auto* mac = file.find("HWADDR")) {
    draft.slave.match.mac = parse_unicast_mac(mac->value);
    if (!draft.slave.match.mac) {
      notes.push_back(
          {mac->where, fmt::format("HWADDR={} is not a MAC address of a card, like 02:00:00:00:00:01: "
                                   "not compared",
                                   mac->value)});
    }
  }
  for (const auto* key : {"IPADDR", "IPV6ADDR"}) {
    if (file.find(key) == nullptr) continue;
    notes.push_back(
        {file.where(key), fmt::format("{}: a slave carries no address of its own: ignored", key)});
  }
  return draft;
}

void SysconfigFiles::note_broken_files(const std::vector<const IfcfgFile*>& needed) {
  for (const auto& file : files_) {
    if (!file.fault() || std::ranges::find(needed, &file) != needed.end()) continue;
    note(file.fault()->where, file.fault()->message + ": the file is left out");
  }
}

}  // namespace ebond::config
