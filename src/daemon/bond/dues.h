// What the system would not do for a bond: said once, shown for as long as it lasts, and tried again until it
// is done.
//
// Used by all parts of a bond, which note how things went that must not stay undone. Does nothing itself:
// Runner has it tried again when it is time, soon at first and then ever more seldom.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/bond/reporter.h"

namespace ebond::daemon {

class Dues {
 public:
  explicit Dues(const Reporter& reporter) : reporter_(reporter) {}

  /// How it went to do something; `what` is what is said if it failed: "cannot set its carrier".
  void note(const std::string& what, const os::Result<>& done);
  /// The same where the system may say no for good: that is said, and not tried again.
  void note_unless_refused(const std::string& what, const os::Result<>& done);
  static bool is_refusal(const os::Error& error);
  /// Nobody wants it done any more.
  void drop(const std::string& what) { failures_.erase(what); }
  /// All that was to be done to this slave: what is said of it ends with its name.
  void drop_all_of(const std::string& slave);

  bool empty() const { return failures_.empty(); }
  bool has(const std::string& what) const { return failures_.contains(what); }
  /// Each with its reason.
  std::vector<std::string> all() const;

  /// When to try again; none if all is done. Asked after anything that may have failed.
  std::optional<core::TimePoint> next(core::TimePoint now);
  bool is_time(core::TimePoint now) { return next(now).value_or(core::TimePoint::max()) <= now; }
  /// It is tried now, and the next time later.
  void begin_try(core::TimePoint now);

 private:
  const Reporter& reporter_;
  std::map<std::string, std::string> failures_;  ///< what, and the reason as last said
  std::optional<core::TimePoint> next_;
  core::Milliseconds pause_{};
};

}  // namespace ebond::daemon
