#include "daemon/bond/store.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "core/options/option_table.h"

// JSON of foreign types, found by nlohmann's argument-dependent lookup of adl_serializer.
namespace nlohmann {

template <>
struct adl_serializer<ebond::wire::MacAddress> {
  static void to_json(json& out, const ebond::wire::MacAddress& mac) { out = mac.to_string(); }
  static void from_json(const json& in, ebond::wire::MacAddress& mac) {
    auto parsed = ebond::wire::MacAddress::parse(in.get<std::string>());
    if (!parsed) throw std::invalid_argument("no MAC address: " + in.dump());
    mac = *parsed;
  }
};

template <>
struct adl_serializer<ebond::core::SeenBy> {
  static void to_json(json& out, const ebond::core::SeenBy& seen_by) {
    out = ebond::core::seen_by_name(seen_by);
  }
  static void from_json(const json& in, ebond::core::SeenBy& seen_by) {
    seen_by = ebond::core::seen_by_of(in.get<std::string>());
  }
};

template <class T>
struct adl_serializer<std::optional<T>> {
  static void to_json(json& out, const std::optional<T>& value) {
    out = value ? json(*value) : json(nullptr);
  }
  static void from_json(const json& in, std::optional<T>& value) {
    value = in.is_null() ? std::nullopt : std::optional<T>(in.get<T>());
  }
};

/// Nanoseconds of CLOCK_MONOTONIC: the same for every process until the next boot.
template <>
struct adl_serializer<ebond::core::TimePoint> {
  static void to_json(json& out, const ebond::core::TimePoint& time) {
    out = time.time_since_epoch().count();
  }
  static void from_json(const json& in, ebond::core::TimePoint& time) {
    time = ebond::core::TimePoint(ebond::core::Duration(in.get<ebond::core::Duration::rep>()));
  }
};

/// An IP address by its octets: 4 or 16 of them.
template <>
struct adl_serializer<ebond::os::IpAddress> {
  static void to_json(json& out, const ebond::os::IpAddress& address) {
    std::visit([&](const auto& octets) { out = octets; }, address);
  }
  static void from_json(const json& in, ebond::os::IpAddress& address) {
    if (in.size() == 4) {
      address = in.get<ebond::wire::Ipv4Address>();
    } else {
      address = in.get<ebond::wire::Ipv6Address>();
    }
  }
};

}  // namespace nlohmann

namespace ebond::os {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NamespaceId, device, inode)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Address, ifindex, local, prefix_length, peer, broadcast, scope, flags,
                                   label, valid_lifetime, preferred_lifetime, metric)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Route, ipv6, destination, prefix_length, gateway, ifindex,
                                                metric, table, scope, protocol, tos, flags, preferred_source,
                                                metrics, expires)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Neighbour, ifindex, address, mac, proxy)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Rule, packed)
}  // namespace ebond::os

namespace ebond::wire {
void to_json(nlohmann::json& out, const LacpState& state) {
  out = state.octet();
}
void from_json(const nlohmann::json& in, LacpState& state) {
  state = LacpState(in.get<std::uint8_t>());
}
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LacpInfo, system_priority, system, key, port_priority, port_number, state)
}  // namespace ebond::wire

namespace ebond::core::lacp {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PortMemory, id, port_number, own_aggregator, aggregator, receive_state,
                                   mux_state, selected, actor_churn_state, partner_churn_state,
                                   actor_churned_count, partner_churned_count, actor_state, partner_knows_us,
                                   is_looped, partner)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Memory, last_aggregator, active_aggregator, ports)
}  // namespace ebond::core::lacp

namespace ebond::core {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(VlanKey, protocol, id)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LinkState, carrier, speed_mbps, duplex)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SlaveOptions, prio, queue_id, actor_port_prio)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NewSlave, ifindex, name, current_mac, permanent_mac, link)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PathHold, judge, why, shown, since, until, takes_in)

