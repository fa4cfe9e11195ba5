// When a bond may lose frames, and for how long: from an operation until a bound after it, in which the bond
// must have seen to it.
//
// A bound counts time in which the machine ran us. What it kept a thread of ours waiting meanwhile (for a
// processor, or for the kernel's lock on interfaces) is measured (pulse.h) and added, twice: the daemon waits
// at two places, for the news and for what it does about them. Pure; used by invariants.h.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/soak/situation.h"

namespace ebond::soak {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

/// How long in all this machine kept us waiting between two times.
using Lateness = std::function<Clock::duration(Time, Time)>;

class Excuses {
 public:
  explicit Excuses(Lateness lateness) : lateness_(std::move(lateness)) {}

  /// From `begin` to so long after `end`.
  void add(const std::string& why, Time begin, Time end, Milliseconds bound);
  /// From `begin` on, until it is closed. If it is open already, nothing changes.
  void open(const std::string& why, Time begin);
  /// So long after `end`. If it is not open, nothing changes.
  void close(const std::string& why, Time end, Milliseconds bound);
  /// It was none after all.
  void drop(const std::string& why) { open_.erase(why); }

  /// Why frames on their way in [begin, end] may be lost; empty if none may.
  std::string excuse(Time begin, Time end) const;
  /// Nothing has been going on for so long.
  bool calm_for(Milliseconds time, Time now) const;
  /// Forgets what ended before that.
  void forget(Time before);

 private:
  struct Window {
    std::string why;
    Time begin, end;
    mutable std::optional<Time> extended{};  ///< once that does not change any more
  };
  /// With the time for which we were kept waiting; as known at that time, or later.
  Time end_of(const Window& window, Time known_at) const;

  Lateness lateness_;
  std::vector<Window> closed_;
  std::map<std::string, Time> open_;
};

/// How long after an operation of that kind a bond may still lose frames.
struct Bounds {
  Milliseconds noticed;   ///< a way that is lost is used no more
  Milliseconds restored;  ///< a way that came back is used, if there was none
};
Bounds bounds_of(const BondPlan& bond);

}  // namespace ebond::soak
