#include "daemon/bond/kernel_alarm.h"

#include <asio/steady_timer.hpp>
#include <chrono>
#include <utility>

namespace ebond::daemon {
namespace {

class KernelAlarm : public Alarm {
 public:
  explicit KernelAlarm(asio::io_context& loop) : timer_(loop) {}

  void set(core::TimePoint when, std::function<void()> ring) override {
    timer_.expires_at(asio::steady_timer::time_point(
        std::chrono::duration_cast<asio::steady_timer::duration>(when.time_since_epoch())));
    set_ = std::make_shared<const bool>(true);
    // A wait that ended a moment ago is called although it is cancelled now, and the alarm may be gone by
    // then.
    timer_.async_wait([set = std::weak_ptr(set_), ring = std::move(ring)](const asio::error_code& cancelled) {
      if (!cancelled && !set.expired()) ring();
    });
  }
  void cancel() override {
    set_.reset();
    timer_.cancel();
  }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<const bool> set_;  ///< for as long as what it was last set for counts
};

}  // namespace

std::unique_ptr<Alarm> make_kernel_alarm(asio::io_context& loop) {
  return std::make_unique<KernelAlarm>(loop);
}

}  // namespace ebond::daemon
