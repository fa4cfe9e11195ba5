// How the links of a bond's slaves are watched beside what netlink and the carrier hook tell: by asking the
// devices again and again, off the loop.
//
// Used by Senses. LinkPoller does it; tests put another in its place.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"

namespace ebond::daemon {

class LinkWatch {
 public:
  struct Link {
    core::IfIndex ifindex{};
    std::string name;
    core::LinkState known;  ///< what need not be told
    bool operator==(const Link&) const = default;
  };
  struct Wanted {
    std::optional<core::Milliseconds> every{};  ///< none: only if asked to
    bool use_carrier = true;
    std::vector<Link> links{};
    bool operator==(const Wanted&) const = default;
  };
  /// What made somebody ask, for the record.
  struct Cause {
    core::LinkSource source = core::LinkSource::poll;
    core::TimePoint heard{};
  };
  /// A device answered otherwise than known. One that cannot be asked is down.
  struct Answer {
    core::IfIndex ifindex{};
    core::LinkState link;
    core::TimePoint asked{};  ///< when the device was asked
    Cause cause;              ///< a poll is heard when it asks
  };
  using Told = std::function<void(const std::vector<Answer>&)>;

  virtual ~LinkWatch() = default;
  /// From now on these, so often. Costs nothing if it is what was said last.
  virtual void watch(const Wanted& wanted) = 0;
  /// Asks this one at once.
  virtual void ask(core::IfIndex link, const Cause& cause) = 0;
  /// Asks this one for more than its carrier in the next round, or soon if there are none.
  virtual void look_closer(core::IfIndex link) = 0;
  /// When a poll first found this one's carrier lost, if that is on its way to be told.
  virtual std::optional<core::TimePoint> seen_lost(core::IfIndex link) = 0;
};

}  // namespace ebond::daemon
