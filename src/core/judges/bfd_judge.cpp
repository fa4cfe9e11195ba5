#include "core/judges/bfd_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/judges/bfd_common.h"

namespace ebond::core::bfd {
namespace {

bool is_held(const Slave& slave) {
  return slave.path.held_by(PathJudge::bfd) != nullptr;
}

}  // namespace

Listening BfdJudge::listening(const Scene& scene, const Slave& slave) const {
  Listening wanted = answers_from(scene, slave);
  if (scene.options.path_target.empty()) return wanted;
  auto& packets = wanted.bfd.emplace();
  for (const Peer& peer : peers_) packets.push_back(rule_of(peer.ends, peer.session));
  return wanted;
}

const Session* BfdJudge::session(const IpAddress& target) const {
  const auto found = std::ranges::find(peers_, target, [](const Peer& peer) { return peer.way.target; });
  return found == peers_.end() ? nullptr : &found->session;
}

std::vector<MonitorSession> BfdJudge::sessions(const Scene&) const {
  std::vector<MonitorSession> all;
  if (!bearer_) return all;
  for (const Peer& peer : peers_)
    all.push_back(shown(*bearer_, wire::to_string(peer.way.target), peer.session));
  return all;
}

bool BfdJudge::has_session_up() const {
  return std::ranges::any_of(peers_, [](const Peer& peer) { return peer.session.is_up(); });
}

/// A session for each target that is a neighbour. False where there is none.
bool BfdJudge::make_peers(const Scene& scene, TimePoint now) {
  std::vector<Peer> there;
  for (const PathWay& way : scene.around.paths) {
    const auto& targets = scene.options.path_target;
    const bool is_wanted = std::ranges::find(targets, way.target) != targets.end();
    if (!scene.admin_up || !is_wanted || !way.is_usable() || way.next_hop != way.target) continue;
    const auto known = std::ranges::find(peers_, way, &Peer::way);
    if (known != peers_.end()) {
      there.push_back(*known);
      there.back().session.configure(settings_, now);
      continue;
    }
    if (scene.slaves.empty()) continue;
    const auto seed = seed_of(scene.bond_mac, scene.slaves.front(), ++begun_, now);
    there.push_back(
        {.way = way, .ends = ends_of(way, kSingleHopPort, seed), .session = Session(settings_, seed, now)});
  }
  peers_ = std::move(there);
  return !peers_.empty();
}

void BfdJudge::follow_paths(const Scene& scene) {
  const auto unasked = [](const Slave& slave) { return Path{.slave = slave.ifindex}; };
  paths_.follow(scene.slaves, unasked);
  for (const Slave& slave : scene.slaves) {
    if (!slave.monitor.is_up()) *paths_.find(slave.ifindex) = unasked(slave);
  }
}

JudgeNews BfdJudge::follow(const Scene& scene, TimePoint now) {
  settings_ = settings_of(scene.options);
  if (!make_peers(scene, now)) {
    paths_.clear();
    next_round_.reset();
    return is_looked_up(scene) ? let_all_go(scene) : JudgeNews{};
  }
  follow_paths(scene);
  const bool can_carry = scene.active && scene.active->monitor.is_up();
  const auto bearer = can_carry ? std::optional(scene.active->ifindex) : std::nullopt;
  if (bearer != bearer_) {
    bearer_ = bearer;
    for (Peer& peer : peers_) peer.heard_here = false;
    if (bearer) {
      Path& path = *paths_.find(*bearer);
      path = {.slave = *bearer, .answered = path.answered};
    }
  }
  if (!next_round_) next_round_ = now;
  JudgeNews news;
  send_due(scene, news, now);
  return news;
}

JudgeNews BfdJudge::advance(const Scene& scene, TimePoint now) {
  JudgeNews news;
  for (Peer& peer : peers_) peer.session.expire(now);
  judge_bearer(scene, news);
  if (!news.empty()) return news;  // which slave speaks as the bond depends on it
  if (next_round_ && now >= *next_round_) ask_round(scene, news, now);
  send_due(scene, news, now);
  return news;
}

/// The session that was Up through the slave that carries is lost, and no other target's is left.
void BfdJudge::judge_bearer(const Scene& scene, JudgeNews& news) {
  const Slave* const slave = bearer_ ? scene.find(*bearer_) : nullptr;
  const Peer* lost = nullptr;
  for (Peer& peer : peers_) {
    if (peer.session.peer_is_admin_down()) peer.heard_here = false;
    if (peer.heard_here && !peer.session.is_up()) lost = &peer;
  }
  if (!lost || !slave || has_session_up() || is_held(*slave)) return;
  PathVerdict verdict{.judge = PathJudge::bfd,
                      .proved = false,
                      .why = plaint(lost->session, wire::to_string(lost->way.target))};
  for (Peer& peer : peers_) peer.heard_here = false;
  if (Path* const path = paths_.find(slave->ifindex)) *path = {.slave = slave->ifindex, .answered = true};
  news.judged.push_back({slave->ifindex, std::move(verdict)});
}

void BfdJudge::ask_round(const Scene& scene, JudgeNews& news, TimePoint now) {
  next_round_ = now + std::max(kAskInterval, scene.options.path_interval);
  for (const Slave& slave : scene.slaves) {
    Path* const path = paths_.find(slave.ifindex);
    if (!path || !slave.monitor.is_up()) continue;
    const bool is_bearer = bearer_ == slave.ifindex;
    const bool knows_all = std::ranges::all_of(peers_, [](const Peer& peer) { return peer.mac.has_value(); });
    if (is_bearer && has_session_up() && knows_all) continue;
    if (path->answered && path->unanswered >= scene.options.path_multiplier && !is_held(slave)) {
      const auto who = wire::to_string(peers_.front().way.target);
      news.judged.push_back(
          {slave.ifindex,
           {.judge = PathJudge::bfd, .proved = false, .why = fmt::format("no answer from {}", who)}});
      continue;
    }
    ++path->unanswered;
    ask(scene, slave, *path, news);
  }
}

/// The slave that carries asks as the bond, the others as nobody.
void BfdJudge::ask(const Scene& scene, const Slave& slave, Path& path, JudgeNews& news) const {
  const bool as_bond = bearer_ == slave.ifindex;
  const MacAddress mac = as_bond ? scene.bond_mac : probe_mac(slave, scene.slaves, scene.bond_mac);
  path.asked_from = mac;
  for (const Peer& peer : peers_) {
    news.probes.push_back(
        {slave.ifindex, as_bond ? ask_next_hop(peer.way, mac) : probe_next_hop(peer.way, mac)});
  }
}

JudgeNews BfdJudge::heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                          TimePoint now) {
  JudgeNews news;
  if (peers_.empty()) return news;
  if (const auto answer = read_answer(frame)) {
    answered(scene, slave, *answer, news, now);
    return news;
  }
  // What comes in elsewhere than through the slave that carries says nothing of it.
  if (scene.has_active_slave && bearer_ != slave.ifindex) return news;
  for (Peer& peer : peers_) {
    const auto packet = read_frame(frame, peer.ends);
    if (!packet || !peer.session.hear(*packet, now)) continue;
    if (peer.session.is_up() && bearer_) peer.heard_here = true;
  }
  judge_bearer(scene, news);
  if (news.empty()) send_due(scene, news, now);
  return news;
}

