#include "script.h"

#include <algorithm>
#include <stdexcept>

namespace ebond::daemon {

std::optional<int> Script::step(const std::string& line, bool may_fail, bool may_throw) {
  if (dead_) return EIO;
  const auto now = step_++;
  if (die_at_ == now) {
    dead_ = true;
    failed_ = line;
    if (may_throw) throw Killed{};
    return EIO;
  }
  if (!thrown_.empty() && line.starts_with(thrown_)) throw std::runtime_error("thrown by " + line);
  if (!may_fail) return std::nullopt;
  if (fail_at_ == now || (fail_from_ && *fail_from_ <= now)) {
    failed_ = line;
    return errno_;
  }
  if (!refused_.empty() && line.starts_with(refused_)) {
    failed_ = line;
    return refused_errno_;
  }
  return std::nullopt;
}

os::Result<> Script::change(std::string line) {
  if (const auto error = step(line, true)) return os::errno_error(line, *error);
  lines_.push_back(std::move(line));
  return {};
}

os::Result<> Script::change_in_destructor(std::string line) {
  if (const auto error = step(line, true, false)) return os::errno_error(line, *error);
  lines_.push_back(std::move(line));
  return {};
}

os::Result<> Script::ask(const std::string& line) {
  if (const auto error = step(line, true)) return os::errno_error(line, *error);
  return {};
}

void Script::store(std::string line) {
  if (!step(line, false)) lines_.push_back(std::move(line));
}

std::optional<std::size_t> Script::place(const std::string& beginning) const {
  const auto found =
      std::ranges::find_if(lines_, [&](const auto& line) { return line.starts_with(beginning); });
  if (found == lines_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - lines_.begin());
}

}  // namespace ebond::daemon
