#include "tests/soak/plan.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ebond::soak {
namespace {

using enum What;
using namespace std::chrono_literals;

constexpr std::array kModes{"active-backup", "802.3ad",   "balance-rr", "balance-xor",
                            "balance-alb",   "broadcast", "balance-tlb"};
constexpr std::array kPolicies{"layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4"};
constexpr std::array kPolls{"20", "50", "100"};

void add(Words& options, const std::string& key, const std::string& value) {
  options.push_back(key);
  options.push_back(value);
}

/// Delays are multiples of it.
unsigned choose_poll(Random& random, Words& options) {
  const std::string poll = random.pick(kPolls);
  add(options, "miimon", poll);
  return static_cast<unsigned>(std::stoul(poll));
}

void choose_monitor(Random& random, BondPlan& bond) {
  const std::string target = address_of(Side::far);
  switch (random.below(5)) {
    case 0:
      add(bond.near_options, "arp_interval", "200");
      add(bond.near_options, "arp_ip_target", target);
      bond.proof_ms = 1500;
      break;
    case 1:
      add(bond.near_options, "path_monitor", "icmp");
      add(bond.near_options, "path_interval", "200");
      add(bond.near_options, "path_target", target);
      bond.proof_ms = 1500;
      break;
    default:
      break;
  }
}

void choose_active_backup(Random& random, BondPlan& bond) {
  const auto poll = choose_poll(random, bond.near_options);
  add(bond.near_options, "num_grat_arp", std::to_string(random.between(1, 3)));
  if (random.chance(40)) add(bond.near_options, "primary", "eth0");
  if (random.chance(30)) {
    bond.delay_ms = poll * random.between(1, 5);
    add(bond.near_options, random.chance(50) ? "updelay" : "downdelay", std::to_string(bond.delay_ms));
  }
  choose_monitor(random, bond);
}

void choose_balancing(Random& random, BondPlan& bond) {
  choose_poll(random, bond.near_options);
  if (bond.mode == "balance-tlb") {
    add(bond.near_options, "tlb_dynamic_lb", random.chance(50) ? "1" : "0");
    add(bond.near_options, "xmit_hash_policy", random.pick(kPolicies));
  }
}

void choose_back_to_back(Random& random, BondPlan& bond) {
  for (auto* options : {&bond.near_options, &bond.far_options}) {
    choose_poll(random, *options);
    if (bond.mode == "balance-rr") add(*options, "packets_per_slave", std::to_string(random.below(4)));
    if (bond.mode == "balance-xor" || bond.is_lacp()) {
      add(*options, "xmit_hash_policy", random.pick(kPolicies));
      add(*options, "tx_table", random.chance(50) ? "resilient" : "modulo");
    }
    if (!bond.is_lacp()) continue;
    add(*options, "lacp_rate", random.chance(50) ? "fast" : "slow");
    if (random.chance(30)) add(*options, "lacp_strict", "on");
  }
}

BondPlan choose_bond(Random& random, const std::string& mode) {
  BondPlan bond{.mode = mode, .slaves = random.between(2, 4)};
  bond.shape = bond.has_active_slave() ? Shape::one_switch : Shape::back_to_back;
  if (mode == "active-backup") {
    choose_active_backup(random, bond);
  } else if (bond.has_active_slave()) {
    choose_balancing(random, bond);
  } else {
    choose_back_to_back(random, bond);
  }
  return bond;
}

std::vector<BondPlan> choose_bonds(Random& random, unsigned count) {
  std::vector<std::string> modes(kModes.begin(), kModes.end());
  std::vector<BondPlan> bonds;
  while (bonds.size() < count && !modes.empty()) {
    const auto mode = modes.begin() + random.below(static_cast<unsigned>(modes.size()));
    bonds.push_back(choose_bond(random, *mode));
    modes.erase(mode);
  }
  return bonds;
}

struct Weight {
  What what;
  unsigned weight;
};
// What takes something away, and what gives it back, a little more often.
constexpr std::array kWeights{
    Weight{pull, 10},          Weight{plug, 14},        Weight{flap, 4},           Weight{set_down, 3},
    Weight{set_up, 5},         Weight{release, 5},      Weight{enslave, 8},        Weight{unplug, 4},
    Weight{replug, 7},         Weight{set, 10},         Weight{set_badly, 3},      Weight{kill, 6},
    Weight{tear, 4},           Weight{remove_qdisc, 3}, Weight{foreign_filter, 3}, Weight{no_filter, 4},
    Weight{halve, 3},          Weight{change_slave, 3}, Weight{What::rename, 2},   Weight{lose, 2},
    Weight{lose_nothing, 4},   Weight{What::shape, 2},  Weight{unshape, 3},        Weight{hostile_frames, 6},
    Weight{hostile_client, 5}, Weight{stop, 2},
};

bool is_of_a_daemon(What what) {
  return what == kill || what == stop || what == hostile_client;
}

constexpr std::array kRudeFrames{"garbage", "lacp", "arp", "nd", "bfd", "echo", "lldp", "cut"};
constexpr std::array kRudeClients{"garbage", "nested", "long", "half", "many", "calls", "hurried"};

struct Choice {
  const char* key;
  const char* value;
};
constexpr std::array kAnyMode{Choice{"miimon", "20"},      Choice{"miimon", "50"},
                              Choice{"miimon", "100"},     Choice{"resend_igmp", "3"},
                              Choice{"lp_interval", "2"},  Choice{"num_grat_arp", "2"},
                              Choice{"num_grat_arp", "0"}, Choice{"min_links", "0"}};
constexpr std::array kHashing{Choice{"xmit_hash_policy", "layer2"},
                              Choice{"xmit_hash_policy", "layer3+4"},
                              Choice{"xmit_hash_policy", "encap2+3"},
                              Choice{"tx_table", "resilient"},
                              Choice{"tx_table", "modulo"},
                              Choice{"weight", "speed"},
                              Choice{"weight", "equal"}};
constexpr std::array kRoundRobin{Choice{"packets_per_slave", "0"}, Choice{"packets_per_slave", "1"},
                                 Choice{"packets_per_slave", "7"}};
constexpr std::array kActive{Choice{"primary_reselect", "always"}, Choice{"primary_reselect", "better"},
                             Choice{"primary_reselect", "failure"}, Choice{"primary", ""}};
constexpr std::array kRefused{Choice{"miimon", "banana"},      Choice{"mode", "802.3ad"},
                              Choice{"nonsense", "1"},         Choice{"lp_interval", "0"},
                              Choice{"num_grat_arp", "256"},   Choice{"arp_ip_target", "300.1.1.1"},
                              Choice{"xmit_hash_policy", "7"}, Choice{"fail_over_mac", "active"}};

/// A dead daemon comes back at the latest after so many operations: its LACP partners wait three seconds.
constexpr unsigned kMostWithoutDaemon = 3;
constexpr unsigned kStepsToRest = 12;

}  // namespace

