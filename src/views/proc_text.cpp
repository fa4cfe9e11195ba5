#include "views/proc_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "core/options/option_table.h"
#include "views/words.h"
#include "wire/ip_address.h"

namespace ebond::views {
namespace {

using core::BondStatus;
using core::Mode;

using Out = std::back_insert_iterator<std::string>;

std::string option(const BondStatus& bond, std::string_view name) {
  return core::find_option(name)->get(bond.options);
}

/// The proc text alone calls the modes so.
std::string_view long_mode_name(Mode mode) {
  constexpr std::array<std::string_view, core::kNumberOfModes> kNames = {
      "load balancing (round-robin)",
      "fault-tolerance (active-backup)",
      "load balancing (xor)",
      "fault-tolerance (broadcast)",
      "IEEE 802.3ad Dynamic link aggregation",
      "transmit load balancing",
      "adaptive load balancing",
      "load balancing (slb)"};
  return kNames.at(static_cast<std::size_t>(mode));
}

/// The driver has no mode that hashes as balance-slb does; this is the policy that looks at the same.
core::XmitHashPolicy hash_policy(const core::BondOptions& options) {
  return options.mode == Mode::balance_slb ? core::XmitHashPolicy::vlan_srcmac : options.xmit_hash_policy;
}

void write_mode(Out out, const BondStatus& bond) {
  const auto& options = bond.options;
  fmt::format_to(out, "Bonding Mode: {}", long_mode_name(options.mode));
  if (options.mode == Mode::active_backup && options.fail_over_mac != core::FailOverMac::none) {
    fmt::format_to(out, " (fail_over_mac {})", option(bond, "fail_over_mac"));
  }
  fmt::format_to(out, "\n");
  if (places_by_hash(options)) {
    const auto policy = hash_policy(options);
    fmt::format_to(out, "Transmit Hash Policy: {} ({})\n", core::xmit_hash_policy_name(policy),
                   static_cast<int>(policy));
  }
}

/// A primary that is not enslaved is none.
void write_active_slave(Out out, const BondStatus& bond) {
  if (!has_active_slave(bond.options.mode)) return;
  const auto primary = std::ranges::find(bond.slaves, bond.options.primary, &core::SlaveStatus::name);
  if (bond.options.primary.empty() || primary == bond.slaves.end()) {
    fmt::format_to(out, "Primary Slave: None\n");
  } else {
    fmt::format_to(out, "Primary Slave: {} (primary_reselect {})\n", primary->name,
                   option(bond, "primary_reselect"));
  }
  fmt::format_to(out, "Currently Active Slave: {}\n", bond.active_slave.empty() ? "None" : bond.active_slave);
}

template <class Address>
void write_targets(Out out, std::string_view title, const std::vector<Address>& targets) {
  fmt::format_to(out, "{}", title);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    fmt::format_to(out, "{} {}", i > 0 ? "," : "", wire::to_string(targets[i]));
  }
  fmt::format_to(out, "\n");
}

void write_monitors(Out out, const BondStatus& bond) {
  const auto& options = bond.options;
  fmt::format_to(out, "MII Status: {}\n", bond.carrier ? "up" : "down");
  fmt::format_to(out, "MII Polling Interval (ms): {}\n", options.miimon.count());
  fmt::format_to(out, "Up Delay (ms): {}\n", options.updelay.count());
  fmt::format_to(out, "Down Delay (ms): {}\n", options.downdelay.count());
  fmt::format_to(out, "Peer Notification Delay (ms): {}\n", options.peer_notif_delay.count());
  if (options.arp_interval.count() == 0) return;
  fmt::format_to(out, "ARP Polling Interval (ms): {}\n", options.arp_interval.count());
  fmt::format_to(out, "ARP Missed Max: {}\n", options.arp_missed_max);
  write_targets(out, "ARP IP target/s (n.n.n.n form):", options.arp_ip_target);
  write_targets(out, "NS IPv6 target/s (xx::xx form):", options.ns_ip6_target);
}

void write_aggregator(Out out, const BondStatus& bond, const core::LacpBondStatus& lacp) {
  fmt::format_to(out, "System priority: {}\n", lacp.system_priority);
  fmt::format_to(out, "System MAC address: {}\n", lacp.system.to_string());
  if (lacp.active_aggregator_id == 0) {
    fmt::format_to(out, "bond {} has no active aggregator\n", bond.name);
    return;
  }
  fmt::format_to(out, "Active Aggregator Info:\n");
  fmt::format_to(out, "\tAggregator ID: {}\n", lacp.active_aggregator_id);
  fmt::format_to(out, "\tNumber of ports: {}\n", lacp.number_of_ports);
  fmt::format_to(out, "\tActor Key: {}\n", lacp.actor_key);
  fmt::format_to(out, "\tPartner Key: {}\n", lacp.partner_key);
  fmt::format_to(out, "\tPartner Mac Address: {}\n", lacp.partner_mac.to_string());
}

/// The driver knows its LACP system from the first slave on; before, it prints zeros.
core::LacpBondStatus lacp_of(const BondStatus& bond) {
  if (bond.lacp) return *bond.lacp;
  core::LacpBondStatus lacp;
  lacp.system_priority = 0;
  if (bond.slaves.empty()) return lacp;
  lacp.system_priority = bond.options.ad_actor_sys_prio;
  lacp.system = bond.options.ad_actor_system.value_or(bond.mac);
  return lacp;
}

void write_lacp(Out out, const BondStatus& bond) {
  if (bond.options.mode != Mode::ieee8023ad) return;
  fmt::format_to(out, "\n802.3ad info\n");
  fmt::format_to(out, "LACP active: {}\n", option(bond, "lacp_active"));
  fmt::format_to(out, "LACP rate: {}\n", option(bond, "lacp_rate"));
  fmt::format_to(out, "Min links: {}\n", bond.options.min_links);
  fmt::format_to(out, "Aggregator selection policy (ad_select): {}\n", option(bond, "ad_select"));
  write_aggregator(out, bond, lacp_of(bond));
}

/// The driver calls the partner's key "oper key" and the actor's "port key".
void write_port(Out out, std::string_view who, std::string_view key_name, const core::LacpPortInfo& port) {
  fmt::format_to(out, "details {} lacp pdu:\n", who);
  fmt::format_to(out, "    system priority: {}\n", port.system_priority);
  fmt::format_to(out, "    system mac address: {}\n", port.system.to_string());
  fmt::format_to(out, "    {} key: {}\n", key_name, port.key);
  fmt::format_to(out, "    port priority: {}\n", port.port_priority);
  fmt::format_to(out, "    port number: {}\n", port.port_number);
  fmt::format_to(out, "    port state: {}\n", port.state);
}

void write_slave_lacp(Out out, const core::SlaveStatus& slave) {
  if (!slave.lacp || slave.lacp->aggregator_id == 0) {
    fmt::format_to(out, "Aggregator ID: N/A\n");
    return;
  }
  const auto& lacp = *slave.lacp;
  fmt::format_to(out, "Aggregator ID: {}\n", lacp.aggregator_id);
  fmt::format_to(out, "Actor Churn State: {}\n", lacp.actor_churn);
  fmt::format_to(out, "Partner Churn State: {}\n", lacp.partner_churn);
  fmt::format_to(out, "Actor Churned Count: {}\n", lacp.actor_churned_count);
  fmt::format_to(out, "Partner Churned Count: {}\n", lacp.partner_churned_count);
  write_port(out, "actor", "port", lacp.actor);
  write_port(out, "partner", "oper", lacp.partner);
}

/// A NIC that does not tell one of speed and duplex tells the driver neither.
void write_speed(Out out, const core::LinkState& link) {
  if (link.speed_mbps == 0 || link.duplex == core::Duplex::unknown) {
    fmt::format_to(out, "Speed: Unknown\nDuplex: Unknown\n");
    return;
  }
  fmt::format_to(out, "Speed: {} Mbps\n", link.speed_mbps);
  fmt::format_to(out, "Duplex: {}\n", link.duplex == core::Duplex::full ? "full" : "half");
}

void write_slave(Out out, const BondStatus& bond, const core::SlaveStatus& slave) {
  fmt::format_to(out, "\nSlave Interface: {}\n", slave.name);
  fmt::format_to(out, "MII Status: {}\n", mii_words(slave.mii_status));
  write_speed(out, slave.link);
  fmt::format_to(out, "Link Failure Count: {}\n", slave.link_failure_count);
  fmt::format_to(out, "Permanent HW addr: {}\n", slave.permanent_mac.to_string());
  fmt::format_to(out, "Slave queue ID: {}\n", slave.options.queue_id);
  if (bond.options.mode == Mode::ieee8023ad) write_slave_lacp(out, slave);
}

}  // namespace

std::string proc_text(const core::BondStatus& bond) {
  std::string text;
  const Out out(text);
  fmt::format_to(out, "Ethernet Channel Bonding Driver: v{}\n\n", EBOND_PROC_VERSION);
  write_mode(out, bond);
  write_active_slave(out, bond);
  write_monitors(out, bond);
  write_lacp(out, bond);
  for (const auto& slave : bond.slaves) write_slave(out, bond, slave);
  return text;
}

}  // namespace ebond::views
