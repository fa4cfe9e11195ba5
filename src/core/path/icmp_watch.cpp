#include "core/path/icmp_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/splitmix.h"
#include "wire/arp.h"
#include "wire/icmp_echo.h"
#include "wire/nd.h"

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

Listening IcmpWatch::listening(const BondOptions& options) const {
  Listening wanted = neighbours_of(options);
  wanted.icmp = !options.path_target.empty();
  return wanted;
}

IcmpWatch::Record* IcmpWatch::find(IfIndex slave) {
  const auto found = std::ranges::find(records_, slave, &Record::slave);
  return found == records_.end() ? nullptr : &*found;
}

/// Other targets or another way to them: every path has a whole detection time to answer again.
void IcmpWatch::restart(const View& view) {
  std::vector<PathWay> usable;
  for (const PathWay& way : view.ways) {
    const auto& targets = view.options.path_target;
    if (way.is_usable() && std::ranges::find(targets, way.target) != targets.end()) usable.push_back(way);
  }
  if (usable == ways_) return;
  ways_ = std::move(usable);
  for (Record& record : records_) {
    record.unanswered = 0;
    record.questions.clear();
    record.neighbours.clear();
  }
}

IcmpWatch::Role IcmpWatch::role_of(const View& view, const Slave& slave) const {
  if (!slave.monitor.is_up()) return Role::unwatched;
  if (std::ranges::find(view.idle, slave.ifindex) != view.idle.end()) return Role::unwatched;
  if (!view.has_active_slave) return Role::bearer;
  const auto bearer = view.active ? std::optional(view.active->ifindex) : candidate_;
  return bearer == slave.ifindex ? Role::bearer : Role::backup;
}

/// While nobody carries, each slave with a link asks as the bond for one detection time.
void IcmpWatch::take_turns(const View& view) {
  if (!view.has_active_slave) return;
  if (view.active) {
    candidate_ = view.active->ifindex;
    turn_rounds_ = 0;
    return;
  }
  const auto can = [](const Slave& slave) { return slave.monitor.is_up(); };
  const auto at = std::ranges::find(view.slaves, candidate_,
                                    [](const Slave& slave) { return std::optional(slave.ifindex); });
  if (at != view.slaves.end() && can(*at) && turn_rounds_ < view.options.path_multiplier) return;
  turn_rounds_ = 0;
  const auto after = at == view.slaves.end() ? at : at + 1;
  auto next = std::find_if(after, view.slaves.end(), can);
  if (next == view.slaves.end()) next = std::find_if(view.slaves.begin(), view.slaves.end(), can);
  candidate_ = next == view.slaves.end() ? std::nullopt : std::optional(next->ifindex);
}

PathNews IcmpWatch::follow(const View& view, TimePoint now) {
  PathNews news;
  // Nothing is known yet of how to reach them, as when this daemon has just taken over: what stands, stands.
  const auto is_target = [&](const PathWay& way) {
    const auto& targets = view.options.path_target;
    return std::ranges::find(targets, way.target) != targets.end();
  };
  if (!view.options.path_target.empty() && std::ranges::none_of(view.ways, is_target)) return news;
  restart(view);
  if (ways_.empty() || !view.admin_up) {
    for (const Slave& slave : view.slaves) {
      if (!slave.path.held_by(PathJudge::icmp)) continue;
      news.judged.push_back(
          {slave.ifindex, {.judge = PathJudge::icmp, .why = "no target can be probed any more"}});
    }
    records_.clear();
    next_round_.reset();
    return news;
  }
  take_turns(view);
  std::vector<Record> there;
  for (const Slave& slave : view.slaves) {
    const Record* const known = find(slave.ifindex);
    Record record =
        known ? *known
              : Record{.slave = slave.ifindex, .needs_echo = slave.path.held_by(PathJudge::icmp) != nullptr};
    if (const Role role = role_of(view, slave); role != record.role) {
      // In a new role the first question is still to be asked.
      record.role = role;
      record.unanswered = 0;
      record.questions.clear();
      record.neighbours.clear();
      record.next_hop_answered.reset();
    }
    record.neighbours.resize(ways_.size());
    for (std::size_t i = 0; i < ways_.size(); ++i) record.neighbours[i].next_hop = ways_[i].next_hop;
    there.push_back(std::move(record));
  }
  records_ = std::move(there);
  if (!next_round_) {
    next_round_ = now;
  } else if (interval_ != view.options.path_interval) {
    next_round_ = std::min(*next_round_, now + view.options.path_interval);
  }
  interval_ = view.options.path_interval;
  return news;
}