Plan::Plan(std::uint64_t seed, unsigned bonds)
    : random_(seed), bonds_(choose_bonds(random_, bonds)), situation_(bonds_) {}

Step Plan::next() {
  ++steps_;
  Step step{.pause = Milliseconds(random_.between(100, 900)), .operation = {}};
  for (const auto side : {Side::near, Side::far}) {
    if (!situation_.dead.at(std::to_underlying(side)) || !random_.chance(100 / kMostWithoutDaemon + 20))
      continue;
    step.operation = {.what = start, .side = side, .count = random_.chance(30) ? 1U : 0U};
    step.pause = Milliseconds(random_.between(0, 300));
    situation_.apply(step.operation);
    return step;
  }
  if (steps_ % kStepsToRest == 0 && !situation_.dead[0] && !situation_.dead[1]) {
    step.operation = {.what = rest, .milliseconds = 3000};
    return step;
  }
  std::optional<Operation> drawn;
  while (!drawn) drawn = draw();
  step.operation = std::move(*drawn);
  situation_.apply(step.operation);
  return step;
}

std::optional<Operation> Plan::draw() {
  unsigned sum = 0;
  for (const auto& each : kWeights) sum += each.weight;
  unsigned at = random_.below(sum);
  const auto* chosen = kWeights.begin();
  for (; at >= chosen->weight; ++chosen) at -= chosen->weight;
  if (is_of_a_daemon(chosen->what)) return draw_for_a_daemon(chosen->what);
  if (chosen->what == What::set || chosen->what == set_badly) return draw_an_option(chosen->what);
  return draw_for_a_slave(chosen->what);
}

