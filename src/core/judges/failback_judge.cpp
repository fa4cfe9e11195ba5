#include "core/judges/failback_judge.h"

#include <algorithm>

namespace ebond::core {
namespace {

const PathHold* hold_of(const Slave& slave) {
  return slave.path.held_by(PathJudge::failback);
}

bool does_any_wait(const Scene& scene) {
  return std::ranges::any_of(scene.slaves, [](const Slave& slave) { return hold_of(slave) != nullptr; });
}

}  // namespace

bool FailbackJudge::is_wanted(const BondOptions& options) {
  switch (options.failback) {
    case Failback::immediate:
      return false;
    case Failback::proof:
      return true;
    case Failback::automatic:
      return options.path_monitor != PathMonitor::off && !options.path_target.empty();
  }
  return false;
}

JudgeNews FailbackJudge::follow(const Scene& scene, TimePoint now) {
  if (!does_any_wait(scene)) {
    next_look_.reset();
  } else if (!next_look_) {
    next_look_ = now + kLook;
  }
  return {};
}

JudgeNews FailbackJudge::link_changed(const Scene&, const Slave& slave, const LinkChange& change, TimePoint) {
  JudgeNews news;
  // Without a link there is nothing to hold: the proof is asked for again once it is back.
  if (change.to == MiiStatus::down) news.judged.push_back({slave.ifindex, {.judge = PathJudge::failback}});
  if (change.from != MiiStatus::down || change.to != MiiStatus::up) return news;
  news.judged.push_back({slave.ifindex,
                         {.judge = PathJudge::failback,
                          .proved = false,
                          .why = "its link is back: waiting for a frame that proves its path",
                          .shown = MiiStatus::going_back}});
  return news;
}

JudgeNews FailbackJudge::advance(const Scene& scene, TimePoint now) {
  JudgeNews news;
  for (const Slave& slave : scene.slaves) {
    const PathHold* const hold = hold_of(slave);
    if (!hold || !slave.last_rx || *slave.last_rx <= hold->since) continue;
    news.judged.push_back({slave.ifindex, {.judge = PathJudge::failback, .why = "a frame came in"}});
  }
  if (next_look_) next_look_ = now + kLook;
  return news;
}

}  // namespace ebond::core
