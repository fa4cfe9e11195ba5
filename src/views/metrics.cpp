#include "views/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "core/options/option_table.h"
#include "views/health.h"
#include "views/metrics_writer.h"
#include "views/words.h"

namespace ebond::views {
namespace {

using core::BondReport;
using core::SlaveStatus;
using Kind = MetricsWriter::Kind;

Labels of_bond(const BondReport& report) {
  return {{"bond", report.status.name}, {"netns", report.netns}};
}

Labels of_slave(const BondReport& report, const SlaveStatus& slave) {
  auto labels = of_bond(report);
  labels.emplace_back("slave", slave.name);
  return labels;
}

Labels with(Labels labels, std::string name, std::string_view value) {
  labels.emplace_back(std::move(name), value);
  return labels;
}

double in_seconds(core::Duration span) {
  return std::chrono::duration<double>(span).count();
}

/// One family: its samples by a function of a bond, or of a slave and its place.
class Families {
 public:
  Families(const std::vector<BondReport>& reports, MetricsFormat format)
      : writer_(format == MetricsFormat::openmetrics) {
    for (const auto& report : reports) {
      all_.push_back(&report);
      if (report.failed.empty()) reports_.push_back(&report);
    }
  }

  template <class Sample>
  void per_bond(Kind kind, std::string_view name, std::string_view help, const Sample& sample) {
    writer_.family(kind, name, help);
    for (const auto* report : reports_) sample(*report);
  }
  /// Also of bonds that the daemon gave up.
  template <class Sample>
  void per_any_bond(Kind kind, std::string_view name, std::string_view help, const Sample& sample) {
    writer_.family(kind, name, help);
    for (const auto* report : all_) sample(*report);
  }
  template <class Sample>
  void per_slave(Kind kind, std::string_view name, std::string_view help, const Sample& sample) {
    per_bond(kind, name, help, [&](const BondReport& report) {
      for (std::size_t i = 0; i < report.status.slaves.size(); ++i) {
        sample(report, report.status.slaves[i], i);
      }
    });
  }
  void put(const Labels& labels, double value) { writer_.sample(labels, value); }
  MetricsWriter& writer() { return writer_; }