std::optional<Operation> Plan::draw_for_a_daemon(What what) {
  Operation operation{.what = what, .side = random_.chance(60) ? Side::near : Side::far};
  if (situation_.dead.at(std::to_underlying(operation.side))) return std::nullopt;
  if (what == kill) operation.count = random_.chance(70) ? 9 : 15;
  if (what == stop) operation.milliseconds = random_.between(50, 800);
  if (what == hostile_client) {
    operation.key = random_.pick(kRudeClients);
    operation.count = random_.chance(50) ? 0 : 65534;
  }
  return operation;
}

bool Plan::has_its_daemons(unsigned site) const {
  return !situation_.dead[0] && (bonds_.at(site).shape == Shape::one_switch || !situation_.dead[1]);
}

std::optional<Operation> Plan::draw_an_option(What what) {
  Operation operation{.what = what, .site = random_.below(static_cast<unsigned>(bonds_.size()))};
  const auto& bond = bonds_.at(operation.site);
  if (!has_its_daemons(operation.site)) return std::nullopt;
  const auto take = [&](const Choice& choice) {
    operation.key = choice.key;
    operation.value = choice.value;
  };
  if (what == set_badly) {
    take(random_.pick(kRefused));
    if (operation.key == "mode" && bond.is_lacp()) operation.value = "balance-rr";
    return operation;
  }
  take(random_.pick(kAnyMode));
  if (random_.chance(40)) return operation;
  if (bond.mode == "balance-xor" || bond.is_lacp()) take(random_.pick(kHashing));
  if (bond.mode == "balance-rr") take(random_.pick(kRoundRobin));
  if (!bond.has_active_slave()) return operation;
  take(random_.pick(kActive));
  operation.slave = random_.below(bond.slaves);
  const auto& slave = situation_.sites.at(operation.site).slaves.at(operation.slave);
  // Its name is known when it is played.
  if (slave.works() && random_.chance(50)) {
    operation.key = random_.chance(70) ? "active_slave" : "primary";
    operation.value = "SLAVE";
  }
  return operation;
}

/// Once in a while a bond loses its last way, too.
bool Plan::may_lose(unsigned site, unsigned slave) {
  const auto& there = situation_.sites.at(site);
  const bool is_the_last = there.slaves.at(slave).works() && there.working() == 1;
  return !is_the_last || random_.chance(10);
}

std::optional<Operation> Plan::draw_for_a_slave(What what) {
  Operation operation{.what = what, .site = random_.below(static_cast<unsigned>(bonds_.size()))};
  operation.slave = random_.below(bonds_.at(operation.site).slaves);
  return is_possible(operation) ? std::optional(operation) : std::nullopt;
}

