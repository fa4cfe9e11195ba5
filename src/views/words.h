// The words and small judgements that proc text, JSON and the tables share.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/status.h"

namespace ebond::views {

/// Modes 1, 5 and 6.
bool has_active_slave(core::Mode mode);
/// Modes 2 and 4, and 5 and 6 without tlb_dynamic_lb: where xmit_hash_policy decides.
bool places_by_hash(const core::BondOptions& options);

/// "up", "going down", "down", "going back", as in the proc text.
std::string_view mii_words(core::MiiStatus status);
/// "UP", "GOING_DOWN", "DOWN", "GOING_BACK", as iproute2 prints it.
std::string_view mii_upper(core::MiiStatus status);
std::string_view duplex_word(core::Duplex duplex);

/// "1 Gb/s", "100 Mb/s"; "-" if it is not known.
std::string speed_text(const core::LinkState& link);
/// "320 ms", "12 s", "3 min", "5 h", "9 d": as long as a glance needs it.
std::string span_text(core::Duration span);

/// The bits of an actor state octet, least significant first, in iproute2's words (802.1AX-2020 6.4.2.3).
inline constexpr std::array kActorStateWords = {"active",     "short_timeout", "aggregating", "in_sync",
                                                "collecting", "distributing",  "default",     "expired"};

/// Why a slave carries no traffic (or, in downdelay, soon will not) and, if something is wrong, what to
/// check; "" if it carries.
std::string why_idle(const core::BondStatus& bond, const core::SlaveStatus& slave);
/// Nothing to mend: it carries traffic, or stands by for the active slave.
bool is_healthy(const core::BondStatus& bond, const core::SlaveStatus& slave);

/// Wall-clock time of CLOCK_REALTIME nanoseconds, in the local zone: "12:03:04".
std::string local_time(std::int64_t realtime_ns);
/// With microseconds: "12:03:04.000123".
std::string local_time_us(std::int64_t realtime_ns);
/// With the date: "2026-01-02 12:03:04".
std::string local_date_time(std::int64_t realtime_ns);
/// RFC 3339 in UTC, to the microsecond: "2026-01-02T03:04:05.000123Z".
std::string utc_time(std::int64_t realtime_ns);

}  // namespace ebond::views
