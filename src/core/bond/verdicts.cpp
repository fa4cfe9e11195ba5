// What judges say, brought to the gates, and what the bond makes of it.
#include <fmt/core.h>

#include "core/bond/turn.h"

namespace ebond::core {

bool Turn::carry_out(JudgeNews news) {
  struct Risen {
    IfIndex slave;
    std::string why;
  };
  std::vector<Risen> all_risen;
  std::string why_chosen;
  bool moved = false;
  for (const auto& [index, verdict] : news.judged) {
    Slave* const slave = bond_.roster.find(index);
    if (!slave) continue;
    const bool was_up = slave->is_up();
    const auto before = slave->path.shown();
    const PathHold* const held = slave->path.held_by(verdict.judge);
    const bool begins_or_ends = verdict.proved == (held != nullptr);
    const bool is_news = begins_or_ends || held->why != verdict.why;
    if (!slave->path.judged(verdict, notes_.now)) continue;
    moved |= begins_or_ends;
    const auto said =
        verdict.silence ? fmt::format("{} for {} ms", verdict.why, verdict.silence->count()) : verdict.why;
    if (is_news) notes_.path_event(*slave, before, said);
    auto why = fmt::format("{}: {}", slave->name, said);
    notes_.seen_by = verdict.judge;
    if (verdict.proved) {
      if (!was_up) all_risen.push_back({index, std::move(why)});
      continue;
    }
    notes_.lost(why);
    if (was_up && verdict.shown == MiiStatus::down) slave->path.count_failure();
    if (bond_.roster.is_active(*slave) || !bond_.roster.has_usable(bond_.options))
      why_chosen = std::move(why);
  }
  if (!why_chosen.empty()) choose(why_chosen);
  for (const auto& [index, why] : all_risen) {
    const Slave& slave = *bond_.roster.find(index);
    if (slave.is_up()) {
      risen(slave, why);
    } else if (slave.is_coming_up() && !bond_.roster.has_usable(bond_.options)) {
      choose(why);
    }
  }
  for (auto& [slave, frame] : news.probes) notes_.send(slave, std::move(frame));
  return moved;
}

/// A hold that begins with the link took nothing from anybody: it is recorded, and nothing failed.
void Turn::judge_link(Slave& slave, const LinkChange& change) {
  for (const auto& [index, verdict] : bond_.judges.link_changed(scene(), slave, change, notes_.now)) {
    if (!slave.path.judged(verdict, notes_.now) || verdict.proved) continue;
    notes_.path_event(slave, MiiStatus::up, verdict.why);
  }
}

}  // namespace ebond::core
