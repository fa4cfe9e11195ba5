#include "core/bfd/bfd_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/bfd/common.h"
#include "wire/arp.h"
#include "wire/nd.h"

namespace ebond::core::bfd {
namespace {

const Slave* find_slave(const PathWatch::View& view, IfIndex index) {
  const auto found = std::ranges::find(view.slaves, index, &Slave::ifindex);
  return found == view.slaves.end() ? nullptr : &*found;
}

bool is_held(const Slave& slave) {
  return slave.path.held_by(PathJudge::bfd) != nullptr;
}

}  // namespace

Listening BfdWatch::listening(const BondOptions& options) const {
  Listening wanted = neighbours_of(options);
  wanted.bfd = !options.path_target.empty();
  return wanted;
}

BfdWatch::Path* BfdWatch::find(IfIndex slave) {
  const auto found = std::ranges::find(paths_, slave, &Path::slave);
  return found == paths_.end() ? nullptr : &*found;
}

const Session* BfdWatch::session(const IpAddress& target) const {
  const auto found = std::ranges::find(peers_, target, [](const Peer& peer) { return peer.way.target; });
  return found == peers_.end() ? nullptr : &found->session;
}

bool BfdWatch::has_session_up() const {
  return std::ranges::any_of(peers_, [](const Peer& peer) { return peer.session.is_up(); });
}

/// A session for each target that is a neighbour. False where there is none.
bool BfdWatch::make_peers(const View& view, TimePoint now) {
  std::vector<Peer> there;
  for (const PathWay& way : view.ways) {
    const auto& targets = view.options.path_target;
    const bool is_wanted = std::ranges::find(targets, way.target) != targets.end();
    if (!view.admin_up || !is_wanted || !way.is_usable() || way.next_hop != way.target) continue;
    const auto known = std::ranges::find(peers_, way, &Peer::way);
    if (known != peers_.end()) {
      there.push_back(*known);
      there.back().session.configure(settings_, now);
      continue;
    }
    if (view.slaves.empty()) continue;
    const auto seed = seed_of(view.bond_mac, view.slaves.front(), ++begun_, now);
    there.push_back(
        {.way = way, .ends = ends_of(way, kSingleHopPort, seed), .session = Session(settings_, seed, now)});
  }
  peers_ = std::move(there);
  return !peers_.empty();
}

void BfdWatch::follow_paths(const View& view) {
  std::vector<Path> there;
  for (const Slave& slave : view.slaves) {
    const Path* const known = find(slave.ifindex);
    const bool has_link = slave.monitor.is_up();
    there.push_back(known && has_link ? *known : Path{.slave = slave.ifindex});
  }
  paths_ = std::move(there);
}

PathNews BfdWatch::follow(const View& view, TimePoint now) {
  settings_ = settings_of(view.options);
  if (!make_peers(view, now)) {
    paths_.clear();
    next_round_.reset();
    return is_looked_up(view) ? let_all_go(view) : PathNews{};
  }
  follow_paths(view);
  const bool can_carry = view.active && view.active->monitor.is_up();
  const auto bearer = can_carry ? std::optional(view.active->ifindex) : std::nullopt;
  if (bearer != bearer_) {
    bearer_ = bearer;
    for (Peer& peer : peers_) peer.heard_here = false;
    if (bearer) *find(*bearer) = {.slave = *bearer, .answered = find(*bearer)->answered};
  }
  if (!next_round_) next_round_ = now;
  PathNews news;
  send_due(view, news, now);
  return news;
}

PathNews BfdWatch::advance(const View& view, TimePoint now) {
  PathNews news;
  for (Peer& peer : peers_) peer.session.expire(now);
  judge_bearer(view, news);
  if (!news.empty()) return news;  // who speaks as the bond depends on it
  if (next_round_ && now >= *next_round_) ask_round(view, news, now);
  send_due(view, news, now);
  return news;
}

/// The session that was Up through the slave that carries is lost, and no other target's is left.
void BfdWatch::judge_bearer(const View& view, PathNews& news) {
  const Slave* const slave = bearer_ ? find_slave(view, *bearer_) : nullptr;
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
  if (Path* const path = find(slave->ifindex)) *path = {.slave = slave->ifindex, .answered = true};
  news.judged.push_back({slave->ifindex, std::move(verdict)});
}

void BfdWatch::ask_round(const View& view, PathNews& news, TimePoint now) {
  next_round_ = now + std::max(kAskInterval, view.options.path_interval);
  for (const Slave& slave : view.slaves) {
    Path* const path = find(slave.ifindex);
    if (!path || !slave.monitor.is_up()) continue;
    const bool is_bearer = bearer_ == slave.ifindex;
    const bool knows_all = std::ranges::all_of(peers_, [](const Peer& peer) { return peer.mac.has_value(); });
    if (is_bearer && has_session_up() && knows_all) continue;
    if (path->answered && path->unanswered >= view.options.path_multiplier && !is_held(slave)) {
      const auto who = wire::to_string(peers_.front().way.target);
      news.judged.push_back(
          {slave.ifindex,
           {.judge = PathJudge::bfd, .proved = false, .why = fmt::format("no answer from {}", who)}});
      continue;
    }
    ++path->unanswered;
    ask(view, slave, *path, news);
  }
}

/// The slave that carries asks as the bond, the others as nobody.
void BfdWatch::ask(const View& view, const Slave& slave, Path& path, PathNews& news) const {
  const bool as_bond = bearer_ == slave.ifindex;
  const MacAddress mac = as_bond ? view.bond_mac : probe_mac(slave, view.slaves, view.bond_mac);
  path.asked_from = mac;
  for (const Peer& peer : peers_) {
    news.probes.push_back(
        {slave.ifindex, as_bond ? ask_next_hop(peer.way, mac) : probe_next_hop(peer.way, mac)});
  }
}

PathNews BfdWatch::heard(const View& view, const Slave& slave, const wire::EthernetFrame& frame,
                         TimePoint now) {
  PathNews news;
  if (peers_.empty()) return news;
  if (frame.header.ethertype == wire::ethertype::kArp) {
    const auto arp = wire::parse_arp(frame.payload);
    if (arp && arp->operation == wire::ArpPacket::Operation::reply) {
      answered(view, slave, arp->sender_ip, arp->sender_mac, arp->target_mac, news, now);
    }
    return news;
  }
  if (const auto message = wire::parse_neighbor_message(frame.payload);
      frame.header.ethertype == wire::ethertype::kIpv6 && message) {
    if (message->kind == wire::NeighborMessage::Kind::advertisement && message->solicited) {
      answered(view, slave, message->target, message->mac.value_or(frame.header.source),
               frame.header.destination, news, now);
    }
    return news;
  }
  // What comes in elsewhere than through the slave that carries says nothing of it.
  if (view.has_active_slave && bearer_ != slave.ifindex) return news;
  for (Peer& peer : peers_) {
    const auto packet = read_frame(frame, peer.ends);
    if (!packet || !peer.session.hear(*packet, now)) continue;
    if (peer.session.is_up() && bearer_) peer.heard_here = true;
  }
  judge_bearer(view, news);
  if (news.empty()) send_due(view, news, now);
  return news;
}

/// An answer counts for who asked, at the MAC it was asked from. A bond that sends through all its slaves
/// hears answers through whichever the switch picks.
void BfdWatch::answered(const View& view, const Slave& slave, const IpAddress& who, const MacAddress& its,
                        const MacAddress& asker, PathNews& news, TimePoint now) {
  const auto peer = std::ranges::find(peers_, who, [](const Peer& each) { return each.way.target; });
  if (peer == peers_.end() || !its.is_valid_unicast()) return;
  for (Path& path : paths_) {
    if (path.asked_from != asker || (view.has_active_slave && path.slave != slave.ifindex)) continue;
    path.asked_from.reset();
    path.unanswered = 0;
    path.answered = true;
    peer->mac = its;
    const Slave* const asked = find_slave(view, path.slave);
    const auto* const hold = asked ? asked->path.held_by(PathJudge::bfd) : nullptr;
    if (!hold || (bearer_ && now < hold->since + kHoldTime)) continue;
    news.judged.push_back(
        {path.slave, {.judge = PathJudge::bfd, .why = fmt::format("{} answered", wire::to_string(who))}});
  }
  if (news.empty()) send_due(view, news, now);
}

void BfdWatch::send_due(const View& view, PathNews& news, TimePoint now) {
  if (!bearer_) return;
  for (Peer& peer : peers_) {
    if (!peer.mac) continue;
    while (const auto packet = peer.session.take_packet(now)) {
      news.probes.push_back(
          {*bearer_, make_frame(*peer.mac, view.bond_mac, peer.way.tags, peer.ends, *packet)});
    }
  }
}

/// Without a slave to speak through, or a MAC to speak to, a session only waits for what it might lose.
std::optional<TimePoint> BfdWatch::next_deadline() const {
  std::optional<TimePoint> earliest = next_round_;
  for (const Peer& peer : peers_) {
    const bool speaks = bearer_ && peer.mac;
    const auto due = speaks ? peer.session.next_deadline() : peer.session.detection_ends();
    if (due && (!earliest || *due < *earliest)) earliest = due;
  }
  return earliest;
}

}  // namespace ebond::core::bfd
