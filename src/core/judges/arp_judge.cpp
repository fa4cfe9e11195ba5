#include "core/judges/arp_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/judges/asking.h"

namespace ebond::core {
namespace {

bool is_active_backup(const Scene& scene) {
  return scene.options.mode == Mode::active_backup;
}

bool filters_only(const BondOptions& options) {
  return options.arp_validate >= ArpValidate::filter;
}

bool validates(const BondOptions& options, ArpValidate role) {
  return (std::to_underlying(options.arp_validate) & std::to_underlying(role)) != 0;
}

/// Frames can go out and come in.
bool has_link(const Slave& slave) {
  return slave.monitor.status() != MiiStatus::down;
}

std::string target_name(const BondOptions& options, std::size_t index) {
  const auto arp = options.arp_ip_target.size();
  return index < arp ? wire::to_string(options.arp_ip_target[index])
                     : wire::to_string(options.ns_ip6_target[index - arp]);
}

/// "192.0.2.254", "192.0.2.254 or 192.0.2.253", "any of 5 targets"
std::string targets_named(const BondOptions& options) {
  constexpr std::size_t kAsManyAsRead = 2;
  const auto count = options.arp_ip_target.size() + options.ns_ip6_target.size();
  if (count > kAsManyAsRead) return fmt::format("any of {} targets", count);
  std::string text = target_name(options, 0);
  if (count == 2) text += " or " + target_name(options, 1);
  return text;
}

/// What the driver allows for above whole intervals, half of one, is for late timers and answers. Here it
/// need not grow with the interval.
Duration leeway(Milliseconds interval) {
  constexpr Duration kLongest = Milliseconds{50};
  return std::min(Duration(interval) / 2, kLongest);
}

/// bond_time_in_interval(last, 1)
bool is_recent(TimePoint last, Milliseconds interval, TimePoint now) {
  return now <= last + interval + Duration(interval) / 2;
}

}  // namespace

bool ArpJudge::is_wanted(const BondOptions& options) {
  return options.arp_interval > Milliseconds::zero() &&
         !(options.arp_ip_target.empty() && options.ns_ip6_target.empty());
}

bool ArpJudge::counts_any_frame(const BondOptions& options) const {
  return !filters_only(options) && options.arp_validate != ArpValidate::all;
}

// ---- Which slaves are there.

/// As bond_enslave: up where there is a link, and heard an interval ago.
ArpJudge::Record ArpJudge::fresh(const Slave& slave, TimePoint now) const {
  Record record{.slave = slave.ifindex};
  if (const PathHold* const hold = slave.path.held_by(PathJudge::arp)) {
    record.state = hold->shown;
  } else if (!has_link(slave)) {
    record.state = MiiStatus::down;
  }
  restart(record, now);
  return record;
}

void ArpJudge::restart(Record& record, TimePoint now) const {
  record.last_link_up = now;
  const Heard an_interval_ago{.at = now - interval_};
  record.last = record.state == MiiStatus::up ? an_interval_ago : Heard{};
  record.by_target.assign(targets_.ipv4.size() + targets_.ipv6.size(), record.last);
  if (record.any_frame_since) record.any_frame_since = now;
}

/// As bond_change_active_slave, and what each slave's role says of the frames that count.
void ArpJudge::follow_roles(const Scene& scene, TimePoint now) {
  const auto active = scene.active ? std::optional(scene.active->ifindex) : std::nullopt;
  if (active && active != active_) {
    candidate_.reset();
    // A backup must hear another ask from now on: it is given the same time as the slave that was raised.
    for (Record& record : records_) {
      if (record.state == MiiStatus::up || record.slave == *active) record.last_link_up = now;
    }
  }
  active_ = active;
  for (Record& record : records_) {
    const bool idle = scene.is_idle(record.slave);
    if (std::exchange(record.idle, idle) && !idle) restart(record, now);
    const bool counts = counts_any_of(scene, record.slave);
    if (counts != record.any_frame_since.has_value()) {
      record.any_frame_since = counts ? std::optional(now) : std::nullopt;
    }
  }
}

JudgeNews ArpJudge::follow(const Scene& scene, TimePoint now) {
  const bool runs = scene.admin_up && !scene.slaves.empty();
  const ProbeTargets targets{scene.options.arp_ip_target, scene.options.ns_ip6_target, {}};
  const bool restarts = runs && (!runs_ || targets != targets_ || scene.options.arp_interval != interval_);
  targets_ = targets;
  interval_ = scene.options.arp_interval;
  runs_ = runs;
  if (!runs) {
    next_round_.reset();
    asks_next_ = false;
  }
  records_.follow(scene.slaves, [&](const Slave& slave) { return fresh(slave, now); });
  if (candidate_ && !records_.find(*candidate_)) candidate_.reset();
  follow_roles(scene, now);
  if (restarts) {
    for (Record& record : records_) restart(record, now);
    next_round_ = now;
  }
  return {};
}

JudgeNews ArpJudge::link_changed(const Scene& scene, const Slave& slave, const LinkChange& change,
                                 TimePoint now) {
  JudgeNews news;
  Record* const record = records_.find(slave.ifindex);
  if (!record) return news;
  if (change.to == MiiStatus::down) {
    // It must be proved again once its link is back.
    record->state = MiiStatus::down;
    if (candidate_ == slave.ifindex) candidate_.reset();
    restart(*record, now);
  } else if (change.at_enslaving) {
    // Taken for proved until it fails to be.
    record->state = MiiStatus::up;
    restart(*record, now);
  }
  if (change.from != MiiStatus::down || record->state == MiiStatus::up) return news;
  const auto awaited = counts_any_of(scene, slave.ifindex)
                           ? "nothing was received since"
                           : fmt::format("no answer from {} yet", targets_named(scene.options));
  news.judged.push_back(
      {slave.ifindex, {.judge = PathJudge::arp, .proved = false, .why = "its link was lost, " + awaited}});
  return news;
}

// ---- What was heard.

/// bond_is_active_slave: in active-backup the active slave and the one whose turn it is to probe.
bool ArpJudge::is_active(const Scene& scene, IfIndex slave) const {
  if (!is_active_backup(scene)) return true;
  return candidate_ == slave || (scene.active && scene.active->ifindex == slave);
}

/// slave_do_arp_validate
bool ArpJudge::is_validated(const Scene& scene, IfIndex slave) const {
  return validates(scene.options, is_active(scene, slave) ? ArpValidate::active : ArpValidate::backup);
}

bool ArpJudge::counts_any_of(const Scene& scene, IfIndex slave) const {
  return counts_any_frame(scene.options) && !is_validated(scene, slave);
}

std::vector<MonitorSession> ArpJudge::sessions(const Scene& scene) const {
  std::vector<std::string> targets;
  for (const auto& target : targets_.ipv4) targets.push_back(wire::to_string(target));
  for (const auto& target : targets_.ipv6) targets.push_back(wire::to_string(target));
  std::vector<MonitorSession> all;
  for (const Record& record : records_) {
    const Slave* const slave = scene.find(record.slave);
    if (!slave || !slave->monitor.is_up()) continue;
    MonitorSession session{.slave = record.slave,
                           .judge = PathJudge::arp,
                           .target = fmt::format("{}", fmt::join(targets, ", ")),
                           .state = slave->path.held_by(PathJudge::arp) ? "down" : "up",
                           .interval = interval_,
                           .detection = interval_ * scene.options.arp_missed_max};
    if (!record.proof.empty()) session.answered = evidence(scene, record).at;
    all.push_back(std::move(session));
  }
  return all;
}

void ArpJudge::believe(Record& record, TargetIndex target, std::string proof, TimePoint now) {
  record.last = {.at = now};
  record.proof = std::move(proof);
  const auto place = std::to_underlying(target);
  if (place < record.by_target.size()) record.by_target[place] = {.at = now};
}

namespace {

/// The switches of a balance-slb bond must hear the bond's MAC by its own slave alone.
MacAddress asking_mac(const Scene& scene, const Slave& slave) {
  if (scene.options.mode == Mode::balance_slb) return probe_mac(slave, scene.slaves, scene.bond_mac);
  return scene.options.mode == Mode::ieee8023ad ? slave.permanent_mac : slave.mac;
}

/// The slave that a frame speaks to which came in on `slave`. In 802.3ad the partner chooses the link that an
/// answer comes back by; the MAC it answers to tells whose probe it answers.
const Slave* addressee(const Scene& scene, const Slave& slave, const MacAddress& destination) {
  if (scene.options.mode == Mode::ieee8023ad) {
    if (slave.permanent_mac == destination) return &slave;
    const auto owner = std::ranges::find(scene.slaves, destination, &Slave::permanent_mac);
    if (owner != scene.slaves.end()) return &*owner;
  }
  if (asking_mac(scene, slave) == destination) return &slave;
  return destination.is_multicast() || destination == slave.mac ? &slave : nullptr;
}

/// Does a probe of this slave hide who asks? Where slaves wear different MACs, an address beside the wrong
/// one would lead its traffic astray.
bool asks_anonymously(const Scene& scene, const MacAddress& sender) {
  switch (scene.options.mode) {
    case Mode::ieee8023ad:
    case Mode::balance_tlb:
    case Mode::balance_alb:
    case Mode::balance_slb:
      return sender != scene.bond_mac;
    default:
      return false;
  }
}

std::vector<MacAddress> own_macs(const Scene& scene) {
  std::vector<MacAddress> macs{scene.bond_mac};
  for (const Slave& slave : scene.slaves) {
    macs.push_back(slave.mac);
    macs.push_back(slave.permanent_mac);
    macs.push_back(asking_mac(scene, slave));
  }
  return macs;
}

}  // namespace

/// What NeighborFrame::from_target and own_probe believe; the same on every slave.
Listening ArpJudge::listening(const Scene& scene, const Slave&) const {
  Listening wanted;
  const BondOptions& options = scene.options;
  if (options.arp_validate == ArpValidate::none && options.mode != Mode::ieee8023ad) return wanted;
  wanted.any_neighbour = filters_only(options);
  const bool asks_as_nobody = std::ranges::any_of(
      scene.slaves, [&](const Slave& each) { return asks_anonymously(scene, asking_mac(scene, each)); });
  if (const auto& targets = options.arp_ip_target; !targets.empty()) {
    auto& rules = wanted.arp.emplace();
    auto us = scene.around.own_ipv4;
    if (us.empty() || asks_as_nobody) us.push_back(Ipv4Address{});
    rules.push_back({.senders = targets, .targets = us});
    if (is_active_backup(scene)) rules.push_back({.senders = std::move(us), .targets = targets});
  }
  if (const auto& targets = options.ns_ip6_target; !targets.empty()) {
    auto& rules = wanted.nd.emplace();
    auto us = scene.around.own_ipv6;
    us.push_back(wire::kAllNodes);
    rules.push_back({.sources = targets, .destinations = std::move(us)});
    if (is_active_backup(scene) && !scene.around.own_ipv6.empty()) {
      rules.push_back({.kind = wire::NeighborMessage::Kind::solicitation,
                       .sources = scene.around.own_ipv6,
                       .targets = targets});
    }
  }
  return wanted;
}

/// bond_rcv_validate and bond_arp_rcv, bond_na_rcv.
JudgeNews ArpJudge::heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                          TimePoint now) {
  Record* const record = records_.find(slave.ifindex);
  const auto parsed = runs_ && record ? NeighborFrame::parse(frame) : std::nullopt;
  if (!parsed) return {};
  if (!is_validated(scene, slave.ifindex)) {
    record->last = {.at = now};
    record->proof = filters_only(scene.options) ? "ARP or ND is received" : "frames are received";
  }
  const Slave* const to = addressee(scene, slave, parsed->destination());
  Record* const answered = to ? records_.find(to->ifindex) : nullptr;
  if (!answered) return {};
  const auto macs = own_macs(scene);
  const NeighborFrame::Known known{.arp_targets = targets_.ipv4,
                                   .ns_targets = targets_.ipv6,
                                   .around = scene.around,
                                   .own_macs = macs,
                                   .asked_anonymously = asks_anonymously(scene, asking_mac(scene, *to))};
  if (!is_active(scene, slave.ifindex)) {
    heard_by_backup(scene, *record, *parsed, known, now);
  } else if (const auto target = parsed->from_target(known)) {
    believe(*answered, *target, target_name(scene.options, std::to_underlying(*target)) + " answers", now);
  }
  return {};
}