 private:
  MetricsWriter writer_;
  std::vector<const BondReport*> all_;
  std::vector<const BondReport*> reports_;  ///< those that are at work
};

// ---- The bond.

/// As the node exporter names what the driver tells, so that dashboards for the driver's bonds go on.
void put_node_bonding(Families& to) {
  const auto master = [](const BondReport& report) { return Labels{{"master", report.status.name}}; };
  to.per_bond(Kind::gauge, "node_bonding_active", "Number of active slaves per bonding interface.",
              [&](const BondReport& report) {
                const auto up =
                    std::ranges::count(report.status.slaves, core::MiiStatus::up, &SlaveStatus::mii_status);
                to.put(master(report), static_cast<double>(up));
              });
  to.per_bond(Kind::gauge, "node_bonding_slaves", "Number of configured slaves per bonding interface.",
              [&](const BondReport& report) {
                to.put(master(report), static_cast<double>(report.status.slaves.size()));
              });
}

void put_state(Families& to) {
  to.per_any_bond(Kind::gauge, "ebond_bond_health",
                  "1 for the word that says how the bond is, 0 for the others.",
                  [&](const BondReport& report) {
                    const auto now = health_of(report).health;
                    for (const auto health : {Health::ok, Health::degraded, Health::down, Health::failed}) {
                      to.put(with(of_bond(report), "health", health_word(health)), health == now ? 1 : 0);
                    }
                  });
  to.per_bond(Kind::info, "ebond_bond", "Mode and MAC address of the bond.", [&](const BondReport& report) {
    to.put(with(with(of_bond(report), "mode", core::mode_name(report.status.options.mode)), "address",
                report.status.mac.to_string()),
           1);
  });
  to.per_bond(Kind::gauge, "ebond_bond_admin_up", "The bond is set up.",
              [&](const BondReport& report) { to.put(of_bond(report), report.status.admin_up ? 1 : 0); });
  to.per_bond(Kind::gauge, "ebond_bond_carrier", "The bond has carrier.",
              [&](const BondReport& report) { to.put(of_bond(report), report.status.carrier ? 1 : 0); });
  to.per_bond(Kind::gauge, "ebond_bond_carrier_since_timestamp_seconds",
              "Since when its carrier is what it is, as a Unix time.", [&](const BondReport& report) {
                if (report.carrier_since_ns == 0) return;
                to.put(of_bond(report), static_cast<double>(report.carrier_since_ns) / 1e9);
              });
  to.per_bond(Kind::gauge, "ebond_bond_carrier_hook",
              "The kernel itself takes a link out of use when its carrier goes.",
              [&](const BondReport& report) { to.put(of_bond(report), report.has_carrier_hook ? 1 : 0); });
  to.per_bond(
      Kind::gauge, "ebond_bond_awaited_slaves", "Interfaces that are slaves once they appear.",
      [&](const BondReport& report) { to.put(of_bond(report), static_cast<double>(report.awaited.size())); });
}

struct TrafficCounter {
  std::string_view name, help;
  std::uint64_t core::Traffic::* member;
};
constexpr std::array kTraffic{
    TrafficCounter{"receive_frames", "Frames received", &core::Traffic::rx_frames},
    TrafficCounter{"transmit_frames", "Frames sent", &core::Traffic::tx_frames},
    TrafficCounter{"receive_bytes", "Octets received", &core::Traffic::rx_bytes},
    TrafficCounter{"transmit_bytes", "Octets sent", &core::Traffic::tx_bytes},
    TrafficCounter{"receive_errors", "Frames received broken", &core::Traffic::rx_errors},
    TrafficCounter{"transmit_errors", "Frames that could not be sent", &core::Traffic::tx_errors},
    TrafficCounter{"receive_drops", "Frames received and dropped by the kernel", &core::Traffic::rx_dropped},
    TrafficCounter{"transmit_drops", "Frames dropped by the kernel before they were sent",
                   &core::Traffic::tx_dropped},
};

void put_traffic(Families& to) {
  for (const auto& [name, help, member] : kTraffic) {
    to.per_bond(Kind::counter, fmt::format("ebond_bond_{}", name), fmt::format("{}, by the bond.", help),
                [&](const BondReport& report) {
                  if (report.traffic) to.put(of_bond(report), static_cast<double>((*report.traffic).*member));
                });
    to.per_slave(Kind::counter, fmt::format("ebond_slave_{}", name), fmt::format("{}, by the slave.", help),
                 [&](const BondReport& report, const SlaveStatus& slave, std::size_t i) {
                   if (i >= report.slave_facts.size() || !report.slave_facts[i].traffic) return;
                   to.put(of_slave(report, slave),
                          static_cast<double>((*report.slave_facts[i].traffic).*member));
                 });
  }
  to.per_bond(
      Kind::counter, "ebond_bond_no_slave_drops",
      "Frames of the bond that found no slave to leave by, or were sent while it had no carrier.",
      [&](const BondReport& report) { to.put(of_bond(report), static_cast<double>(report.tx_dropped)); });
  to.per_slave(Kind::counter, "ebond_slave_inactive_drops",
               "Frames that a slave which does not carry received, and the bond did not take.",
               [&](const BondReport& report, const SlaveStatus& slave, std::size_t i) {
                 if (i >= report.rx_inactive_dropped.size()) return;
                 to.put(of_slave(report, slave), static_cast<double>(report.rx_inactive_dropped[i]));
               });
}

void put_failovers(Families& to) {
  to.per_bond(Kind::counter, "ebond_bond_failovers", "Times traffic left a slave, by what saw the need.",
              [&](const BondReport& report) {
                for (const auto& [cause, times] : report.failovers.by_cause) {
                  to.put(with(of_bond(report), "cause", cause), static_cast<double>(times));
                }
              });
  to.per_bond(Kind::histogram, "ebond_bond_failover_seconds",
              "From the first sign that a failover is needed to the new table in the kernel.",
              [&](const BondReport& report) {
                std::vector<std::pair<double, std::uint64_t>> classes;
                const auto& history = report.failovers;
                for (std::size_t i = 0; i < history.kBoundsUs.size(); ++i) {
                  classes.emplace_back(static_cast<double>(history.kBoundsUs.at(i)) / 1e6,
                                       history.by_time.at(i));
                }
                to.writer().histogram(of_bond(report), classes, history.by_time.back(),
                                      static_cast<double>(history.total_us) / 1e6);
              });
  to.per_bond(Kind::gauge, "ebond_bond_last_failover_timestamp_seconds",
              "When traffic last left a slave, as a Unix time.", [&](const BondReport& report) {
                if (!report.last_failover) return;
                to.put(of_bond(report), static_cast<double>(report.last_failover->realtime_ns) / 1e9);
              });
}

// ---- Slaves.

void put_slaves(Families& to) {
  const auto gauge = [&](std::string_view name, std::string_view help, const auto& value) {
    to.per_slave(Kind::gauge, name, help,
                 [&](const BondReport& report, const SlaveStatus& slave, std::size_t) {
                   to.put(of_slave(report, slave), value(slave));
                 });
  };
  gauge("ebond_slave_up", "Its link is up and no path monitor holds it out: it can be used.",
        [](const SlaveStatus& slave) { return slave.mii_status == core::MiiStatus::up ? 1.0 : 0.0; });
  gauge("ebond_slave_carrying", "It may carry the bond's traffic: the state ACTIVE.",
        [](const SlaveStatus& slave) { return slave.active ? 1.0 : 0.0; });
  gauge("ebond_slave_carrier", "Its card has carrier.",
        [](const SlaveStatus& slave) { return slave.link.carrier ? 1.0 : 0.0; });
  gauge("ebond_slave_drained", "A command took it out.",
        [](const SlaveStatus& slave) { return slave.drained ? 1.0 : 0.0; });
  to.per_slave(Kind::gauge, "ebond_slave_speed_bytes", "Speed of its link, in octets per second.",
               [&](const BondReport& report, const SlaveStatus& slave, std::size_t) {
                 if (slave.link.speed_mbps == 0) return;
                 to.put(of_slave(report, slave), slave.link.speed_mbps * 125e3);
               });
  to.per_slave(Kind::gauge, "ebond_slave_carrying_since_timestamp_seconds",
               "Since when it carries, or does not, as a Unix time.",
               [&](const BondReport& report, const SlaveStatus& slave, std::size_t i) {
                 if (i >= report.slave_facts.size() || report.slave_facts[i].role_since_ns == 0) return;
                 to.put(of_slave(report, slave),
                        static_cast<double>(report.slave_facts[i].role_since_ns) / 1e9);
               });
  to.per_slave(Kind::info, "ebond_slave_neighbour",
               "What is at the other end of the slave's cable, as last heard by LLDP or CDP.",
               [&](const BondReport& report, const SlaveStatus& slave, std::size_t) {
                 if (!slave.neighbour) return;
                 auto labels = with(of_slave(report, slave), "system", slave.neighbour->system);
                 labels = with(std::move(labels), "port", slave.neighbour->port);
                 to.put(with(std::move(labels), "chassis", slave.neighbour->chassis), 1);
               });
  to.per_slave(Kind::gauge, "ebond_slave_neighbour_current",
               "What is at the other end of the slave's cable still speaks.",
               [&](const BondReport& report, const SlaveStatus& slave, std::size_t) {
                 if (slave.neighbour) to.put(of_slave(report, slave), slave.is_neighbour_current ? 1 : 0);
               });
  to.per_slave(Kind::counter, "ebond_slave_failures", "Times its link, or the path beyond it, was lost.",
               [&](const BondReport& report, const SlaveStatus& slave, std::size_t) {
                 const auto paths = slave.path_failure_count;
                 to.put(with(of_slave(report, slave), "layer", "link"), slave.link_failure_count - paths);
                 to.put(with(of_slave(report, slave), "layer", "path"), paths);
               });
  to.per_slave(Kind::gauge, "ebond_slave_held", "What holds the slave out although its link is up.",
               [&](const BondReport& report, const SlaveStatus& slave, std::size_t) {
                 for (const auto& hold : slave.path) {
                   to.put(with(of_slave(report, slave), "judge", core::path_judge_name(hold.judge)), 1);
                 }
               });
}

void put_monitors(Families& to) {
  const auto per_session = [&](std::string_view name, std::string_view help, const auto& value) {
    to.per_slave(
        Kind::gauge, name, help, [&](const BondReport& report, const SlaveStatus& slave, std::size_t) {
          for (const auto& session : slave.sessions) {
            const std::optional<double> known = value(report, session);
            if (!known) continue;
            to.put(with(with(of_slave(report, slave), "monitor", core::path_judge_name(session.judge)),
                        "target", session.target),
                   *known);
          }
        });
  };
  per_session("ebond_monitor_up", "The path monitor has its answers, or its session.",
              [](const BondReport&, const core::MonitorSession& session) -> std::optional<double> {
                return session.state == "up" ? 1 : 0;
              });
  per_session("ebond_monitor_answer_age_seconds", "How long ago the last answer came.",
              [](const BondReport& report, const core::MonitorSession& session) -> std::optional<double> {
                if (!session.answered) return std::nullopt;
                return in_seconds(report.status.at - *session.answered);
              });
  per_session("ebond_monitor_round_trip_seconds", "From the last question that was answered to its answer.",
              [](const BondReport&, const core::MonitorSession& session) -> std::optional<double> {
                if (!session.round_trip) return std::nullopt;
                return in_seconds(*session.round_trip);
              });
}

// ---- LACP.

void put_aggregators(Families& to) {
  to.per_bond(Kind::gauge, "ebond_lacp_active_aggregator", "Identifier of the aggregator in use; 0: none.",
              [&](const BondReport& report) {
                if (report.status.lacp) to.put(of_bond(report), report.status.lacp->active_aggregator_id);
              });
  to.per_bond(Kind::gauge, "ebond_lacp_active_ports", "Ports of the aggregator in use.",
              [&](const BondReport& report) {
                if (report.status.lacp) to.put(of_bond(report), report.status.lacp->number_of_ports);
              });
}

template <class Sample>
void per_port(Families& to, Kind kind, std::string_view name, std::string_view help, const Sample& sample) {
  to.per_slave(kind, name, help, [&](const BondReport& report, const SlaveStatus& slave, std::size_t) {
    if (slave.lacp) sample(of_slave(report, slave), *slave.lacp);
  });
}

void put_ports(Families& to) {
  per_port(to, Kind::gauge, "ebond_lacp_port_aggregator",
           "Identifier of the aggregator the port is in; 0: none.",
           [&](const Labels& port, const core::LacpSlaveStatus& lacp) { to.put(port, lacp.aggregator_id); });
  per_port(to, Kind::info, "ebond_lacp_partner", "Who the port's partner is.",
           [&](const Labels& port, const core::LacpSlaveStatus& lacp) {
             auto labels = with(port, "system", lacp.partner.system.to_string());
             labels = with(std::move(labels), "key", std::to_string(lacp.partner.key));
             to.put(with(std::move(labels), "port", std::to_string(lacp.partner.port_number)), 1);
           });
  per_port(to, Kind::gauge, "ebond_lacp_port_state", "A flag of the state octet of either end.",
           [&](const Labels& port, const core::LacpSlaveStatus& lacp) {
             for (const auto& [end, state] :
                  {std::pair{"actor", lacp.actor.state}, {"partner", lacp.partner.state}}) {
               for (unsigned bit = 0; bit < kActorStateWords.size(); ++bit) {
                 to.put(with(with(port, "end", end), "flag", kActorStateWords.at(bit)), state >> bit & 1);
               }
             }
           });
  per_port(to, Kind::gauge, "ebond_lacp_churned", "The end is not in sync, and has not been for 60 s.",
           [&](const Labels& port, const core::LacpSlaveStatus& lacp) {
             to.put(with(port, "end", "actor"), lacp.actor_churn == "churned" ? 1 : 0);
             to.put(with(port, "end", "partner"), lacp.partner_churn == "churned" ? 1 : 0);
           });
  per_port(to, Kind::counter, "ebond_lacp_churns", "Times the end was found churned.",
           [&](const Labels& port, const core::LacpSlaveStatus& lacp) {
             to.put(with(port, "end", "actor"), lacp.actor_churned_count);
             to.put(with(port, "end", "partner"), lacp.partner_churned_count);
           });
  per_port(to, Kind::counter, "ebond_lacp_frames", "Frames of the Slow Protocols.",
           [&](const Labels& port, const core::LacpSlaveStatus& lacp) {
             const auto& counts = lacp.counts;
             const auto put = [&](std::string_view direction, std::string_view kind, std::uint64_t frames) {
               to.put(with(with(port, "direction", direction), "kind", kind), static_cast<double>(frames));
             };
             put("receive", "lacpdu", counts.lacpdu_rx);
             put("transmit", "lacpdu", counts.lacpdu_tx);
             put("receive", "illegal", counts.illegal_rx);
             put("receive", "unknown", counts.unknown_rx);
             put("receive", "own", counts.loop_rx);
             put("receive", "marker", counts.marker_rx);
             put("receive", "marker_response", counts.marker_response_rx);
             put("receive", "marker_unknown", counts.marker_unknown_rx);
             put("transmit", "marker_response", counts.marker_response_tx);
           });
}

// ---- The daemon.

void put_daemon(MetricsWriter& to, const core::DaemonReport& daemon) {
  const auto one = [&](Kind kind, std::string_view name, std::string_view help, double value) {
    to.family(kind, name, help);
    to.sample({}, value);
  };
  to.family(Kind::info, "ebond_daemon", "The version of ebondd.");
  to.sample({{"version", daemon.version}}, 1);
  one(Kind::gauge, "ebond_daemon_start_timestamp_seconds", "When it was started, as a Unix time.",
      static_cast<double>(daemon.started_ns) / 1e9);
  one(Kind::gauge, "ebond_daemon_bonds", "Bonds of all network namespaces.",
      static_cast<double>(daemon.bonds));
  one(Kind::gauge, "ebond_daemon_bonds_not_taken_over",
      "Bonds of an earlier daemon that it could not take over.", static_cast<double>(daemon.not_taken_over));
  to.family(Kind::histogram, "ebond_daemon_loop_lag_seconds",
            "How late its loop was at what it does at certain times.");
  std::vector<std::pair<double, std::uint64_t>> classes;
  for (std::size_t i = 0; i < core::LoopLag::kBoundsUs.size(); ++i) {
    classes.emplace_back(static_cast<double>(core::LoopLag::kBoundsUs.at(i)) / 1e6,
                         daemon.lag.by_time().at(i));
  }
  to.histogram({}, classes, daemon.lag.by_time().back(), static_cast<double>(daemon.lag.total_us()) / 1e6);
  one(Kind::gauge, "ebond_events_kept", "Events in the history.", static_cast<double>(daemon.events_kept));
  to.family(Kind::counter, "ebond_hook_runs", "Event hooks that were run, by how they ended.");
  to.sample({{"result", "done"}}, static_cast<double>(daemon.hooks_run - daemon.hooks_failed));
  to.sample({{"result", "failed"}}, static_cast<double>(daemon.hooks_failed));
  one(Kind::counter, "ebond_hook_events_lost", "Events that hooks were too slow for.",
      static_cast<double>(daemon.hook_events_lost));
}

}  // namespace

std::string metrics_text(const std::vector<BondReport>& reports, const core::DaemonReport& daemon,
                         MetricsFormat format) {
  Families to(reports, format);
  put_node_bonding(to);
  put_state(to);
  put_traffic(to);
  put_failovers(to);
  put_slaves(to);
  put_monitors(to);
  put_aggregators(to);
  put_ports(to);
  put_daemon(to.writer(), daemon);
  return to.writer().finish();
}

std::string metrics_text(const std::vector<ConfiguredBond>& bonds, MetricsFormat format) {
  MetricsWriter to(format == MetricsFormat::openmetrics);
  to.family(Kind::gauge, "ebond_config_bond_running", "A bond that the machine's files describe is there.");
  for (const auto& bond : bonds) {
    to.sample({{"bond", bond.name}, {"netns", bond.netns}}, bond.is_running ? 1 : 0);
  }
  to.family(Kind::gauge, "ebond_config_drift",
            "In how many points a bond is otherwise than the machine's files say.");
  for (const auto& bond : bonds) {
    if (!bond.is_running) continue;
    to.sample({{"bond", bond.name}, {"netns", bond.netns}}, static_cast<double>(bond.differences));
  }
  return to.finish();
}

}  // namespace ebond::views
