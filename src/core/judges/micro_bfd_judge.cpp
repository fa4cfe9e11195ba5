#include "core/judges/micro_bfd_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/judges/bfd_common.h"

namespace ebond::core::bfd {
namespace {

std::optional<PathWay> far_end(const Scene& scene) {
  if (!scene.admin_up || scene.options.path_target.empty()) return std::nullopt;
  const auto way = std::ranges::find(scene.around.paths, scene.options.path_target.front(), &PathWay::target);
  if (way == scene.around.paths.end() || !way->is_usable()) return std::nullopt;
  return *way;
}

}  // namespace

Listening MicroBfdJudge::listening(const Scene& scene, const Slave& slave) const {
  Listening wanted;
  if (scene.options.path_target.empty()) return wanted;
  auto& packets = wanted.micro_bfd.emplace();
  const Member* const member = members_.find(slave.ifindex);
  if (member && member->session) packets.push_back(rule_of(member->ends, *member->session));
  return wanted;
}

const Session* MicroBfdJudge::session(IfIndex slave) const {
  const Member* const member = members_.find(slave);
  return member && member->session ? &*member->session : nullptr;
}

std::vector<MonitorSession> MicroBfdJudge::sessions(const Scene&) const {
  std::vector<MonitorSession> all;
  for (const Member& member : members_) {
    if (member.session && way_)
      all.push_back(shown(member.slave, wire::to_string(way_->target), *member.session));
  }
  return all;
}

JudgeNews MicroBfdJudge::follow(const Scene& scene, TimePoint now) {
  const auto way = far_end(scene);
  if (way != way_) {
    way_ = way;
    members_.clear();  // another peer: nothing known of it
  }
  if (!way) return is_looked_up(scene) ? let_all_go(scene) : JudgeNews{};

  settings_ = settings_of(scene.options);
  members_.follow(scene.slaves, [](const Slave& slave) {
    return Member{.slave = slave.ifindex, .was_up = slave.path.held_by(PathJudge::bfd) != nullptr};
  });
  for (const Slave& slave : scene.slaves) {
    Member& member = *members_.find(slave.ifindex);
    if (!slave.monitor.is_up()) {
      member.session.reset();
    } else if (!member.session) {
      begin(scene, slave, *way, member, now);
    } else {
      member.session->configure(settings_, now);
    }
  }
  return tell(scene, *way, now);
}

void MicroBfdJudge::begin(const Scene& scene, const Slave& slave, const PathWay& way, Member& member,
                          TimePoint now) {
  const auto seed = seed_of(scene.bond_mac, slave, ++begun_, now);
  member.session.emplace(settings_, seed, now);
  member.ends = ends_of(way, kMemberPort, seed);
  member.since = now;
  member.has_waited = false;
}

JudgeNews MicroBfdJudge::heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                               TimePoint now) {
  Member* const member = members_.find(slave.ifindex);
  if (!way_ || !member || !member->session) return {};
  const auto packet = read_frame(frame, member->ends);
  if (!packet || !member->session->hear(*packet, now)) return {};
  return tell(scene, *way_, now);
}

JudgeNews MicroBfdJudge::advance(const Scene& scene, TimePoint now) {
  if (!way_) return {};
  for (Member& member : members_) {
    if (!member.session) continue;
    member.session->expire(now);
    if (now >= member.since + kSettling) member.has_waited = true;
  }
  return tell(scene, *way_, now);
}

/// What there is to say: verdicts, and packets that are due.
JudgeNews MicroBfdJudge::tell(const Scene& scene, const PathWay& way, TimePoint now) {
  JudgeNews news;
  for (Member& member : members_) {
    if (!member.session) continue;
    if (member.session->is_up()) member.was_up = true;
    if (member.session->peer_is_admin_down()) member.was_up = false;
  }
  for (const Slave& slave : scene.slaves) {
    Member* const member = members_.find(slave.ifindex);
    if (!member || !member->session) continue;
    Session& session = *member->session;
    if (auto said = verdict(slave, *member, session))
      news.judged.push_back({slave.ifindex, *std::move(said)});
    while (const auto packet = session.take_packet(now)) {
      news.probes.push_back(
          {slave.ifindex, make_frame(wire::kMicroBfdGroup, slave.mac, way.tags, member->ends, *packet)});
    }
  }
  return news;
}

/// None where nothing is to be changed.
std::optional<PathVerdict> MicroBfdJudge::verdict(const Slave& slave, const Member& member,
                                                  const Session& session) const {
  const bool is_held = slave.path.held_by(PathJudge::bfd) != nullptr;
  const auto peer = wire::to_string(member.ends.theirs);
  if (session.is_up() || session.peer_is_admin_down()) {
    if (!is_held) return std::nullopt;
    return PathVerdict{.judge = PathJudge::bfd,
                       .why = session.is_up() ? fmt::format("BFD session with {} is up", peer)
                                              : fmt::format("{} is administratively down", peer)};
  }
  if (is_held) return std::nullopt;
  const bool was_lost_just_now = session.diagnostic() != wire::BfdDiagnostic::none;
  const bool another_is_up = std::ranges::any_of(
      members_, [](const Member& other) { return other.session && other.session->is_up(); });
  const bool is_overdue = member.has_waited && (member.was_up || another_is_up);
  if (!(member.was_up && was_lost_just_now) && !is_overdue) return std::nullopt;
  return PathVerdict{.judge = PathJudge::bfd, .proved = false, .why = plaint(session, peer)};
}

std::optional<TimePoint> MicroBfdJudge::next_deadline(const Scene&) const {
  std::optional<TimePoint> next;
  for (const Member& member : members_) {
    if (!member.session) continue;
    next = earlier(next, member.session->next_deadline());
    if (!member.has_waited) next = earlier(next, member.since + kSettling);
  }
  return next;
}

}  // namespace ebond::core::bfd
