#include "core/judges/drain_judge.h"

namespace ebond::core {
namespace {

const PathHold* drain_of(const Slave& slave) {
  return slave.path.held_by(PathJudge::drain);
}

JudgedPath held(const Slave& slave, bool takes_in) {
  return {slave.ifindex,
          {.judge = PathJudge::drain,
           .proved = false,
           .why = "drained by command",
           .shown = MiiStatus::going_back,
           .takes_in = takes_in}};
}

}  // namespace

JudgeNews DrainJudge::follow(const Scene& scene, TimePoint) {
  JudgeNews news;
  for (const Slave& slave : scene.slaves) {
    const bool is_held = drain_of(slave) != nullptr;
    // A backup gets nothing that the active slave does not get as well.
    const bool carries = !scene.has_active_slave || scene.active == &slave;
    if (slave.drained && !is_held) news.judged.push_back(held(slave, carries));
    if (!slave.drained && is_held)
      news.judged.push_back({slave.ifindex, {.judge = PathJudge::drain, .why = "undrained by command"}});
  }
  return news;
}

JudgeNews DrainJudge::advance(const Scene& scene, TimePoint now) {
  JudgeNews news;
  for (const Slave& slave : scene.slaves) {
    const PathHold* const hold = drain_of(slave);
    if (hold && hold->takes_in && hold->since + kGrace <= now) news.judged.push_back(held(slave, false));
  }
  return news;
}

std::optional<TimePoint> DrainJudge::next_deadline(const Scene& scene) const {
  std::optional<TimePoint> next;
  for (const Slave& slave : scene.slaves) {
    const PathHold* const hold = drain_of(slave);
    if (hold && hold->takes_in) next = earlier(next, hold->since + kGrace);
  }
  return next;
}

}  // namespace ebond::core
