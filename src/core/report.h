// What a daemon reports of its bonds: each as it stands, with the facts that only the daemon knows, and each
// event with its time and place. Values alone: the daemon makes them, control/ carries them, views/ show
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/receive_filter.h"
#include "core/status.h"

namespace ebond::core {

/// An event as subscribers see it.
struct StampedEvent {
  std::int64_t realtime_ns = 0;   ///< CLOCK_REALTIME
  std::int64_t monotonic_ns = 0;  ///< CLOCK_MONOTONIC, for differences
  std::string netns;              ///< name, or "" for the initial one, or "net:[4026532…]"
  std::string bond;
  Event event;
  // Of a failover, from the first sign of it; -1: did not happen (yet), or not known.
  std::int64_t table_us = -1;     ///< ... to the new table
  std::int64_t announce_us = -1;  ///< ... to the first announcement
};

/// The record of one failover.
struct Failover {
  std::int64_t realtime_ns = 0;
  std::string from, to, why;
  SeenBy seen_by{};
  std::int64_t table_us = -1;     ///< from the first sign of failure to the new table; -1 unknown
  std::int64_t announce_us = -1;  ///< ... to the announcement
};

/// A bond and the facts that only the daemon knows.
struct BondReport {
  BondStatus status;
  std::string netns;
  std::string link_layer;  ///< "hook + netlink + poll 100 ms", …
  std::optional<Failover> last_failover;
  /// Per slave, in status.slaves' order: frames a backup received and the bond did not take.
  std::vector<std::uint64_t> rx_inactive_dropped;
  /// Frames of bond0 that found no slave to leave by, or were sent while it had no carrier.
  std::uint64_t tx_dropped = 0;
  /// Why the daemon does nothing for it any more; empty: all is well.
  std::string failed{};
  /// What the system would not do for it, and is tried again: what, and why.
  std::vector<std::string> undone{};
  /// Per slave, in the same order: what its card was told to let in.
  std::vector<ReceiveFilter> told{};
  /// Interfaces that are not there and become slaves when they appear.
  std::vector<std::string> awaited{};
};

}  // namespace ebond::core
