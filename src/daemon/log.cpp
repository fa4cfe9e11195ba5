#include "daemon/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <string_view>

#include "core/printable.h"

namespace ebond::daemon {
namespace {

class Text : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&, spdlog::memory_buf_t& out) override {
    const auto text = core::printable({line.payload.data(), line.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override { return std::make_unique<Text>(); }
};

/// "<4>": how systemd takes a line of standard error for a warning.
class Priority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&, spdlog::memory_buf_t& out) override {
    const auto text = fmt::format("<{}>", priority_of(line.level));
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<Priority>();
  }
  /// As syslog(3) numbers them.
  static int priority_of(spdlog::level::level_enum level) {
    if (level >= spdlog::level::critical) return 2;
    if (level == spdlog::level::err) return 3;
    if (level == spdlog::level::warn) return 4;
    return level == spdlog::level::info ? 6 : 7;
  }
};

spdlog::level::level_enum level_of(const core::StampedEvent& event) {
  return event.event.kind == core::EventKind::warning ? spdlog::level::warn : spdlog::level::info;
}

/// Set once, before there is a second thread.
std::optional<os::Journal>& journal() {
  static std::optional<os::Journal> journal;
  return journal;
}

}  // namespace

void begin_log(bool verbose) {
  journal() = os::Journal::of_environment();
  spdlog::set_default_logger(spdlog::stderr_color_mt("ebondd"));
  auto pattern = std::make_unique<spdlog::pattern_formatter>();
  pattern->add_flag<Text>('*').add_flag<Priority>('@');
  // The journal has the time by itself.
  pattern->set_pattern(journal() ? "%@%*" : "%Y-%m-%dT%H:%M:%S.%f %l %*");
  spdlog::set_formatter(std::move(pattern));
  spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::info);
}

std::string log_line(const core::StampedEvent& stamped) {
  const auto& event = stamped.event;
  return fmt::format(
      "{}{}{}: {}{}{}{}{}{}{}", stamped.netns, stamped.netns.empty() ? "" : "/", stamped.bond,
      core::event_kind_name(event.kind), event.slave.empty() ? "" : " ", event.slave,
      event.from.empty() && event.to.empty() ? "" : fmt::format(" {} -> {}", event.from, event.to),
      event.why.empty() ? "" : " (", event.why, event.why.empty() ? "" : ")");
}

os::Journal::Fields journal_fields(const core::StampedEvent& stamped) {
  const auto& event = stamped.event;
  os::Journal::Fields fields{{"MESSAGE", core::printable(log_line(stamped))},
                             {"PRIORITY", std::to_string(Priority::priority_of(level_of(stamped)))},
                             {"SYSLOG_IDENTIFIER", "ebondd"},
                             {"EBOND_EVENT", std::string(core::event_kind_name(event.kind))},
                             {"EBOND_BOND", stamped.bond}};
  const auto add = [&](const char* name, std::string value) {
    if (!value.empty()) fields.emplace_back(name, std::move(value));
  };
  add("EBOND_NETNS", stamped.netns);
  add("EBOND_SLAVE", event.slave);
  add("EBOND_FROM", event.from);
  add("EBOND_TO", event.to);
  add("EBOND_WHY", event.why);
  add("EBOND_SEEN_BY", std::string(core::seen_by_name(event.seen_by)));
  add("EBOND_TABLE_US", stamped.table_us < 0 ? "" : std::to_string(stamped.table_us));
  add("EBOND_ANNOUNCE_US", stamped.announce_us < 0 ? "" : std::to_string(stamped.announce_us));
  return fields;
}

void log_event(const core::StampedEvent& event) {
  const auto level = level_of(event);
  if (!spdlog::should_log(level)) return;
  if (journal() && journal()->send(journal_fields(event))) return;
  spdlog::log(level, "{}", log_line(event));
}

}  // namespace ebond::daemon