/// A backup hears the active slave's question come back through the switch: believed only while the active
/// slave is answered, or all would go on by hearing each other. And an answer may come in by any slave when
/// its question went out just now, before switches learned where.
void ArpJudge::heard_by_backup(const Scene& scene, Record& record, const NeighborFrame& frame,
                               const NeighborFrame::Known& known, TimePoint now) {
  if (scene.active) {
    const Record* const active = records_.find(scene.active->ifindex);
    if (!active || evidence(scene, *active).at <= active->last_link_up) return;
    if (const auto target = frame.own_probe(known, scene.active->mac)) {
      believe(record, *target, "the active slave's probes are received", now);
    }
    return;
  }
  const Record* const candidate = candidate_ ? records_.find(*candidate_) : nullptr;
  if (!candidate || !candidate->last_tx || !is_recent(*candidate->last_tx, interval_, now)) return;
  if (!frame.is_reply()) return;
  if (const auto target = frame.from_target(known)) {
    believe(record, *target, target_name(scene.options, std::to_underlying(*target)) + " answers", now);
  }
}

void ArpJudge::read_stamps(const Scene& scene) {
  for (Record& record : records_) {
    const Slave* const slave = scene.find(record.slave);
    if (!slave || !slave->last_rx || !record.any_frame_since) continue;
    const TimePoint stamp = *slave->last_rx;
    if (stamp <= *record.any_frame_since || stamp <= record.last.at) continue;
    record.last = {.at = stamp, .rounds = stamp < last_round_ ? std::min(record.last.rounds, 1U) : 0U};
    record.proof = "frames are received";
  }
}

