#include "cli/watch/reports.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/printable.h"
#include "views/words.h"

namespace ebond::cli::watch {
namespace {

using nlohmann::json;

// Members; what is null, not there or of another type is empty.
template <class T>
T member(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return T{};
  if constexpr (std::is_same_v<T, bool>) {
    return found->is_boolean() && found->get<bool>();
  } else if constexpr (std::is_arithmetic_v<T>) {
    return found->is_number() ? found->get<T>() : T{};
  } else {
    return found->is_string() ? found->get<T>() : T{};
  }
}
std::string text(const json& object, const char* name) {
  return core::printable(member<std::string>(object, name));
}
const json& part(const json& object, const char* name) {
  static const json kNothing = json::object();
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? kNothing : *found;
}

std::string words_of(std::string status) {
  std::ranges::transform(status, status.begin(), [](char c) {
    return c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return status;
}

std::optional<Octets> octets_of(const json& traffic) {
  if (!traffic.contains("tx_bytes")) return std::nullopt;
  return Octets{.sent = member<std::uint64_t>(traffic, "tx_bytes"),
                .received = member<std::uint64_t>(traffic, "rx_bytes")};
}

void read_link(const json& report, Slave& slave) {
  const auto link = member<std::string>(report, "link_status"),
             mii = member<std::string>(report, "mii_status");
  const bool is_up = link == "UP";
  slave.link = words_of(link);
  if (is_up && slave.drained) {
    slave.link += ", drained";
  } else if (is_up && mii != "UP") {
    slave.link += ", path " + words_of(mii);
  }
  slave.link_style = mii == "UP"                       ? Style::good
                     : mii == "DOWN" && !slave.drained ? Style::bad
                                                       : Style::warning;
  const auto* since = mii == "UP" ? "state_since" : "status_since";
  slave.since_ns = realtime_of(member<std::string>(report, since));
}

std::string port_states(const json& port) {
  std::vector<std::string> words;
  for (const auto& word : part(port, "state_words"))
    words.push_back(word.is_string() ? word.get<std::string>() : "");
  return words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, " "));
}

std::string lacp_of_slave(const json& report) {
  if (!report.contains("actor")) return {};
  const auto aggregator = member<int>(report, "ad_aggregator_id");
  std::string sentence = aggregator == 0 ? "in no aggregator" : fmt::format("aggregator {}", aggregator);
  return sentence + fmt::format("; here {}; there {}", port_states(part(report, "actor")),
                                port_states(part(report, "partner")));
}

Slave slave_of(const json& report) {
  Slave slave{.name = text(report, "ifname"),
              .active = member<std::string>(report, "state") == "ACTIVE",
              .healthy = member<bool>(report, "healthy"),
              .drained = member<bool>(report, "drained"),
              .why = text(report, "why_idle"),
              .lacp = core::printable(lacp_of_slave(report)),
              .octets = octets_of(part(report, "traffic"))};
  core::LinkState link;
  link.speed_mbps = member<std::uint32_t>(report, "speed");
  slave.speed = views::speed_text(link);
  read_link(report, slave);
  const auto& there = part(report, "neighbour");
  if (there.contains("system")) {
    slave.port = fmt::format("{} {}", text(there, "system"), text(there, "port"));
    slave.port_is_current = member<bool>(there, "current");
  }
  return slave;
}

std::string lacp_of_bond(const json& info) {
  if (!info.contains("system")) return {};
  const auto aggregator = member<int>(info, "aggregator");
  if (aggregator == 0) return "no active aggregator";
  const auto ports = member<int>(info, "num_ports");
  return fmt::format("aggregator {}, {} port{}, partner {}, keys {} and {}", aggregator, ports,
                     ports == 1 ? "" : "s", text(info, "partner_mac"), member<int>(info, "actor_key"),
                     member<int>(info, "partner_key"));
}

Bond bond_of(const json& report) {
  Bond bond{.name = text(report, "ifname"),
            .verdict = text(report, "verdict"),
            .why = text(report, "verdict_why"),
            .mode = text(report, "mode"),
            .active_slave = text(report, "active_slave"),
            .carrier = member<bool>(report, "carrier"),
            .carrier_since_ns = realtime_of(member<std::string>(report, "carrier_since")),
            .lacp = lacp_of_bond(part(report, "ad_info")),
            .slaves = {},
            .octets = octets_of(part(report, "traffic"))};
  for (const auto& slave : part(report, "slaves")) bond.slaves.push_back(slave_of(slave));
  return bond;
}

}  // namespace

int Bond::trouble() const {
  constexpr std::array<std::string_view, 4> kWorse = {"ok", "degraded", "down", "failed"};
  const auto* const found = std::ranges::find(kWorse, verdict);
  return static_cast<int>(found - kWorse.begin());
}

std::vector<Bond> bonds_of_reports(const json& reports) {
  std::vector<Bond> bonds;
  for (const auto& report : reports) {
    if (report.is_object()) bonds.push_back(bond_of(report));
  }
  return bonds;
}

std::int64_t realtime_of(std::string_view utc) {
  using namespace std::chrono;
  int year_ = 0, hour = 0, minute = 0, second = 0;
  unsigned month_ = 0, day_ = 0, us = 0;
  const std::string zero_ended(utc);
  const int read = std::sscanf(zero_ended.c_str(), "%d-%u-%uT%d:%d:%d.%6uZ", &year_, &month_, &day_, &hour,
                               &minute, &second, &us);
  const year_month_day date{year(year_), month(month_), day(day_)};
  if (read != 7 || !date.ok()) return 0;
  const auto time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + microseconds(us);
  return duration_cast<nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace ebond::cli::watch
