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
  state_->arp.surroundings(std::move(around));
}

ProbeTargets Bond::targets() const {
  if (!ArpMonitor::is_wanted(state_->options)) return {};
  return {state_->options.arp_ip_target, state_->options.ns_ip6_target};
}

ArpMonitor::View Bond::State::arp_view() {
  ArpMonitor::View view{
      .options = options, .slaves = slaves, .active = active_slave(), .bond_mac = mac, .admin_up = admin_up};
  if (options.mode == Mode::ieee8023ad) {
    for (const Slave& slave : slaves) {
      if (!is_in_use(slave)) view.idle.push_back(slave.ifindex);
    }
  }
  return view;
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
