// What a link that is back must pass before it carries traffic again: a proof that it leads somewhere
// (failback), for a switch port has a link before it forwards, and where it flaps a while of rest
// (flap_damping). Neither keeps out the last slave there is.
#include <fmt/core.h>

#include <algorithm>

#include "core/bond_state.h"

namespace ebond::core {
namespace {

/// How often stamps are looked at while a proof is waited for.
constexpr Milliseconds kProofLook{10};

JudgedPath passes(const Slave& slave, PathJudge judge, std::string why) {
  return {slave.ifindex, {.judge = judge, .proved = true, .why = std::move(why)}};
}

}  // namespace

bool Bond::State::proves_before_failback() const {
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

void Bond::State::hold_back(Slave& slave, const LinkTransition& transition, Turn& turn) {
  if (transition.to == MiiStatus::down) {
    slave.damper.link_lost(turn.now);
    // Without a link there is nothing to hold; what it must pass is asked anew once it is back.
    slave.path.judged({.judge = PathJudge::failback}, turn.now);
    slave.path.judged({.judge = PathJudge::damping}, turn.now);
  }
  if (transition.to != MiiStatus::up) return;
  const auto hold = [&](PathVerdict verdict) {
    verdict.proved = false;
    verdict.shown = MiiStatus::going_back;
    if (!slave.path.judged(verdict, turn.now)) return;
    turn.events.push_back({"path", slave.name, std::string(mii_status_name(MiiStatus::up)),
                           std::string(mii_status_name(slave.path.shown())), verdict.why});
  };
  // After an updelay it has waited long enough; a link that came back within its downdelay never went.
  if (transition.from == MiiStatus::down && proves_before_failback()) {
    hold({.judge = PathJudge::failback, .why = "its link is back: waiting for a frame that proves its path"});
    next_proof_look = turn.now + kProofLook;
  }
  if (transition.from == MiiStatus::going_down || !options.flap_damping) return;
  if (const auto rest = slave.damper.hold(); rest > Duration::zero()) {
    hold({.judge = PathJudge::damping,
          .why = fmt::format("lost its link {} times in a row: held for {} s", slave.damper.losses(),
                             std::chrono::duration_cast<std::chrono::seconds>(rest).count()),
          .until = turn.now + rest});
  }
}

void Bond::State::let_back(Turn& turn) {
  std::vector<JudgedPath> passed;
  for (const Slave& slave : slaves) {
    if (const PathHold* const held = slave.path.held_by(PathJudge::failback)) {
      const bool is_proved = slave.last_rx && *slave.last_rx > held->since;
      if (is_proved) passed.push_back(passes(slave, PathJudge::failback, "a frame came in"));
      if (!is_proved && !proves_before_failback()) {
        passed.push_back(passes(slave, PathJudge::failback, "failback set"));
      }
    }
    if (const PathHold* const held = slave.path.held_by(PathJudge::damping)) {
      const bool is_over = held->until && *held->until <= turn.now;
      if (is_over || !options.flap_damping) {
        passed.push_back(
            passes(slave, PathJudge::damping, is_over ? "held long enough" : "flap_damping off"));
      }
    }
  }
  paths_changed(passed, turn);
  const bool waits = std::ranges::any_of(
      slaves, [](const Slave& slave) { return slave.path.held_by(PathJudge::failback) != nullptr; });
  next_proof_look = waits ? std::optional(turn.now + kProofLook) : std::nullopt;
}

/// Better a slave that is not proved, or flaps, than none.
void Bond::State::free_last_resort(Turn& turn) {
  if (has_usable_slave()) return;
  std::vector<JudgedPath> passed;
  for (const Slave& slave : slaves) {
    if (!slave.is_last_resort()) continue;
    for (const PathHold& hold : slave.path.holds()) {
      passed.push_back(passes(slave, hold.judge, "no other slave can be used"));
    }
  }
  paths_changed(passed, turn);
}

std::optional<TimePoint> Bond::State::failback_deadline() const {
  std::optional<TimePoint> earliest = next_proof_look;
  for (const Slave& slave : slaves) {
    const PathHold* const held = slave.path.held_by(PathJudge::damping);
    if (held && held->until && (!earliest || *held->until < *earliest)) earliest = held->until;
  }
  return earliest;
}

}  // namespace ebond::core
