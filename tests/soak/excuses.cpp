#include "tests/soak/excuses.h"

#include <algorithm>

namespace ebond::soak {
namespace {

/// On its way: sent before an operation, still in a queue when it began.
constexpr Milliseconds kOnItsWay{100};
constexpr Milliseconds kPoll{100};  ///< the longest miimon of a plan
/// From the sign to the table and, of what else is in the way, to a neighbour's: measured on a quiet machine
/// it is below 20 ms. The rest is for what the pulse does not see.
constexpr Milliseconds kSlack{400};
/// A bridge's port forwards 400 ms after its link came; others learn of the bond's MAC by its next frame.
constexpr Milliseconds kSwitchPort{600};
/// IEEE 802.1AX: 2 s for other links, up to 1 s until a partner hears of it, each twice for two ends that do
/// not begin together.
constexpr Milliseconds kLacp{6000};
/// A client's ARP entry that is lost is asked for again once a second.
constexpr Milliseconds kNeighbour{3000};

/// After that the pulse knows by how much it was late: it was not kept waiting longer at one time.
constexpr std::chrono::seconds kNewsOfLateness{5};

}  // namespace

void Excuses::add(const std::string& why, Time begin, Time end, Milliseconds bound) {
  closed_.push_back({.why = why, .begin = begin - kOnItsWay, .end = end + bound});
}

void Excuses::open(const std::string& why, Time begin) {
  open_.try_emplace(why, begin - kOnItsWay);
}

void Excuses::close(const std::string& why, Time end, Milliseconds bound) {
  const auto found = open_.find(why);
  if (found == open_.end()) return;
  closed_.push_back({.why = why, .begin = found->second, .end = end + bound});
  open_.erase(found);
}

Time Excuses::end_of(const Window& window, Time known_at) const {
  if (window.extended) return *window.extended;
  const auto extended = window.end + 2 * lateness_(window.begin, window.end);
  if (known_at > window.end + kNewsOfLateness) window.extended = extended;
  return extended;
}

std::string Excuses::excuse(Time begin, Time end) const {
  for (const auto& [why, since] : open_) {
    if (end >= since) return why;
  }
  for (const auto& window : closed_) {
    if (end >= window.begin && (begin <= window.end || begin <= end_of(window, begin))) return window.why;
  }
  return {};
}

bool Excuses::calm_for(Milliseconds time, Time now) const {
  return excuse(now - time, now).empty();
}

void Excuses::forget(Time before) {
  std::erase_if(closed_, [&](const Window& window) { return end_of(window, before) < before; });
}

Bounds bounds_of(const BondPlan& bond) {
  const Milliseconds seen = kPoll + Milliseconds(bond.delay_ms) + kSlack;
  Bounds bounds{.noticed = seen, .restored = seen + Milliseconds(bond.proof_ms)};
  if (bond.shape == Shape::one_switch) {
    bounds.noticed += kSwitchPort;
    bounds.restored += kSwitchPort;
  }
  if (bond.mode == "balance-alb") {
    bounds.noticed += kNeighbour;
    bounds.restored += kNeighbour;
  }
  if (bond.is_lacp()) bounds.restored += kLacp;
  return bounds;
}

}  // namespace ebond::soak