NLOHMANN_JSON_SERIALIZE_ENUM(DiscoveryProtocol,
                             {{DiscoveryProtocol::lldp, "LLDP"}, {DiscoveryProtocol::cdp, "CDP"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Neighbour, protocol, chassis, system, port, port_description,
                                                port_vlan, max_frame_size)

void to_json(nlohmann::json& out, const SlaveMemory& slave) {
  out = {{"facts", slave.facts},
         {"slot", slave.slot},
         {"options", slave.options},
         {"mii_status", slave.mii_status},
         {"link_failure_count", slave.link_failure_count},
         {"delay_ends", slave.delay_ends},
         {"path", slave.path},
         {"path_failure_count", slave.path_failure_count},
         {"own_mac", slave.own_mac},
         {"drained", slave.drained},
         {"neighbour", slave.neighbour}};
}
/// What an older ebond did not know of stands as if nothing had happened.
void from_json(const nlohmann::json& in, SlaveMemory& slave) {
  in.at("facts").get_to(slave.facts);
  in.at("slot").get_to(slave.slot);
  in.at("options").get_to(slave.options);
  in.at("mii_status").get_to(slave.mii_status);
  in.at("link_failure_count").get_to(slave.link_failure_count);
  in.at("delay_ends").get_to(slave.delay_ends);
  if (in.contains("path")) in.at("path").get_to(slave.path);
  slave.path_failure_count = in.value("path_failure_count", 0U);
  if (in.contains("own_mac")) in.at("own_mac").get_to(slave.own_mac);
  slave.drained = in.value("drained", false);
  if (in.contains("neighbour")) in.at("neighbour").get_to(slave.neighbour);
}

/// By the option table's own names and texts, so that a file of an older ebond reads in a newer one.
void to_json(nlohmann::json& out, const BondOptions& options) {
  out = nlohmann::json::object();
  for (const auto& spec : option_table()) {
    if (spec.is_action || spec.get == nullptr) continue;
    if (auto text = spec.get(options); !text.empty()) out[std::string(spec.name)] = text;
  }
}
void from_json(const nlohmann::json& in, BondOptions& options) {
  std::vector<std::pair<std::string, std::string>> changes;
  const auto mode = parse_mode(in.at("mode").get<std::string>());
  for (const auto& [name, text] : in.items()) {
    const auto* spec = find_option(name);
    // What does not fit the mode is at its default in this file.
    if (spec != nullptr && mode && !spec->fits_mode(*mode)) continue;
    changes.emplace_back(name, text.get<std::string>());
  }
  if (auto applied = apply_options(options, changes, {}); !applied) {
    throw std::invalid_argument(applied.error().message);
  }
}
void to_json(nlohmann::json& out, const RxClient& client) {
  out = {{"client", client.client}, {"server", client.server}, {"mac", client.mac}, {"vlan", client.vlan},
         {"slot", client.slot},     {"rounds", client.rounds}, {"due", client.due}};
}
void from_json(const nlohmann::json& in, RxClient& client) {
  in.at("client").get_to(client.client);
  in.at("server").get_to(client.server);
  in.at("mac").get_to(client.mac);
  in.at("vlan").get_to(client.vlan);
  in.at("slot").get_to(client.slot);
  in.at("rounds").get_to(client.rounds);
  in.at("due").get_to(client.due);
}

void to_json(nlohmann::json& out, const BondMemory& bond) {
  out = {{"name", bond.name},
         {"ifindex", bond.ifindex},
         {"mac", bond.mac},
         {"mac_is_user_set", bond.mac_is_user_set},
         {"admin_up", bond.admin_up},
         {"options", bond.options},
         {"active_slave", bond.active_slave},
         {"former_wearer", bond.former_wearer},
         {"slaves", bond.slaves},
         {"buckets", bond.buckets},
         {"lacp", bond.lacp},
         {"lacp_mac", bond.lacp_mac},
         {"clients", bond.clients}};
}
void from_json(const nlohmann::json& in, BondMemory& bond) {
  in.at("name").get_to(bond.name);
  in.at("ifindex").get_to(bond.ifindex);
  in.at("mac").get_to(bond.mac);
  in.at("mac_is_user_set").get_to(bond.mac_is_user_set);
  in.at("admin_up").get_to(bond.admin_up);
  in.at("options").get_to(bond.options);
  in.at("active_slave").get_to(bond.active_slave);
  bond.former_wearer = in.value("former_wearer", "");
  in.at("slaves").get_to(bond.slaves);
  in.at("buckets").get_to(bond.buckets);
  if (in.contains("lacp")) in.at("lacp").get_to(bond.lacp);
  if (in.contains("lacp_mac")) in.at("lacp_mac").get_to(bond.lacp_mac);
  if (in.contains("clients")) in.at("clients").get_to(bond.clients);
}
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Failover, realtime_ns, from, to, why, seen_by, table_us, announce_us)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FailoverHistory, latest, by_cause, by_time, total_us)
}  // namespace ebond::core

