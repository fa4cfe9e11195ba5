// The record: one thing that happened to a bond, with from, to and why. Core makes them, the daemon stamps
// them with bond and time, `ebond events` prints them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/status.h"
#include "core/types.h"

namespace ebond::core {

enum class EventKind : std::uint8_t {
  created,
  deleted,
  enslaved,
  released,
  unplugged,  ///< a slave's interface is gone
  returned,   ///< an interface that was unplugged is back
  link,       ///< a slave's link as the monitors see it
  path,       ///< a judge holds a slave out, or lets it pass
  active_slave,
  failover,
  carrier,  ///< the bond's own
  mac,      ///< the bond's own
  announce,
  option,
  moved,    ///< bond0 to another network namespace, or back
  adopted,  ///< by a daemon that found the bond running
  lacp,
  neighbour,  ///< what is at the other end of a slave's cable
  warning,
  failed,  ///< the daemon does nothing for the bond any more
  other    ///< a daemon of another version told of something that this one has no word for
};

/// "created", "active-slave", …: as `ebond events` prints it.
std::string_view event_kind_name(EventKind kind);
/// The kind of that name; EventKind::other if there is none.
EventKind event_kind_of(std::string_view name);

/// What starts a turn of the bond, or ends a slave's use, when neither a link report nor a judge does.
enum class Cause : std::uint8_t {
  command,
  timer,  ///< a delay ended
  lacp    ///< the partner, or its silence
};

/// What saw the need for a change; nothing if that is not known.
using SeenBy = std::variant<std::monostate, Cause, LinkSource, PathJudge>;

/// "hook", "netlink", "poll", "arp", "icmp", "bfd", "failback", "damping", "lacp", "timer", "command", …;
/// empty if it is not known.
std::string_view seen_by_name(const SeenBy& seen_by);
/// What that name stands for; nothing if it is none of them.
SeenBy seen_by_of(std::string_view name);

struct Event {
  EventKind kind{};
  std::string slave{};  ///< slave name, empty if the event is the bond's
  std::string from{};   ///< state before, empty if there is none
  std::string to{};     ///< state after
  std::string why{};    ///< one plain phrase: "carrier lost (netlink)", "primary is back"
  SeenBy seen_by{};     ///< of a failover
  bool operator==(const Event&) const = default;
};

}  // namespace ebond::core
