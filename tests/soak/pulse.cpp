#include "tests/soak/pulse.h"

#include <sys/prctl.h>

#include <algorithm>

#include "lab/must.h"

namespace ebond::soak {
namespace {

using namespace std::chrono_literals;
constexpr auto kBeat = 10ms;
constexpr auto kNotLate = 2ms;
constexpr auto kMemory = 60s;

}  // namespace

Pulse::Pulse(const lab::Node& where) : ethtool_(lab::must(os::Ethtool::open(where.netns()))) {
  thread_ = std::thread([this] { beat(); });
}

Pulse::~Pulse() {
  beating_ = false;
  thread_.join();
}

void Pulse::beat() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  while (beating_) {
    const auto due = Clock::now() + kBeat;
    std::this_thread::sleep_until(due);
    (void)ethtool_.link_up("lo");
    const auto now = Clock::now();
    if (now - due < kNotLate) continue;
    const std::scoped_lock lock(mutex_);
    late_.push_back({due, now});
    worst_ = std::max<Clock::duration>(worst_, now - due);
    while (late_.front().end + kMemory < now) late_.pop_front();
  }
}

Clock::duration Pulse::late_between(Time begin, Time end) const {
  const std::scoped_lock lock(mutex_);
  Clock::duration sum{};
  for (const auto& late : late_) {
    const auto from = std::max(late.begin, begin), to = std::min(late.end, end);
    if (from < to) sum += to - from;
  }
  return sum;
}

Clock::duration Pulse::worst() const {
  const std::scoped_lock lock(mutex_);
  return worst_;
}

}  // namespace ebond::soak
