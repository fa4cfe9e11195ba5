#include "views/words.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

namespace ebond::views {
namespace {

using core::MiiStatus;
using core::Mode;

using namespace std::chrono_literals;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kNsPerMicrosecond = 1'000;

std::time_t seconds_of(std::int64_t realtime_ns) {
  return static_cast<std::time_t>(realtime_ns / kNsPerSecond);
}
std::int64_t microseconds_of(std::int64_t realtime_ns) {
  return realtime_ns % kNsPerSecond / kNsPerMicrosecond;
}

/// "no answer from 192.0.2.254 for 12 s: check …", "it went down 5 times in 10 s, 8 s more"
std::string why_held(const core::PathHold& hold, core::TimePoint now) {
  std::string text = hold.why;
  if (hold.until) {
    text += fmt::format(", {} more", span_text(std::max(*hold.until - now, core::Duration::zero())));
  } else {
    text += fmt::format(" for {}", span_text(now - hold.since));
  }
  if (hold.judge == core::PathJudge::arp) text += ": check the target, its VLAN and the switch's uplink";
  return text;
}

/// Its link, or the way beyond it, is not up.
std::string why_not_up(const core::BondStatus& bond, const core::SlaveStatus& slave) {
  switch (slave.link_status) {
    case MiiStatus::going_back:
      return fmt::format("link is back; updelay keeps it waiting{}",
                         slave.delay_left ? fmt::format(" {} ms more", slave.delay_left->count()) : "");
    case MiiStatus::going_down:
      return fmt::format("link is lost; downdelay keeps it in use{}",
                         slave.delay_left ? fmt::format(" {} ms more", slave.delay_left->count()) : "");
    default:
      break;
  }
  if (!slave.link.carrier) return "no carrier: check cable, switch port and that the interface is up";
  if (slave.path.empty()) return "link has come up but is not in use yet";
  return "link is up; " + why_held(slave.path.front(), bond.at);
}

}  // namespace

std::string span_text(core::Duration span) {
  using namespace std::chrono;
  const auto in = [span](auto unit) { return duration_cast<decltype(unit)>(span).count(); };
  if (span < 1s) return fmt::format("{} ms", in(milliseconds{}));
  if (span < 2min) return fmt::format("{} s", in(seconds{}));
  if (span < 2h) return fmt::format("{} min", in(minutes{}));
  if (span < 48h) return fmt::format("{} h", in(hours{}));
  return fmt::format("{} d", in(days{}));
}

std::string speed_text(const core::LinkState& link) {
  if (link.speed_mbps == 0) return "-";
  if (link.speed_mbps % 1000 == 0) return fmt::format("{} Gb/s", link.speed_mbps / 1000);
  if (link.speed_mbps > 1000) return fmt::format("{} Gb/s", link.speed_mbps / 1000.0);
  return fmt::format("{} Mb/s", link.speed_mbps);
}

bool has_active_slave(Mode mode) {
  return mode == Mode::active_backup || mode == Mode::balance_tlb || mode == Mode::balance_alb ||
         mode == Mode::balance_slb;
}

bool places_by_hash(const core::BondOptions& options) {
  switch (options.mode) {
    case Mode::balance_xor:
    case Mode::ieee8023ad:
    case Mode::balance_slb:
      return true;
    case Mode::balance_tlb:
    case Mode::balance_alb:
      return !options.tlb_dynamic_lb;
    default:
      return false;
  }
}

std::string_view mii_words(MiiStatus status) {
  constexpr std::array<std::string_view, 4> kWords = {"up", "going down", "down", "going back"};
  return kWords.at(static_cast<std::size_t>(status));
}

std::string_view mii_upper(MiiStatus status) {
  constexpr std::array<std::string_view, 4> kWords = {"UP", "GOING_DOWN", "DOWN", "GOING_BACK"};
  return kWords.at(static_cast<std::size_t>(status));
}

std::string_view duplex_word(core::Duplex duplex) {
  constexpr std::array<std::string_view, 3> kWords = {"half", "full", "unknown"};
  return kWords.at(static_cast<std::size_t>(duplex));
}

std::string why_idle(const core::BondStatus& bond, const core::SlaveStatus& slave) {
  if (slave.drained && slave.link_status == MiiStatus::up) {
    return fmt::format("drained by command: `ebond undrain {}` lets it back", slave.name);
  }
  if (slave.mii_status != MiiStatus::up) return why_not_up(bond, slave);
  if (!bond.admin_up) return fmt::format("{} is set down", bond.name);
  if (slave.lacp && !slave.lacp->advice.empty()) return slave.lacp->advice;
  if (slave.active) return {};
  if (bond.options.mode == Mode::active_backup && !bond.active_slave.empty()) {
    return fmt::format("standing by for {}", bond.active_slave);
  }
  if (bond.options.mode == Mode::ieee8023ad) return "not in the active aggregator";
  return "not in use yet";
}

bool is_healthy(const core::BondStatus& bond, const core::SlaveStatus& slave) {
  if (slave.mii_status != MiiStatus::up) return false;
  const bool stands_by = bond.options.mode == Mode::active_backup && !bond.active_slave.empty();
  return (slave.active || stands_by) && !(slave.lacp && !slave.lacp->advice.empty());
}

std::string local_time(std::int64_t realtime_ns) {
  return fmt::format("{:%H:%M:%S}", fmt::localtime(seconds_of(realtime_ns)));
}

std::string local_date_time(std::int64_t realtime_ns) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(seconds_of(realtime_ns)));
}

std::string local_time_us(std::int64_t realtime_ns) {
  return fmt::format("{}.{:06}", local_time(realtime_ns), microseconds_of(realtime_ns));
}

std::string utc_time(std::int64_t realtime_ns) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds_of(realtime_ns)),
                     microseconds_of(realtime_ns));
}

}  // namespace ebond::views
