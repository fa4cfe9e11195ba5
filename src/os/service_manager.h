// What systemd is told of this process (sd_notify(3)), without its library: that it is ready, that it ends,
// and that its loop still turns.
//
// Used by main. Says nothing where nobody listens, and never fails: a daemon's work does not depend on it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ebond::os {

class ServiceManager {
 public:
  /// As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say.
  static ServiceManager of_environment();

  /// "READY=1", "STOPPING=1", "WATCHDOG=1".
  void tell(std::string_view state) const;
  /// How often it must hear WATCHDOG=1 at the least; none: it does not wait for it.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

 private:
  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace ebond::os
