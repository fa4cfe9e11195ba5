#include "views/verbose_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/options/option_table.h"
#include "core/printable.h"
#include "views/table_text.h"
#include "views/words.h"
#include "wire/ethernet.h"

namespace ebond::views {
namespace {

using core::BondReport;
using core::SlaveStatus;

constexpr std::string_view kUnknown = "-";

std::string date_or_unknown(std::int64_t realtime_ns) {
  return realtime_ns == 0 ? std::string(kUnknown) : local_date_time(realtime_ns);
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? std::string(kUnknown) : text;
}

Row heading(std::initializer_list<std::string_view> titles,
            std::initializer_list<std::size_t> to_the_right = {}) {
  Row row;
  for (const auto title : titles) row.push_back({std::string(title), kDim});
  for (const auto column : to_the_right) row[column].to_the_right = true;
  return row;
}

/// A table under an empty line; nothing if it has no row but its head.
std::string section(const std::vector<Row>& rows, Colour colour) {
  return rows.size() < 2 ? std::string() : "\n" + laid_out(rows, colour);
}

// ---- The bond.

/// Those a person set, or a mode brought along.
std::string changed_options(const core::BondOptions& options) {
  core::BondOptions defaults;
  defaults.mode = options.mode;
  std::vector<std::string> changed;
  for (const auto& option : core::option_table()) {
    if (option.is_action || option.get == nullptr || option.name == "mode") continue;
    if (!option.fits_mode(options.mode)) continue;
    const auto text = option.get(options);
    if (text != option.get(defaults)) changed.push_back(fmt::format("{} {}", option.name, or_unknown(text)));
  }
  return fmt::format("{}", fmt::join(changed, ", "));
}

std::string bond_lines(const BondReport& report) {
  const auto options = changed_options(report.status.options);
  std::string text;
  if (report.carrier_since_ns != 0) {
    text += fmt::format("  carrier {} since {}\n", report.status.carrier ? "up" : "down",
                        local_date_time(report.carrier_since_ns));
  }
  text += fmt::format("  options that are not default: {}\n", options.empty() ? "none" : options);
  if (!report.device.empty()) text += fmt::format("  made as a {} device\n", report.device);
  if (!report.above.empty()) text += fmt::format("  stands above it: {}\n", fmt::join(report.above, ", "));
  return core::printable(text);
}

// ---- Slaves.

/// "62 %"
std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::string(kUnknown);
  return fmt::format("{:.0f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

core::SlaveFacts facts_of(const BondReport& report, std::size_t i) {
  return i < report.slave_facts.size() ? report.slave_facts[i] : core::SlaveFacts{};
}

std::uint64_t sum_of(const BondReport& report, std::uint64_t core::Traffic::* counter) {
  std::uint64_t sum = 0;
  for (const auto& facts : report.slave_facts) {
    if (facts.traffic) sum += (*facts.traffic).*counter;
  }
  return sum;
}

std::string since_section(const BondReport& report, Colour colour) {
  std::vector<Row> rows = {
      heading({"SLAVE", "STATUS", "SINCE", "STATE", "SINCE", "LINK LOST", "PATH LOST"}, {5, 6})};
  for (std::size_t i = 0; i < report.status.slaves.size(); ++i) {
    const auto& slave = report.status.slaves[i];
    const auto facts = facts_of(report, i);
    rows.push_back({{slave.name},
                    {std::string(mii_words(slave.mii_status))},
                    {date_or_unknown(facts.status_since_ns)},
                    {slave.active ? "ACTIVE" : "BACKUP"},
                    {date_or_unknown(facts.role_since_ns)},
                    {std::to_string(slave.link_failure_count - slave.path_failure_count), {}, true},
                    {std::to_string(slave.path_failure_count), {}, true}});
  }
  return section(rows, colour);
}

std::string load_section(const BondReport& report, Colour colour) {
  const auto sent = sum_of(report, &core::Traffic::tx_bytes);
  const auto received = sum_of(report, &core::Traffic::rx_bytes);
  std::vector<Row> rows = {
      heading({"SLAVE", "SENT", "SHARE", "RECEIVED", "SHARE", "ERRORS", "DROPPED", "NOT TAKEN", "QUEUE"},
              {1, 2, 3, 4, 5, 6, 7, 8})};
  for (std::size_t i = 0; i < report.status.slaves.size(); ++i) {
    const auto facts = facts_of(report, i);
    if (!facts.traffic) continue;
    const auto& traffic = *facts.traffic;
    const auto not_taken = i < report.rx_inactive_dropped.size() ? report.rx_inactive_dropped[i] : 0;
    const auto queue = report.status.slaves[i].options.queue_id;
    Row row = {{report.status.slaves[i].name}};
    for (auto cell : {fmt::format("{} frames", traffic.tx_frames), share(traffic.tx_bytes, sent),
                      fmt::format("{} frames", traffic.rx_frames), share(traffic.rx_bytes, received),
                      std::to_string(traffic.rx_errors + traffic.tx_errors),
                      std::to_string(traffic.rx_dropped + traffic.tx_dropped), std::to_string(not_taken),
                      queue == 0 ? std::string(kUnknown) : std::to_string(queue)}) {
      row.push_back({std::move(cell), {}, true});
    }
    rows.push_back(std::move(row));
  }
  return section(rows, colour);
}

/// "VLANs 7, 8; MACs 02:00:00:00:00:09; 2 groups": what stands on the bond and the card has to let in.
std::string told_words(const core::ReceiveFilter& told) {
  std::vector<std::string> vlans, macs;
  for (const auto& vlan : told.vlans) {
    vlans.push_back(vlan.protocol == wire::ethertype::kVlan ? std::to_string(vlan.id)
                                                            : fmt::format("{} (802.1ad)", vlan.id));
  }
  for (const auto& mac : told.unicast) macs.push_back(mac.to_string());
  std::vector<std::string> parts;
  if (!vlans.empty()) parts.push_back(fmt::format("VLANs {}", fmt::join(vlans, ", ")));
  if (!macs.empty()) parts.push_back(fmt::format("MACs {}", fmt::join(macs, ", ")));
  const auto groups = told.multicast.size();
  if (groups > 0) parts.push_back(fmt::format("{} group{}", groups, groups == 1 ? "" : "s"));
  return parts.empty() ? "nothing more" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string card_section(const BondReport& report, Colour colour) {
  std::vector<Row> rows = {
      heading({"SLAVE", "DRIVER", "BUS", "PERMANENT MAC", "WEARS", "LETS IN, BESIDE ITS OWN"})};
  for (std::size_t i = 0; i < report.status.slaves.size(); ++i) {
    const auto& slave = report.status.slaves[i];
    const auto facts = facts_of(report, i);
    rows.push_back({{slave.name},
                    {or_unknown(facts.driver)},
                    {or_unknown(facts.bus)},
                    {slave.permanent_mac.to_string()},
                    {slave.mac.to_string()},
                    {i < report.told.size() ? told_words(report.told[i]) : std::string(kUnknown)}});
  }
  return section(rows, colour);
}

std::string cable_section(const BondReport& report, Colour colour) {
  std::vector<Row> rows = {heading(
      {"SLAVE", "NEIGHBOUR", "PORT", "DESCRIPTION", "CHASSIS", "BY", "VLAN", "LARGEST FRAME", "HEARD"},
      {6, 7})};
  const auto number = [](const std::optional<std::uint16_t>& value) {
    return value ? std::to_string(*value) : std::string(kUnknown);
  };
  for (const auto& slave : report.status.slaves) {
    if (!slave.neighbour) continue;
    const auto& there = *slave.neighbour;
    const auto heard = slave.neighbour_heard ? span_text(report.status.at - *slave.neighbour_heard) + " ago"
                                             : "by an earlier daemon";
    rows.push_back({{slave.name},
                    {there.system},
                    {there.port},
                    {or_unknown(there.port_description)},
                    {there.chassis},
                    {std::string(core::discovery_protocol_name(there.protocol))},
                    {number(there.port_vlan), {}, true},
                    {number(there.max_frame_size), {}, true},
                    {heard, slave.is_neighbour_current ? std::string_view{} : kYellow}});
  }
  return section(rows, colour);
}

// ---- LACP.

std::string flags_of(std::uint8_t state) {
  std::vector<std::string_view> words;
  for (unsigned bit = 0; bit < kActorStateWords.size(); ++bit) {
    if ((state >> bit & 1U) != 0) words.push_back(kActorStateWords.at(bit));
  }
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, " "));
}

Row port_row(const std::string& name, std::string_view end, const core::LacpPortInfo& port,
             const std::string& aggregator, const std::string& churn, std::uint32_t churns) {
  return {{name},
          {std::string(end)},
          {aggregator, {}, true},
          {port.system.to_string()},
          {std::to_string(port.key), {}, true},
          {fmt::format("{}/{}", port.port_number, port.port_priority), {}, true},
          {fmt::format("{} ({})", churn, churns)},
          {flags_of(port.state)}};
}

std::string lacp_section(const BondReport& report, Colour colour) {
  std::vector<Row> rows = {
      heading({"PORT", "END", "AGGREGATOR", "SYSTEM", "KEY", "PORT/PRIO", "CHURN", "FLAGS"}, {2, 4, 5})};
  for (const auto& slave : report.status.slaves) {
    if (!slave.lacp) continue;
    const auto& lacp = *slave.lacp;
    const auto aggregator =
        lacp.aggregator_id == 0 ? std::string(kUnknown) : std::to_string(lacp.aggregator_id);
    rows.push_back(
        port_row(slave.name, "ours", lacp.actor, aggregator, lacp.actor_churn, lacp.actor_churned_count));
    rows.push_back(port_row("", "partner", lacp.partner, "", lacp.partner_churn, lacp.partner_churned_count));
  }
  return section(rows, colour);
}

std::string lacp_frames_section(const BondReport& report, Colour colour) {
  std::vector<Row> rows = {
      heading({"PORT", "LACPDU IN", "OUT", "ILLEGAL", "UNKNOWN", "OWN BACK", "MARKER IN", "ANSWERED"},
              {1, 2, 3, 4, 5, 6, 7})};
  for (const auto& slave : report.status.slaves) {
    if (!slave.lacp) continue;
    const auto& counts = slave.lacp->counts;
    Row row = {{slave.name}};
    for (const auto count :
         {counts.lacpdu_rx, counts.lacpdu_tx, counts.illegal_rx, counts.unknown_rx + counts.marker_unknown_rx,
          counts.loop_rx, counts.marker_rx, counts.marker_response_tx}) {
      row.push_back({std::to_string(count), {}, true});
    }
    rows.push_back(std::move(row));
  }
  return section(rows, colour);
}

// ---- Monitors and failovers.

Row session_row(const SlaveStatus& slave, const core::MonitorSession& session, core::TimePoint now) {
  using std::chrono::duration_cast;
  const auto ago = [now](const std::optional<core::TimePoint>& when) {
    return when ? span_text(now - *when) : std::string(kUnknown);
  };
  const auto ms = [](core::Duration span) {
    return fmt::format("{} ms", duration_cast<std::chrono::milliseconds>(span).count());
  };
  const auto round_trip =
      session.round_trip
          ? fmt::format("{} µs", duration_cast<std::chrono::microseconds>(*session.round_trip).count())
          : std::string(kUnknown);
  return {{slave.name},
          {std::string(core::path_judge_name(session.judge))},
          {session.target},
          {session.state, session.state == "up" ? kGreen : kYellow},
          {ago(session.since), {}, true},
          {ms(session.interval), {}, true},
          {ms(session.detection), {}, true},
          {ago(session.answered), {}, true},
          {round_trip, {}, true}};
}

std::string monitor_section(const BondReport& report, Colour colour) {
  std::vector<Row> rows = {heading(
      {"SLAVE", "MONITOR", "TARGET", "STATE", "FOR", "EVERY", "LOST AFTER", "ANSWERED AGO", "ROUND TRIP"},
      {4, 5, 6, 7, 8})};
  for (const auto& slave : report.status.slaves) {
    for (const auto& session : slave.sessions) rows.push_back(session_row(slave, session, report.status.at));
  }
  return section(rows, colour);
}

std::string failover_section(const BondReport& report, Colour colour) {
  const auto us = [](std::int64_t span) {
    return span < 0 ? std::string(kUnknown) : fmt::format("{} µs", span);
  };
  std::vector<Row> rows = {
      heading({"FAILOVER", "FROM", "TO", "SEEN BY", "TABLE", "ANNOUNCED", "WHY"}, {4, 5})};
  const auto& latest = report.failovers.latest;
  for (auto failover = latest.rbegin(); failover != latest.rend(); ++failover) {
    const auto seen_by = core::seen_by_name(failover->seen_by);
    rows.push_back({{date_or_unknown(failover->realtime_ns)},
                    {failover->from.empty() ? "none" : failover->from},
                    {failover->to.empty() ? "none" : failover->to},
                    {seen_by.empty() ? std::string(kUnknown) : std::string(seen_by)},
                    {us(failover->table_us), {}, true},
                    {us(failover->announce_us), {}, true},
                    {failover->why}});
  }
  return section(rows, colour);
}

std::string failover_totals(const BondReport& report) {
  std::vector<std::string> causes;
  std::uint64_t all = 0;
  for (const auto& [cause, times] : report.failovers.by_cause) {
    causes.push_back(fmt::format("{} {}", cause, times));
    all += times;
  }
  if (all <= report.failovers.latest.size()) return {};
  return fmt::format("  {} failovers in all: {}\n", all, fmt::join(causes, ", "));
}

std::string all_of(const BondReport& report, Colour colour) {
  std::string text = show_text({report}, colour);
  if (!report.failed.empty()) return text;
  text += bond_lines(report);
  for (const auto part : {since_section, load_section, card_section, cable_section, lacp_section,
                          lacp_frames_section, monitor_section, failover_section}) {
    text += part(report, colour);
  }
  return text + failover_totals(report);
}

}  // namespace

std::string verbose_text(const std::vector<BondReport>& reports, Colour colour) {
  if (reports.empty()) return show_text(reports, colour);
  std::string text;
  for (const auto& report : reports) {
    if (!text.empty()) text += "\n";
    text += all_of(report, colour);
  }
  return text;
}

}  // namespace ebond::views