bool Plan::is_possible(Operation& operation) {
  const auto& bond = bonds_.at(operation.site);
  const auto& slave = situation_.sites.at(operation.site).slaves.at(operation.slave);
  const bool is_slave = !slave.gone && !slave.released;
  // Enslaving sets an interface up and releasing makes it what it was, at both ends if both are slaves: a
  // cable is pulled by setting its far end down.
  const bool stays_as_it_is = !slave.down && (bond.shape == Shape::one_switch || !slave.pulled);
  // A bond without slaves takes the next one's MAC, which the neighbours of a site are not told.
  const bool is_not_the_only = situation_.sites.at(operation.site).enslaved() > 1;
  // A daemon that is away takes its end as it finds it when it comes, under the name that it knows, and sets
  // it up.
  const auto is_taken = [&](Side side) {
    return !slave.is_new || !situation_.dead.at(std::to_underlying(side));
  };
  const bool stays_pulled = bond.shape == Shape::one_switch || is_taken(Side::far);
  switch (operation.what) {
    case pull:
      return !slave.pulled && !slave.gone && stays_pulled && may_lose(operation.site, operation.slave);
    case plug:
      return slave.pulled;
    case flap:
      operation.count = random_.between(1, 4);
      operation.milliseconds = random_.between(1, 60);
      return !slave.pulled && !slave.gone && may_lose(operation.site, operation.slave);
    case set_down:
      return is_slave && !slave.down && is_taken(Side::near) && may_lose(operation.site, operation.slave);
    case set_up:
      return slave.down && !slave.gone;
    case release:
      return is_slave && is_not_the_only && stays_as_it_is && !slave.filtered &&
             has_its_daemons(operation.site) && may_lose(operation.site, operation.slave);
    case enslave:
      return slave.released && !slave.gone && stays_as_it_is && has_its_daemons(operation.site);
    case unplug:
      return is_slave && is_not_the_only && may_lose(operation.site, operation.slave);
    case replug:
      return slave.gone;
    case tear:
      operation.key = slave.released ? "enslave" : random_.chance(50) ? "release" : "set";
      operation.milliseconds = random_.below(25);
      if (slave.gone || !stays_as_it_is || !has_its_daemons(operation.site)) return false;
      return operation.key != "release" ||
             (is_not_the_only && !slave.filtered && may_lose(operation.site, operation.slave));
    case remove_qdisc:
      operation.key = random_.chance(30) ? "of bond0" : "of the slave";
      return is_slave && !slave.filtered;
    case foreign_filter:
      operation.key = random_.chance(50) ? "ok" : "unspec";
      return is_slave && !slave.filtered && is_taken(Side::near);
    case no_filter:
      return slave.filtered && !slave.gone;
    case halve:
      operation.key = random_.chance(50) ? "down" : "mtu";
      return true;
    case change_slave:
      operation.key = random_.chance(50) ? "mtu" : "address";
      return is_slave && is_taken(Side::near);
    case What::rename:
      return is_slave && is_taken(Side::near);
    case lose:
      operation.key = random_.chance(50) ? "to far" : "to near";
      operation.count = random_.between(5, 60);
      return bond.shape == Shape::one_switch && is_slave && !slave.lossy &&
             may_lose(operation.site, operation.slave);
    case lose_nothing:
      return slave.lossy && !slave.gone;
    case What::shape:
      operation.count = random_.between(2, 10);
      return !slave.gone && !slave.shaped;
    case unshape:
      return slave.shaped && !slave.gone;
    case hostile_frames:
      operation.key = random_.pick(kRudeFrames);
      operation.count = random_.between(100, 2000);
      operation.milliseconds = random_.between(300, 3000);
      return is_slave;
    default:
      return false;
  }
}

std::vector<Operation> Plan::mendings() const {
  std::vector<Operation> all;
  for (const auto side : {Side::near, Side::far}) {
    if (situation_.dead.at(std::to_underlying(side))) all.push_back({.what = start, .side = side});
  }
  for (unsigned site = 0; site < bonds_.size(); ++site) {
    for (unsigned i = 0; i < bonds_[site].slaves; ++i) {
      const auto& slave = situation_.sites[site].slaves[i];
      const auto mend = [&](bool broken, What how) {
        if (broken) all.push_back({.what = how, .site = site, .slave = i});
      };
      mend(slave.gone, replug);
      mend(slave.pulled, plug);
      mend(slave.down, set_up);
      mend(slave.lossy, lose_nothing);
      mend(slave.shaped, unshape);
      mend(slave.filtered, no_filter);
      mend(slave.released, enslave);
    }
  }
  return all;
}

}  // namespace ebond::soak
