#include "core/bfd/session.h"

#include <algorithm>
#include <utility>

#include "core/splitmix.h"

namespace ebond::core::bfd {
namespace {

using wire::BfdControl;
using wire::BfdDiagnostic;
using wire::BfdState;

std::uint32_t microseconds(Duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace

Session::Session(Settings settings, std::uint64_t seed, TimePoint now)
    : settings_(settings),
      random_state_(seed),
      required_min_rx_(settings.interval),
      rx_in_use_(settings.interval),
      since_(now),
      next_periodic_(now) {
  take_discriminator();
}

void Session::take_discriminator() {
  do local_discriminator_ = static_cast<std::uint32_t>(random());
  while (local_discriminator_ == 0);
}

std::uint64_t Session::random() {
  return splitmix64(random_state_);
}

std::optional<Duration> Session::transmit_interval() const {
  if (remote_min_rx_ == Duration::zero()) return std::nullopt;
  return std::max(tx_in_use_, remote_min_rx_);
}

Duration Session::detection_time() const {
  return remote_detect_mult_ * std::max(rx_in_use_, remote_desired_min_tx_);
}

/// 6.8.7: 75 to 100 % of the interval, to 90 % where one lost packet is one too many.
Duration Session::jittered(Duration interval) {
  constexpr std::uint64_t kSteps = 1024;
  const auto span = interval * (settings_.multiplier == 1 ? 15 : 25) / 100;
  return interval * 3 / 4 + span * static_cast<std::int64_t>(random() % (kSteps + 1)) / kSteps;
}

bool Session::sends_periodically() const {
  const bool silenced = remote_demand_ && state_ == BfdState::up && remote_state_ == BfdState::up;
  return transmit_interval().has_value() && (!silenced || polling_);
}

/// The next periodic packet, a jittered interval after the last one; at once where that passed. Where the
/// interval is what it was, the packet stays where it is.
void Session::reschedule(TimePoint now) {
  const auto interval = transmit_interval();
  if (!interval || !sends_periodically()) {
    next_periodic_.reset();
    return;
  }
  const bool fits = until_next_ >= *interval * 3 / 4 && until_next_ <= *interval;
  if (next_periodic_ && fits) return;
  until_next_ = jittered(*interval);
  next_periodic_ = std::max(now, last_sent_.value_or(now) + until_next_);
}

bool Session::belongs(const BfdControl& packet) const {
  if (packet.authenticated) return false;
  const bool knows_us = packet.your_discriminator == local_discriminator_;
  if (packet.your_discriminator != 0 && !knows_us) return false;
  if (state_ != BfdState::up) return true;
  if (packet.my_discriminator != remote_discriminator_) return false;
  return knows_us || packet.diagnostic == BfdDiagnostic::detection_time_expired;
}

bool Session::hear(const BfdControl& packet, TimePoint now) {
  if (!belongs(packet)) return false;
  const bool knows_us = packet.your_discriminator != 0;
  remote_discriminator_ = packet.my_discriminator;
  remote_state_ = packet.state;
  remote_demand_ = packet.demand;
  remote_min_rx_ = std::chrono::microseconds(packet.required_min_rx_us);
  remote_desired_min_tx_ = std::chrono::microseconds(packet.desired_min_tx_us);
  remote_detect_mult_ = packet.detect_mult;
  last_heard_ = now;
  if (polling_ && packet.final) {
    polling_ = std::exchange(poll_again_, false);
    if (!polling_) {
      tx_in_use_ = desired_min_tx_;
      rx_in_use_ = required_min_rx_;
    }
  }
  if (packet.state == BfdState::admin_down) {
    if (knows_us) peer_is_admin_down_ = true;
    if (state_ != BfdState::down) become(BfdState::down, BfdDiagnostic::neighbor_signaled_down, now);
  } else {
    if (knows_us) peer_is_admin_down_ = false;
    take_state(packet.state, now);
  }
  if (packet.poll) final_is_due_ = true;
  reschedule(now);
  return true;
}

void Session::take_state(BfdState theirs, TimePoint now) {
  switch (state_) {
    case BfdState::admin_down:
      break;
    case BfdState::down:
      if (theirs == BfdState::down) become(BfdState::init, diagnostic_, now);
      if (theirs == BfdState::init) become(BfdState::up, BfdDiagnostic::none, now);
      break;
    case BfdState::init:
      if (theirs == BfdState::init || theirs == BfdState::up) become(BfdState::up, BfdDiagnostic::none, now);
      break;
    case BfdState::up:
      if (theirs == BfdState::down) become(BfdState::down, BfdDiagnostic::neighbor_signaled_down, now);
      break;
  }
}

/// 6.8.3: slow until Up. Going Up the faster interval is used at once, and a Poll Sequence tells the peer.
void Session::become(BfdState state, BfdDiagnostic why, TimePoint now) {
  if (state != state_) since_ = now;
  state_ = state;
  diagnostic_ = why;
  news_is_due_ = true;
  const bool up = state == BfdState::up;
  desired_min_tx_ =
      up ? Duration(settings_.interval) : std::max(Duration(settings_.interval), Duration(kSlowInterval));
  required_min_rx_ = settings_.interval;
  tx_in_use_ = desired_min_tx_;
  rx_in_use_ = required_min_rx_;
  polling_ = up;
  poll_again_ = false;
  reschedule(now);
}

bool Session::expire(TimePoint now) {
  if (!last_heard_ || now < *last_heard_ + detection_time()) return false;
  last_heard_.reset();
  remote_discriminator_ = 0;
  remote_state_ = BfdState::down;
  remote_demand_ = false;
  remote_min_rx_ = std::chrono::microseconds{1};
  if (state_ == BfdState::init || state_ == BfdState::up) {
    if (state_ == BfdState::up) {
      farewell_discriminator_ = local_discriminator_;
      take_discriminator();
    }
    become(BfdState::down, BfdDiagnostic::detection_time_expired, now);
  }
  reschedule(now);
  return true;
}

std::optional<BfdControl> Session::take_packet(TimePoint now) {
  const bool periodic_is_due = next_periodic_ && now >= *next_periodic_;
  const bool news = news_is_due_ && transmit_interval();
  if (!final_is_due_ && !news && !periodic_is_due) return std::nullopt;
  BfdControl packet{.diagnostic = diagnostic_,
                    .state = state_,
                    .poll = polling_ && !final_is_due_,
                    .final = std::exchange(final_is_due_, false),
                    .detect_mult = settings_.multiplier,
                    .my_discriminator = local_discriminator_,
                    .your_discriminator = remote_discriminator_,
                    .desired_min_tx_us = microseconds(desired_min_tx_),
                    .required_min_rx_us = microseconds(required_min_rx_)};
  // A Final is sent beside the periodic packets, news instead of the next one.
  if (!packet.final || periodic_is_due) {
    last_sent_ = now;
    next_periodic_.reset();
    until_next_ = Duration::zero();
    reschedule(now);
  }
  news_is_due_ = farewell_discriminator_ != 0;
  if (farewell_discriminator_ != 0) packet.my_discriminator = std::exchange(farewell_discriminator_, 0);
  return packet;
}

std::optional<TimePoint> Session::detection_ends() const {
  return last_heard_ ? std::optional(*last_heard_ + detection_time()) : std::nullopt;
}

std::optional<TimePoint> Session::next_deadline() const {
  auto next = earlier(next_periodic_, detection_ends());
  if (final_is_due_ || (news_is_due_ && transmit_interval())) next = TimePoint::min();
  return next;
}

void Session::configure(Settings settings, TimePoint now) {
  if (settings == std::exchange(settings_, settings)) return;
  const Duration slowest = settings_.interval;
  desired_min_tx_ = state_ == BfdState::up ? slowest : std::max(slowest, Duration(kSlowInterval));
  required_min_rx_ = settings_.interval;
  if (state_ != BfdState::up) {
    tx_in_use_ = desired_min_tx_;
    rx_in_use_ = required_min_rx_;
  } else {
    // Until the peer knows: never slower than it expects, never expecting it faster than it sends.
    tx_in_use_ = std::min(tx_in_use_, desired_min_tx_);
    rx_in_use_ = std::max(rx_in_use_, required_min_rx_);
    poll_again_ = std::exchange(polling_, true);
  }
  reschedule(now);
}

}  // namespace ebond::core::bfd
