#include "tests/soak/ledger.h"

#include <fmt/format.h>

#include <algorithm>

namespace ebond::soak {

Ledger::Frame* Ledger::find(std::uint64_t number) {
  if (number < first_ || number - first_ >= frames_.size()) return nullptr;
  return &frames_[number - first_];
}

void Ledger::arrived(std::uint64_t number, Time when) {
  auto* frame = find(number);
  if (frame == nullptr) return;
  if (++frame->arrivals == 1) {
    ++arrived_;
  } else if (!rules_.may_double) {
    doubled_.push_back({number, when});
  }
}

void Ledger::ended(std::uint64_t number, Time when) {
  if (auto* frame = find(number)) frame->ended = when;
}

void Ledger::came_back(std::uint64_t number, Time when) {
  echoed_.push_back({number, when});
}

std::vector<std::string> Ledger::judge(Time now, const Excuses& losing, const Excuses& doubling) {
  std::vector<std::string> wrong;
  const auto ago = [&](Time when) { return std::chrono::duration<double>(now - when).count(); };
  for (const auto& [number, when] : doubled_) {
    if (!doubling.excuse(when, when).empty()) continue;
    wrong.push_back(
        fmt::format("no duplicate: {}: frame {} arrived again {:.3f} s ago", rules_.name, number, ago(when)));
  }
  for (const auto& [number, when] : echoed_) {
    wrong.push_back(fmt::format("no loop: {}: frame {} came back to its sender {:.3f} s ago", rules_.name,
                                number, ago(when)));
  }
  doubled_.clear();
  echoed_.clear();

  std::uint64_t missing = 0, first = 0;
  Time since{}, until{};
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    auto& frame = frames_[i];
    if (frame.ended + kPatience > now) break;
    if (frame.judged) continue;
    frame.judged = true;
    if (frame.arrivals > 0) continue;
    if (!losing.excuse(frame.began, frame.ended).empty()) {
      ++lost_;
      continue;
    }
    if (missing++ == 0) {
      first = first_ + i;
      since = frame.began;
    }
    until = frame.ended;
  }
  if (missing > 0) {
    wrong.push_back(
        fmt::format("frames flow: {}: {} frames lost while a path works, the first number {}, sent from "
                    "{:.3f} to {:.3f} s ago",
                    rules_.name, missing, first, ago(since), ago(until)));
  }
  while (!frames_.empty() && frames_.front().judged && frames_.front().ended + kMemory < now) {
    frames_.pop_front();
    ++first_;
  }
  return wrong;
}

bool Ledger::none_arrived(Time begin, Time end) const {
  constexpr unsigned kAFew = 20;
  unsigned sent = 0;
  for (const auto& frame : frames_) {
    if (frame.began < begin || frame.ended >= end) continue;
    if (frame.arrivals > 0) return false;
    ++sent;
  }
  return sent >= kAFew;
}

}  // namespace ebond::soak
