#include "daemon/bond/dues.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace ebond::daemon {
namespace {

constexpr core::Milliseconds kFirstPause{100}, kLongestPause{10'000};

}  // namespace

void Dues::note(const std::string& what, const os::Result<>& done) {
  if (done) {
    failures_.erase(what);
    return;
  }
  auto& said = failures_[what];
  if (said == done.error().message()) return;
  said = done.error().message();
  reporter_.complain(what, done.error());
}

bool Dues::is_refusal(const os::Error& error) {
  const int why = error.errno_value;
  return why == EOPNOTSUPP || why == EINVAL || why == ERANGE || why == EBUSY || why == EPERM;
}

void Dues::note_unless_refused(const std::string& what, const os::Result<>& done) {
  if (done || !is_refusal(done.error())) return note(what, done);
  failures_.erase(what);
  reporter_.complain(what, done.error());
}

void Dues::drop_all_of(const std::string& slave) {
  std::erase_if(failures_, [&](const auto& each) { return each.first.ends_with(" " + slave); });
}

std::vector<std::string> Dues::all() const {
  std::vector<std::string> texts;
  for (const auto& [what, why] : failures_) texts.push_back(fmt::format("{}: {}", what, why));
  return texts;
}

std::optional<core::TimePoint> Dues::next(core::TimePoint now) {
  if (failures_.empty()) {
    next_.reset();
    pause_ = {};
  } else if (!next_) {
    pause_ = kFirstPause;
    next_ = now + pause_;
  }
  return next_;
}

void Dues::begin_try(core::TimePoint now) {
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  next_ = now + pause_;
}

}  // namespace ebond::daemon
