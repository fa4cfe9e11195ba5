#include "tests/soak/soak.h"

#include <fmt/core.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "lab/eventually.h"

namespace ebond::soak {
namespace {

using namespace std::chrono_literals;
using enum What;

constexpr auto kLook = 500ms;
constexpr std::size_t kLatest = 20;
/// A partner asked to take part by fast LACPDUs waits so long for one, less a second for the one under way.
constexpr Milliseconds kPartnersWait{2000};

}  // namespace

Soak::Soak(SoakOptions options)
    : options_(std::move(options)),
      plan_(options_.seed, options_.bonds),
      near_(options_.build),
      far_(options_.build),
      nobody_(lab_.host("pulse")),
      pulse_(nobody_),
      situation_(plan_.bonds()) {}

void Soak::note(const std::string& line) {
  const auto stamped =
      fmt::format("{:9.3f} s  {}", std::chrono::duration<double>(Clock::now() - start_).count(), line);
  std::ofstream(options_.journal, std::ios::app) << stamped << '\n';
  latest_.push_back(stamped);
  if (latest_.size() > kLatest) latest_.pop_front();
}

void Soak::build() {
  std::ofstream(options_.journal, std::ios::trunc) << fmt::format("seed {}\n", options_.seed);
  for (const auto& bond : plan_.bonds()) {
    const auto number = static_cast<unsigned>(sites_.size());
    auto& site = *sites_.emplace_back(std::make_unique<Site>(lab_, number, bond));
    site.make_bonds(near_, far_);
    site.know_neighbours();
    site.add_flows(traffic_);
    excuses_.emplace_back([this](Time begin, Time end) { return pulse_.late_between(begin, end); });
    std::string options;
    for (const auto& word : bond.near_options) options += " " + word;
    options += " |";
    for (const auto& word : bond.far_options) options += " " + word;
    note(fmt::format("site {}: {}, {} slaves,{}", number, bond.mode, bond.slaves, options));
  }
}

/// Each flow's frames arrive, all of them for a second.
void Soak::wait_until_all_is_well() {
  for (auto& excuses : excuses_) excuses.open("the beginning", Clock::now());
  traffic_.start();
  const bool well = lab::eventually([&] {
    std::this_thread::sleep_for(1200ms);
    for (const auto& site : sites_) {
      for (const auto flow : site->flows()) {
        const auto before = traffic_.count(flow);
        if (before.arrived == 0) return false;
      }
    }
    return true;
  });
  if (!well) violations_.emplace_back("frames flow: not all flows began within half a minute");
  for (std::size_t i = 0; i < excuses_.size(); ++i) {
    excuses_[i].close("the beginning", Clock::now(), bounds_of(plan_.bonds()[i]).restored);
  }
}

void Soak::rest(Milliseconds time) {
  const auto end = Clock::now() + time;
  for (;;) {
    const auto now = Clock::now();
    if (now >= end || !violations_.empty()) return;
    std::this_thread::sleep_for(std::min<Clock::duration>(end - now, kLook));
    look();
  }
}

void Soak::look() {
  const auto now = Clock::now();
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    for (const auto flow : sites_[i]->flows()) {
      for (auto& wrong : traffic_.judge(flow, now, excuses_[i])) violations_.push_back(std::move(wrong));
    }
    excuses_[i].forget(now - Ledger::kMemory);
  }
}

void Soak::excuse(const Operation& operation, Time begin, Time end) {
  const auto& site = *sites_.at(operation.site);
  auto& excuses = excuses_.at(operation.site);
  const auto bounds = bounds_of(site.plan());
  const bool brings_back = operation.what == plug || operation.what == set_up || operation.what == enslave ||
                           operation.what == replug || operation.what == flap;
  excuses.add(text_of(operation), begin, end, brings_back ? bounds.restored : bounds.noticed);
  const bool has_way = situation_.sites.at(operation.site).working() > 0;
  if (!has_way) excuses.open("no way is left", begin);
  if (has_way) excuses.close("no way is left", end, bounds.restored);
  for (const auto side : {Side::near, Side::far}) {
    if (site.has_bond(side) && situation_.dead.at(std::to_underlying(side))) {
      excuses.open(side == Side::near ? "the near daemon is away" : "the far daemon is away", begin);
    }
  }
}

