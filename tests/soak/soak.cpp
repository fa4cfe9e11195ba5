#include "tests/soak/soak.h"

#include <fmt/core.h>

#include <fstream>
#include <thread>

#include "lab/eventually.h"

namespace ebond::soak {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 500ms;
constexpr std::size_t kLatest = 20;

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += " " + word;
  return text;
}

}  // namespace

Soak::Soak(SoakOptions options)
    : options_(std::move(options)),
      plan_(options_.seed, options_.bonds),
      stage_(plan_.bonds(), options_.builds),
      watch_(stage_, traffic_) {
  std::ofstream(options_.journal, std::ios::trunc) << fmt::format("seed {}\n", options_.seed);
}

void Soak::note(const std::string& line) {
  const auto stamped =
      fmt::format("{:9.3f} s  {}", std::chrono::duration<double>(Clock::now() - start_).count(), line);
  std::ofstream(options_.journal, std::ios::app) << stamped << '\n';
  latest_.push_back(stamped);
  if (latest_.size() > kLatest) latest_.pop_front();
}

/// Until frames of each flow arrive.
void Soak::build() {
  for (std::size_t i = 0; i < plan_.bonds().size(); ++i) {
    const auto& bond = plan_.bonds()[i];
    note(fmt::format("site {}: {}, {} slaves, near:{}, far:{}", i, bond.mode, bond.slaves,
                     joined(bond.near_options), joined(bond.far_options)));
  }
  stage_.build(traffic_);
  watch_.begin();
  traffic_.start();
  const bool well = lab::eventually([&] {
    for (const auto& site : stage_.sites()) {
      for (const auto flow : site->flows()) {
        if (traffic_.count(flow).arrived == 0) return false;
      }
    }
    return true;
  });
  if (!well) violations_.emplace_back("frames flow: not all flows began within half a minute");
  watch_.all_is_built();
}

void Soak::rest(Milliseconds time) {
  const auto end = Clock::now() + time;
  for (;;) {
    const auto now = Clock::now();
    if (now >= end || !violations_.empty()) return;
    std::this_thread::sleep_for(std::min<Clock::duration>(end - now, kLook));
    stage_.tidy(Clock::now());
    violations_ = watch_.look(++looks_ % 2 == 0);
  }
}

void Soak::play(const Operation& operation) {
  note(text_of(operation));
  const auto begin = Clock::now();
  ++operations_;
  try {
    stage_.carry_out(operation);
  } catch (const std::exception& bad) {
    violations_.push_back(fmt::format("done: {}: {}", text_of(operation), bad.what()));
    return;
  }
  watch_.played(operation, begin, Clock::now());
  if (operation.what != What::rest) return;
  stage_.note_programs();
  rest(Milliseconds(operation.milliseconds));
}

void Soak::play_until(Time end) {
  while (violations_.empty() && Clock::now() < end) {
    const auto step = plan_.next();
    rest(step.pause);
    if (violations_.empty()) play(step.operation);
  }
}

/// All is made whole, and then everything must be as it was at the beginning.
void Soak::mend_all() {
  for (const auto& operation : plan_.mendings()) {
    if (violations_.empty()) play(operation);
  }
  const auto end = Clock::now() + 60s;
  while (violations_.empty() && !watch_.is_calm() && Clock::now() < end) rest(500ms);
  if (violations_.empty() && !watch_.is_calm())
    violations_.emplace_back("show true: no rest within a minute");
  rest(std::chrono::duration_cast<Milliseconds>(Ledger::kPatience) + 2s);
  traffic_.stop();
  if (!violations_.empty()) return;
  note("the end: all bonds are deleted");
  violations_ = stage_.clear_away();
}

void Soak::tell() {
  for (const auto& violation : violations_) fmt::print("VIOLATION {}\n", violation);
  fmt::print("seed {}; the last operations (all of them: {}):\n", options_.seed, options_.journal.string());
  for (const auto& line : latest_) fmt::print("  {}\n", line);
  for (const auto side : {Side::near, Side::far}) {
    for (auto& site : stage_.sites()) {
      if (!site->has_bond(side)) continue;
      auto& host = site->host(side);
      fmt::print("ebond show, {}:\n{}", host.name(), stage_.daemon(side).run(host, {"show"}).output);
    }
    const auto log = stage_.daemon(side).log();
    constexpr std::size_t kTail = 6000;
    fmt::print("log of the {} daemon:\n{}\n", side == Side::near ? "near" : "far",
               log.substr(log.size() > kTail ? log.size() - kTail : 0));
  }
}

bool Soak::run() {
  build();
  start_ = Clock::now();
  play_until(start_ + std::chrono::duration_cast<Clock::duration>(
                          std::chrono::duration<double, std::ratio<60>>(options_.minutes)));
  if (violations_.empty()) mend_all();
  if (!violations_.empty()) tell();
  const auto count = traffic_.count_all();
  fmt::print("{} frames lost within the bounds; this machine kept us waiting {} ms at most\n", count.lost,
             watch_.longest_wait().count());
  fmt::print("soak: {:g} minutes, seed {}, {} operations, {} frames, {} violations\n", options_.minutes,
             options_.seed, operations_, count.sent, violations_.size());
  std::fflush(stdout);
  return violations_.empty();
}

}  // namespace ebond::soak