/// slave_last_rx. arp_all_targets counts in active-backup alone, and where answers are looked at.
ArpJudge::Heard ArpJudge::evidence(const Scene& scene, const Record& record) const {
  const bool needs_all = scene.options.arp_all_targets == ArpAllTargets::all && is_active_backup(scene) &&
                         is_validated(scene, record.slave) && !record.by_target.empty();
  return needs_all ? *std::ranges::min_element(record.by_target, {}, &Heard::at) : record.last;
}

// ---- The verdict.

std::optional<TimePoint> ArpJudge::lost_at(const Scene& scene, const Record& record) const {
  const Slave* const slave = scene.find(record.slave);
  if (record.state != MiiStatus::up || !slave || !has_link(*slave) || record.idle) return std::nullopt;
  const bool backup = !is_active(scene, record.slave);
  if (backup && candidate_) return std::nullopt;  // nobody asks whom it could hear
  const unsigned patience = scene.options.arp_missed_max + (backup ? 1U : 0U);
  const Heard heard = evidence(scene, record);
  if (heard.rounds < patience) return std::nullopt;
  TimePoint lost = heard.at + patience * Duration(interval_);
  if (heard.rounds == patience) lost = std::max(lost, last_round_);
  // Enslaved or made active just now: its times are not its own yet.
  if (is_active_backup(scene)) lost = std::max(lost, record.last_link_up + 2 * Duration(interval_));
  return lost + leeway(interval_);
}

