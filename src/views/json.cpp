#include "views/json.h"

#include <nlohmann/json.hpp>

#include "core/options/option_table.h"
#include "views/health.h"
#include "views/words.h"
#include "wire/ip_address.h"

namespace ebond::views {
namespace {

using core::Mode;
using Json = nlohmann::ordered_json;

Json or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <class Address>
Json addresses(const std::vector<Address>& list) {
  Json array = Json::array();
  for (const auto& address : list) array.push_back(wire::to_string(address));
  return array;
}

Json option_json(const core::OptionSpec& spec, const core::BondOptions& options) {
  switch (spec.kind) {
    case core::ValueKind::choice:
      return {{"name", spec.get(options)}, {"number", spec.get_number(options)}};
    case core::ValueKind::flag:
      return spec.get_number(options) != 0;
    case core::ValueKind::number:
    case core::ValueKind::milliseconds:
      return spec.get_number(options);
    case core::ValueKind::ipv4_list:
      return addresses(options.arp_ip_target);
    case core::ValueKind::ipv6_list:
      return addresses(options.ns_ip6_target);
    case core::ValueKind::ip_list:
      return addresses(options.path_target);
    case core::ValueKind::slave_name:
    case core::ValueKind::mac:
      return or_null(spec.get(options));
  }
  return nullptr;
}

Json options_json(const core::BondOptions& options) {
  Json all = Json::object();
  for (const auto& spec : core::option_table()) {
    if (!spec.is_action) all[std::string(spec.name)] = option_json(spec, options);
  }
  return all;
}

Json state_words(std::uint8_t state) {
  Json words = Json::array();
  for (unsigned i = 0; i < kActorStateWords.size(); ++i) {
    if ((state >> i & 1U) != 0) words.push_back(kActorStateWords.at(i));
  }
  return words;
}

Json port_json(const core::LacpPortInfo& port) {
  return {
      {"system_priority", port.system_priority}, {"system", port.system.to_string()}, {"key", port.key},
      {"port_priority", port.port_priority},     {"port_number", port.port_number},   {"state", port.state},
      {"state_words", state_words(port.state)}};
}

void add_lacp(Json& json, const core::LacpSlaveStatus& lacp) {
  json["ad_aggregator_id"] = lacp.aggregator_id == 0 ? Json(nullptr) : Json(lacp.aggregator_id);
  json["ad_actor_oper_port_state"] = lacp.actor.state;
  json["ad_actor_oper_port_state_str"] = state_words(lacp.actor.state);
  json["ad_partner_oper_port_state"] = lacp.partner.state;
  json["ad_partner_oper_port_state_str"] = state_words(lacp.partner.state);
  json["actor_churn"] = lacp.actor_churn;
  json["partner_churn"] = lacp.partner_churn;
  json["actor_churned_count"] = lacp.actor_churned_count;
  json["partner_churned_count"] = lacp.partner_churned_count;
  json["actor"] = port_json(lacp.actor);
  json["partner"] = port_json(lacp.partner);
  json["lacp_frames"] = {{"lacpdu_rx", lacp.counts.lacpdu_rx},
                         {"lacpdu_tx", lacp.counts.lacpdu_tx},
                         {"illegal_rx", lacp.counts.illegal_rx},
                         {"unknown_rx", lacp.counts.unknown_rx},
                         {"loop_rx", lacp.counts.loop_rx},
                         {"marker_rx", lacp.counts.marker_rx},
                         {"marker_response_tx", lacp.counts.marker_response_tx},
                         {"marker_response_rx", lacp.counts.marker_response_rx},
                         {"marker_unknown_rx", lacp.counts.marker_unknown_rx}};
}

std::int64_t ms(core::Duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

/// What the path monitors ask through a slave.
Json sessions_json(const core::SlaveStatus& slave, core::TimePoint now) {
  Json sessions = Json::array();
  for (const auto& session : slave.sessions) {
    const auto ago = [&](const auto& when) { return when ? Json(ms(now - *when)) : Json(nullptr); };
    const auto us = [](core::Duration span) {
      return std::chrono::duration_cast<std::chrono::microseconds>(span).count();
    };
    sessions.push_back(
        Json{{"monitor", core::path_judge_name(session.judge)},
             {"target", session.target},
             {"state", session.state},
             {"interval_ms", ms(session.interval)},
             {"detection_ms", ms(session.detection)},
             {"state_ms", ago(session.since)},
             {"answered_ms_ago", ago(session.answered)},
             {"round_trip_us", session.round_trip ? Json(us(*session.round_trip)) : Json(nullptr)}});
  }
  return sessions;
}

/// Who holds a slave out although its link is up.
Json path_json(const core::SlaveStatus& slave, core::TimePoint now) {
  Json holds = Json::array();
  for (const auto& hold : slave.path) {
    holds.push_back(Json{{"judge", core::path_judge_name(hold.judge)},
                         {"status", mii_upper(hold.shown)},
                         {"why", hold.why},
                         {"held_ms", ms(now - hold.since)},
                         {"left_ms", hold.until ? Json(ms(*hold.until - now)) : Json(nullptr)}});
  }
  return holds;
}

/// What is at the other end of the slave's cable, as last heard.
Json neighbour_json(const core::SlaveStatus& slave, core::TimePoint now) {
  if (!slave.neighbour) return nullptr;
  const auto& there = *slave.neighbour;
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  const auto& heard = slave.neighbour_heard;
  return {{"protocol", core::discovery_protocol_name(there.protocol)},
          {"system", there.system},
          {"port", there.port},
          {"port_description", or_null(there.port_description)},
          {"chassis", there.chassis},
          {"port_vlan", number(there.port_vlan)},
          {"max_frame_size", number(there.max_frame_size)},
          {"current", slave.is_neighbour_current},
          {"heard_ms_ago", heard ? Json(ms(now - *heard)) : Json(nullptr)}};
}

Json slave_json(const core::BondStatus& bond, const core::SlaveStatus& slave) {
  Json json = {{"ifname", slave.name},
               {"ifindex", static_cast<std::uint32_t>(slave.ifindex)},
               {"slot", static_cast<unsigned>(slave.slot)},
               {"state", slave.active ? "ACTIVE" : "BACKUP"},
               {"mii_status", mii_upper(slave.mii_status)},
               {"link_status", mii_upper(slave.link_status)},
               {"path", path_json(slave, bond.at)},
               {"drained", slave.drained},
               {"neighbour", neighbour_json(slave, bond.at)},
               {"monitors", sessions_json(slave, bond.at)},
               {"link_failure_count", slave.link_failure_count},
               {"path_failure_count", slave.path_failure_count},
               {"perm_hwaddr", slave.permanent_mac.to_string()},
               {"address", slave.mac.to_string()},
               {"carrier", slave.link.carrier},
               {"speed", nullptr},
               {"duplex", duplex_word(slave.link.duplex)},
               {"delay_left", nullptr},
               {"healthy", is_healthy(bond, slave)},
               {"why_idle", or_null(why_idle(bond, slave))}};
  for (const auto& option : core::slave_option_table()) json[option.name] = option.get(slave.options);
  if (slave.link.speed_mbps != 0) json["speed"] = slave.link.speed_mbps;
  if (slave.delay_left) json["delay_left"] = slave.delay_left->count();
  if (slave.lacp) add_lacp(json, *slave.lacp);
  return json;
}

Json told_json(const core::ReceiveFilter& told) {
  Json json = {{"vlans", Json::array()}, {"unicast", Json::array()}, {"multicast", Json::array()}};
  for (const auto& vlan : told.vlans) {
    const bool is_8021q = vlan.protocol == wire::ethertype::kVlan;
    json["vlans"].push_back({{"protocol", is_8021q ? "802.1Q" : "802.1ad"}, {"id", vlan.id}});
  }
  for (const auto& mac : told.unicast) json["unicast"].push_back(mac.to_string());
  for (const auto& group : told.multicast) json["multicast"].push_back(group.to_string());
  return json;
}

Json traffic_json(const std::optional<core::Traffic>& traffic) {
  if (!traffic) return nullptr;
  return {{"rx_frames", traffic->rx_frames},   {"tx_frames", traffic->tx_frames},
          {"rx_bytes", traffic->rx_bytes},     {"tx_bytes", traffic->tx_bytes},
          {"rx_errors", traffic->rx_errors},   {"tx_errors", traffic->tx_errors},
          {"rx_dropped", traffic->rx_dropped}, {"tx_dropped", traffic->tx_dropped}};
}

/// CLOCK_REALTIME nanoseconds; 0 is not known.
Json since_json(std::int64_t realtime_ns) {
  return realtime_ns == 0 ? Json(nullptr) : Json(utc_time(realtime_ns));
}

void add_facts(Json& json, const core::SlaveFacts& facts) {
  json["driver"] = or_null(facts.driver);
  json["bus"] = or_null(facts.bus);
  json["status_since"] = since_json(facts.status_since_ns);
  json["state_since"] = since_json(facts.role_since_ns);
  json["traffic"] = traffic_json(facts.traffic);
}

Json slaves_json(const core::BondReport& report) {
  Json slaves = Json::array();
  for (std::size_t i = 0; i < report.status.slaves.size(); ++i) {
    Json slave = slave_json(report.status, report.status.slaves[i]);
    const bool counted = i < report.rx_inactive_dropped.size();
    slave["rx_inactive_dropped"] = counted ? Json(report.rx_inactive_dropped[i]) : Json(nullptr);
    if (i < report.told.size()) slave["told"] = told_json(report.told[i]);
    add_facts(slave, i < report.slave_facts.size() ? report.slave_facts[i] : core::SlaveFacts{});
    slaves.push_back(std::move(slave));
  }
  return slaves;
}

Json ad_info_json(const core::BondStatus& bond) {
  if (!bond.lacp) return nullptr;
  const auto& lacp = *bond.lacp;
  Json json = {{"system_priority", lacp.system_priority}, {"system", lacp.system.to_string()}};
  if (lacp.active_aggregator_id == 0) {
    json["aggregator"] = nullptr;
    return json;
  }
  json["aggregator"] = lacp.active_aggregator_id;
  json["num_ports"] = lacp.number_of_ports;
  json["actor_key"] = lacp.actor_key;
  json["partner_key"] = lacp.partner_key;
  json["partner_mac"] = lacp.partner_mac.to_string();
  return json;
}

Json known_us(std::int64_t microseconds) {
  return microseconds < 0 ? Json(nullptr) : Json(microseconds);
}

Json failover_json(const core::Failover& last) {
  return {{"time", utc_time(last.realtime_ns)},
          {"realtime_ns", last.realtime_ns},
          {"from", or_null(last.from)},
          {"to", or_null(last.to)},
          {"why", last.why},
          {"seen_by", or_null(core::seen_by_name(last.seen_by))},
          {"table_us", known_us(last.table_us)},
          {"announce_us", known_us(last.announce_us)}};
}

Json failovers_json(const core::FailoverHistory& history) {
  Json latest = Json::array();
  for (const auto& failover : history.latest) latest.push_back(failover_json(failover));
  return {{"latest", std::move(latest)}, {"by_cause", history.by_cause}};
}

Json away_json(const std::optional<core::UpperHalfAway>& away) {
  if (!away) return nullptr;
  return {{"netns", away->netns},
          {"ifname", away->interface},
          {"ifindex", static_cast<std::uint32_t>(away->ifindex)}};
}

/// Names come from the kernel, which lets any byte through: what is not UTF-8 is replaced, not thrown at.
std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json bond_json(const core::BondReport& report) {
  const auto& bond = report.status;
  return {{"ifname", bond.name},
          {"ifindex", static_cast<std::uint32_t>(bond.ifindex)},
          {"netns", report.netns},
          {"slaves_netns", report.slaves_netns.empty() ? Json() : Json(report.slaves_netns)},
          {"away", away_json(report.away)},
          {"device", report.device.empty() ? Json(nullptr) : Json(report.device)},
          {"address", bond.mac.to_string()},
          {"admin_up", bond.admin_up},
          {"carrier", bond.carrier},
          {"verdict", health_word(health_of(report).health)},
          {"verdict_why", or_null(health_of(report).why)},
          {"mode", core::mode_name(bond.options.mode)},
          {"active_slave", or_null(bond.active_slave)},
          {"link_layer", report.link_layer},
          {"last_failover", report.last_failover ? failover_json(*report.last_failover) : Json(nullptr)},
          {"failovers", failovers_json(report.failovers)},
          {"carrier_since", since_json(report.carrier_since_ns)},
          {"traffic", traffic_json(report.traffic)},
          {"above", report.above},
          {"options", options_json(bond.options)},
          {"ad_info", ad_info_json(bond)},
          {"slaves", slaves_json(report)},
          {"awaited", report.awaited},
          {"tx_dropped", report.tx_dropped}};
}

Json event_json(const core::StampedEvent& stamped) {
  const auto& event = stamped.event;
  return {{"time", utc_time(stamped.realtime_ns)},
          {"realtime_ns", stamped.realtime_ns},
          {"monotonic_ns", stamped.monotonic_ns},
          {"netns", stamped.netns},
          {"bond", stamped.bond},
          {"kind", core::event_kind_name(event.kind)},
          {"slave", or_null(event.slave)},
          {"from", or_null(event.from)},
          {"to", or_null(event.to)},
          {"why", or_null(event.why)},
          {"seen_by", or_null(core::seen_by_name(event.seen_by))},
          {"table_us", known_us(stamped.table_us)},
          {"announce_us", known_us(stamped.announce_us)}};
}

Json check_json(const core::CheckReport& report) {
  Json features = Json::array();
  for (const auto& line : report.lines) {
    features.push_back(Json{{"feature", line.feature},
                            {"available", line.available},
                            {"required", line.required},
                            {"detail", line.detail}});
  }
  return {{"can_run", report.can_run}, {"features", std::move(features)}};
}

std::string bonds_json_text(const std::vector<core::BondReport>& reports) {
  Json all = Json::array();
  for (const auto& report : reports) all.push_back(bond_json(report));
  return dumped(all, 2) + "\n";
}

std::string joined_json_text(const std::vector<std::string>& texts) {
  constexpr std::string_view kBegin = "[\n", kEnd = "\n]\n";
  std::string all;
  for (const std::string_view text : texts) {
    if (!text.starts_with(kBegin) || !text.ends_with(kEnd)) continue;  // "[]\n": of no bond
    all += all.empty() ? kBegin : ",\n";
    all += text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size());
  }
  return all.empty() ? "[]\n" : all.append(kEnd);
}

std::string event_json_line(const core::StampedEvent& event) {
  return dumped(event_json(event), -1);
}

std::string check_json_text(const core::CheckReport& report) {
  return dumped(check_json(report), 2) + "\n";
}

}  // namespace ebond::views
