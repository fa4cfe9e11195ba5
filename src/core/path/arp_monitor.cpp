#include "core/path/arp_monitor.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace ebond::core {
namespace {

bool is_active_backup(const ArpMonitor::View& view) {
  return view.options.mode == Mode::active_backup;
}

bool filters_only(const BondOptions& options) {
  return options.arp_validate >= ArpValidate::filter;
}

bool validates(const BondOptions& options, ArpValidate role) {
  return (std::to_underlying(options.arp_validate) & std::to_underlying(role)) != 0;
}

const Slave* slave_of(const ArpMonitor::View& view, IfIndex slave) {
  const auto found = std::ranges::find(view.slaves, slave, &Slave::ifindex);
  return found == view.slaves.end() ? nullptr : &*found;
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

bool ArpMonitor::is_wanted(const BondOptions& options) {
  return options.arp_interval > Milliseconds::zero() &&
         !(options.arp_ip_target.empty() && options.ns_ip6_target.empty());
}

bool ArpMonitor::counts_any_frame(const BondOptions& options) {
  return is_wanted(options) && !filters_only(options) && options.arp_validate != ArpValidate::all;
}

bool ArpMonitor::hears(const BondOptions& options) {
  return is_wanted(options) &&
         (options.arp_validate != ArpValidate::none || options.mode == Mode::ieee8023ad);
}

// ---- Who is there.

ArpMonitor::Record* ArpMonitor::find(IfIndex slave) {
  const auto found = std::ranges::find(records_, slave, &Record::slave);
  return found == records_.end() ? nullptr : &*found;
}
const ArpMonitor::Record* ArpMonitor::find(IfIndex slave) const {
  const auto found = std::ranges::find(records_, slave, &Record::slave);
  return found == records_.end() ? nullptr : &*found;
}

/// As bond_enslave: up where there is a link, and heard an interval ago.
ArpMonitor::Record ArpMonitor::fresh(const Slave& slave, TimePoint now) const {
  Record record{.slave = slave.ifindex};
  if (const PathHold* const hold = slave.path.held_by(PathJudge::arp)) {
    record.state = hold->shown;
  } else if (!has_link(slave)) {
    record.state = MiiStatus::down;
  }
  restart(record, now);
  return record;
}

void ArpMonitor::restart(Record& record, TimePoint now) const {
  record.last_link_up = now;
  const Heard an_interval_ago{.at = now - interval_};
  record.last = record.state == MiiStatus::up ? an_interval_ago : Heard{};
  record.by_target.assign(targets_.ipv4.size() + targets_.ipv6.size(), record.last);
  if (record.any_frame_since) record.any_frame_since = now;
}

void ArpMonitor::stop(const View& view, std::vector<JudgedPath>& released) {
  records_.clear();
  candidate_.reset();
  for (const Slave& slave : view.slaves) {
    if (!slave.path.held_by(PathJudge::arp)) continue;
    released.push_back({slave.ifindex, {.judge = PathJudge::arp, .why = "no target is probed any more"}});
  }
}

void ArpMonitor::follow_slaves(const View& view, TimePoint now) {
  std::vector<Record> records;
  for (const Slave& slave : view.slaves) {
    Record* const known = find(slave.ifindex);
    records.push_back(known ? std::move(*known) : fresh(slave, now));
  }
  records_ = std::move(records);
  if (candidate_ && !find(*candidate_)) candidate_.reset();
}

/// As bond_change_active_slave, and what each slave's role says of the frames that count.
void ArpMonitor::follow_roles(const View& view, TimePoint now) {
  const auto active = view.active ? std::optional(view.active->ifindex) : std::nullopt;
  if (active && active != active_) {
    candidate_.reset();
    // A backup must hear another ask from now on: it is given the same time as who was raised.
    for (Record& record : records_) {
      if (record.state == MiiStatus::up || record.slave == *active) record.last_link_up = now;
    }
  }
  active_ = active;
  for (Record& record : records_) {
    const bool idle = std::ranges::find(view.idle, record.slave) != view.idle.end();
    if (std::exchange(record.idle, idle) && !idle) restart(record, now);
    const bool counts = counts_any_of(view, record.slave);
    if (counts != record.any_frame_since.has_value()) {
      record.any_frame_since = counts ? std::optional(now) : std::nullopt;
    }
  }
}

std::vector<JudgedPath> ArpMonitor::follow(const View& view, TimePoint now) {
  std::vector<JudgedPath> released;
  const bool wanted = is_wanted(view.options);
  const bool runs = wanted && view.admin_up && !view.slaves.empty();
  if (!wanted) stop(view, released);
  const ProbeTargets targets{view.options.arp_ip_target, view.options.ns_ip6_target, {}};
  const bool anew = runs && (!runs_ || targets != targets_ || view.options.arp_interval != interval_);
  targets_ = targets;
  interval_ = view.options.arp_interval;
  runs_ = runs;
  if (!runs) next_round_.reset();
  if (!wanted) return released;
  follow_slaves(view, now);
  follow_roles(view, now);
  if (anew) {
    for (Record& record : records_) restart(record, now);
    next_round_ = now;
  }
  return released;
}

void ArpMonitor::trust(IfIndex slave, TimePoint now) {
  Record* const record = find(slave);
  if (!record) return;
  record->state = MiiStatus::up;
  restart(*record, now);
}

void ArpMonitor::link_lost(IfIndex slave, TimePoint now) {
  Record* const record = find(slave);
  if (!record) return;
  record->state = MiiStatus::down;
  if (candidate_ == slave) candidate_.reset();
  restart(*record, now);
}

std::optional<PathVerdict> ArpMonitor::link_back(const View& view, IfIndex slave) const {
  const Record* const record = find(slave);
  if (!record || record->state == MiiStatus::up) return std::nullopt;
  const auto awaited = counts_any_of(view, slave)
                           ? "nothing was received since"
                           : fmt::format("no answer from {} yet", targets_named(view.options));
  return PathVerdict{.judge = PathJudge::arp, .proved = false, .why = "its link was lost, " + awaited};
}

// ---- What was heard.

/// bond_is_active_slave: in active-backup the active slave and the one whose turn it is to probe.
bool ArpMonitor::is_active(const View& view, IfIndex slave) const {
  if (!is_active_backup(view)) return true;
  return candidate_ == slave || (view.active && view.active->ifindex == slave);
}

/// slave_do_arp_validate
bool ArpMonitor::is_validated(const View& view, IfIndex slave) const {
  return validates(view.options, is_active(view, slave) ? ArpValidate::active : ArpValidate::backup);
}

bool ArpMonitor::counts_any_of(const View& view, IfIndex slave) const {
  return counts_any_frame(view.options) && !is_validated(view, slave);
}

void ArpMonitor::take(Record& record, TargetIndex target, std::string proof, TimePoint now) {
  record.last = {.at = now};
  record.proof = std::move(proof);
  const auto place = std::to_underlying(target);
  if (place < record.by_target.size()) record.by_target[place] = {.at = now};
}

namespace {

/// Whom a frame that came in on `slave` speaks to. In 802.3ad the partner chooses the link that an answer
/// comes back by; the MAC it answers to tells whose probe it answers.
const Slave* addressee(const ArpMonitor::View& view, const Slave& slave, const MacAddress& destination) {
  if (view.options.mode == Mode::ieee8023ad) {
    if (slave.permanent_mac == destination) return &slave;
    const auto owner = std::ranges::find(view.slaves, destination, &Slave::permanent_mac);
    if (owner != view.slaves.end()) return &*owner;
  }
  return destination.is_multicast() || destination == slave.mac ? &slave : nullptr;
}

/// Does a probe of this slave hide who asks? Where slaves wear different MACs, an address beside the wrong
/// one would lead its traffic astray.
bool asks_anonymously(const ArpMonitor::View& view, const MacAddress& sender) {
  switch (view.options.mode) {
    case Mode::ieee8023ad:
    case Mode::balance_tlb:
    case Mode::balance_alb:
      return sender != view.bond_mac;
    default:
      return false;
  }
}

const MacAddress& probe_mac(const ArpMonitor::View& view, const Slave& slave) {
  return view.options.mode == Mode::ieee8023ad ? slave.permanent_mac : slave.mac;
}

std::vector<MacAddress> own_macs(const ArpMonitor::View& view) {
  std::vector<MacAddress> macs{view.bond_mac};
  for (const Slave& slave : view.slaves) {
    macs.push_back(slave.mac);
    macs.push_back(slave.permanent_mac);
  }
  return macs;
}

}  // namespace

/// bond_rcv_validate and bond_arp_rcv, bond_na_rcv.
void ArpMonitor::heard(const View& view, const Slave& slave, const wire::EthernetFrame& frame,
                       TimePoint now) {
  Record* const record = find(slave.ifindex);
  const auto parsed = runs_ && record ? NeighborFrame::parse(frame) : std::nullopt;
  if (!parsed) return;
  if (!is_validated(view, slave.ifindex)) {
    record->last = {.at = now};
    record->proof = filters_only(view.options) ? "ARP or ND is received" : "frames are received";
  }
  const Slave* const to = addressee(view, slave, parsed->destination());
  Record* const answered = to ? find(to->ifindex) : nullptr;
  if (!answered) return;
  const auto macs = own_macs(view);
  const NeighborFrame::Known known{.arp_targets = targets_.ipv4,
                                   .ns_targets = targets_.ipv6,
                                   .around = around_,
                                   .own_macs = macs,
                                   .asked_anonymously = asks_anonymously(view, probe_mac(view, *to))};
  if (!is_active(view, slave.ifindex)) return heard_by_backup(view, *record, *parsed, known, now);
  if (const auto target = parsed->from_target(known)) {
    take(*answered, *target, target_name(view.options, std::to_underlying(*target)) + " answers", now);
  }
}

/// A backup hears the active slave's question come back through the switch: believed only while the active
/// slave is answered, or all would go on by hearing each other. And an answer may come in by any slave when
/// its question went out just now, before switches learned where.
void ArpMonitor::heard_by_backup(const View& view, Record& record, const NeighborFrame& frame,
                                 const NeighborFrame::Known& known, TimePoint now) {
  if (view.active) {
    const Record* const active = find(view.active->ifindex);
    if (!active || evidence(view, *active).at <= active->last_link_up) return;
    if (const auto target = frame.own_probe(known, view.active->mac)) {
      take(record, *target, "the active slave's probes are received", now);
    }
    return;
  }
  const Record* const candidate = candidate_ ? find(*candidate_) : nullptr;
  if (!candidate || !candidate->last_tx || !is_recent(*candidate->last_tx, interval_, now)) return;
  if (!frame.is_reply()) return;
  if (const auto target = frame.from_target(known)) {
    take(record, *target, target_name(view.options, std::to_underlying(*target)) + " answers", now);
  }
}

void ArpMonitor::take_stamps(const View& view) {
  for (Record& record : records_) {
    const Slave* const slave = slave_of(view, record.slave);
    if (!slave || !slave->last_rx || !record.any_frame_since) continue;
    const TimePoint stamp = *slave->last_rx;
    if (stamp <= *record.any_frame_since || stamp <= record.last.at) continue;
    record.last = {.at = stamp, .rounds = stamp < last_round_ ? std::min(record.last.rounds, 1U) : 0U};
    record.proof = "frames are received";
  }
}

/// slave_last_rx. arp_all_targets counts in active-backup alone, and where answers are looked at.
ArpMonitor::Heard ArpMonitor::evidence(const View& view, const Record& record) const {
  const bool needs_all = view.options.arp_all_targets == ArpAllTargets::all && is_active_backup(view) &&
                         is_validated(view, record.slave) && !record.by_target.empty();
  return needs_all ? *std::ranges::min_element(record.by_target, {}, &Heard::at) : record.last;
}

// ---- The verdict.

std::optional<TimePoint> ArpMonitor::lost_at(const View& view, const Record& record) const {
  const Slave* const slave = slave_of(view, record.slave);
  if (record.state != MiiStatus::up || !slave || !has_link(*slave) || record.idle) return std::nullopt;
  const bool backup = !is_active(view, record.slave);
  if (backup && candidate_) return std::nullopt;  // nobody asks whom it could hear
  const unsigned patience = view.options.arp_missed_max + (backup ? 1U : 0U);
  const Heard heard = evidence(view, record);
  if (heard.rounds < patience) return std::nullopt;
  TimePoint lost = heard.at + patience * Duration(interval_);
  if (heard.rounds == patience) lost = std::max(lost, last_round_);
  // Enslaved or made active just now: its times are not its own yet.
  if (is_active_backup(view)) lost = std::max(lost, record.last_link_up + 2 * Duration(interval_));
  return lost + leeway(interval_);
}

PathVerdict ArpMonitor::plaint(const View& view, const Record& record, TimePoint now) const {
  PathVerdict verdict{.judge = PathJudge::arp, .proved = false};
  verdict.silence = std::chrono::duration_cast<Milliseconds>(now - evidence(view, record).at);
  const bool all = view.options.arp_all_targets == ArpAllTargets::all && is_active_backup(view);
  if (!is_validated(view, record.slave)) {
    verdict.why = filters_only(view.options) ? "no ARP or ND received" : "nothing received";
  } else if (!is_active(view, record.slave)) {
    verdict.why = "the active slave's probes not received";
  } else if (all) {
    const auto oldest = std::ranges::min_element(record.by_target, {}, &Heard::at) - record.by_target.begin();
    verdict.why = "no answer from " + target_name(view.options, static_cast<std::size_t>(oldest));
  } else {
    verdict.why = "no answer from " + targets_named(view.options);
  }
  return verdict;
}

/// bond_ab_arp_inspect and the states bond_ab_arp_commit sets; bond_loadbalance_arp_mon.
std::vector<JudgedPath> ArpMonitor::inspect(const View& view, TimePoint now) {
  std::vector<JudgedPath> judged;
  if (!runs_) return judged;
  take_stamps(view);
  for (Record& record : records_) {
    const Slave* const slave = slave_of(view, record.slave);
    if (!slave || !has_link(*slave)) continue;
    if (record.state != MiiStatus::up) {
      const Heard heard = evidence(view, record);
      if (heard.at != TimePoint{} && is_recent(heard.at, interval_, now)) {
        record.state = MiiStatus::up;
        judged.push_back({record.slave, {.judge = PathJudge::arp, .why = record.proof}});
      }
      continue;
    }
    const auto lost = lost_at(view, record);
    if (!lost || now < *lost) continue;
    record.state = MiiStatus::down;
    judged.push_back({record.slave, plaint(view, record, now)});
  }
  if (std::ranges::any_of(judged, [](const JudgedPath& each) { return each.verdict.proved; })) {
    candidate_.reset();
  }
  return judged;
}

// ---- The round.

std::vector<ArpMonitor::Probe> ArpMonitor::probe(const View& view, std::vector<JudgedPath>& shown,
                                                 TimePoint now) {
  std::vector<Probe> probes;
  if (!runs_) return probes;
  for (Record& record : records_) {
    ++record.last.rounds;
    for (Heard& heard : record.by_target) ++heard.rounds;
    if (record.state == MiiStatus::going_back) record.state = MiiStatus::going_down;
  }
  const bool on_time = next_round_ && now >= *next_round_ && now < *next_round_ + interval_;
  next_round_ = (on_time ? *next_round_ : now) + interval_;
  last_round_ = now;
  if (!is_active_backup(view)) {
    for (const Slave& slave : view.slaves) {
      if (has_link(slave)) ask(view, slave, probes, now);
    }
  } else if (view.active) {
    ask(view, *view.active, probes, now);
  } else {
    rotate(view, probes, shown, now);
  }
  return probes;
}

/// bond_ab_arp_probe without an active slave: the next one whose link is up asks.
void ArpMonitor::rotate(const View& view, std::vector<Probe>& probes, std::vector<JudgedPath>& shown,
                        TimePoint now) {
  const IfIndex current = candidate_.value_or(view.slaves.front().ifindex);
  const Slave* before = nullptr;
  const Slave* after = nullptr;
  bool passed = false;
  for (const Slave& slave : view.slaves) {
    const Record* const record = find(slave.ifindex);
    const bool usable = has_link(slave) && record;
    // Proved, and held out by another judge: it goes on asking for itself.
    if (usable && record->state == MiiStatus::up) {
      ask(view, slave, probes, now);
    } else if (usable) {
      if (!passed && !before) before = &slave;
      if (passed && !after) after = &slave;
    }
    if (slave.ifindex == current) passed = true;
  }
  const Slave* const next = after ? after : before;
  if (next) {
    Record& record = *find(next->ifindex);
    record.state = MiiStatus::going_back;
    record.last_link_up = now;
    candidate_ = next->ifindex;
    ask(view, *next, probes, now);
  }
  follow_roles(view, now);
  for (const Record& record : records_) {
    const Slave* const slave = slave_of(view, record.slave);
    const PathHold* const hold = slave ? slave->path.held_by(PathJudge::arp) : nullptr;
    if (!hold || hold->shown == record.state) continue;
    shown.push_back(
        {record.slave, {.judge = PathJudge::arp, .proved = false, .why = hold->why, .shown = record.state}});
  }
}

void ArpMonitor::ask(const View& view, const Slave& slave, std::vector<Probe>& probes, TimePoint now) {
  const MacAddress& sender = probe_mac(view, slave);
  const bool anonymous = asks_anonymously(view, sender);
  const auto ask_each = [&](const auto& targets, const auto& ways, const auto& build) {
    for (const auto& target : targets) {
      auto way = std::remove_cvref_t<decltype(ways.front())>{.target = target};
      if (const auto found = std::ranges::find(ways, target, &decltype(way)::target); found != ways.end()) {
        way = *found;
      }
      if (way.kind == WayKind::elsewhere) continue;
      if (anonymous) way.source = {};
      probes.push_back({slave.ifindex, build(sender, way.source, target, way.tags)});
      if (Record* const record = find(slave.ifindex)) record->last_tx = now;
    }
  };
  ask_each(targets_.ipv4, around_.ipv4, wire::arp_request);
  ask_each(targets_.ipv6, around_.ipv6, wire::neighbor_solicitation);
}

std::optional<TimePoint> ArpMonitor::deadline(const View& view) const {
  auto earliest = next_round_;
  if (!runs_) return std::nullopt;
  for (const Record& record : records_) {
    const auto lost = lost_at(view, record);
    if (lost && (!earliest || *lost < *earliest)) earliest = lost;
  }
  return earliest;
}

}  // namespace ebond::core
