#include "core/bond/lessons.h"

#include <algorithm>
#include <utility>

#include "wire/rarp.h"

namespace ebond::core {

void Lessons::start(std::vector<SlotId> from) {
  const bool is_idle = queue_.empty() && !wants_reading_;
  from_ = is_idle ? std::move(from) : std::vector<SlotId>{};
  queue_.clear();
  wants_reading_ = takes_more_ = true;
}

bool Lessons::take_due_reading() {
  return std::exchange(wants_reading_, false);
}

std::size_t Lessons::read(std::vector<MacBehind> found, TimePoint now) {
  if (found.size() > kMost) found.resize(kMost);
  std::ranges::reverse(found);
  queue_ = std::move(found);
  next_step_ = now;
  next_many_ = kAtOnce;
  return queue_.size();
}

std::size_t Lessons::add(std::vector<MacBehind> found, TimePoint now) {
  if (!takes_more_ || wants_reading_) return 0;
  if (queue_.empty()) return read(std::move(found), now);
  found.resize(std::min(found.size(), kMost - queue_.size()));
  queue_.insert(queue_.begin(), found.rbegin(), found.rend());
  return found.size();
}

/// A late caller gets one step, not all that it missed.
std::vector<wire::Bytes> Lessons::take_due(TimePoint now) {
  std::vector<wire::Bytes> frames;
  if (queue_.empty() || now < next_step_) return frames;
  for (std::size_t left = std::exchange(next_many_, kEachStep); left > 0 && !queue_.empty(); --left) {
    frames.push_back(wire::rarp_announcement(queue_.back().mac, queue_.back().tags));
    queue_.pop_back();
  }
  next_step_ = now + kStep;
  return frames;
}

}  // namespace ebond::core