/// An answer counts for who asked, at the MAC it was asked from. A bond that sends through all its slaves
/// hears answers through whichever the switch picks.
void BfdJudge::answered(const Scene& scene, const Slave& slave, const NextHopAnswer& answer, JudgeNews& news,
                        TimePoint now) {
  const auto peer =
      std::ranges::find(peers_, answer.address, [](const Peer& each) { return each.way.target; });
  if (peer == peers_.end()) return;
  for (Path& path : paths_) {
    if (path.asked_from != answer.asker || (scene.has_active_slave && path.slave != slave.ifindex)) continue;
    path.asked_from.reset();
    path.unanswered = 0;
    path.answered = true;
    peer->mac = answer.mac;
    const Slave* const asked = scene.find(path.slave);
    const auto* const hold = asked ? asked->path.held_by(PathJudge::bfd) : nullptr;
    if (!hold || (bearer_ && now < hold->since + kHoldTime)) continue;
    news.judged.push_back(
        {path.slave,
         {.judge = PathJudge::bfd, .why = fmt::format("{} answered", wire::to_string(answer.address))}});
  }
  if (news.empty()) send_due(scene, news, now);
}

void BfdJudge::send_due(const Scene& scene, JudgeNews& news, TimePoint now) {
  if (!bearer_) return;
  for (Peer& peer : peers_) {
    if (!peer.mac) continue;
    while (const auto packet = peer.session.take_packet(now)) {
      news.probes.push_back(
          {*bearer_, make_frame(*peer.mac, scene.bond_mac, peer.way.tags, peer.ends, *packet)});
    }
  }
}

/// Without a slave to speak through, or a MAC to speak to, a session only waits for what it might lose.
std::optional<TimePoint> BfdJudge::next_deadline(const Scene&) const {
  auto next = next_round_;
  for (const Peer& peer : peers_) {
    const bool speaks = bearer_ && peer.mac;
    next = earlier(next, speaks ? peer.session.next_deadline() : peer.session.detection_ends());
  }
  return next;
}

}  // namespace ebond::core::bfd
