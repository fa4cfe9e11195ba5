#include "daemon/listener.h"

#include <fcntl.h>

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <utility>

namespace ebond::daemon {
namespace {

using Clock = std::chrono::steady_clock;

/// Frames an ear takes from the kernel: so many at once, one more every interval.
struct Pace {
  std::size_t burst;
  Clock::duration interval;
};
// A partner sends three LACPDUs a second at most, and Markers; a slave's probes and the ARP of a busy
// network are some hundreds.
constexpr Pace kSlowProtocolsPace{.burst = 32, .interval = std::chrono::milliseconds{4}};
constexpr Pace kProbePace{.burst = 64, .interval = std::chrono::milliseconds{1}};
/// An ear that ran out waits for as many, so that a flood wakes the daemon seldom.
constexpr std::size_t kWaitFor = 8;

}  // namespace

/// One socket on the loop. Its handlers keep it alive; close() makes them silent.
class Listener::Ear : public std::enable_shared_from_this<Ear> {
 public:
  Ear(asio::io_context& loop, os::FrameReceiver receiver, Pace pace,
      std::function<void(const std::vector<wire::Bytes>&)> heard)
      : receiver_(std::move(receiver)),
        // The descriptor belongs to the receiver; asio gets one of its own.
        readable_(loop, ::fcntl(receiver_.fd(), F_DUPFD_CLOEXEC, 0)),
        rest_(loop),
        pace_(pace),
        heard_(std::move(heard)),
        left_(pace.burst),
        refilled_(Clock::now()) {}

  void listen() {
    readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](const asio::error_code& cancelled) {
                           if (cancelled || self->closed_) return;
                           self->take();
                           if (!self->closed_) self->go_on();
                         });
  }
  void close() {
    closed_ = true;
    asio::error_code ignored;
    ignored = readable_.close(ignored);
    rest_.cancel();
  }
  std::uint64_t lost() {
    lost_ += receiver_.take_overflow();
    return lost_;
  }

  os::Result<> take_also(const wire::MacAddress& mac) { return receiver_.take_also(mac); }
  /// What waits in the kernel, as far as the pace allows.
  void take() {
    refill();
    std::vector<wire::Bytes> frames;
    while (left_ > 0) {
      // An interface that went down says so once; its link report is the news.
      auto frame = receiver_.receive().value_or(std::nullopt);
      if (!frame) break;
      --left_;
      frames.push_back(std::move(*frame));
    }
    if (!frames.empty()) heard_(frames);
  }

 private:
  void go_on() {
    if (left_ > 0) return listen();
    rest_.expires_after(kWaitFor * pace_.interval);
    rest_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
      if (!cancelled && !self->closed_) self->listen();
    });
  }
  void refill() {
    const auto more = (Clock::now() - refilled_) / pace_.interval;
    refilled_ += more * pace_.interval;
    left_ = std::min(pace_.burst, left_ + static_cast<std::size_t>(more));
  }

  os::FrameReceiver receiver_;
  asio::posix::stream_descriptor readable_;
  asio::steady_timer rest_;
  Pace pace_;
  std::function<void(const std::vector<wire::Bytes>&)> heard_;
  std::size_t left_;
  Clock::time_point refilled_;
  std::uint64_t lost_ = 0;
  bool closed_ = false;
};

Listener::Listener(asio::io_context& loop, std::shared_ptr<Network> network, Heard heard)
    : loop_(loop), network_(std::move(network)), heard_(std::move(heard)) {}

Listener::~Listener() {
  for (auto& [slave, ears] : ears_) close(ears);
}

std::vector<os::Error> Listener::hear(const core::Listening& kinds,
                                      const std::vector<core::IfIndex>& slaves) {
  std::vector<os::Error> failures;
  const bool same_kinds = std::exchange(kinds_, kinds) == kinds;
  std::erase_if(ears_, [&](const auto& each) {
    if (same_kinds && std::ranges::find(slaves, each.first) != slaves.end()) return false;
    close(each.second);
    return true;
  });
  if (kinds == core::Listening{}) return failures;
  for (const auto slave : slaves) {
    if (!ears_.contains(slave)) ears_.emplace(slave, open(slave, kinds, failures));
  }
  return failures;
}

Listener::Ears Listener::open(core::IfIndex slave, const core::Listening& kinds,
                              std::vector<os::Error>& failures) {
  Ears ears;
  const auto start = [&](os::Result<os::FrameReceiver> receiver, Pace pace) -> std::shared_ptr<Ear> {
    if (!receiver) {
      failures.push_back(receiver.error());
      return nullptr;
    }
    auto ear = std::make_shared<Ear>(
        loop_, std::move(*receiver), pace,
        [this, slave](const std::vector<wire::Bytes>& frames) { heard_(slave, frames); });
    ear->listen();
    return ear;
  };
  if (kinds.slow_protocols) {
    using enum os::FrameReceiver::SlowFrames;
    const auto slow = [&](auto which) {
      return start(os::FrameReceiver::open_slow_protocols(network_->where, slave, which), kSlowProtocolsPace);
    };
    ears.lacpdus = slow(lacpdus);
    ears.other_slow = slow(others);
  }
  if (kinds.arp || kinds.nd || kinds.icmp || kinds.bfd || kinds.micro_bfd) {
    ears.probes = start(os::FrameReceiver::open_probes(network_->where, slave, kinds), kProbePace);
  }
  return ears;
}

void Listener::close(const Ears& ears) {
  for (const auto& ear : {ears.lacpdus, ears.other_slow, ears.probes}) {
    if (ear) ear->close();
  }
}

os::Result<> Listener::hear_also(core::IfIndex slave, const wire::MacAddress& mac) {
  const auto found = ears_.find(slave);
  if (found == ears_.end() || !found->second.probes) return {};
  return found->second.probes->take_also(mac);
}

void Listener::drain() {
  // Copies: what is heard may close ears.
  std::vector<std::shared_ptr<Ear>> all;
  for (const auto& [slave, ears] : ears_) {
    for (const auto& ear : {ears.lacpdus, ears.other_slow, ears.probes}) {
      if (ear) all.push_back(ear);
    }
  }
  for (const auto& ear : all) ear->take();
}

std::uint64_t Listener::lost(core::IfIndex slave) const {
  std::uint64_t sum = 0;
  if (const auto found = ears_.find(slave); found != ears_.end()) {
    for (const auto& ear : {found->second.lacpdus, found->second.other_slow, found->second.probes}) {
      if (ear) sum += ear->lost();
    }
  }
  return sum;
}

}  // namespace ebond::daemon
