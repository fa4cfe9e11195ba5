// What judges say of the slaves' paths, and the bond's ears and hands for the ARP monitor, one of them.
#include <fmt/core.h>

#include <algorithm>

#include "core/bond_state.h"

namespace ebond::core {

void Bond::State::path_changed(Slave& slave, const PathVerdict& verdict, Turn& turn) {
  paths_changed(std::vector{JudgedPath{slave.ifindex, verdict}}, turn);
}

void Bond::State::paths_changed(std::span<const JudgedPath> judged, Turn& turn) {
  struct Risen {
    IfIndex slave;
    std::string why;
  };
  std::vector<Risen> all_risen;
  std::string why_anew;
  for (const auto& [index, verdict] : judged) {
    Slave* const slave = find(index);
    if (!slave) continue;
    const bool was_up = slave->is_up();
    const auto before = slave->path.shown();
    const PathHold* const held = slave->path.held_by(verdict.judge);
    const bool is_news = !held || verdict.proved || held->why != verdict.why;
    if (!slave->path.judged(verdict, turn.now)) continue;
    const auto said =
        verdict.silence ? fmt::format("{} since {} ms", verdict.why, verdict.silence->count()) : verdict.why;
    if (is_news) {
      turn.events.push_back({"path", slave->name, std::string(mii_status_name(before)),
                             std::string(mii_status_name(slave->path.shown())), said});
    }
    auto why = fmt::format("{}: {}", slave->name, said);
    turn.seen_by = path_judge_name(verdict.judge);
    if (!verdict.proved) turn.lost(why);
    if (verdict.proved) {
      if (!was_up) all_risen.push_back({index, std::move(why)});
      continue;
    }
    if (was_up && verdict.shown == MiiStatus::down) slave->path.count_failure();
    if (active == index || !has_usable_slave()) why_anew = std::move(why);
  }
  if (!why_anew.empty()) select_active(why_anew, turn);
  for (const auto& [index, why] : all_risen) {
    const Slave* const slave = find(index);
    if (slave->is_up()) {
      risen(*slave, why, turn);
    } else if (slave->is_coming_up() && !has_usable_slave()) {
      select_active(why, turn);
    }
  }
}

void Bond::surroundings(Surroundings around) {
  state_->ways_are_news |= state_->ways != around.paths;
  state_->ways = around.paths;
  state_->arp.surroundings(std::move(around));
}

ProbeTargets Bond::targets() const {
  const BondOptions& options = state_->options;
  ProbeTargets targets;
  if (ArpMonitor::is_wanted(options)) {
    targets.ipv4 = options.arp_ip_target;
    targets.ipv6 = options.ns_ip6_target;
  }
  if (options.path_monitor != PathMonitor::off) targets.paths = options.path_target;
  return targets;
}

std::optional<MacAddress> Bond::probe_mac(IfIndex slave_index) const {
  const Slave* const slave = state_->find(slave_index);
  if (!slave || !state_->path_watch) return std::nullopt;
  return core::probe_mac(*slave, state_->slaves, state_->mac);
}

ArpMonitor::View Bond::State::arp_view() {
  ArpMonitor::View view{
      .options = options, .slaves = slaves, .active = active_slave(), .bond_mac = mac, .admin_up = admin_up};
  view.idle = idle_ports();
  return view;
}

std::vector<IfIndex> Bond::State::idle_ports() const {
  std::vector<IfIndex> idle;
  if (options.mode != Mode::ieee8023ad) return idle;
  for (const Slave& slave : slaves) {
    if (!is_in_use(slave)) idle.push_back(slave.ifindex);
  }
  return idle;
}

PathWatch::View Bond::State::path_view() {
  return {.options = options,
          .slaves = slaves,
          .active = active_slave(),
          .bond_mac = mac,
          .admin_up = admin_up,
          .ways = ways,
          .idle = idle_ports(),
          .has_active_slave = uses_active_slave()};
}

void Bond::State::take_path_news(PathNews news, Turn& turn) {
  paths_changed(news.judged, turn);
  for (auto& [slave, frame] : news.probes) {
    turn.transmissions.emplace_back(action::Transmit{slave, std::move(frame)});
  }
}

/// Another monitor begins with nobody held: what the last one held lets it go first.
void Bond::State::follow_with_path_watch(Turn& turn) {
  if (path_watch_kind != options.path_monitor) {
    std::vector<JudgedPath> released;
    for (const Slave& slave : slaves) {
      for (const auto judge : {PathJudge::icmp, PathJudge::bfd}) {
        if (!slave.path.held_by(judge)) continue;
        released.push_back({slave.ifindex, {.judge = judge, .why = "path_monitor set"}});
      }
    }
    paths_changed(released, turn);
    path_watch_kind = options.path_monitor;
    path_watch = make_path_watch(path_watch_kind);
  }
  ways_are_news = false;
  if (path_watch) take_path_news(path_watch->follow(path_view(), turn.now), turn);
}

void Bond::State::follow_with_arp(Turn& turn) {
  paths_changed(arp.follow(arp_view(), turn.now), turn);
}

void Bond::State::follow_link_with_arp(Slave& slave, const LinkTransition& transition, Turn& turn) {
  if (transition.to == MiiStatus::down) arp.link_lost(slave.ifindex, turn.now);
  if (transition.from != MiiStatus::down) return;
  // It was no use before and is none yet: nothing failed, and there is nothing to choose anew.
  const auto hold = arp.link_back(arp_view(), slave.ifindex);
  if (!hold || !slave.path.judged(*hold, turn.now)) return;
  turn.events.push_back({"path", slave.name, std::string(mii_status_name(MiiStatus::up)),
                         std::string(mii_status_name(slave.path.shown())), hold->why});
}

void Bond::State::watch_paths(Turn& turn) {
  follow_with_path_watch(turn);
  if (path_watch) take_path_news(path_watch->advance(path_view(), turn.now), turn);
  follow_with_arp(turn);
  const auto judged = arp.inspect(arp_view(), turn.now);
  paths_changed(judged, turn);
  if (judged.empty() && !arp.round_due(turn.now)) return;
  // As the driver's monitor: who asks now is whoever is active after the verdicts.
  arp.follow(arp_view(), turn.now);
  std::vector<JudgedPath> shown;
  for (auto& [slave, frame] : arp.probe(arp_view(), shown, turn.now)) {
    turn.transmissions.emplace_back(action::Transmit{slave, std::move(frame)});
  }
  paths_changed(shown, turn);
}

}  // namespace ebond::core
