#include "daemon/hooks.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "daemon/log.h"
#include "views/json.h"

namespace ebond::daemon {
namespace {

constexpr auto kBetweenLosses = std::chrono::seconds(10);

core::TimePoint now() {
  return core::TimePoint(std::chrono::steady_clock::now().time_since_epoch());
}

/// What it said, without the end of its last line.
std::string last_words(const os::HookNews& news) {
  auto words = news.words;
  while (!words.empty() && (words.back() == '\n' || words.back() == '\r')) words.pop_back();
  return words.empty() ? "" : ": " + words;
}

}  // namespace

os::HookTask hook_task(const core::StampedEvent& event) {
  os::HookTask task{.input = views::event_json_line(event) + "\n",
                    .environment = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                                    {"LANG", "C.UTF-8"}}};
  // The same words as in the journal.
  for (auto& field : journal_fields(event)) {
    if (field.first.starts_with("EBOND_")) task.environment.push_back(std::move(field));
  }
  return task;
}

Hooks::Hooks(asio::io_context& loop, os::HookRunner runner)
    : runner_(std::move(runner)), readable_(loop, runner_.descriptor()) {
  hear();
}

Hooks::~Hooks() {
  readable_.release();  // the runner closes it
}

void Hooks::note(const core::PlacedEvent& event) {
  if (is_over_) return;
  if (!waiting_.push(event)) ++lost_;
  if (!current_) give_next();
}

void Hooks::tell(core::DaemonReport& report) const {
  report.hooks_run = run_;
  report.hooks_failed = failed_;
  report.hook_events_lost = all_lost_ + (there_are_some_ ? lost_ : 0);
}

void Hooks::give_next() {
  const auto next = waiting_.take();
  current_ = next ? next->event : nullptr;
  if (!current_) return;
  if (const auto given = runner_.give(hook_task(*current_)); !given) end(given.error());
}

void Hooks::hear() {
  readable_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& cancelled) {
    if (cancelled || is_over_) return;
    for (;;) {
      const auto news = runner_.news();
      if (!news) return end(news.error());
      if (!*news) break;
      take(**news);
      if (is_over_) return;
    }
    hear();
  });
}

void Hooks::take(const os::HookNews& news) {
  using Kind = os::HookNews::Kind;
  if (news.kind == Kind::all_done) {
    there_are_some_ = news.status > 0;
    say_what_was_lost();
    return give_next();
  }
  const bool is_well = news.kind == Kind::ended && news.status == 0;
  if (news.kind != Kind::refused) ++run_;
  if (news.kind != Kind::refused && !is_well) ++failed_;
  const auto time = now();
  for (const auto& [kind, lines] : limiter_.take_left_out(time)) {
    spdlog::warn("{} more lines of hooks that {} were left out of this log", lines, kind);
  }
  if (!limiter_.allows(is_well ? "were run" : "failed", time)) return;
  const auto what = current_
                        ? fmt::format("{} of {}", core::event_kind_name(current_->event.kind), current_->bond)
                        : "an event";
  if (is_well) {
    spdlog::debug("hook {}: exit status 0 after {} ms ({})", news.name, news.took.count(), what);
  } else if (news.kind == Kind::ended) {
    spdlog::warn("hook {}: exit status {} ({}){}", news.name, news.status, what, last_words(news));
  } else if (news.kind == Kind::killed) {
    spdlog::warn("hook {}: ended by signal {} ({}){}", news.name, news.status, what, last_words(news));
  } else if (news.kind == Kind::timed_out) {
    spdlog::warn("hook {}: killed, for it took longer than {} ms ({}){}", news.name, news.took.count(), what,
                 last_words(news));
  } else {
    spdlog::warn("hook {} is not run: {}", news.name, news.words);
  }
}

void Hooks::say_what_was_lost() {
  if (!there_are_some_) lost_ = 0;
  if (lost_ == 0 || (lost_told_ != core::TimePoint{} && now() - lost_told_ < kBetweenLosses)) return;
  spdlog::warn("hooks are too slow: they were not told of {} events", lost_);
  all_lost_ += std::exchange(lost_, 0);
  lost_told_ = now();
}

void Hooks::end(const os::Error& why) {
  is_over_ = true;
  spdlog::warn("no hook is run until ebondd is started again: {}", why.message());
}

}  // namespace ebond::daemon
