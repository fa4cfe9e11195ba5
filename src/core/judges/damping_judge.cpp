#include "core/judges/damping_judge.h"

#include <fmt/core.h>

#include "core/judges/asking.h"

namespace ebond::core {
namespace {

JudgedPath passes(const Slave& slave, std::string why) {
  return {slave.ifindex, {.judge = PathJudge::damping, .why = std::move(why)}};
}

}  // namespace

JudgeNews DampingJudge::follow(const Scene& scene, TimePoint) {
  records_.follow(scene.slaves, [](const Slave& slave) { return Record{.slave = slave.ifindex}; });
  JudgeNews news;
  if (!scene.options.flap_damping) {
    news.judged = let_all_pass(scene.slaves, PathJudge::damping, "flap_damping off");
  }
  return news;
}

JudgeNews DampingJudge::link_changed(const Scene& scene, const Slave& slave, const LinkChange& change,
                                     TimePoint now) {
  JudgeNews news;
  Record* const record = records_.find(slave.ifindex);
  if (!record) return news;
  if (change.to == MiiStatus::down) {
    record->damper.link_lost(now);
    news.judged.push_back(passes(slave, "its link was lost"));
  }
  // A link that came back within its downdelay never went.
  const bool is_back = change.to == MiiStatus::up && change.from != MiiStatus::going_down;
  const auto rest = record->damper.hold();
  if (!is_back || !scene.options.flap_damping || rest <= Duration::zero()) return news;
  news.judged.push_back(
      {slave.ifindex,
       {.judge = PathJudge::damping,
        .proved = false,
        .why = fmt::format("lost its link {} times in a row: held for {} s", record->damper.losses(),
                           std::chrono::duration_cast<std::chrono::seconds>(rest).count()),
        .shown = MiiStatus::going_back,
        .until = now + rest}});
  return news;
}

JudgeNews DampingJudge::advance(const Scene& scene, TimePoint now) {
  JudgeNews news;
  for (const Slave& slave : scene.slaves) {
    const PathHold* const hold = slave.path.held_by(PathJudge::damping);
    if (hold && hold->until && *hold->until <= now) news.judged.push_back(passes(slave, "held long enough"));
  }
  return news;
}

std::optional<TimePoint> DampingJudge::next_deadline(const Scene& scene) const {
  std::optional<TimePoint> next;
  for (const Slave& slave : scene.slaves) {
    if (const PathHold* const hold = slave.path.held_by(PathJudge::damping))
      next = earlier(next, hold->until);
  }
  return next;
}

}  // namespace ebond::core
