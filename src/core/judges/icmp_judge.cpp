#include "core/judges/icmp_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/splitmix.h"
#include "wire/icmp_echo.h"

namespace ebond::core {
namespace {

std::string names_of(std::span<const PathWay> ways) {
  std::string text;
  for (const PathWay& way : ways) text += (text.empty() ? "" : ", ") + wire::to_string(way.target);
  return text;
}

wire::Bytes bytes_of(std::uint64_t nonce) {
  wire::Writer out;
  out.u32(static_cast<std::uint32_t>(nonce >> 32)).u32(static_cast<std::uint32_t>(nonce));
  return std::move(out).finish();
}

}  // namespace

Listening IcmpJudge::listening(const Scene& scene, const Slave& slave) const {
  Listening wanted = answers_from(scene, slave);
  if (scene.options.path_target.empty()) return wanted;
  auto& echoes = wanted.icmp.emplace();
  for (const PathWay& way : ways_) {
    echoes.push_back({.source = way.target, .destination = way.source, .identifier = identifier_});
  }
  return wanted;
}

/// Other targets or another way to them: every path has a whole detection time to answer again.
void IcmpJudge::follow_ways(const Scene& scene, TimePoint now) {
  auto usable = ways_to_targets(scene);
  std::erase_if(usable, [](const PathWay& way) { return !way.is_usable(); });
  if (usable == ways_) return;
  ways_ = std::move(usable);
  identifier_ = static_cast<std::uint16_t>(next_nonce(now));
  for (Record& record : records_) {
    record.unanswered = 0;
    record.questions.clear();
    record.neighbours.clear();
  }
}

IcmpJudge::Role IcmpJudge::role_of(const Scene& scene, const Slave& slave) const {
  if (!slave.monitor.is_up()) return Role::unwatched;
  if (scene.is_idle(slave.ifindex)) return Role::unwatched;
  if (!scene.has_active_slave) return Role::bearer;
  const auto bearer = scene.active ? std::optional(scene.active->ifindex) : candidate_;
  return bearer == slave.ifindex ? Role::bearer : Role::backup;
}

/// While nobody carries, each slave with a link asks as the bond for one detection time.
void IcmpJudge::take_turns(const Scene& scene) {
  if (!scene.has_active_slave) return;
  if (scene.active) {
    candidate_ = scene.active->ifindex;
    turn_rounds_ = 0;
    return;
  }
  const auto can = [](const Slave& slave) { return slave.monitor.is_up(); };
  const auto at = std::ranges::find(scene.slaves, candidate_,
                                    [](const Slave& slave) { return std::optional(slave.ifindex); });
  if (at != scene.slaves.end() && can(*at) && turn_rounds_ < scene.options.path_multiplier) return;
  turn_rounds_ = 0;
  const auto after = at == scene.slaves.end() ? at : at + 1;
  auto next = std::find_if(after, scene.slaves.end(), can);
  if (next == scene.slaves.end()) next = std::find_if(scene.slaves.begin(), scene.slaves.end(), can);
  candidate_ = next == scene.slaves.end() ? std::nullopt : std::optional(next->ifindex);
}

void IcmpJudge::follow_role(Record& record, Role role) const {
  if (role != record.role) {
    // In a new role the first question is still to be asked.
    record.role = role;
    record.unanswered = 0;
    record.questions.clear();
    record.neighbours.clear();
    record.next_hop_answered.reset();
  }
  record.neighbours.resize(ways_.size());
  for (std::size_t i = 0; i < ways_.size(); ++i) record.neighbours[i].next_hop = ways_[i].next_hop;
}

JudgeNews IcmpJudge::follow(const Scene& scene, TimePoint now) {
  JudgeNews news;
  // Nothing is known yet of how to reach them, as when this daemon has just taken over: what stands, stands.
  if (!scene.options.path_target.empty() && ways_to_targets(scene).empty()) return news;
  follow_ways(scene, now);
  if (ways_.empty() || !scene.admin_up) {
    news.judged = let_all_pass(scene.slaves, PathJudge::icmp, "no target can be probed any more");
    records_.clear();
    next_round_.reset();
    return news;
  }
  take_turns(scene);
  records_.follow(scene.slaves, [](const Slave& slave) {
    return Record{.slave = slave.ifindex, .needs_echo = slave.path.held_by(PathJudge::icmp) != nullptr};
  });
  for (const Slave& slave : scene.slaves) follow_role(*records_.find(slave.ifindex), role_of(scene, slave));
  if (!next_round_) {
    next_round_ = now;
  } else if (interval_ != scene.options.path_interval) {
    next_round_ = std::min(*next_round_, now + scene.options.path_interval);
  }
  interval_ = scene.options.path_interval;
  return news;
}

JudgeNews IcmpJudge::advance(const Scene& scene, TimePoint now) {
  JudgeNews news;
  if (!next_round_ || now < *next_round_) return news;
  // A slave just held out must not speak as the bond once more: the questions wait for the verdicts.
  judge_round(scene, news);
  if (!news.empty()) return news;
  next_round_ = now + scene.options.path_interval;
  ++turn_rounds_;
  for (const Slave& slave : scene.slaves) {
    Record* const record = records_.find(slave.ifindex);
    if (!record || record->role == Role::unwatched) continue;
    ask(scene, slave, *record, news, now);
  }
  return news;
}

void IcmpJudge::judge_round(const Scene& scene, JudgeNews& news) {
  for (const Slave& slave : scene.slaves) {
    Record* const record = records_.find(slave.ifindex);
    if (!record || record->role == Role::unwatched) continue;
    if (record->unanswered < scene.options.path_multiplier || slave.path.held_by(PathJudge::icmp)) continue;
    const auto silence = scene.options.path_interval * record->unanswered;
    PathVerdict verdict{
        .judge = PathJudge::icmp, .proved = false, .why = "no answer from " + names_of(ways_)};
    if (record->role == Role::backup) verdict.why = "no answer from the next hop to " + names_of(ways_);
    verdict.silence = silence;
    record->needs_echo = record->role == Role::bearer;
    news.judged.push_back({slave.ifindex, std::move(verdict)});
  }
}

void IcmpJudge::ask(const Scene& scene, const Slave& slave, Record& record, JudgeNews& news, TimePoint now) {
  const Duration memory = scene.options.path_interval * scene.options.path_multiplier;
  std::erase_if(record.questions, [&](const Question& question) { return question.at + memory < now; });
  const bool was_answered = record.unanswered == 0;
  if (record.unanswered < scene.options.path_multiplier) ++record.unanswered;
  const bool echoes = record.role == Role::bearer || record.needs_echo;
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    Neighbour& neighbour = record.neighbours[i];
    if (!neighbour.mac || !was_answered || record.role == Role::backup) {
      ask_neighbour(scene, slave, record, i, neighbour, news);
    }
    if (echoes && neighbour.mac) ask_target(scene, slave, record, i, *neighbour.mac, news, now);
  }
}

