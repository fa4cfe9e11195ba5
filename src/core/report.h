// What a daemon reports of its bonds: each as it stands, with the facts that only the daemon knows, and each
// event with its time and place. Values alone: the daemon makes them, control/ carries them, views/ show
// them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
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
  std::string netns{};            ///< name, or "" for the initial one, or "net:[4026532…]"
  std::string bond{};
  Event event{};
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

/// What is known of a bond's failovers since it was made; a restart of the daemon does not end it.
struct FailoverHistory {
  static constexpr std::size_t kKept = 10;
  /// Upper ends of the classes of times from the first sign to the new table; one more class is above them.
  static constexpr std::array<std::int64_t, 12> kBoundsUs = {
      50, 100, 250, 500, 1'000, 5'000, 10'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000};
  std::vector<Failover> latest{};  ///< the oldest first
  std::map<std::string, std::uint64_t>
      by_cause{};  ///< how many; seen_by_name(), "unknown" where that is empty
  std::array<std::uint64_t, kBoundsUs.size() + 1> by_time{};  ///< those whose time is known
  std::uint64_t total_us = 0;                                 ///< of these
};

/// Frames and octets of an interface since it was made, as the kernel counts them.
struct Traffic {
  std::uint64_t rx_frames = 0, tx_frames = 0;
  std::uint64_t rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0;
  std::uint64_t rx_dropped = 0, tx_dropped = 0;
};

/// What of a slave only the daemon knows.
struct SlaveFacts {
  std::optional<Traffic> traffic{};
  std::string driver{};  ///< of its card; empty: not known, as all that follows
  std::string bus{};     ///< where the card is: "0000:01:00.0"
  // CLOCK_REALTIME; 0: not known.
  std::int64_t status_since_ns = 0;  ///< its MII status is what it is
  std::int64_t role_since_ns = 0;    ///< it carries, or does not
};

/// Where bond0 is, if it stands in another namespace than its bond, and what it is there.
struct UpperHalfAway {
  std::string netns;  ///< as BondReport::netns
  std::string interface;
  IfIndex ifindex{};
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
  FailoverHistory failovers{};
  std::string
      slaves_netns{};  ///< what the namespace is called in which it has its slaves; empty: none of its own
  std::optional<UpperHalfAway> away{};    ///< then status.ifindex is 0
  std::string device{};                   ///< what bond0 is: "netkit" or "veth"; empty: not known
  std::optional<Traffic> traffic{};       ///< of bond0
  std::vector<SlaveFacts> slave_facts{};  ///< per slave, in the same order
  std::int64_t carrier_since_ns = 0;      ///< CLOCK_REALTIME; 0: not known
  bool has_carrier_hook = false;
  std::vector<std::string> above{};  ///< devices that stand on bond0: "bond0.7 (vlan)", "br0 (bridge)"
};

}  // namespace ebond::core
