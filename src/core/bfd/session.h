// One BFD session (RFC 5880), asynchronous mode, active role, without authentication and echo: states, timers
// and what a packet means to them.
//
// Used by the bfd and micro_bfd path monitors, which find the session a packet is for, check what is below it
// (addresses, ports, TTL) and put the packets it hands back into frames. Pure: time comes in, packets go in
// and out. Members are named as RFC 5880 6.8.1 names its variables.
//
// Stricter than the RFC in one place, as anybody on the wire can send what he likes: while the session is Up
// a packet must carry both discriminators of the session. A packet whose Your Discriminator is zero ends it
// only where it comes from the peer's session itself and says that its detection time expired, as a peer that
// hears nothing of us does. A peer that began anew is known by its silence, one detection time later.
// A session that was lost tells its peer so by the discriminator that knows, and goes on with another, so
// that packets of an earlier life mean nothing. Who can read the link can still repeat the packets of the
// present life: that takes authentication to tell.
#pragma once

#include <cstdint>
#include <optional>

#include "core/types.h"
#include "wire/bfd.h"

namespace ebond::core::bfd {

/// The transmission interval while a session is not Up: RFC 5880 6.8.3.
inline constexpr Milliseconds kSlowInterval{1000};

struct Settings {
  Milliseconds interval{100};   ///< Desired Min TX once Up, and Required Min RX
  std::uint8_t multiplier = 3;  ///< Detect Mult
  bool operator==(const Settings&) const = default;
};

class Session {
 public:
  /// Begins Down. `seed` makes the discriminator and the jitter; two sessions of a host must not share one.
  Session(Settings settings, std::uint64_t seed, TimePoint now);

  /// A packet that passed parse_bfd and came from this session's peer: RFC 5880 6.8.6. False: discarded.
  bool hear(const wire::BfdControl& packet, TimePoint now);
  /// RFC 5880 6.8.4: what was not heard for a whole detection time is lost. True where that was noticed.
  bool expire(TimePoint now);
  /// A packet that is due now, one at a time: an answer to a Poll, a change of state, the next periodic one.
  std::optional<wire::BfdControl> take_packet(TimePoint now);
  /// When expire() or take_packet() next has something to do.
  std::optional<TimePoint> next_deadline() const;
  /// New intervals, announced with a Poll Sequence where the session is Up: RFC 5880 6.8.3.
  void configure(Settings settings, TimePoint now);

  wire::BfdState state() const { return state_; }
  wire::BfdState remote_state() const { return remote_state_; }
  wire::BfdDiagnostic diagnostic() const { return diagnostic_; }
  std::uint32_t local_discriminator() const { return local_discriminator_; }
  std::uint32_t remote_discriminator() const { return remote_discriminator_; }
  bool is_up() const { return state_ == wire::BfdState::up; }
  /// The peer said, knowing our discriminator, that it is AdminDown; until it says otherwise. Not a failure
  /// of the path: RFC 5882 3.2.
  bool peer_is_admin_down() const { return peer_is_admin_down_; }
  bool is_polling() const { return polling_; }
  /// What was negotiated, RFC 5880 6.8.2; none: the peer wants nothing.
  std::optional<Duration> transmit_interval() const;
  /// RFC 5880 6.8.4
  Duration detection_time() const;
  std::optional<TimePoint> last_heard() const { return last_heard_; }
  /// Of its state.
  TimePoint since() const { return since_; }
  /// When expire() has something to do.
  std::optional<TimePoint> detection_ends() const;

 private:
  bool belongs(const wire::BfdControl& packet) const;
  void take_state(wire::BfdState theirs, TimePoint now);
  void become(wire::BfdState state, wire::BfdDiagnostic why, TimePoint now);
  void reschedule(TimePoint now);
  bool sends_periodically() const;
  Duration jittered(Duration interval);
  void take_discriminator();
  std::uint64_t random();

  Settings settings_;
  std::uint64_t random_state_;
  wire::BfdState state_ = wire::BfdState::down;                 // bfd.SessionState
  wire::BfdState remote_state_ = wire::BfdState::down;          // bfd.RemoteSessionState
  wire::BfdDiagnostic diagnostic_ = wire::BfdDiagnostic::none;  // bfd.LocalDiag
  std::uint32_t local_discriminator_ = 0;                       // bfd.LocalDiscr
  std::uint32_t remote_discriminator_ = 0;                      // bfd.RemoteDiscr
  Duration desired_min_tx_ = kSlowInterval;                     // bfd.DesiredMinTxInterval
  Duration required_min_rx_;                                    // bfd.RequiredMinRxInterval
  Duration remote_min_rx_ = std::chrono::microseconds{1};       // bfd.RemoteMinRxInterval
  bool remote_demand_ = false;                                  // bfd.RemoteDemandMode
  Duration remote_desired_min_tx_ = kSlowInterval;
  std::uint8_t remote_detect_mult_ = 3;

  // What is in use while a Poll Sequence has not told the peer of the values above.
  Duration tx_in_use_ = kSlowInterval;
  Duration rx_in_use_;
  bool polling_ = false;
  bool poll_again_ = false;  ///< changed once more since the Poll that is under way

  bool final_is_due_ = false;
  bool news_is_due_ = false;
  std::uint32_t farewell_discriminator_ = 0;  ///< to tell the peer of the loss by; 0: told
  bool peer_is_admin_down_ = false;
  TimePoint since_;
  std::optional<TimePoint> last_sent_;
  std::optional<TimePoint> last_heard_;
  std::optional<TimePoint> next_periodic_;
  Duration until_next_{0};  ///< the jittered interval next_periodic_ was made of
};

}  // namespace ebond::core::bfd
