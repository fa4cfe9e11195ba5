#include "daemon/history.h"

#include <spdlog/spdlog.h>

namespace ebond::daemon {
namespace {

constexpr auto kRetry = std::chrono::seconds(10);

}  // namespace

History::History(Machine& machine) : machine_(machine), file_(machine.open_event_file()) {
  file_->hear([this](const auto& written) { heard(written); });
  file_->read([this](const auto& found) { take_over(found); });
}

void History::note(const core::PlacedEvent& event) {
  shelf_.push(event);
  if (is_read_) append(event);
}

void History::append(const core::PlacedEvent& event) {
  // As long again as what is worth keeping: the rest was pushed out meanwhile.
  if (lines_ >= 2 * kKept || (is_stale_ && machine_.now() >= retry_at_)) return replace();
  if (is_stale_) return;
  ++lines_;
  if (!file_->append(event)) is_stale_ = true;
}

void History::replace() {
  is_stale_ = false;
  lines_ = shelf_.size();
  file_->replace(shelf_.all());
}

void History::take_over(const os::Result<EventFileText>& found) {
  const bool is_whole = found && found->broken_lines == 0 && !found->is_of_another_boot;
  if (!found) {
    spdlog::warn("the history of events is begun again: {}", found.error().message());
  } else if (found->broken_lines > 0) {
    spdlog::warn("the history of events is damaged: {} lines of it are none, and {} events are kept",
                 found->broken_lines, found->events.size());
  }
  core::EventShelf whole(kKept);
  if (found) {
    for (const auto& event : found->events) whole.push(event);
  }
  const auto since_the_start = std::exchange(shelf_, std::move(whole)).all();
  for (const auto& event : since_the_start) shelf_.push(event);
  is_read_ = true;
  lines_ = found ? found->events.size() : 0;
  if (lines_ == 0 || !is_whole) return replace();
  for (const auto& event : since_the_start) append(event);
}

void History::heard(const os::Result<>& written) {
  if (written) {
    if (std::exchange(is_told_, false)) spdlog::info("the history of events is written again");
    return;
  }
  is_stale_ = true;
  retry_at_ = machine_.now() + kRetry;
  if (std::exchange(is_told_, true)) return;
  spdlog::warn("the history of events does not outlive this daemon until it can be written: {}",
               written.error().message());
}

control::Result<core::EventShelf::Part> History::part(const os::NamespaceId& where, std::uint64_t from,
                                                      std::int64_t since_ns) const {
  if (!is_read_) {
    return std::unexpected(control::Error{
        control::Error::Kind::not_now, "the history of events is still being read: ask again", {}});
  }
  return shelf_.part(where.inode, from, since_ns, kAtATime);
}

std::vector<std::shared_ptr<const core::StampedEvent>> History::from(const os::NamespaceId& where,
                                                                     std::uint64_t number) const {
  return shelf_.part(where.inode, number, 0, kKept).events;
}

}  // namespace ebond::daemon
