#include "daemon/bond/reporter.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "daemon/log.h"

namespace ebond::daemon {

core::StampedEvent Reporter::stamp(core::Event event) const {
  return {.realtime_ns = home_.hands().realtime_ns(),
          .monotonic_ns = home_.hands().now().time_since_epoch().count(),
          .netns = home_.hands().label(),
          .bond = bond_.name(),
          .event = std::move(event)};
}

void Reporter::tell(const core::StampedEvent& stamped) const {
  publish_(stamped);
  if (limiter_.allows(core::event_kind_name(stamped.event.kind), home_.hands().now())) log_event(stamped);
}

void Reporter::say_what_was_left_out() const {
  for (const auto& [kind, lines] : limiter_.take_left_out(home_.hands().now())) {
    const auto& place = home_.hands().label();
    spdlog::warn("{}{}{}: {} more lines of the kind '{}' were left out of this log", place,
                 place.empty() ? "" : "/", bond_.name(), lines, kind);
  }
}

void Reporter::complain(const std::string& what, const os::Error& error) const {
  report({.kind = core::EventKind::warning, .why = fmt::format("{}: {}", what, error.message())});
}

}  // namespace ebond::daemon
