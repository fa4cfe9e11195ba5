#include "cli/time_words.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <ctime>
#include <optional>

namespace ebond::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMostSpan = std::int64_t{100} * 365 * 86400;  // seconds

std::unexpected<std::string> wrong(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format(
      "'{}' is not a time{}{}: say how long ago (30s, 10m, 2h, 1d), today's hour (12:03 or 12:03:04), or "
      "RFC 3339 (2026-01-02T12:03:04Z, 2026-01-02T12:03:04+01:00)",
      text, why.empty() ? "" : ", ", why));
}

/// Takes that many digits from the front.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  int value = 0;
  if (text.size() < count) return std::nullopt;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// "1h30m" in seconds.
std::optional<std::int64_t> span_of(std::string_view text) {
  std::int64_t total = 0;
  do {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0 || value > kMostSpan) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    constexpr std::string_view kUnits = "smhd";
    constexpr std::array<std::int64_t, 4> kSeconds = {1, 60, 3600, 86400};
    const auto unit = text.empty() ? std::string_view::npos : kUnits.find(text.front());
    if (unit == std::string_view::npos) return std::nullopt;
    text.remove_prefix(1);
    total += value * kSeconds[unit];
  } while (!text.empty());
  return total <= kMostSpan ? std::optional(total) : std::nullopt;
}

struct Clock {
  int hour = 0, minute = 0, second = 0;
  std::int64_t fraction_ns = 0;
};

/// "12:03", "12:03:04" or "12:03:04.123"; what stands behind it is left. `whole`: seconds must be there.
std::optional<Clock> clock_of(std::string_view& text, bool whole) {
  const auto hour = digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  Clock clock{.hour = *hour, .minute = *minute};
  if (!take(text, ":")) return whole ? std::nullopt : std::optional(clock);
  const auto second = digits(text, 2);
  if (!second || *second > 60) return std::nullopt;
  clock.second = *second;
  if (!take(text, ".")) return clock;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  for (std::int64_t unit = kSecond / 10; !text.empty() && text.front() >= '0' && text.front() <= '9';
       unit /= 10) {
    clock.fraction_ns += unit * (text.front() - '0');
    text.remove_prefix(1);
  }
  return clock;
}

/// What stands behind the clock, in seconds; all of it.
std::optional<std::int64_t> zone_of(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  const bool is_east = text.starts_with('+');
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = digits(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return (is_east ? 1 : -1) * (*hours * 3600 + *minutes * 60);
}

std::tm calendar(int year, int month, int day, const Clock& clock) {
  std::tm when{};
  when.tm_year = year - 1900;
  when.tm_mon = month - 1;
  when.tm_mday = day;
  when.tm_hour = clock.hour;
  when.tm_min = clock.minute;
  when.tm_sec = clock.second;
  return when;
}

std::expected<std::int64_t, std::string> rfc3339(std::string_view text) {
  auto rest = text;
  const auto year = digits(rest, 4);
  const bool is_year = year && take(rest, "-");
  const auto month = digits(rest, 2);
  const bool is_month = month && take(rest, "-");
  const auto day = digits(rest, 2);
  if (!is_year || !is_month || !day || !take(rest, "Tt ")) return wrong(text, "");
  const auto clock = clock_of(rest, true);
  if (!clock) return wrong(text, "");
  const auto zone = zone_of(rest);
  if (!zone) return wrong(text, "for its zone is missing or none");
  auto when = calendar(*year, *month, *day, *clock);
  const auto seconds = ::timegm(&when);
  // 30 February would be taken for a day of March.
  const bool is_a_day = when.tm_mday == *day && when.tm_mon == *month - 1;
  if (!is_a_day || *year < 1970 || *year > 2200) return wrong(text, "for there is no such day");
  return (seconds - *zone) * kSecond + clock->fraction_ns;
}

std::expected<std::int64_t, std::string> today(std::string_view text, std::int64_t now_ns) {
  auto rest = text;
  const auto clock = clock_of(rest, false);
  if (!clock || !rest.empty()) return wrong(text, "");
  const std::time_t now = now_ns / kSecond;
  std::tm day{};
  ::localtime_r(&now, &day);
  auto when = calendar(day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, *clock);
  when.tm_isdst = -1;
  return ::mktime(&when) * kSecond + clock->fraction_ns;
}

}  // namespace

std::expected<std::int64_t, std::string> parse_time(std::string_view text, std::int64_t now_ns) {
  const bool is_clock = text.size() > 2 && text[2] == ':';
  const bool is_date = text.size() > 4 && text[4] == '-';
  std::expected<std::int64_t, std::string> when;
  if (is_clock || is_date) {
    when = is_clock ? today(text, now_ns) : rfc3339(text);
  } else {
    const auto span = span_of(text.starts_with('-') ? text.substr(1) : text);
    if (!span) return wrong(text, "");
    when = now_ns - *span * kSecond;
  }
  if (when && *when > now_ns) return std::unexpected(fmt::format("'{}' is still to come", text));
  return when;
}

}  // namespace ebond::cli