void IcmpJudge::ask_neighbour(const Scene& scene, const Slave& slave, const Record& record, std::size_t way,
                              Neighbour& neighbour, JudgeNews& news) const {
  const PathWay& to = ways_[way];
  const bool as_bond = record.role == Role::bearer;
  const MacAddress mac = as_bond ? scene.bond_mac : probe_mac(slave, scene.slaves, scene.bond_mac);
  neighbour.asked_from = mac;
  news.probes.push_back({slave.ifindex, as_bond ? ask_next_hop(to, mac) : probe_next_hop(to, mac)});
}

void IcmpJudge::ask_target(const Scene& scene, const Slave& slave, Record& record, std::size_t way,
                           const MacAddress& next_hop, JudgeNews& news, TimePoint now) {
  const PathWay& to = ways_[way];
  const Question question{.nonce = next_nonce(now),
                          .sequence = ++record.sequence,
                          .target = to.target,
                          .source = to.source,
                          .at = now};
  const MacAddress mac =
      record.role == Role::bearer ? scene.bond_mac : probe_mac(slave, scene.slaves, scene.bond_mac);
  const wire::LinkAddresses link{.destination = next_hop, .source = mac, .tags = to.tags};
  wire::Echo echo{.identifier = identifier_, .sequence = question.sequence, .data = bytes_of(question.nonce)};
  if (const auto* v4 = std::get_if<Ipv4Address>(&to.target)) {
    news.probes.push_back(
        {slave.ifindex,
         wire::build_echo(link, wire::EchoPacket4{std::get<Ipv4Address>(to.source), *v4, std::move(echo)})});
  } else {
    news.probes.push_back(
        {slave.ifindex,
         wire::build_echo(link, wire::EchoPacket6{std::get<Ipv6Address>(to.source),
                                                  std::get<Ipv6Address>(to.target), std::move(echo)})});
  }
  record.questions.push_back(question);
}

JudgeNews IcmpJudge::heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                           TimePoint now) {
  JudgeNews news;
  if (records_.empty()) return news;
  if (const auto answer = read_answer(frame)) {
    next_hop_answered(scene, slave, *answer, news, now);
  } else if (frame.header.ethertype == wire::ethertype::kIpv4) {
    if (const auto packet = wire::parse_echo4(frame.payload); packet && packet->echo.reply) {
      echo_answered(scene, slave, packet->echo, packet->source, packet->destination, news, now);
    }
  } else if (frame.header.ethertype == wire::ethertype::kIpv6) {
    if (const auto packet = wire::parse_echo6(frame.payload); packet && packet->echo.reply) {
      echo_answered(scene, slave, packet->echo, packet->source, packet->destination, news, now);
    }
  }
  return news;
}

