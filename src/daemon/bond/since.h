// Since when things are as they are: bond0's carrier, each slave's MII status, and whether it carries.
//
// Used by Runner, which tells it how the bond stands after everything that happened. Times are of
// CLOCK_REALTIME, for people; an earlier daemon's go on.
#pragma once

#include <cstdint>
#include <vector>

#include "core/status.h"

namespace ebond::daemon {

struct SlaveSince {
  core::IfIndex ifindex{};
  core::MiiStatus status{};
  std::int64_t status_ns = 0;
  bool active = false;
  std::int64_t role_ns = 0;
  bool operator==(const SlaveSince&) const = default;
};

struct SinceMemory {
  bool carrier = false;
  std::int64_t carrier_ns = 0;  ///< 0: never told
  std::vector<SlaveSince> slaves{};
};

class Since {
 public:
  void follow(const core::BondStatus& bond, std::int64_t realtime_ns);
  /// Null: not told of it yet.
  const SlaveSince* find(core::IfIndex slave) const;
  std::int64_t carrier_ns() const { return memory_.carrier_ns; }
  const SinceMemory& memory() const { return memory_; }
  void restore(SinceMemory memory) { memory_ = std::move(memory); }

 private:
  SinceMemory memory_;
};

}  // namespace ebond::daemon
