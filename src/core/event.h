// The record: one thing that happened to a bond, with from, to and why. Core makes them, the daemon stamps
// them with bond and time, `ebond events` prints them.
#pragma once

#include <string>

namespace ebond::core {

struct Event {
  /// One of: created deleted enslaved released unplugged returned link path active-slave failover carrier mac
  /// announce option adopted lacp warning
  std::string kind{};
  std::string slave{};  ///< slave name, empty where the event is the bond's
  std::string from{};   ///< state before, empty where there is none
  std::string to{};     ///< state after
  std::string why{};    ///< one plain phrase: "carrier lost (netlink)", "primary is back"
  /// Of a failover: what saw the need for it. "hook", "netlink", "poll", "arp", "icmp", "bfd", "failback",
  /// "damping", "lacp", "timer" (a delay ended), "command"
  std::string seen_by{};
  bool operator==(const Event&) const = default;
};

}  // namespace ebond::core