void Soak::excuse_for_daemon(const Operation& operation, Time begin, Time end) {
  auto& killed = killed_.at(std::to_underlying(operation.side));
  if (operation.what == kill) killed = begin;
  if (operation.what != start) return;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    const auto& plan = plan_.bonds()[i];
    if (!sites_[i]->has_bond(operation.side)) continue;
    const auto bound = bounds_of(plan).restored;
    excuses_[i].close(operation.side == Side::near ? "the near daemon is away" : "the far daemon is away",
                      end, bound);
    if (plan.is_lacp() && end - killed > kPartnersWait) {
      excuses_[i].add("a partner waited in vain", killed + kPartnersWait, end, bound);
    }
  }
}

void Soak::carry_out(const Operation& operation) {
  auto& site = *sites_.at(operation.site);
  switch (operation.what) {
    case pull:
      site.pull(operation.slave);
      break;
    case plug:
      site.plug(operation.slave);
      break;
    case flap:
      for (unsigned i = 0; i < operation.count; ++i) {
        site.pull(operation.slave);
        std::this_thread::sleep_for(Milliseconds(operation.milliseconds));
        site.plug(operation.slave);
        std::this_thread::sleep_for(Milliseconds(operation.milliseconds));
      }
      break;
    case kill:
      daemon(operation.side).kill(SIGKILL);
      break;
    case start:
      daemon(operation.side).use(operation.count == 0 ? options_.build : options_.other_build);
      daemon(operation.side).start();
      break;
    case What::rest:
      rest(Milliseconds(operation.milliseconds));
      break;
    default:
      throw std::logic_error("the plan has what the soak cannot do: " + text_of(operation));
  }
}

void Soak::play(const Step& step) {
  rest(step.pause);
  if (!violations_.empty()) return;
  const auto& operation = step.operation;
  note(text_of(operation));
  const auto begin = Clock::now();
  carry_out(operation);
  situation_.apply(operation);
  const auto end = Clock::now();
  ++operations_;
  if (operation.what == kill || operation.what == start) {
    excuse_for_daemon(operation, begin, end);
  } else if (operation.what != What::rest) {
    excuse(operation, begin, end);
  }
}

void Soak::tell_of(const std::vector<std::string>& violations) {
  for (const auto& violation : violations) fmt::print("VIOLATION {}\n", violation);
  fmt::print("seed {}; the last operations (all of them: {}):\n", options_.seed, options_.journal.string());
  for (const auto& line : latest_) fmt::print("  {}\n", line);
  for (const auto side : {Side::near, Side::far}) {
    const bool is_near = side == Side::near;
    for (auto& site : sites_) {
      if (!site->has_bond(side)) continue;
      fmt::print("ebond show, {}:\n{}", site->host(side).name(),
                 daemon(side).run(site->host(side), {"show"}).output);
    }
    const auto log = daemon(side).log();
    constexpr std::size_t kTail = 4000;
    fmt::print("log of the {} daemon:\n{}\n", is_near ? "near" : "far",
               log.substr(log.size() > kTail ? log.size() - kTail : 0));
  }
}

std::string Soak::summary() const {
  return fmt::format("soak: {:g} minutes, seed {}, {} operations, {} frames, {} violations", options_.minutes,
                     options_.seed, operations_, traffic_.count_all().sent, violations_.size());
}

bool Soak::run() {
  build();
  wait_until_all_is_well();
  start_ = Clock::now();
  const auto end = start_ + std::chrono::duration_cast<Clock::duration>(
                                std::chrono::duration<double, std::ratio<60>>(options_.minutes));
  while (violations_.empty() && Clock::now() < end) play(plan_.next());
  if (violations_.empty()) rest(Ledger::kPatience + 1s);
  traffic_.stop();
  if (!violations_.empty()) tell_of(violations_);
  fmt::print("excused {} frames; the machine kept us waiting {} ms at most\n", traffic_.count_all().lost,
             std::chrono::duration_cast<Milliseconds>(pulse_.worst()).count());
  fmt::print("{}\n", summary());
  return violations_.empty();
}

}  // namespace ebond::soak
