// What the driver printed in the VM (golden/), read into a BondStatus and printed again: the same bytes, the
// version line aside.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "core/options/option_table.h"
#include "views/proc_text.h"
#include "wire/ip_address.h"

namespace ebond::views {
namespace {

/// The lines "key: value" of one part of the text.
using Fields = std::map<std::string, std::string>;

int number(const Fields& fields, const std::string& key) {
  return fields.contains(key) ? std::stoi(fields.at(key)) : 0;
}
std::string text(const Fields& fields, const std::string& key) {
  return fields.contains(key) ? fields.at(key) : "";
}
core::MacAddress mac(const Fields& fields, const std::string& key) {
  return core::MacAddress::parse(text(fields, key)).value_or(core::MacAddress{});
}

/// "eth0 (primary_reselect always)" → "eth0" and "primary_reselect always"
std::pair<std::string, std::string> split_remark(const std::string& value) {
  const auto open = value.find(" (");
  if (open == std::string::npos) return {value, ""};
  return {value.substr(0, open), value.substr(open + 2, value.size() - open - 3)};
}

void set(core::BondOptions& options, std::string_view name, const std::string& word) {
  const auto* spec = core::find_option(name);
  for (const auto& value : spec->values) {
    if (value.name == word) return spec->set_number(options, value.number);
  }
  FAIL() << name << " has no value " << word;
}

void set_mode(core::BondOptions& options, const std::string& value) {
  const std::vector<std::string> starts = {"load balancing (round-robin)",
                                           "fault-tolerance (active-backup)",
                                           "load balancing (xor)",
                                           "fault-tolerance (broadcast)",
                                           "IEEE 802.3ad",
                                           "transmit",
                                           "adaptive"};
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (value.starts_with(starts[i])) options.mode = static_cast<core::Mode>(i);
  }
  const auto remark = value.find("(fail_over_mac ");
  if (remark != std::string::npos)
    set(options, "fail_over_mac", value.substr(remark + 15, value.size() - remark - 16));
}

void set_targets(core::BondOptions& options, const Fields& fields) {
  std::stringstream v4(text(fields, "ARP IP target/s (n.n.n.n form)"));
  std::stringstream v6(text(fields, "NS IPv6 target/s (xx"));
  for (std::string item; std::getline(v4 >> std::ws, item, ',');)
    options.arp_ip_target.push_back(*wire::parse_ipv4(item));
  for (std::string item; std::getline(v6 >> std::ws, item, ',');)
    options.ns_ip6_target.push_back(*wire::parse_ipv6(item));
}

core::BondOptions options_of(const Fields& fields) {
  core::BondOptions options;
  set_mode(options, text(fields, "Bonding Mode"));
  options.tlb_dynamic_lb = !fields.contains("Transmit Hash Policy");
  if (fields.contains("Transmit Hash Policy")) {
    set(options, "xmit_hash_policy", split_remark(fields.at("Transmit Hash Policy")).first);
  }
  const auto [primary, reselect] = split_remark(text(fields, "Primary Slave"));
  if (!reselect.empty()) {
    options.primary = primary;
    set(options, "primary_reselect", reselect.substr(reselect.find(' ') + 1));
  }
  options.miimon = core::Milliseconds{number(fields, "MII Polling Interval (ms)")};
  options.updelay = core::Milliseconds{number(fields, "Up Delay (ms)")};
  options.downdelay = core::Milliseconds{number(fields, "Down Delay (ms)")};
  options.peer_notif_delay = core::Milliseconds{number(fields, "Peer Notification Delay (ms)")};
  options.arp_interval = core::Milliseconds{number(fields, "ARP Polling Interval (ms)")};
  options.arp_missed_max = static_cast<std::uint8_t>(number(fields, "ARP Missed Max"));
  set_targets(options, fields);
  if (fields.contains("LACP active")) {
    set(options, "lacp_active", fields.at("LACP active"));
    set(options, "lacp_rate", fields.at("LACP rate"));
    set(options, "ad_select", fields.at("Aggregator selection policy (ad_select)"));
    options.min_links = static_cast<std::uint32_t>(number(fields, "Min links"));
  }
  return options;
}

std::uint16_t number16(const Fields& fields, const std::string& key) {
  return static_cast<std::uint16_t>(number(fields, key));
}

core::LacpBondStatus lacp_of(const Fields& fields) {
  return {.active_aggregator_id = number16(fields, "\tAggregator ID"),
          .number_of_ports = number16(fields, "\tNumber of ports"),
          .actor_key = number16(fields, "\tActor Key"),
          .partner_key = number16(fields, "\tPartner Key"),
          .partner_mac = mac(fields, "\tPartner Mac Address"),
          .system_priority = number16(fields, "System priority"),
          .system = mac(fields, "System MAC address")};
}

core::LacpPortInfo port_of(const Fields& fields, const std::string& who, const std::string& key_name) {
  return {.system_priority = number16(fields, who + "system priority"),
          .system = mac(fields, who + "system mac address"),
          .key = number16(fields, who + key_name),
          .port_priority = number16(fields, who + "port priority"),
          .port_number = number16(fields, who + "port number"),
          .state = static_cast<std::uint8_t>(number(fields, who + "port state"))};
}

core::SlaveStatus slave_of(const Fields& fields) {
  core::SlaveStatus slave;
  slave.name = text(fields, "Slave Interface");
  const std::vector<std::string> states = {"up", "going down", "down", "going back"};
  const auto state = std::ranges::find(states, text(fields, "MII Status")) - states.begin();
  slave.mii_status = static_cast<core::MiiStatus>(state);
  if (text(fields, "Speed") != "Unknown") {
    slave.link = {.carrier = true,
                  .speed_mbps = static_cast<std::uint32_t>(number(fields, "Speed")),
                  .duplex = text(fields, "Duplex") == "full" ? core::Duplex::full : core::Duplex::half};
  }
  slave.link_failure_count = static_cast<std::uint32_t>(number(fields, "Link Failure Count"));
  slave.permanent_mac = mac(fields, "Permanent HW addr");
  slave.options.queue_id = number16(fields, "Slave queue ID");
  if (!fields.contains("Aggregator ID") || fields.at("Aggregator ID") == "N/A") return slave;
  slave.lacp = core::LacpSlaveStatus{};
  slave.lacp->aggregator_id = number16(fields, "Aggregator ID");
  slave.lacp->actor_churn = text(fields, "Actor Churn State");
  slave.lacp->partner_churn = text(fields, "Partner Churn State");
  slave.lacp->actor_churned_count = static_cast<std::uint32_t>(number(fields, "Actor Churned Count"));
  slave.lacp->partner_churned_count = static_cast<std::uint32_t>(number(fields, "Partner Churned Count"));
  slave.lacp->actor = port_of(fields, "actor ", "port key");
  slave.lacp->partner = port_of(fields, "partner ", "oper key");
  return slave;
}

/// One Fields for the bond, then one for each slave. A port's lines go by "actor …" and "partner …".
std::vector<Fields> parts_of(const std::string& proc) {
  std::vector<Fields> parts(1);
  std::string who;
  std::stringstream lines(proc);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Slave Interface:")) {
      parts.emplace_back();
      who.clear();
    }
    if (line.starts_with("details ")) who = line.substr(8, line.find(' ', 8) - 7);
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string key = line.substr(0, colon);
    if (key.starts_with("    ")) key = who + key.substr(4);
    std::string value = line.substr(colon + 1);
    if (key == "NS IPv6 target/s (xx") value = value.substr(value.find(':', 2) + 1);  // "…(xx::xx form): "
    parts.back()[key] = value.starts_with(' ') ? value.substr(1) : value;
  }
  return parts;
}

core::BondStatus status_of(const std::string& proc) {
  const auto parts = parts_of(proc);
  core::BondStatus bond;
  bond.name = "bond0";
  bond.carrier = text(parts[0], "MII Status") == "up";
  bond.options = options_of(parts[0]);
  const auto active = text(parts[0], "Currently Active Slave");
  bond.active_slave = active == "None" ? "" : active;
  if (bond.options.mode == core::Mode::ieee8023ad) bond.lacp = lacp_of(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) bond.slaves.push_back(slave_of(parts[i]));
  return bond;
}

std::string without_version(const std::string& proc) {
  return proc.substr(proc.find('\n'));
}

TEST(ProcText, IsByteForByteWhatTheDriverPrinted) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(EBOND_SOURCE_DIR "/tests/unit/views/golden")) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream file(entry.path());
    std::stringstream content;
    content << file.rdbuf();
    EXPECT_EQ(without_version(proc_text(status_of(content.str()))), without_version(content.str()))
        << entry.path().filename();
    EXPECT_TRUE(content.str().starts_with("Ethernet Channel Bonding Driver: v"));
    ++files;
  }
  EXPECT_GT(files, 90);
}

}  // namespace
}  // namespace ebond::views