PathNews IcmpWatch::advance(const View& view, TimePoint now) {
  PathNews news;
  if (!next_round_ || now < *next_round_) return news;
  // Who asks, and as whom, depends on what becomes of a verdict: a slave just held out must not speak as the
  // bond once more. The round then follows at once.
  judge_round(view, news);
  if (!news.empty()) return news;
  next_round_ = now + view.options.path_interval;
  ++turn_rounds_;
  for (const Slave& slave : view.slaves) {
    Record* const record = find(slave.ifindex);
    if (!record || record->role == Role::unwatched) continue;
    ask(view, slave, *record, news, now);
  }
  return news;
}

void IcmpWatch::judge_round(const View& view, PathNews& news) {
  for (const Slave& slave : view.slaves) {
    Record* const record = find(slave.ifindex);
    if (!record || record->role == Role::unwatched) continue;
    if (record->unanswered < view.options.path_multiplier || slave.path.held_by(PathJudge::icmp)) continue;
    const auto silence = view.options.path_interval * record->unanswered;
    PathVerdict verdict{
        .judge = PathJudge::icmp, .proved = false, .why = "no answer from " + names_of(ways_)};
    if (record->role == Role::backup) verdict.why = "no answer from the next hop to " + names_of(ways_);
    verdict.silence = silence;
    record->needs_echo = record->role == Role::bearer;
    news.judged.push_back({slave.ifindex, std::move(verdict)});
  }
}

void IcmpWatch::ask(const View& view, const Slave& slave, Record& record, PathNews& news, TimePoint now) {
  const Duration memory = view.options.path_interval * view.options.path_multiplier;
  std::erase_if(record.questions, [&](const Question& question) { return question.at + memory < now; });
  const bool was_answered = record.unanswered == 0;
  if (record.unanswered < view.options.path_multiplier) ++record.unanswered;
  const bool echoes = record.role == Role::bearer || record.needs_echo;
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    Neighbour& neighbour = record.neighbours[i];
    if (!neighbour.mac || !was_answered || record.role == Role::backup) {
      ask_neighbour(view, slave, record, i, neighbour, news);
    }
    if (echoes && neighbour.mac) ask_target(view, slave, record, i, *neighbour.mac, news, now);
  }
}

void IcmpWatch::ask_neighbour(const View& view, const Slave& slave, const Record& record, std::size_t way,
                              Neighbour& neighbour, PathNews& news) const {
  const PathWay& to = ways_[way];
  const bool as_bond = record.role == Role::bearer;
  const MacAddress mac = as_bond ? view.bond_mac : probe_mac(slave, view.slaves, view.bond_mac);
  neighbour.asked_from = mac;
  news.probes.push_back({slave.ifindex, as_bond ? ask_next_hop(to, mac) : probe_next_hop(to, mac)});
}

