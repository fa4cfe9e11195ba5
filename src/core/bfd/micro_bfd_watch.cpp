#include "core/bfd/micro_bfd_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/bfd/common.h"

namespace ebond::core::bfd {
namespace {

std::optional<PathWay> far_end(const PathWatch::View& view) {
  if (!view.admin_up || view.options.path_target.empty()) return std::nullopt;
  const auto way = std::ranges::find(view.ways, view.options.path_target.front(), &PathWay::target);
  if (way == view.ways.end() || !way->is_usable()) return std::nullopt;
  return *way;
}

}  // namespace

Listening MicroBfdWatch::listening(const BondOptions& options) const {
  Listening wanted;
  wanted.micro_bfd = !options.path_target.empty();
  return wanted;
}

MicroBfdWatch::Member* MicroBfdWatch::find(IfIndex slave) {
  const auto found = std::ranges::find(members_, slave, &Member::slave);
  return found == members_.end() ? nullptr : &*found;
}

const Session* MicroBfdWatch::session(IfIndex slave) const {
  for (const Member& member : members_) {
    if (member.slave == slave && member.session) return &*member.session;
  }
  return nullptr;
}

PathNews MicroBfdWatch::follow(const View& view, TimePoint now) {
  const auto way = far_end(view);
  if (way != way_) {
    way_ = way;
    members_.clear();  // another peer: nothing known of it
  }
  if (!way) return is_looked_up(view) ? let_all_go(view) : PathNews{};

  settings_ = settings_of(view.options);
  std::vector<Member> there;
  for (const Slave& slave : view.slaves) {
    Member* const known = find(slave.ifindex);
    Member member =
        known ? *known
              : Member{.slave = slave.ifindex, .was_up = slave.path.held_by(PathJudge::bfd) != nullptr};
    if (!slave.monitor.is_up()) {
      member.session.reset();
    } else if (!member.session) {
      begin(view, slave, *way, member, now);
    } else {
      member.session->configure(settings_, now);
    }
    there.push_back(member);
  }
  members_ = std::move(there);
  return tell(view, *way, now);
}

void MicroBfdWatch::begin(const View& view, const Slave& slave, const PathWay& way, Member& member,
                          TimePoint now) {
  const auto seed = seed_of(view.bond_mac, slave, ++begun_, now);
  member.session.emplace(settings_, seed, now);
  member.ends = ends_of(way, kMemberPort, seed);
  member.since = now;
  member.has_waited = false;
}

PathNews MicroBfdWatch::heard(const View& view, const Slave& slave, const wire::EthernetFrame& frame,
                              TimePoint now) {
  Member* const member = find(slave.ifindex);
  if (!way_ || !member || !member->session) return {};
  const auto packet = read_frame(frame, member->ends);
  if (!packet || !member->session->hear(*packet, now)) return {};
  return tell(view, *way_, now);
}

PathNews MicroBfdWatch::advance(const View& view, TimePoint now) {
  if (!way_) return {};
  for (Member& member : members_) {
    if (!member.session) continue;
    member.session->expire(now);
    if (now >= member.since + kSettling) member.has_waited = true;
  }
  return tell(view, *way_, now);
}

/// What there is to say: verdicts, and packets that are due.
PathNews MicroBfdWatch::tell(const View& view, const PathWay& way, TimePoint now) {
  PathNews news;
  for (Member& member : members_) {
    if (!member.session) continue;
    if (member.session->is_up()) member.was_up = true;
    if (member.session->peer_is_admin_down()) member.was_up = false;
  }
  for (const Slave& slave : view.slaves) {
    Member* const member = find(slave.ifindex);
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
std::optional<PathVerdict> MicroBfdWatch::verdict(const Slave& slave, const Member& member,
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

std::optional<TimePoint> MicroBfdWatch::next_deadline() const {
  std::optional<TimePoint> earliest;
  const auto consider = [&](std::optional<TimePoint> when) {
    if (when && (!earliest || *when < *earliest)) earliest = when;
  };
  for (const Member& member : members_) {
    if (!member.session) continue;
    consider(member.session->next_deadline());
    if (!member.has_waited) consider(member.since + kSettling);
  }
  return earliest;
}

}  // namespace ebond::core::bfd
