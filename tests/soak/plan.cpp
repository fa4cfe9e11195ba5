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
constexpr std::array kWeights{
    Weight{pull, 12},
    Weight{plug, 14},
    Weight{flap, 4},
    Weight{kill, 8},
};

bool is_of_a_daemon(What what) {
  return what == kill || what == stop || what == hostile_client;
}

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
    step.operation = {.what = start, .side = side, .count = random_.below(2)};
    step.pause = Milliseconds(random_.between(0, 300));
    situation_.apply(step.operation);
    return step;
  }
  if (steps_ % kStepsToRest == 0) {
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
  return draw_for_a_slave(chosen->what);
}

std::optional<Operation> Plan::draw_for_a_daemon(What what) {
  Operation operation{.what = what, .side = random_.chance(50) ? Side::near : Side::far};
  if (situation_.dead.at(std::to_underlying(operation.side))) return std::nullopt;
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
  const auto& slave = situation_.sites.at(operation.site).slaves.at(operation.slave);
  const auto spare = [&] { return may_lose(operation.site, operation.slave); };
  bool possible = false;
  switch (what) {
    case pull:
      possible = !slave.pulled && !slave.gone && spare();
      break;
    case plug:
      possible = slave.pulled;
      break;
    case flap:
      possible = !slave.pulled && !slave.gone;
      operation.count = random_.between(1, 4);
      operation.milliseconds = random_.between(1, 60);
      break;
    default:
      break;
  }
  return possible ? std::optional(operation) : std::nullopt;
}

}  // namespace ebond::soak