void IcmpWatch::ask_target(const View& view, const Slave& slave, Record& record, std::size_t way,
                           const MacAddress& next_hop, PathNews& news, TimePoint now) {
  const PathWay& to = ways_[way];
  Question question{.nonce = next_nonce(now),
                    .sequence = ++record.sequence,
                    .target = to.target,
                    .source = to.source,
                    .at = now};
  question.identifier = static_cast<std::uint16_t>(question.nonce >> 48 ^ question.nonce);
  const MacAddress mac =
      record.role == Role::bearer ? view.bond_mac : probe_mac(slave, view.slaves, view.bond_mac);
  const wire::LinkAddresses link{.destination = next_hop, .source = mac, .tags = to.tags};
  wire::Echo echo{
      .identifier = question.identifier, .sequence = question.sequence, .data = bytes_of(question.nonce)};
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

PathNews IcmpWatch::heard(const View& view, const Slave& slave, const wire::EthernetFrame& frame,
                          TimePoint now) {
  PathNews news;
  if (records_.empty()) return news;
  switch (frame.header.ethertype) {
    case wire::ethertype::kArp: {
      const auto arp = wire::parse_arp(frame.payload);
      if (!arp || arp->operation != wire::ArpPacket::Operation::reply) break;
      if (arp->target_mac != frame.header.destination) break;
      neighbour_answered(view, slave, arp->sender_ip, arp->sender_mac, arp->target_mac, news, now);
      break;
    }
    case wire::ethertype::kIpv4:
      if (const auto packet = wire::parse_echo4(frame.payload); packet && packet->echo.reply) {
        echo_answered(view, slave, packet->echo, packet->source, packet->destination, news, now);
      }
      break;
    case wire::ethertype::kIpv6:
      if (const auto packet = wire::parse_echo6(frame.payload); packet && packet->echo.reply) {
        echo_answered(view, slave, packet->echo, packet->source, packet->destination, news, now);
      } else if (const auto message = wire::parse_neighbor_message(frame.payload);
                 message && message->kind == wire::NeighborMessage::Kind::advertisement &&
                 message->solicited) {
        neighbour_answered(view, slave, message->target, message->mac.value_or(frame.header.source),
                           frame.header.destination, news, now);
      }
      break;
    default:
      break;
  }
  return news;
}

/// An answer counts on the slave that asked, once for each question, at the MAC it was asked from. Where all
/// slaves ask from the bond's, it may come in on any of them, and tells no more than the next hop's MAC.
void IcmpWatch::neighbour_answered(const View& view, const Slave& slave, const IpAddress& who,
                                   const MacAddress& its, const MacAddress& asker, PathNews& news,
                                   TimePoint now) {
  if (!its.is_valid_unicast()) return;
  for (const Slave& asking : view.slaves) {
    Record* const record = find(asking.ifindex);
    if (!record || record->role == Role::unwatched) continue;
    if (asking.ifindex != slave.ifindex && view.has_active_slave) continue;
    if (!learn(view, asking, *record, who, its, asker, news, now) || record->role != Role::backup) continue;
    record->next_hop_answered = now;
    if (record->needs_echo) continue;
    proved(view, *record, fmt::format("{} answered", wire::to_string(who)), news);
  }
}

/// True if `record` had asked for it.
bool IcmpWatch::learn(const View& view, const Slave& slave, Record& record, const IpAddress& who,
                      const MacAddress& its, const MacAddress& asker, PathNews& news, TimePoint now) {
  bool was_asked = false;
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    Neighbour& neighbour = record.neighbours[i];
    if (neighbour.next_hop != who || neighbour.asked_from != asker) continue;
    neighbour.asked_from.reset();
    const bool is_new = neighbour.mac != its;
    neighbour.mac = its;
    was_asked = true;
    // What could not be asked for want of its address is asked at once.
    const bool echoes = record.role == Role::bearer || record.needs_echo;
    if (echoes && is_new) ask_target(view, slave, record, i, its, news, now);
  }
  return was_asked;
}

void IcmpWatch::echo_answered(const View& view, const Slave& slave, const wire::Echo& echo,
                              const IpAddress& source, const IpAddress& destination, PathNews& news,
                              TimePoint now) {
  for (Record& record : records_) {
    // The bond's one MAC comes back to the slave that carries it; only in a LAG, and where a held slave asks
    // through another, an answer takes another way back.
    const bool elsewhere = record.slave != slave.ifindex;
    if (elsewhere && view.has_active_slave && record.role == Role::bearer) continue;
    const auto asked = std::ranges::find_if(record.questions, [&](const Question& question) {
      return question.identifier == echo.identifier && question.sequence == echo.sequence &&
             question.target == source && question.source == destination &&
             bytes_of(question.nonce) == echo.data;
    });
    if (asked == record.questions.end()) continue;
    record.questions.erase(asked);
    const Duration memory = view.options.path_interval * view.options.path_multiplier;
    const bool comes_back = record.role == Role::bearer ||
                            (record.next_hop_answered && *record.next_hop_answered + memory >= now);
    if (comes_back) proved(view, record, fmt::format("{} answered", wire::to_string(source)), news);
    return;
  }
}

void IcmpWatch::proved(const View& view, Record& record, const std::string& by, PathNews& news) const {
  record.unanswered = 0;
  record.needs_echo = false;
  const auto slave = std::ranges::find(view.slaves, record.slave, &Slave::ifindex);
  if (slave == view.slaves.end() || !slave->path.held_by(PathJudge::icmp)) return;
  news.judged.push_back({record.slave, {.judge = PathJudge::icmp, .why = by}});
}

/// Stirred with the time of each question in nanoseconds, which nobody off the wire knows.
std::uint64_t IcmpWatch::next_nonce(TimePoint now) {
  nonce_state_ += static_cast<std::uint64_t>(now.time_since_epoch().count());
  return splitmix64(nonce_state_);
}

}  // namespace ebond::core
