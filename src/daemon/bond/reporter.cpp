#include "daemon/bond/reporter.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace ebond::daemon {

core::StampedEvent Reporter::stamp(core::Event event) const {
  return {.realtime_ns = hands_.realtime_ns(),
          .monotonic_ns = hands_.now().time_since_epoch().count(),
          .netns = hands_.label(),
          .bond = bond_.name(),
          .event = std::move(event)};
}

void Reporter::tell(const core::StampedEvent& stamped) const {
  const auto& event = stamped.event;
  spdlog::log(event.kind == core::EventKind::warning ? spdlog::level::warn : spdlog::level::info,
              "{}{}{}: {}{}{}{}{}{}{}", stamped.netns, stamped.netns.empty() ? "" : "/", stamped.bond,
              core::event_kind_name(event.kind), event.slave.empty() ? "" : " ", event.slave,
              event.from.empty() && event.to.empty() ? "" : fmt::format(" {} -> {}", event.from, event.to),
              event.why.empty() ? "" : " (", event.why, event.why.empty() ? "" : ")");
  publish_(stamped);
}

void Reporter::complain(const std::string& what, const os::Error& error) const {
  report({.kind = core::EventKind::warning, .why = fmt::format("{}: {}", what, error.message())});
}

}  // namespace ebond::daemon