PathVerdict ArpJudge::plaint(const Scene& scene, const Record& record, TimePoint now) const {
  PathVerdict verdict{.judge = PathJudge::arp, .proved = false};
  verdict.silence = std::chrono::duration_cast<Milliseconds>(now - evidence(scene, record).at);
  const bool all = scene.options.arp_all_targets == ArpAllTargets::all && is_active_backup(scene);
  if (!is_validated(scene, record.slave)) {
    verdict.why = filters_only(scene.options) ? "no ARP or ND received" : "nothing received";
  } else if (!is_active(scene, record.slave)) {
    verdict.why = "the active slave's probes not received";
  } else if (all) {
    const auto oldest = std::ranges::min_element(record.by_target, {}, &Heard::at) - record.by_target.begin();
    verdict.why = "no answer from " + target_name(scene.options, static_cast<std::size_t>(oldest));
  } else {
    verdict.why = "no answer from " + targets_named(scene.options);
  }
  return verdict;
}

/// bond_ab_arp_inspect and the states bond_ab_arp_commit sets; bond_loadbalance_arp_mon.
std::vector<JudgedPath> ArpJudge::inspect(const Scene& scene, TimePoint now) {
  std::vector<JudgedPath> judged;
  if (!runs_) return judged;
  read_stamps(scene);
  for (Record& record : records_) {
    const Slave* const slave = scene.find(record.slave);
    if (!slave || !has_link(*slave)) continue;
    if (record.state != MiiStatus::up) {
      const Heard heard = evidence(scene, record);
      if (heard.at != TimePoint{} && is_recent(heard.at, interval_, now)) {
        record.state = MiiStatus::up;
        judged.push_back({record.slave, {.judge = PathJudge::arp, .why = record.proof}});
      }
      continue;
    }
    const auto lost = lost_at(scene, record);
    if (!lost || now < *lost) continue;
    record.state = MiiStatus::down;
    judged.push_back({record.slave, plaint(scene, record, now)});
  }
  if (std::ranges::any_of(judged, [](const JudgedPath& each) { return each.verdict.proved; })) {
    candidate_.reset();
  }
  return judged;
}

