// What guests have used of the daemon, each and all together, and how long the next call must wait for it.
// Nothing is refused: who asks too much is answered later, and nobody else is. Values and a time in, a time
// out.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <map>

#include "control/limits.h"

namespace ebond::control {

class Budget {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Budget(const Limits& limits) : all_(limits.calls), each_(limits.calls_of_one) {}

  /// Notes that `user` uses so many units, and answers how long it has to wait before it does so.
  Clock::duration charge(uid_t user, std::size_t units, Clock::time_point now);
  /// After that wait: the same for all guests together, in the order in which they come.
  Clock::duration charge_all(std::size_t units, Clock::time_point now);
  /// Users that have debts.
  std::size_t known_users() const { return users_.size(); }

 private:
  Rate all_, each_;
  Clock::time_point all_paid_{};
  std::map<uid_t, Clock::time_point> users_;  ///< when all that was charged will have been paid off
};

/// The units of a message of so many bytes, and of a reply.
constexpr std::size_t cost_of_call(std::size_t bytes) {
  return 1 + bytes / 1024;
}
constexpr std::size_t cost_of_reply(std::size_t bytes) {
  return bytes / 65536;
}

}  // namespace ebond::control
