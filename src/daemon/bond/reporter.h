// What is said of a bond: to the log, and to whoever follows its events.
//
// Used by all parts of a bond. Stamps what it is given with time, namespace and name. Each kind of event has
// a budget of lines in the log; who follows the events gets all of them.
#pragma once

#include <functional>
#include <string>

#include "core/bond.h"
#include "core/log_limiter.h"
#include "core/report.h"
#include "daemon/bond/home.h"

namespace ebond::daemon {

class Reporter {
 public:
  using Publish = std::function<void(const core::StampedEvent&)>;
  Reporter(const Home& home, const core::Bond& bond, Publish publish)
      : home_(home), bond_(bond), publish_(std::move(publish)) {}

  core::StampedEvent stamp(core::Event event) const;
  void tell(const core::StampedEvent& stamped) const;
  void report(core::Event event) const { tell(stamp(std::move(event))); }
  /// Something that the system refused and the bond lives on without: an event of kind "warning".
  void complain(const std::string& what, const os::Error& error) const;
  /// Says how many lines were left out of the log, if there is room for more now.
  void say_what_was_left_out() const;
  /// When there will be; none if nothing was left out.
  std::optional<core::TimePoint> room_in_the_log() const { return limiter_.next_room(); }

 private:
  const Home& home_;
  const core::Bond& bond_;
  Publish publish_;
  mutable core::LogLimiter limiter_;  ///< of the log alone
};

}  // namespace ebond::daemon
