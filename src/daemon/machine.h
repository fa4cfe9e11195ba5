// What the daemon asks of the machine as a whole: which network namespaces there are, hands in each, the
// news that belong to none of them, and its disk.
//
// Used by Daemon. KernelMachine is the real one; tests put one of their own in its place.
#pragma once

#include <functional>
#include <memory>

#include "control/service.h"
#include "daemon/bond/disk.h"
#include "daemon/bond/hands.h"
#include "daemon/event_file.h"
#include "os/carrier_hook.h"

namespace ebond::daemon {

class Machine {
 public:
  virtual ~Machine() = default;

  virtual os::Result<os::NamespaceId> identify(control::NamespaceRef netns) = 0;
  /// The one to which the kernel sends cards when theirs ends; another one in a container, where they are not
  /// found then.
  virtual os::Result<os::NamespaceId> initial() = 0;
  virtual os::Result<std::shared_ptr<Hands>> open_hands(control::NamespaceRef netns) = 0;
  /// In one that is known from before. ENOENT: it is gone for certain.
  virtual os::Result<std::shared_ptr<Hands>> open_hands(const os::NamespaceId& id) = 0;
  /// In the initial one. None: it is `here`, or cannot be looked into.
  std::shared_ptr<Hands> open_initial_hands(const Hands* here) {
    const auto first = initial();
    if (!first || (here != nullptr && here->where() == *first)) return nullptr;
    return open_hands(*first).value_or(nullptr);
  }
  /// Does anybody but this process hold it? An error: that cannot be told.
  virtual os::Result<bool> is_used(const os::NamespaceId& id) = 0;

  /// Calls `changed` on the loop whenever names of namespaces come or go, from now on.
  virtual void hear_names(std::function<void()> changed) = 0;
  /// Calls `heard` on the loop with the carrier hook's news, if there is a hook.
  virtual void hear_carriers(std::function<void(const os::CarrierNews&)> heard) = 0;
  /// Has it called now with what waits.
  virtual void read_carriers() = 0;

  /// Tells this boot from every other; empty: not known.
  virtual std::string boot_id() = 0;
  virtual core::TimePoint now() = 0;  ///< CLOCK_MONOTONIC
  virtual std::int64_t realtime_ns() = 0;
  virtual std::unique_ptr<Alarm> make_alarm() = 0;
  virtual Disk& disk() = 0;
  virtual std::unique_ptr<EventFile> open_event_file() = 0;
  /// Takes from the kernel what all bonds of this daemon share. No bond is left.
  virtual void take_leave() = 0;
};

}  // namespace ebond::daemon
