// Programs of the administrator's that are told of events: which of them wait, and what became of those that
// were run.
//
// Used by main. What waits is bounded, fair to network namespaces, and never holds up the loop: what is too
// much is counted, and told. The programs themselves are run by another process, see os/hook_runner.h.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <string>

#include "core/daemon_report.h"
#include "core/event_shelf.h"
#include "core/log_limiter.h"
#include "os/hook_runner.h"

namespace ebond::daemon {

class Hooks {
 public:
  static constexpr std::size_t kMostWaiting = 256;

  Hooks(asio::io_context& loop, os::HookRunner runner);
  ~Hooks();
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  void note(const core::PlacedEvent& event);
  /// Adds what there is to say of them.
  void tell(core::DaemonReport& report) const;

 private:
  void give_next();
  void hear();
  void take(const os::HookNews& news);
  void say_what_was_lost();
  void end(const os::Error& why);

  os::HookRunner runner_;
  asio::posix::stream_descriptor readable_;
  core::EventShelf waiting_{kMostWaiting};
  core::LogLimiter limiter_;
  std::shared_ptr<const core::StampedEvent> current_;  ///< what they are told of
  std::uint64_t run_ = 0, failed_ = 0, all_lost_ = 0;
  std::size_t lost_ = 0;  ///< and not told yet
  core::TimePoint lost_told_{};
  bool there_are_some_ = false;
  bool is_over_ = false;
};

/// What a hook is given: the line of `ebond -j events` on standard input, and its words in the environment.
os::HookTask hook_task(const core::StampedEvent& event);

}  // namespace ebond::daemon
