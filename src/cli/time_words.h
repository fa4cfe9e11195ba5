// A time of the past as a person writes it: "10m", "-2h", "12:03:04" of today, or RFC 3339.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace ebond::cli {

/// Nanoseconds since the epoch; or what is wrong with it, and what would be right. `now_ns` is the time of
/// asking. Hours and minutes without a zone are those of the local one.
std::expected<std::int64_t, std::string> parse_time(std::string_view text, std::int64_t now_ns);

}  // namespace ebond::cli
