// Bonds to look at, for the tests of the views.
#pragma once

#include <chrono>

#include "core/report.h"

namespace ebond::views {

inline core::SlaveStatus sample_slave(int number) {
  core::SlaveStatus slave;
  slave.name = "eth" + std::to_string(number);
  slave.ifindex = core::IfIndex{static_cast<std::uint32_t>(10 + number)};
  slave.slot = core::SlotId{static_cast<std::uint8_t>(number)};
  slave.active = true;
  slave.mii_status = core::MiiStatus::up;
  slave.link_status = core::MiiStatus::up;
  slave.permanent_mac = core::MacAddress({2, 0, 0, 0, 1, static_cast<std::uint8_t>(number)});
  slave.mac = core::MacAddress({2, 0, 0, 0, 1, 0});
  slave.link = {.carrier = true, .speed_mbps = 1000, .duplex = core::Duplex::full};
  return slave;
}

/// bond0 in that mode, up, with that many working slaves; eth0 active if one is.
inline core::BondStatus sample_bond(core::Mode mode, int slaves) {
  core::BondStatus bond;
  bond.name = "bond0";
  bond.ifindex = core::IfIndex{7};
  bond.mac = core::MacAddress({2, 0, 0, 0, 1, 0});
  bond.admin_up = true;
  bond.carrier = slaves > 0;
  bond.options.mode = mode;
  for (int i = 0; i < slaves; ++i) bond.slaves.push_back(sample_slave(i));
  const bool one_is_active = mode == core::Mode::active_backup || mode == core::Mode::balance_tlb ||
                             mode == core::Mode::balance_alb || mode == core::Mode::balance_slb;
  if (one_is_active && slaves > 0) bond.active_slave = "eth0";
  if (mode == core::Mode::active_backup) {
    for (int i = 1; i < slaves; ++i) bond.slaves[static_cast<std::size_t>(i)].active = false;
  }
  return bond;
}

inline core::LacpSlaveStatus sample_lacp(std::uint16_t port) {
  core::LacpSlaveStatus lacp;
  lacp.aggregator_id = 1;
  lacp.actor_churn = "none";
  lacp.partner_churn = "monitoring";
  lacp.partner_churned_count = 2;
  lacp.actor = {.system_priority = 65535,
                .system = core::MacAddress({2, 0, 0, 0, 1, 0}),
                .key = 9,
                .port_priority = 255,
                .port_number = port,
                .state = 61};
  lacp.partner = {.system_priority = 32768,
                  .system = core::MacAddress({2, 0, 0, 0, 2, 0}),
                  .key = 17,
                  .port_priority = 128,
                  .port_number = 42,
                  .state = 63};
  return lacp;
}

/// Both slaves in aggregator 1.
inline core::BondStatus sample_lacp_bond() {
  core::BondStatus bond = sample_bond(core::Mode::ieee8023ad, 2);
  bond.slaves[0].lacp = sample_lacp(1);
  bond.slaves[1].lacp = sample_lacp(2);
  bond.lacp = {.active_aggregator_id = 1,
               .number_of_ports = 2,
               .actor_key = 9,
               .partner_key = 17,
               .partner_mac = core::MacAddress({2, 0, 0, 0, 2, 0}),
               .system_priority = 65535,
               .system = core::MacAddress({2, 0, 0, 0, 1, 0})};
  return bond;
}

inline core::BondReport sample_report(core::BondStatus status) {
  core::BondReport report;
  report.status = std::move(status);
  return report;
}

inline core::Event sample_event(std::string_view kind, std::string slave = {}, std::string from = {},
                                std::string to = {}, std::string why = {}) {
  return {core::event_kind_of(kind), std::move(slave), std::move(from), std::move(to), std::move(why)};
}

/// At 12:03:04.000123 UTC, on bond0.
inline core::StampedEvent sample_stamped(core::Event event) {
  return {1'767'355'384'000'123'456, 77, "", "bond0", std::move(event)};
}

/// active-backup; eth0's cable was pulled at 12:03:04.000123 UTC and eth1 took over.
inline core::BondReport sample_failed_over() {
  core::BondReport report;
  report.status = sample_bond(core::Mode::active_backup, 2);
  report.status.active_slave = "eth1";
  report.status.slaves[0].active = false;
  report.status.slaves[0].mii_status = core::MiiStatus::down;
  report.status.slaves[0].link_status = core::MiiStatus::down;
  report.status.slaves[0].link = {};
  report.status.slaves[0].link_failure_count = 1;
  report.status.slaves[1].active = true;
  report.link_layer = "netlink + poll 100 ms";
  report.last_failover = {{.realtime_ns = 1'767'355'384'000'123'000,
                           .from = "eth0",
                           .to = "eth1",
                           .why = "carrier lost (netlink)",
                           .seen_by = core::LinkSource::netlink,
                           .table_us = 84,
                           .announce_us = 210}};
  report.rx_inactive_dropped = {0, 0};
  return report;
}

/// With all that a daemon knows of it: two ports, one of them drained a while ago, a monitor, two failovers.
inline core::BondReport sample_known_well() {
  using namespace std::chrono_literals;
  constexpr std::int64_t kNoon = 1'767'355'384'000'123'000;
  auto report = sample_report(sample_lacp_bond());
  report.netns = "web";
  report.link_layer = "carrier hook + netlink + poll 100 ms";
  report.has_carrier_hook = true;
  report.carrier_since_ns = kNoon;
  report.tx_dropped = 3;
  report.rx_inactive_dropped = {0, 17};
  report.awaited = {"eth7"};
  report.above = {"bond0.7 (vlan)", "br0 (bridge)"};
  report.traffic = {{.rx_frames = 500, .tx_frames = 400, .rx_bytes = 50'000, .tx_bytes = 40'000}};
  report.told = {{.vlans = {{.protocol = 0x8100, .id = 7}},
                  .unicast = {},
                  .multicast = {*core::MacAddress::parse("01:00:5e:00:00:fb")}},
                 {}};
  report.slave_facts = {
      {.traffic = {{.rx_frames = 450, .tx_frames = 300, .rx_bytes = 45'000, .tx_bytes = 30'000}},
       .driver = "ixgbe",
       .bus = "0000:01:00.0",
       .status_since_ns = kNoon,
       .role_since_ns = kNoon},
      {.traffic = {{.rx_frames = 50,
                    .tx_frames = 100,
                    .rx_bytes = 5'000,
                    .tx_bytes = 10'000,
                    .rx_errors = 2,
                    .tx_dropped = 1}},
       .driver = "veth",
       .bus = "",
       .status_since_ns = kNoon,
       .role_since_ns = 0}};
  auto& bond = report.status;
  bond.at = core::TimePoint{100s};
  bond.options.miimon = core::Milliseconds{50};
  bond.options.lacp_rate = core::LacpRate::fast;
  bond.slaves[0].lacp->counts = {.lacpdu_rx = 90, .lacpdu_tx = 91, .illegal_rx = 1};
  bond.slaves[0].link_failure_count = 3;
  bond.slaves[0].path_failure_count = 1;
  bond.slaves[0].sessions = {{.slave = bond.slaves[0].ifindex,
                              .judge = core::PathJudge::icmp,
                              .target = "192.0.2.254",
                              .state = "up",
                              .interval = 100ms,
                              .detection = 300ms,
                              .since = std::nullopt,
                              .answered = core::TimePoint{99s},
                              .round_trip = 250us}};
  bond.slaves[0].neighbour = {.chassis = "00:00:5e:00:53:01",
                              .system = "sw1",
                              .port = "Ethernet1/7",
                              .port_description = "rack 4, left",
                              .port_vlan = 7,
                              .max_frame_size = 9216};
  bond.slaves[0].neighbour_heard = core::TimePoint{80s};
  bond.slaves[0].is_neighbour_current = true;
  bond.slaves[1].neighbour = {
      .protocol = core::DiscoveryProtocol::cdp, .chassis = "sw2", .system = "sw2", .port = "Gi0/1"};
  auto& drained = bond.slaves[1];
  drained.active = false;
  drained.drained = true;
  drained.mii_status = core::MiiStatus::going_back;
  drained.lacp->actor.state = 0x05;
  drained.path = {
      {.judge = core::PathJudge::drain, .why = "drained by command", .shown = drained.mii_status}};
  report.failovers = {.latest = {{.realtime_ns = kNoon - 86'400'000'000'000,
                                  .from = "eth1",
                                  .to = "eth0",
                                  .why = "eth1: carrier lost (hook)",
                                  .seen_by = core::LinkSource::hook,
                                  .table_us = 84,
                                  .announce_us = -1},
                                 {.realtime_ns = kNoon,
                                  .from = "eth1",
                                  .to = "eth0",
                                  .why = "eth1: drained by command",
                                  .seen_by = core::PathJudge::drain,
                                  .table_us = 310,
                                  .announce_us = 402}},
                      .by_cause = {{"drain", 1}, {"hook", 2}},
                      .by_time = {0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1},
                      .total_us = 9'000'394};
  report.last_failover = report.failovers.latest.back();
  return report;
}

}  // namespace ebond::views