namespace ebond::daemon {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Belongings, interface, addresses, routes, neighbours, rules)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Moved, upper, upper_name, belongings)

void to_json(nlohmann::json& out, const SlaveOriginals& slave) {
  out = {{"ifindex", slave.ifindex},
         {"name", slave.name},
         {"mac", slave.mac},
         {"permanent_mac", slave.permanent_mac},
         {"bus", slave.bus},
         {"mtu", slave.mtu},
         {"flags", slave.flags},
         {"disable_ipv6", slave.disable_ipv6},
         {"had_clsact", slave.had_clsact},
         {"had_lro", slave.had_lro},
         {"addresses", slave.addresses},
         {"routes", slave.routes},
         {"leaving", slave.leaving},
         {"told_vlans", slave.told.vlans},
         {"told_unicast", slave.told.unicast},
         {"told_multicast", slave.told.multicast},
         {"moved", slave.moved},
         {"at_home", slave.at_home}};
}
void from_json(const nlohmann::json& in, SlaveOriginals& slave) {
  in.at("ifindex").get_to(slave.ifindex);
  in.at("name").get_to(slave.name);
  in.at("mac").get_to(slave.mac);
  if (in.contains("permanent_mac")) in.at("permanent_mac").get_to(slave.permanent_mac);
  in.at("mtu").get_to(slave.mtu);
  in.at("flags").get_to(slave.flags);
  in.at("disable_ipv6").get_to(slave.disable_ipv6);
  in.at("had_clsact").get_to(slave.had_clsact);
  in.at("addresses").get_to(slave.addresses);
  in.at("routes").get_to(slave.routes);
  // What an older ebond did not note.
  slave.leaving = in.value("leaving", false);
  slave.bus = in.value("bus", std::string());
  if (in.contains("had_lro")) in.at("had_lro").get_to(slave.had_lro);
  if (in.contains("told_vlans")) in.at("told_vlans").get_to(slave.told.vlans);
  if (in.contains("told_unicast")) in.at("told_unicast").get_to(slave.told.unicast);
  if (in.contains("told_multicast")) in.at("told_multicast").get_to(slave.told.multicast);
  if (in.contains("moved")) in.at("moved").get_to(slave.moved);
  if (in.contains("at_home")) in.at("at_home").get_to(slave.at_home);
}
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SlaveSince, ifindex, status, status_ns, active, role_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SinceMemory, carrier, carrier_ns, slaves)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AbsentSlave, name, permanent_mac, options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SlaveSnapshot, name, options)
// An older ebond did not note where bond0 stood.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BondSnapshot, name, options, slaves, awaited, stands_in, mtu,
                                                mac, up, has_master, above, addresses, routes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Checkpoint, where, namespace_cookie, boot_id, deadline, absent, bonds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StoredHome, where, namespace_cookie, own_netns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StoredBond, where, lower, memory, originals, absent)

