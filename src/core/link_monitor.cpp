#include "core/link_monitor.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace ebond::core {

std::string_view link_source_name(LinkSource source) {
  switch (source) {
    case LinkSource::enslave:
      return "enslave";
    case LinkSource::hook:
      return "hook";
    case LinkSource::netlink:
      return "netlink";
    case LinkSource::poll:
      return "poll";
  }
  std::unreachable();
}

std::string_view mii_status_name(MiiStatus status) {
  switch (status) {
    case MiiStatus::up:
      return "up";
    case MiiStatus::going_down:
      return "going down";
    case MiiStatus::down:
      return "down";
    case MiiStatus::going_back:
      return "going back";
  }
  std::unreachable();
}

LinkMonitor::LinkMonitor(bool carrier, Milliseconds updelay, TimePoint now)
    : status_(carrier ? MiiStatus::up : MiiStatus::down) {
  if (!carrier || updelay == Milliseconds::zero()) return;
  status_ = MiiStatus::going_back;
  delay_ends_ = now + updelay;
}

LinkMonitor::LinkMonitor(MiiStatus status, std::uint32_t failures, std::optional<TimePoint> delay_ends)
    : status_(status), failures_(failures), delay_ends_(delay_ends) {}

std::optional<LinkTransition> LinkMonitor::report(bool carrier, const LinkDelays& delays, LinkSource source,
                                                  TimePoint now) {
  const auto why = [&](std::string_view what) {
    return fmt::format("{} ({})", what, link_source_name(source));
  };
  switch (status_) {
    case MiiStatus::up: {
      if (carrier) return std::nullopt;
      if (delays.down == Milliseconds::zero()) return go(MiiStatus::down, why("carrier lost"));
      auto transition = go(MiiStatus::going_down, why("carrier lost"));
      delay_ends_ = now + delays.down;
      return transition;
    }
    case MiiStatus::going_down:
      if (!carrier) return std::nullopt;
      return go(MiiStatus::up, why("carrier back within downdelay"));
    case MiiStatus::down: {
      if (!carrier) return std::nullopt;
      if (delays.up == Milliseconds::zero()) return go(MiiStatus::up, why("carrier back"));
      auto transition = go(MiiStatus::going_back, why("carrier back"));
      delay_ends_ = now + delays.up;
      return transition;
    }
    case MiiStatus::going_back:
      if (carrier) return std::nullopt;
      return go(MiiStatus::down, why("carrier lost within updelay"));
  }
  std::unreachable();
}

std::optional<LinkTransition> LinkMonitor::expire(TimePoint now) {
  if (!delay_ends_ || now < *delay_ends_) return std::nullopt;
  if (status_ == MiiStatus::going_down) return go(MiiStatus::down, "downdelay over");
  return go(MiiStatus::up, "updelay over");
}

LinkTransition LinkMonitor::cut_updelay_short(std::string why) {
  return go(MiiStatus::up, std::move(why));
}

std::optional<Milliseconds> LinkMonitor::delay_left(TimePoint now) const {
  if (!delay_ends_) return std::nullopt;
  return std::chrono::ceil<Milliseconds>(std::max(*delay_ends_ - now, Duration::zero()));
}

LinkTransition LinkMonitor::go(MiiStatus to, std::string why) {
  delay_ends_.reset();
  if (to == MiiStatus::down && failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  return {std::exchange(status_, to), to, std::move(why)};
}

}  // namespace ebond::core
