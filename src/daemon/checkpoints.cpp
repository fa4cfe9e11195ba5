#include "daemon/checkpoints.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/bond/store.h"

namespace ebond::daemon {
namespace {

using Kind = control::Error::Kind;

constexpr const char* kCheckpoint = ".checkpoint";
/// What cannot be undone for want of something is tried again, but not for ever.
constexpr core::Milliseconds kPause{1000};
constexpr int kTries = 60;

}  // namespace

Checkpoints::Checkpoints(Machine& machine, const RunDirectory& directory, GoBack go_back)
    : machine_(machine), directory_(directory), go_back_(std::move(go_back)), alarm_(machine.make_alarm()) {}

std::filesystem::path Checkpoints::file_of(const os::NamespaceId& where) const {
  return directory_.state_dir() / fmt::format("{}{}", where.inode, kCheckpoint);
}

void Checkpoints::take_over() {
  const auto files = machine_.disk().list(directory_.state_dir());
  if (!files) return;
  for (const auto& file : *files) {
    if (file.extension() != kCheckpoint) continue;
    const auto text = machine_.disk().read(file);
    auto checkpoint = text ? checkpoint_from_text(*text, file) : std::unexpected(text.error());
    if (!checkpoint) {
      spdlog::error("{}: the change it tells of is not undone", checkpoint.error().message());
      continue;
    }
    // After a boot there is nothing to be undone.
    if (checkpoint->boot_id != machine_.boot_id()) {
      (void)machine_.disk().remove(file);
    } else if (!has(checkpoint->where)) {
      kept_.emplace(checkpoint->where, Kept{*std::move(checkpoint)});
    }
  }
  set_alarm();
}

control::Result<> Checkpoints::begin(Checkpoint checkpoint) {
  constexpr mode_t kForRoot = 0600;
  const auto where = checkpoint.where;
  if (has(where)) {
    return refuse(
        Kind::conflict,
        "a change of bonds in this network namespace is not confirmed yet: `ebond confirm` keeps it, "
        "`ebond confirm --undo` takes it back");
  }
  if (auto written = machine_.disk().write(file_of(where), to_text(checkpoint), kForRoot); !written) {
    return refuse(written.error());
  }
  kept_.emplace(where, Kept{std::move(checkpoint)});
  set_alarm();
  return {};
}

control::Result<> Checkpoints::confirm(const os::NamespaceId& where) {
  if (!has(where)) {
    return refuse(
        Kind::not_now,
        "there is nothing to confirm in this network namespace: nothing was changed, or it has been "
        "taken back already");
  }
  if (auto removed = machine_.disk().remove(file_of(where)); !removed) return refuse(removed.error());
  kept_.erase(where);
  set_alarm();
  return {};
}

control::Result<> Checkpoints::roll_back(const os::NamespaceId& where) {
  const auto kept = kept_.find(where);
  if (kept == kept_.end()) {
    return refuse(Kind::not_now, "there is nothing to take back in this network namespace");
  }
  auto done = go_back(kept->second);
  if (done) kept_.erase(kept);
  set_alarm();
  return done ? control::Result<>{} : refuse(done.error());
}

os::Result<> Checkpoints::go_back(Kept& kept) {
  auto done = go_back_(kept.checkpoint);
  const auto now = machine_.now();
  if (!done && ++kept.tries < kTries) {
    kept.checkpoint.deadline = now + kPause;
    return done;
  }
  if (auto removed = machine_.disk().remove(file_of(kept.checkpoint.where)); !removed && done) {
    kept.checkpoint.deadline = now + kPause;
    return removed;
  }
  return done;
}

void Checkpoints::look() {
  const auto now = machine_.now();
  for (auto each = kept_.begin(); each != kept_.end();) {
    auto& [where, kept] = *each;
    if (kept.checkpoint.deadline > now) {
      ++each;
      continue;
    }
    if (kept.tries == 0) spdlog::warn("a change of bonds was not confirmed in time: it is taken back");
    const auto done = go_back(kept);
    if (!done) spdlog::error("cannot take all of a change of bonds back: {}", done.error().message());
    each = done || kept.tries >= kTries ? kept_.erase(each) : std::next(each);
  }
  set_alarm();
}

void Checkpoints::set_alarm() {
  if (kept_.empty()) return alarm_->cancel();
  const auto first =
      std::ranges::min_element(kept_, {}, [](const auto& each) { return each.second.checkpoint.deadline; });
  alarm_->set(first->second.checkpoint.deadline, [this] { look(); });
}

}  // namespace ebond::daemon
