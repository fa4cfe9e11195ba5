#include "tests/soak/watch.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ebond::soak {
namespace {

using namespace std::chrono_literals;
using enum What;

/// A partner that is asked for by fast LACPDUs is given up after three seconds; the last may have been due.
constexpr Milliseconds kPartnersWait{1900};
/// `show` speaks of it a moment after frames take another way.
constexpr Milliseconds kToSettle{1000};
constexpr Milliseconds kNever{0};

std::string away(Side side) {
  return side == Side::near ? "the near daemon is away" : "the far daemon is away";
}

/// Of each daemon by itself: the other one may come and go meanwhile.
std::string in_vain(Side side) {
  return side == Side::near ? "a partner waited for the near daemon in vain"
                            : "a partner waited for the far daemon in vain";
}

bool is_of_a_daemon(What what) {
  return what == kill || what == start || what == stop || what == hostile_client || what == tear;
}

/// How long frames may be lost after it; none if they may not at all.
std::optional<Milliseconds> cost_of(const Operation& operation, const Bounds& bounds) {
  switch (operation.what) {
    case plug:
    case flap:
    case set_up:
    case enslave:
    case replug:
      return bounds.restored;
    case pull:
    case set_down:
    case release:
    case unplug:
    case remove_qdisc:
    case halve:
    case lose:
    case lose_nothing:
    case What::shape:
    case unshape:
      return bounds.noticed;
    case foreign_filter:
      return operation.key == "ok" ? std::optional(bounds.noticed) : std::nullopt;
    case What::set:
      // These choose another active slave; the others only how to choose, or how to spread.
      if (operation.key == "active_slave" || operation.key.starts_with("primary")) return bounds.noticed;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

/// Frames that the kernel threw away because they came faster than it took them in: /proc/net/softnet_stat.
std::uint64_t dropped_by_the_kernels_queue() {
  std::ifstream lines("/proc/net/softnet_stat");
  std::uint64_t sum = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::uint64_t processed = 0, dropped = 0;
    words >> std::hex >> processed >> dropped;
    sum += dropped;
  }
  return sum;
}

}  // namespace

Watch::Watch(Stage& stage, Traffic& traffic)
    : stage_(stage),
      traffic_(traffic),
      pulse_(stage.bystander()),
      queue_drops_(dropped_by_the_kernels_queue()) {
  const auto late = [this](Time begin, Time end) { return pulse_.late_between(begin, end); };
  for (std::size_t i = 0; i < stage_.plans().size(); ++i) {
    sites_.push_back({.losing = Excuses(late), .settling = Excuses(late), .doubling = Excuses(late)});
  }
}

void Watch::begin() {
  for (auto& site : sites_) {
    site.losing.open("the beginning", Clock::now());
    site.settling.open("the beginning", Clock::now());
  }
}

void Watch::all_is_built() {
  for (unsigned i = 0; i < sites_.size(); ++i) {
    const auto bound = bounds_of(stage_.plans()[i]).restored;
    sites_[i].losing.close("the beginning", Clock::now(), bound);
    sites_[i].settling.close("the beginning", Clock::now(), bound + kToSettle);
  }
}

void Watch::played(const Operation& operation, Time begin, Time end) {
  if (operation.what == rest) return;
  if (is_of_a_daemon(operation.what)) played_on_a_daemon(operation, begin, end);
  if (operation.what == tear || !is_of_a_daemon(operation.what)) played_on_a_site(operation, begin, end);
}

void Watch::played_on_a_daemon(const Operation& operation, Time begin, Time end) {
  const auto side = operation.what == tear ? Side::near : operation.side;
  auto& killed = killed_.at(static_cast<std::size_t>(side));
  for (unsigned i = 0; i < sites_.size(); ++i) {
    const auto& plan = stage_.plans()[i];
    if (!stage_.sites()[i]->has_bond(side) || operation.what == hostile_client) continue;
    auto& [losing, settling, doubling, no_link_since, changes, readings] = sites_[i];
    const auto bound = bounds_of(plan).restored;
    ++changes;
    if (operation.what == kill) {
      settling.open(away(side), begin);
      if (plan.is_lacp()) losing.open(in_vain(side), begin + kPartnersWait);
      continue;
    }
    if (operation.what == start) {
      losing.close(away(side), end, bound);
      settling.close(away(side), end, bound + kToSettle);
      if (end - killed > kPartnersWait) losing.close(in_vain(side), end, bound);
      losing.drop(in_vain(side));
      continue;
    }
    // Away and back within the operation.
    settling.add(text_of(operation), begin, end, bound + kToSettle);
    if (plan.is_lacp() && end - begin > kPartnersWait)
      losing.add(in_vain(side), begin + kPartnersWait, end, bound);
  }
  if (operation.what == kill) killed = begin;
}

void Watch::played_on_a_site(const Operation& operation, Time begin, Time end) {
  const auto bounds = bounds_of(stage_.plans().at(operation.site));
  auto& site = sites_.at(operation.site);
  ++site.changes;
  site.settling.add(text_of(operation), begin, end, bounds.restored + kToSettle);
  // Given back with the MAC that the bond has of it, it takes what a switch that knows of no port for that
  // MAC sends to all: once more than the bond. The daemon warns of it.
  const bool is_twin = stage_.situation().sites.at(operation.site).slaves.front().released &&
                       stage_.plans()[operation.site].shape == Shape::one_switch;
  if (is_twin) site.doubling.open("a released slave has the bond's MAC", begin);
  if (!is_twin) site.doubling.close("a released slave has the bond's MAC", end, 0ms);
  auto cost = cost_of(operation, bounds);
  if (operation.what == tear && operation.key != "set") cost = bounds.restored;
  if (!cost) return;
  site.losing.add(text_of(operation), begin, end, *cost);
  for (const auto side : {Side::near, Side::far}) {
    const bool is_dead = stage_.situation().dead.at(static_cast<std::size_t>(side));
    if (is_dead && stage_.sites()[operation.site]->has_bond(side)) site.losing.open(away(side), begin);
  }
  watch_the_last_way(operation.site, begin, end);
}

void Watch::watch_the_last_way(unsigned number, Time begin, Time end) {
  auto& site = sites_.at(number);
  const auto& slaves = stage_.situation().sites.at(number).slaves;
  const auto bound = bounds_of(stage_.plans()[number]).restored;
  const auto follow = [&](bool is_so, const std::string& why) {
    if (is_so) site.losing.open(why, begin);
    if (!is_so) site.losing.close(why, end, bound);
  };
  follow(stage_.situation().sites[number].working() == 0, "no way is left");
  // Nobody says of a link that loses some frames that it is bad.
  follow(std::ranges::any_of(slaves, &SlaveSituation::lossy), "a cable loses frames");
  const bool has_link =
      std::ranges::any_of(slaves, [](const auto& slave) { return slave.has_link() && !slave.released; });
  if (has_link) site.no_link_since.reset();
  if (!has_link && !site.no_link_since) site.no_link_since = end;
}

void Watch::watch_the_kernels_queue(Time now) {
  const auto drops = dropped_by_the_kernels_queue();
  if (drops != queue_drops_) {
    for (auto& site : sites_)
      site.losing.add("the kernel's queue of frames was full", last_look_, now, kNever);
  }
  queue_drops_ = drops;
  last_look_ = now;
}

std::vector<std::string> Watch::look(bool closely) {
  std::vector<std::string> wrong;
  const auto now = Clock::now();
  watch_the_kernels_queue(now);
  for (unsigned i = 0; i < sites_.size(); ++i) {
    for (const auto flow : stage_.sites()[i]->flows()) {
      for (auto& each : traffic_.judge(flow, now, sites_[i].losing, sites_[i].doubling))
        wrong.push_back(std::move(each));
    }
    sites_[i].losing.forget(now - Ledger::kMemory);
    sites_[i].settling.forget(now - Ledger::kMemory);
    sites_[i].doubling.forget(now - Ledger::kMemory);
    if (!closely) continue;
    for (const auto side : {Side::near, Side::far}) look_closely_at(i, side, now, wrong);
  }
  return wrong;
}

void Watch::look_closely_at(unsigned number, Side side, Time now, std::vector<std::string>& wrong) {
  auto& site = *stage_.sites()[number];
  auto& watch = sites_.at(number);
  if (!site.has_bond(side) || stage_.situation().dead.at(static_cast<std::size_t>(side))) return;
  const bool is_calm = watch.settling.calm_for(kNever, now);
  const auto& plan = stage_.plans()[number];
  const bool has_no_link = watch.no_link_since && side == Side::near &&
                           *watch.no_link_since + bounds_of(plan).noticed + 1s +
                                   2 * pulse_.late_between(*watch.no_link_since, now) <
                               now;
  if (!is_calm && !has_no_link) return;
  const auto answer = ask_what_is_shown(number, side);
  if (!answer) return;
  const auto& shown = *answer;
  const auto add = [&](std::vector<std::string> more) {
    wrong.insert(wrong.end(), more.begin(), more.end());
  };
  if (has_no_link) add(check_not_ok(site.host(side).name(), shown));
  if (!is_calm) return;
  const auto& situation = stage_.situation().sites[number];
  add(check_show(expected_bond(site.host(side).name(), plan, situation, side), shown));
  const auto mtu = site.host(side).link("bond0").mtu;
  for (const auto& slave : shown.at("slaves")) {
    const auto link = site.host(side).link(slave.at("ifname").get<std::string>());
    add(check_worn(site.host(side).name(), {link.name, link.mac.to_string(), link.mtu, mtu}, slave));
  }
  look_at_counters(number, side, shown, wrong);
}

/// None if the daemon could not answer in time because this machine kept everybody waiting.
std::optional<nlohmann::json> Watch::ask_what_is_shown(unsigned number, Side side) {
  const auto begin = Clock::now();
  const auto said = stage_.daemon(side).run(stage_.sites()[number]->host(side), {"-j", "show", "bond0"});
  if (said.exit_code == 0) return nlohmann::json::parse(said.output).at(0);
  const auto end = Clock::now();
  if (2 * pulse_.late_between(begin, end) > end - begin) return std::nullopt;
  throw std::runtime_error("ebond show failed: " + said.output);
}

CounterReading Watch::read_counters(unsigned number, Side side, const nlohmann::json& shown) {
  auto& site = *stage_.sites()[number];
  auto& host = site.host(side);
  const std::size_t ours = side == Side::near ? 0 : 1, theirs = 1 - ours;
  const auto sent = [&](std::size_t first) {
    return traffic_.count(site.flows()[first]).sent + traffic_.count(site.flows()[first + 2]).sent;
  };
  CounterReading reading;
  reading.sent_before = sent(ours);
  reading.sent_to_before = sent(theirs);
  const auto bond = host.link("bond0").counters;
  reading.bond_sent = bond.tx_packets;
  reading.bond_received = bond.rx_packets;
  for (const auto& slave : shown.at("slaves")) {
    const auto counters = host.link(slave.at("ifname").get<std::string>()).counters;
    reading.slaves_sent += counters.tx_packets;
    reading.slaves_received += counters.rx_packets;
    reading.not_for_it += slave.at("rx_inactive_dropped").get<std::uint64_t>();
  }
  reading.dropped = shown.at("tx_dropped").get<std::uint64_t>();
  reading.sent_after = sent(ours);
  reading.sent_to_after = sent(theirs);
  return reading;
}

void Watch::look_at_counters(unsigned number, Side side, const nlohmann::json& shown,
                             std::vector<std::string>& wrong) {
  auto& watch = sites_.at(number);
  auto& last = watch.readings.at(static_cast<std::size_t>(side));
  const auto& plan = stage_.plans()[number];
  const auto& situation = stage_.situation().sites[number];
  const auto now = Clock::now();
  const bool says_nothing = situation.working() == 0 || stage_.is_flooded(number) ||
                            !watch.losing.excuse(last ? last->when : now, now).empty();
  if (says_nothing) return last.reset();
  const auto reading = read_counters(number, side, shown);
  if (last && last->changes == watch.changes) {
    const auto more = check_counters(last->counters, reading,
                                     {.where = stage_.sites()[number]->host(side).name(),
                                      .copies = plan.doubles_frames() ? situation.working() : 1,
                                      .slaves = plan.slaves,
                                      .collects_all = plan.is_lacp(),
                                      .seconds = std::chrono::duration<double>(now - last->when).count()});
    wrong.insert(wrong.end(), more.begin(), more.end());
  }
  last = SiteWatch::Reading{reading, now, watch.changes};
}

bool Watch::is_calm() const {
  const auto now = Clock::now();
  return std::ranges::all_of(sites_, [&](const SiteWatch& site) {
    return site.losing.calm_for(kNever, now) && site.settling.calm_for(kNever, now);
  });
}

Milliseconds Watch::longest_wait() const {
  return std::chrono::duration_cast<Milliseconds>(pulse_.worst());
}

}  // namespace ebond::soak