namespace {

/// JSON is UTF-8, and a name of the kernel's is any octets: one that is not UTF-8 stands as {"octets":
/// "65ff30"}.
constexpr const char* kOctets = "octets";

bool is_utf8(const std::string& text) {
  try {
    (void)nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

void spell_octets(nlohmann::json& value) {
  if (value.is_structured()) {
    for (auto& part : value) spell_octets(part);
  } else if (value.is_string() && !is_utf8(value.get_ref<const std::string&>())) {
    std::string digits;
    for (const char octet : value.get_ref<const std::string&>()) {
      digits += fmt::format("{:02x}", static_cast<unsigned char>(octet));
    }
    value = {{kOctets, digits}};
  }
}

std::string from_digits(const std::string& digits) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    octets += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return octets;
}

void read_octets(nlohmann::json& value) {
  if (!value.is_structured()) return;
  if (value.is_object() && value.size() == 1 && value.contains(kOctets)) {
    value = from_digits(value.at(kOctets).get<std::string>());
    return;
  }
  for (auto& part : value) read_octets(part);
}

// What the core takes for granted of its memory, and a file may lack.

void want(bool fits, const std::string& what) {
  if (!fits) throw std::invalid_argument(what);
}

constexpr int kMaxDepth = 16;  // of lists and objects in each other; a bond's has some six

/// All numbers in a state file are whole: as one of them, a fraction or a power of ten would be undefined.
nlohmann::json parsed(const std::string& text) {
  using Json = nlohmann::json;
  auto document = Json::parse(text, [](int depth, Json::parse_event_t event, const Json& value) {
    want(depth <= kMaxDepth, fmt::format("it nests lists and objects more than {} deep", kMaxDepth));
    want(event != Json::parse_event_t::value || !value.is_number_float(),
         fmt::format("{} is no whole number", value.dump()));
    return true;
  });
  read_octets(document);
  return document;
}

void check(core::SlotId slot) {
  const auto number = static_cast<unsigned>(slot);
  want(number < core::kMaxSlots, fmt::format("slot {} is not one of 0 to {}", number, core::kMaxSlots - 1));
}

void check(core::MiiStatus status) {
  const auto number = static_cast<unsigned>(status);
  want(number <= static_cast<unsigned>(core::MiiStatus::going_back),
       fmt::format("MII status {} is not one", number));
}

void check(const core::BondMemory& bond) {
  want(!bond.name.empty() && bond.ifindex != core::IfIndex{}, "there is no bond in it");
  std::set<core::SlotId> slots;
  std::set<core::IfIndex> slaves;
  for (const auto& slave : bond.slaves) {
    check(slave.slot);
    check(slave.mii_status);
    for (const auto& hold : slave.path) check(hold.shown);
    want(slots.insert(slave.slot).second && slaves.insert(slave.facts.ifindex).second,
         fmt::format("slave {} has the slot or the ifindex of another one", slave.facts.name));
  }
  want(bond.buckets.size() <= core::Table::kMaxBuckets,
       fmt::format("{} buckets are more than there are", bond.buckets.size()));
  for (const auto slot : bond.buckets) check(slot);
  for (const auto& client : bond.clients) check(client.slot);
}

}  // namespace

std::string to_text(const StoredBond& bond) {
  nlohmann::json document = bond;
  document["format"] = bond.home ? StoredBond::kFormatWithHome : StoredBond::kFormat;
  document["home"] = bond.home;
  document["last_failover"] = bond.last_failover;
  document["failovers"] = bond.failovers;
  document["since"] = bond.since;
  document["ending"] = bond.ending;
  document["boot_id"] = bond.boot_id;
  document["namespace_cookie"] = bond.namespace_cookie;
  document["cookie"] = bond.cookie;
  document["label"] = bond.label;
  spell_octets(document);
  document["vlans_elsewhere"] = bond.vlans_elsewhere;
  return document.dump(1) + "\n";
}

os::Result<StoredBond> from_text(const std::string& text, const std::filesystem::path& file) {
  try {
    auto document = parsed(text);
    const auto format = document.at("format").get<int>();
    if (format != StoredBond::kFormat && format != StoredBond::kFormatWithHome) {
      return os::errno_error(
          fmt::format("{} is of format {}, but this ebond knows formats {} and {}: left untouched",
                      file.string(), format, StoredBond::kFormat, StoredBond::kFormatWithHome),
          EPROTO);
    }
    auto bond = document.get<StoredBond>();
    check(bond.memory);
    if (document.contains("last_failover")) document.at("last_failover").get_to(bond.last_failover);
    if (document.contains("failovers")) document.at("failovers").get_to(bond.failovers);
    if (document.contains("since")) document.at("since").get_to(bond.since);
    bond.ending = document.value("ending", false);
    bond.boot_id = document.value("boot_id", "");
    bond.namespace_cookie = document.value("namespace_cookie", std::uint64_t{0});
    bond.cookie = document.value("cookie", "");
    bond.label = document.value("label", "");
    if (document.contains("home")) document.at("home").get_to(bond.home);
    if (document.contains("vlans_elsewhere")) document.at("vlans_elsewhere").get_to(bond.vlans_elsewhere);
    return bond;
  } catch (const std::exception& error) {
    return os::errno_error(fmt::format("cannot read {} ({})", file.string(), error.what()), EINVAL);
  }
}

std::string to_text(const Checkpoint& checkpoint) {
  nlohmann::json document = checkpoint;
  spell_octets(document);
  document["format"] = StoredBond::kFormat;
  return document.dump(1) + "\n";
}

os::Result<Checkpoint> checkpoint_from_text(const std::string& text, const std::filesystem::path& file) {
  try {
    auto document = parsed(text);
    want(document.at("format").get<int>() == StoredBond::kFormat, "it is of another format");
    return document.get<Checkpoint>();
  } catch (const std::exception& error) {
    return os::errno_error(fmt::format("cannot read {} ({})", file.string(), error.what()), EINVAL);
  }
}

}  // namespace ebond::daemon
