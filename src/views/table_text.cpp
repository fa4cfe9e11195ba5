#include "views/table_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/options/option_table.h"
#include "core/printable.h"
#include "views/cabling.h"
#include "views/health.h"
#include "views/paint.h"
#include "views/words.h"

namespace ebond::views {
namespace {

// ---- One bond.

std::string_view health_sgr(Health health) {
  constexpr std::array<std::string_view, 4> kSgr = {kGreen, kYellow, kRed, kRed};
  return kSgr.at(static_cast<std::size_t>(health));
}

std::string headline(const core::BondReport& report, Colour colour) {
  const auto& bond = report.status;
  const auto health = health_of(report);
  std::string word(health_word(health.health));
  std::ranges::transform(word, word.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  std::string line = fmt::format("{}  {}", painted(bond.name, kBold, colour),
                                 painted(word, health_sgr(health.health), colour));
  // Of one that failed nothing is known for certain.
  if (report.failed.empty()) line += fmt::format("  {}", core::mode_name(bond.options.mode));
  if (!health.why.empty()) line += "  (" + core::printable(health.why) + ")";
  return line + "\n";
}

std::string facts(const core::BondReport& report) {
  const auto& bond = report.status;
  std::string line = fmt::format("  carrier {}", bond.carrier ? "up" : "down");
  if (has_active_slave(bond.options.mode)) {
    line += fmt::format(", active slave {}", bond.active_slave.empty() ? "none" : bond.active_slave);
  }
  line += fmt::format(", MAC {}", bond.mac.to_string());
  if (!report.netns.empty()) line += fmt::format(", netns {}", report.netns);
  line += "\n";
  if (report.away) {
    line += core::printable(
        fmt::format("  the interface is {} in {}\n", report.away->interface,
                    report.away->netns.empty() ? "the initial netns" : "netns " + report.away->netns));
  }
  if (!report.slaves_netns.empty()) {
    line += core::printable(fmt::format("  the slaves are in netns {}\n", report.slaves_netns));
  }
  if (!report.link_layer.empty()) line += fmt::format("  links watched by {}\n", report.link_layer);
  return line;
}

std::string aggregator_line(const core::BondStatus& bond) {
  if (!bond.lacp) return {};
  const auto& lacp = *bond.lacp;
  if (lacp.active_aggregator_id == 0) return "  LACP: no active aggregator\n";
  const auto ports = fmt::format("{} port{}", lacp.number_of_ports, lacp.number_of_ports == 1 ? "" : "s");
  if (lacp.partner_mac.is_zero()) {
    return fmt::format("  LACP: aggregator {}, {}, no partner\n", lacp.active_aggregator_id, ports);
  }
  return fmt::format("  LACP: aggregator {}, {}, partner {}, keys {} and {}\n", lacp.active_aggregator_id,
                     ports, lacp.partner_mac.to_string(), lacp.actor_key, lacp.partner_key);
}

std::string_view link_sgr(core::MiiStatus status) {
  constexpr std::array<std::string_view, 4> kSgr = {kGreen, kYellow, kRed, kYellow};
  return kSgr.at(static_cast<std::size_t>(status));
}

/// Faint if nothing is wrong; else as the link, and yellow if the link is not to blame.
std::string_view why_sgr(const core::BondStatus& bond, const core::SlaveStatus& slave) {
  if (is_healthy(bond, slave)) return kDim;
  return slave.mii_status == core::MiiStatus::up ? kYellow : link_sgr(slave.mii_status);
}

/// "up", "going back", or if the link is up and the path beyond it is not: "up, path down".
std::string link_words(const core::SlaveStatus& slave) {
  std::string words(mii_words(slave.link_status));
  if (slave.link_status == core::MiiStatus::up && slave.drained) {
    words += ", drained";
  } else if (slave.link_status == core::MiiStatus::up && !slave.path.empty()) {
    words += fmt::format(", path {}", mii_words(slave.mii_status));
  }
  return words;
}

/// Of a cable that is silent, where it led.
Cell neighbour_cell(const core::SlaveStatus& slave) {
  if (!slave.neighbour) return {};
  return {core::neighbour_words(*slave.neighbour), slave.is_neighbour_current ? std::string_view{} : kDim};
}

/// What the table has beside what it always has.
struct Columns {
  bool dropped = false, neighbours = false;
};

Row slave_row(const core::BondReport& report, std::size_t i, const Columns& columns) {
  const auto& bond = report.status;
  const auto& slave = bond.slaves[i];
  Row row = {{slave.name},
             {slave.active ? "ACTIVE" : "BACKUP", slave.active ? kGreen : kDim},
             {link_words(slave), link_sgr(slave.mii_status)},
             {speed_text(slave.link), {}, true},
             {std::to_string(slave.link_failure_count), {}, true}};
  if (columns.dropped) row.push_back({std::to_string(report.rx_inactive_dropped[i]), {}, true});
  if (columns.neighbours) row.push_back(neighbour_cell(slave));
  row.push_back({why_idle(bond, slave), why_sgr(bond, slave)});
  return row;
}

std::string slave_table(const core::BondReport& report, Colour colour) {
  const auto& bond = report.status;
  if (bond.slaves.empty()) return {};
  const Columns columns{
      .dropped = report.rx_inactive_dropped.size() == bond.slaves.size() &&
                 std::ranges::any_of(report.rx_inactive_dropped, [](auto frames) { return frames > 0; }),
      .neighbours =
          std::ranges::any_of(bond.slaves, [](const auto& slave) { return slave.neighbour.has_value(); })};
  Row head = {
      {"SLAVE", kDim}, {"STATE", kDim}, {"LINK", kDim}, {"SPEED", kDim, true}, {"FAILURES", kDim, true}};
  if (columns.dropped) head.push_back({"RX DROPPED", kDim, true});
  if (columns.neighbours) head.push_back({"NEIGHBOUR", kDim});
  head.push_back({""});
  std::vector<Row> rows = {head};
  for (std::size_t i = 0; i < bond.slaves.size(); ++i) {
    rows.push_back(slave_row(report, i, columns));
  }
  return laid_out(rows, colour);
}

/// ", table after 84 µs, announced after 133 µs": what is known of it.
std::string took(std::int64_t table_us, std::int64_t announce_us) {
  std::string words;
  if (table_us >= 0) words += fmt::format(", table after {} µs", table_us);
  if (announce_us >= 0) words += fmt::format(", announced after {} µs", announce_us);
  return words;
}

std::string failover_line(const core::BondReport& report) {
  if (!report.last_failover) return {};
  const auto& last = *report.last_failover;
  const auto name = [](const std::string& slave) { return slave.empty() ? "none" : slave; };
  std::string line = fmt::format("  last failover: {} {} -> {}", local_time(last.realtime_ns),
                                 name(last.from), name(last.to));
  if (!last.why.empty()) line += ", " + last.why;
  return core::printable(line) + took(last.table_us, last.announce_us) + "\n";
}

std::string dropped_line(const core::BondReport& report) {
  if (report.tx_dropped == 0) return {};
  return fmt::format("  {} frame{} found no slave to leave by\n", report.tx_dropped,
                     report.tx_dropped == 1 ? "" : "s");
}

std::string awaited_line(const core::BondReport& report) {
  if (report.awaited.empty()) return {};
  return fmt::format("  not there, taken when it appears: {}\n",
                     core::printable(fmt::format("{}", fmt::join(report.awaited, ", "))));
}

std::string cabling_lines(const core::BondReport& report, Colour colour) {
  std::string text;
  for (const auto& remark : cabling_remarks(report.status)) {
    text += fmt::format("  {}\n", painted(remark, kYellow, colour));
  }
  return text;
}

std::string bond_text(const core::BondReport& report, Colour colour) {
  if (!report.failed.empty()) return headline(report, colour);
  return headline(report, colour) + facts(report) + aggregator_line(report.status) +
         slave_table(report, colour) + cabling_lines(report, colour) + awaited_line(report) +
         dropped_line(report) + failover_line(report);
}

// ---- Events and checks.

std::string_view event_sgr(const core::Event& event) {
  if (event.kind == core::EventKind::failed) return kRed;
  if (event.kind == core::EventKind::warning || event.kind == core::EventKind::failover) return kYellow;
  if (event.kind == core::EventKind::link || event.kind == core::EventKind::carrier)
    return event.to == "up" ? kGreen : kRed;
  return {};
}

}  // namespace

std::string show_text(const std::vector<core::BondReport>& reports, Colour colour) {
  if (reports.empty()) return "no bonds here\n";
  std::string text;
  for (const auto& report : reports) {
    if (!text.empty()) text += "\n";
    text += bond_text(report, colour);
  }
  return text;
}

std::string event_line(const core::StampedEvent& stamped, Colour colour) {
  const auto& event = stamped.event;
  std::string what = event.slave.empty() ? "" : event.slave + " ";
  what += core::event_kind_name(event.kind);
  if (!event.from.empty() && !event.to.empty()) {
    what += fmt::format(" {} -> {}", event.from, event.to);
  } else if (!event.to.empty()) {
    what += " " + event.to;
  } else if (!event.from.empty()) {
    what += fmt::format(" {} -> none", event.from);
  }
  std::string line = painted(local_time_us(stamped.realtime_ns), kDim, colour);
  if (!stamped.netns.empty()) line += fmt::format(" [{}]", core::printable(stamped.netns));
  line += fmt::format(" {} {}", core::printable(stamped.bond), painted(what, event_sgr(event), colour));
  if (!event.why.empty()) line += ": " + core::printable(event.why);
  return line + took(stamped.table_us, stamped.announce_us);
}

std::string check_text(const core::CheckReport& report, Colour colour) {
  std::vector<Row> rows;
  for (const auto& line : report.lines) {
    const Cell mark = line.available  ? Cell{"yes", kGreen}
                      : line.required ? Cell{"MISSING", kRed}
                                      : Cell{"no", kYellow};
    rows.push_back({mark, {line.feature}, {line.detail}});
  }
  const std::string table = rows.empty() ? "" : laid_out(rows, colour);
  return table +
         (report.can_run ? painted("A bond can run here.", kGreen, colour)
                         : painted("No bond can run here: what is MISSING above is needed.", kRed, colour)) +
         "\n";
}

}  // namespace ebond::views
