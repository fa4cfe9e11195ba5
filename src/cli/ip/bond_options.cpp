#include "cli/ip/bond_options.h"

#include <linux/if_link.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "wire/ip_address.h"
#include "wire/mac_address.h"

namespace ebond::cli::ip {
namespace {

using nlohmann::json;

// Newer than some kernel headers: numbers of the kernel's interface.
constexpr std::uint16_t kCoupledControl = 32;
constexpr std::uint16_t kBroadcastNeighbor = 33;
constexpr std::uint16_t kLacpStrict = 34;
constexpr std::uint16_t kSlaveActorPortPriority = 10;
constexpr std::uint16_t kSlaveActorChurn = 11;
constexpr std::uint16_t kSlavePartnerChurn = 12;

struct Number {
  std::uint16_t attribute;
  std::uint8_t width;     ///< bytes
  std::string_view name;  ///< in the option table
};

/// Those of every mode, in the driver's order.
constexpr std::array kNumbers{
    Number{IFLA_BOND_MODE, 1, "mode"},
    Number{IFLA_BOND_MIIMON, 4, "miimon"},
    Number{IFLA_BOND_UPDELAY, 4, "updelay"},
    Number{IFLA_BOND_DOWNDELAY, 4, "downdelay"},
    Number{IFLA_BOND_PEER_NOTIF_DELAY, 4, "peer_notif_delay"},
    Number{IFLA_BOND_USE_CARRIER, 1, "use_carrier"},
    Number{IFLA_BOND_ARP_INTERVAL, 4, "arp_interval"},
    Number{IFLA_BOND_ARP_VALIDATE, 4, "arp_validate"},
    Number{IFLA_BOND_ARP_ALL_TARGETS, 4, "arp_all_targets"},
    Number{IFLA_BOND_PRIMARY_RESELECT, 1, "primary_reselect"},
    Number{IFLA_BOND_FAIL_OVER_MAC, 1, "fail_over_mac"},
    Number{IFLA_BOND_XMIT_HASH_POLICY, 1, "xmit_hash_policy"},
    Number{IFLA_BOND_RESEND_IGMP, 4, "resend_igmp"},
    Number{IFLA_BOND_NUM_PEER_NOTIF, 1, "num_grat_arp"},
    Number{IFLA_BOND_ALL_SLAVES_ACTIVE, 1, "all_slaves_active"},
    Number{IFLA_BOND_MIN_LINKS, 4, "min_links"},
    Number{IFLA_BOND_LP_INTERVAL, 4, "lp_interval"},
    Number{IFLA_BOND_PACKETS_PER_SLAVE, 4, "packets_per_slave"},
    Number{IFLA_BOND_AD_LACP_ACTIVE, 1, "lacp_active"},
    Number{IFLA_BOND_AD_LACP_RATE, 1, "lacp_rate"},
    Number{IFLA_BOND_AD_SELECT, 1, "ad_select"},
    Number{IFLA_BOND_TLB_DYNAMIC_LB, 1, "tlb_dynamic_lb"},
    Number{IFLA_BOND_MISSED_MAX, 1, "arp_missed_max"},
    Number{kCoupledControl, 1, "coupled_control"},
    Number{kBroadcastNeighbor, 1, "broadcast_neighbor"},
    Number{kLacpStrict, 1, "lacp_strict"},
};
/// Those shown in 802.3ad alone.
constexpr std::array kLacpNumbers{
    Number{IFLA_BOND_AD_ACTOR_SYS_PRIO, 2, "ad_actor_sys_prio"},
    Number{IFLA_BOND_AD_USER_PORT_KEY, 2, "ad_user_port_key"},
};
constexpr std::string_view kLacpMode = "802.3ad";

const Number* find_number(std::uint16_t attribute) {
  const auto is_it = [attribute](const Number& number) { return number.attribute == attribute; };
  if (const auto* it = std::ranges::find_if(kNumbers, is_it); it != kNumbers.end()) return it;
  const auto* it = std::ranges::find_if(kLacpNumbers, is_it);
  return it == kLacpNumbers.end() ? nullptr : it;
}

std::optional<std::uint32_t> read_number(View value, std::uint8_t width) {
  if (width == 1) return number_in<std::uint8_t>(value);
  if (width == 2) return number_in<std::uint16_t>(value);
  return number_in<std::uint32_t>(value);
}

void write_number(AttributeWriter& out, const Number& number, std::int64_t value) {
  if (number.width == 1) return out.put_number(number.attribute, static_cast<std::uint8_t>(value));
  if (number.width == 2) return out.put_number(number.attribute, static_cast<std::uint16_t>(value));
  out.put_number(number.attribute, static_cast<std::uint32_t>(value));
}

template <class Address>
std::string addresses_in(View nest) {
  std::string list;
  for (const auto& [type, value, flags] : read_attributes(nest)) {
    const auto address = number_in<Address>(value);
    if (!address) continue;
    if (!list.empty()) list += ',';
    list += wire::to_string(*address);
  }
  return list;
}

std::optional<std::string> mac_in(View value) {
  if (value.size() != 6) return std::nullopt;
  return wire::MacAddress::from_bytes(value.first<6>()).to_string();
}

std::string slave_name(View value, const NameOf& name_of) {
  const auto ifindex = number_in<std::uint32_t>(value).value_or(0);
  return ifindex == 0 ? std::string() : name_of(ifindex);
}

// Members of the daemon's JSON; what is not there or of another type is none.

const json* member(const json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text(const json& object, std::string_view name) {
  const auto* found = member(object, name);
  return found && found->is_string() ? found->get<std::string>() : std::string();
}

/// A number, a flag, or the number of a choice.
std::optional<std::int64_t> number(const json& object, std::string_view name) {
  const auto* found = member(object, name);
  if (!found) return std::nullopt;
  if (found->is_object()) return number(*found, "number");
  if (found->is_boolean()) return found->get<bool>() ? 1 : 0;
  if (found->is_number_integer()) return found->get<std::int64_t>();
  return std::nullopt;
}

std::vector<std::string> texts(const json& object, std::string_view name) {
  std::vector<std::string> result;
  const auto* found = member(object, name);
  if (!found || !found->is_array()) return result;
  for (const auto& element : *found) {
    if (element.is_string()) result.push_back(element.get<std::string>());
  }
  return result;
}

const json& inside(const json& object, std::string_view name) {
  static const json nothing = json::object();
  const auto* found = member(object, name);
  return found ? *found : nothing;
}

/// What iproute2 has a word for: to it balance-slb is balance-xor with the policy that looks at the same.
std::int64_t as_of_driver(const json& bond, const Number& number, std::int64_t value) {
  constexpr std::int64_t kBalanceXor = 2, kVlanAndSourceMac = 5;
  if (text(bond, "mode") != "balance-slb") return value;
  if (number.attribute == IFLA_BOND_MODE) return kBalanceXor;
  return number.attribute == IFLA_BOND_XMIT_HASH_POLICY ? kVlanAndSourceMac : value;
}

bool speaks_lacp(const json& bond) {
  return text(bond, "mode") == kLacpMode;
}

/// The ifindex of the bond's slave of that name; 0 if it has none.
std::uint32_t slave_index(const json& bond, const std::string& name) {
  const auto* slaves = member(bond, "slaves");
  if (!slaves || name.empty()) return 0;
  for (const auto& slave : *slaves) {
    if (text(slave, "ifname") == name)
      return static_cast<std::uint32_t>(number(slave, "ifindex").value_or(0));
  }
  return 0;
}

void put_slave(AttributeWriter& out, std::uint16_t type, const json& bond, const std::string& name) {
  if (const auto ifindex = slave_index(bond, name)) out.put_number(type, ifindex);
}

void put_mac(AttributeWriter& out, std::uint16_t type, const std::string& mac) {
  out.put(type, wire::MacAddress::parse(mac).value_or(wire::MacAddress()).octets());
}

template <class Parse>
void put_addresses(AttributeWriter& out, std::uint16_t type, const std::vector<std::string>& list,
                   Parse parse) {
  if (list.empty()) return;
  out.nest(type, [&](AttributeWriter& nest) {
    std::uint16_t place = 0;
    for (const auto& each : list) {
      if (const auto address = parse(each)) nest.put(place++, *address);
    }
  });
}

void put_aggregator(AttributeWriter& out, const json& info) {
  if (!number(info, "aggregator")) return;
  out.nest(IFLA_BOND_AD_INFO, [&](AttributeWriter& nest) {
    const auto put = [&](std::uint16_t type, std::string_view name) {
      nest.put_number(type, static_cast<std::uint16_t>(number(info, name).value_or(0)));
    };
    put(IFLA_BOND_AD_INFO_AGGREGATOR, "aggregator");
    put(IFLA_BOND_AD_INFO_NUM_PORTS, "num_ports");
    put(IFLA_BOND_AD_INFO_ACTOR_KEY, "actor_key");
    put(IFLA_BOND_AD_INFO_PARTNER_KEY, "partner_key");
    put_mac(nest, IFLA_BOND_AD_INFO_PARTNER_MAC, text(info, "partner_mac"));
  });
}

std::uint8_t mii_number(std::string_view word) {
  constexpr std::array<std::string_view, 4> kWords = {"UP", "GOING_DOWN", "DOWN", "GOING_BACK"};
  return static_cast<std::uint8_t>(std::ranges::find(kWords, word) - kWords.begin());
}

std::uint8_t churn_number(std::string_view word) {
  constexpr std::array<std::string_view, 3> kWords = {"monitoring", "churned", "none"};
  const auto* const found = std::ranges::find(kWords, word);
  return static_cast<std::uint8_t>(found == kWords.end() ? 0 : found - kWords.begin());
}

}  // namespace

control::KeyValues bond_options(View data, const NameOf& name_of) {
  control::KeyValues options;
  for (const auto& [type, value, flags] : read_attributes(data)) {
    if (const auto* known = find_number(type)) {
      if (const auto given = read_number(value, known->width)) {
        options.emplace_back(known->name, std::to_string(*given));
      }
    } else if (type == IFLA_BOND_ACTIVE_SLAVE) {
      options.emplace_back("active_slave", slave_name(value, name_of));
    } else if (type == IFLA_BOND_PRIMARY) {
      options.emplace_back("primary", slave_name(value, name_of));
    } else if (type == IFLA_BOND_ARP_IP_TARGET) {
      options.emplace_back("arp_ip_target", addresses_in<wire::Ipv4Address>(value));
    } else if (type == IFLA_BOND_NS_IP6_TARGET) {
      options.emplace_back("ns_ip6_target", addresses_in<wire::Ipv6Address>(value));
    } else if (type == IFLA_BOND_AD_ACTOR_SYSTEM) {
      if (auto mac = mac_in(value)) options.emplace_back("ad_actor_system", std::move(*mac));
    }
  }
  return options;
}

control::KeyValues slave_options(View data) {
  control::KeyValues options;
  for (const auto& [type, value, flags] : read_attributes(data)) {
    if (type == IFLA_BOND_SLAVE_QUEUE_ID) {
      options.emplace_back("queue_id", std::to_string(number_in<std::uint16_t>(value).value_or(0)));
    } else if (type == IFLA_BOND_SLAVE_PRIO) {
      options.emplace_back("prio", std::to_string(number_in<std::int32_t>(value).value_or(0)));
    } else if (type == kSlaveActorPortPriority) {
      options.emplace_back("actor_port_prio", std::to_string(number_in<std::uint16_t>(value).value_or(0)));
    }
  }
  return options;
}

Bytes bond_data(const json& bond) {
  const auto& options = inside(bond, "options");
  AttributeWriter out;
  const auto put_numbers = [&](const auto& numbers) {
    for (const auto& each : numbers) {
      if (const auto value = number(options, each.name))
        write_number(out, each, as_of_driver(bond, each, *value));
    }
  };
  put_numbers(kNumbers);
  put_slave(out, IFLA_BOND_ACTIVE_SLAVE, bond, text(bond, "active_slave"));
  put_slave(out, IFLA_BOND_PRIMARY, bond, text(options, "primary"));
  put_addresses(out, IFLA_BOND_ARP_IP_TARGET, texts(options, "arp_ip_target"), wire::parse_ipv4);
  put_addresses(out, IFLA_BOND_NS_IP6_TARGET, texts(options, "ns_ip6_target"), wire::parse_ipv6);
  if (speaks_lacp(bond)) {
    put_numbers(kLacpNumbers);
    put_mac(out, IFLA_BOND_AD_ACTOR_SYSTEM, text(options, "ad_actor_system"));
    put_aggregator(out, inside(bond, "ad_info"));
  }
  return out.bytes();
}

Bytes slave_data(const json& bond, const json& slave) {
  AttributeWriter out;
  const auto put = [&]<class T>(std::uint16_t type, std::string_view name, T) {
    out.put_number(type, static_cast<T>(number(slave, name).value_or(0)));
  };
  out.put_number(IFLA_BOND_SLAVE_STATE, static_cast<std::uint8_t>(text(slave, "state") == "ACTIVE" ? 0 : 1));
  out.put_number(IFLA_BOND_SLAVE_MII_STATUS, mii_number(text(slave, "mii_status")));
  put(IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, "link_failure_count", std::uint32_t{});
  put_mac(out, IFLA_BOND_SLAVE_PERM_HWADDR, text(slave, "perm_hwaddr"));
  put(IFLA_BOND_SLAVE_QUEUE_ID, "queue_id", std::uint16_t{});
  put(IFLA_BOND_SLAVE_PRIO, "prio", std::int32_t{});
  if (!speaks_lacp(bond)) return out.bytes();
  if (number(slave, "ad_aggregator_id")) {
    put(IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, "ad_aggregator_id", std::uint16_t{});
    put(IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, "ad_actor_oper_port_state", std::uint8_t{});
    put(IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, "ad_partner_oper_port_state", std::uint16_t{});
    out.put_number(kSlaveActorChurn, churn_number(text(slave, "actor_churn")));
    out.put_number(kSlavePartnerChurn, churn_number(text(slave, "partner_churn")));
  }
  put(kSlaveActorPortPriority, "actor_port_prio", std::uint16_t{});
  return out.bytes();
}

}  // namespace ebond::cli::ip