/// An answer counts on the slave that asked, once for each question, at the MAC it was asked from. Where all
/// slaves ask from the bond's, it may come in on any of them, and tells no more than the next hop's MAC.
void IcmpJudge::next_hop_answered(const Scene& scene, const Slave& slave, const NextHopAnswer& answer,
                                  JudgeNews& news, TimePoint now) {
  for (const Slave& asking : scene.slaves) {
    Record* const record = records_.find(asking.ifindex);
    if (!record || record->role == Role::unwatched) continue;
    if (asking.ifindex != slave.ifindex && scene.has_active_slave) continue;
    if (!learn(scene, asking, *record, answer, news, now) || record->role != Role::backup) continue;
    record->next_hop_answered = now;
    if (record->needs_echo) continue;
    proved(scene, *record, fmt::format("{} answered", wire::to_string(answer.address)), news);
  }
}

/// True if `record` had asked for it.
bool IcmpJudge::learn(const Scene& scene, const Slave& slave, Record& record, const NextHopAnswer& answer,
                      JudgeNews& news, TimePoint now) {
  bool was_asked = false;
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    Neighbour& neighbour = record.neighbours[i];
    if (neighbour.next_hop != answer.address || neighbour.asked_from != answer.asker) continue;
    neighbour.asked_from.reset();
    const bool is_new = neighbour.mac != answer.mac;
    neighbour.mac = answer.mac;
    was_asked = true;
    // What could not be asked for want of its address is asked at once.
    const bool echoes = record.role == Role::bearer || record.needs_echo;
    if (echoes && is_new) ask_target(scene, slave, record, i, answer.mac, news, now);
  }
  return was_asked;
}

void IcmpJudge::echo_answered(const Scene& scene, const Slave& slave, const wire::Echo& echo,
                              const IpAddress& source, const IpAddress& destination, JudgeNews& news,
                              TimePoint now) {
  for (Record& record : records_) {
    // The bond's one MAC comes back to the slave that carries it; only in a LAG, and where a held slave asks
    // through another, an answer takes another way back.
    const bool elsewhere = record.slave != slave.ifindex;
    if (elsewhere && scene.has_active_slave && record.role == Role::bearer) continue;
    const auto asked = std::ranges::find_if(record.questions, [&](const Question& question) {
      return identifier_ == echo.identifier && question.sequence == echo.sequence &&
             question.target == source && question.source == destination &&
             bytes_of(question.nonce) == echo.data;
    });
    if (asked == record.questions.end()) continue;
    std::erase_if(record.echoed, [&](const Echoed& before) { return before.target == source; });
    record.echoed.push_back({.target = source, .at = now, .took = now - asked->at});
    record.questions.erase(asked);
    const Duration memory = scene.options.path_interval * scene.options.path_multiplier;
    const bool comes_back = record.role == Role::bearer ||
                            (record.next_hop_answered && *record.next_hop_answered + memory >= now);
    if (comes_back) proved(scene, record, fmt::format("{} answered", wire::to_string(source)), news);
    return;
  }
}

std::vector<MonitorSession> IcmpJudge::sessions(const Scene& scene) const {
  std::vector<MonitorSession> all;
  for (const Record& record : records_) {
    const Slave* const slave = scene.find(record.slave);
    if (!slave || record.role == Role::unwatched) continue;
    for (const PathWay& way : ways_) {
      MonitorSession session{.slave = record.slave,
                             .judge = PathJudge::icmp,
                             .target = wire::to_string(way.target),
                             .state = slave->path.held_by(PathJudge::icmp) ? "down" : "up",
                             .interval = interval_,
                             .detection = interval_ * scene.options.path_multiplier};
      if (record.role == Role::backup) session.answered = record.next_hop_answered;
      const auto echoed = std::ranges::find(record.echoed, way.target, &Echoed::target);
      if (echoed != record.echoed.end()) {
        session.answered = std::max(session.answered.value_or(echoed->at), echoed->at);
        session.round_trip = echoed->took;
      }
      all.push_back(std::move(session));
    }
  }
  return all;
}

void IcmpJudge::proved(const Scene& scene, Record& record, const std::string& by, JudgeNews& news) const {
  record.unanswered = 0;
  record.needs_echo = false;
  const Slave* const slave = scene.find(record.slave);
  if (!slave || !slave->path.held_by(PathJudge::icmp)) return;
  news.judged.push_back({record.slave, {.judge = PathJudge::icmp, .why = by}});
}

/// Stirred with the time of each question in nanoseconds, which nobody off the wire knows.
std::uint64_t IcmpJudge::next_nonce(TimePoint now) {
  nonce_state_ += static_cast<std::uint64_t>(now.time_since_epoch().count());
  return splitmix64(nonce_state_);
}

}  // namespace ebond::core