// ---- The round.

JudgeNews ArpJudge::advance(const Scene& scene, TimePoint now) {
  JudgeNews news;
  if (!runs_) return news;
  const bool round_due = next_round_ && now >= *next_round_;
  if (!asks_next_) news.judged = inspect(scene, now);
  if (!news.judged.empty()) {
    asks_next_ = true;
    if (!round_due) next_round_ = now;
  } else if (std::exchange(asks_next_, false) || round_due) {
    news = probe(scene, now);
  }
  return news;
}

JudgeNews ArpJudge::probe(const Scene& scene, TimePoint now) {
  JudgeNews news;
  for (Record& record : records_) {
    ++record.last.rounds;
    for (Heard& heard : record.by_target) ++heard.rounds;
    if (record.state == MiiStatus::going_back) record.state = MiiStatus::going_down;
  }
  const bool on_time = next_round_ && now >= *next_round_ && now < *next_round_ + interval_;
  next_round_ = (on_time ? *next_round_ : now) + interval_;
  last_round_ = now;
  if (!is_active_backup(scene)) {
    for (const Slave& slave : scene.slaves) {
      if (has_link(slave)) ask(scene, slave, news, now);
    }
  } else if (scene.active) {
    ask(scene, *scene.active, news, now);
  } else {
    rotate(scene, news, now);
  }
  return news;
}

/// bond_ab_arp_probe without an active slave: the next one whose link is up asks.
void ArpJudge::rotate(const Scene& scene, JudgeNews& news, TimePoint now) {
  const IfIndex current = candidate_.value_or(scene.slaves.front().ifindex);
  const Slave* before = nullptr;
  const Slave* after = nullptr;
  bool passed = false;
  for (const Slave& slave : scene.slaves) {
    const Record* const record = records_.find(slave.ifindex);
    const bool usable = has_link(slave) && record;
    // Proved, and held out by another judge: it goes on asking for itself.
    if (usable && record->state == MiiStatus::up) {
      ask(scene, slave, news, now);
    } else if (usable) {
      if (!passed && !before) before = &slave;
      if (passed && !after) after = &slave;
    }
    if (slave.ifindex == current) passed = true;
  }
  const Slave* const next = after ? after : before;
  if (next) {
    Record& record = *records_.find(next->ifindex);
    record.state = MiiStatus::going_back;
    record.last_link_up = now;
    candidate_ = next->ifindex;
    ask(scene, *next, news, now);
  }
  follow_roles(scene, now);
  for (const Record& record : records_) {
    const Slave* const slave = scene.find(record.slave);
    const PathHold* const hold = slave ? slave->path.held_by(PathJudge::arp) : nullptr;
    if (!hold || hold->shown == record.state) continue;
    news.judged.push_back(
        {record.slave, {.judge = PathJudge::arp, .proved = false, .why = hold->why, .shown = record.state}});
  }
}

void ArpJudge::ask(const Scene& scene, const Slave& slave, JudgeNews& news, TimePoint now) {
  const MacAddress sender = asking_mac(scene, slave);
  const bool anonymous = asks_anonymously(scene, sender);
  const auto ask_each = [&](const auto& targets, const auto& ways, const auto& build) {
    for (const auto& target : targets) {
      auto way = std::remove_cvref_t<decltype(ways.front())>{.target = target};
      if (const auto found = std::ranges::find(ways, target, &decltype(way)::target); found != ways.end()) {
        way = *found;
      }
      if (way.kind == WayKind::elsewhere) continue;
      if (anonymous) way.source = {};
      news.probes.push_back({slave.ifindex, build(sender, way.source, target, way.tags)});
      if (Record* const record = records_.find(slave.ifindex)) record->last_tx = now;
    }
  };
  ask_each(targets_.ipv4, scene.around.ipv4, wire::arp_request);
  ask_each(targets_.ipv6, scene.around.ipv6, wire::neighbor_solicitation);
}

std::optional<TimePoint> ArpJudge::next_deadline(const Scene& scene) const {
  if (!runs_) return std::nullopt;
  auto next = next_round_;
  for (const Record& record : records_) next = earlier(next, lost_at(scene, record));
  return next;
}

}  // namespace ebond::core
