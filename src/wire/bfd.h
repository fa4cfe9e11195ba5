// The BFD control packet (RFC 5880 4.1), parse and build: the UDP payload, nothing below it.
// Used by the BFD and micro-BFD (RFC 7130) path monitors. Parsing makes the checks of RFC 5880 6.8.6 that
// need the packet alone; those that need a session (discriminators, authentication in use) are core's.
#pragma once

#include <cstdint>
#include <expected>

#include "wire/bytes.h"

namespace ebond::wire {

/// Where micro-BFD is sent while no MAC of the far end is known: RFC 7130 2.3.
inline constexpr MacAddress kMicroBfdGroup({0x01, 0x00, 0x5e, 0x90, 0x00, 0x01});

enum class BfdState : std::uint8_t { admin_down = 0, down = 1, init = 2, up = 3 };

enum class BfdDiagnostic : std::uint8_t {
  none = 0,
  detection_time_expired = 1,
  echo_failed = 2,
  neighbor_signaled_down = 3,
  forwarding_plane_reset = 4,
  path_down = 5,
  concatenated_path_down = 6,
  administratively_down = 7,
  reverse_concatenated_path_down = 8
};

struct BfdControl {
  BfdDiagnostic diagnostic = BfdDiagnostic::none;  ///< 0..31; values beyond the named ones are kept
  BfdState state = BfdState::down;
  bool poll = false;
  bool final = false;
  bool control_plane_independent = false;
  bool authenticated = false;  ///< the A bit: a session without authentication must drop the packet
  bool demand = false;
  std::uint8_t detect_mult = 3;
  std::uint32_t my_discriminator = 0;
  std::uint32_t your_discriminator = 0;
  std::uint32_t desired_min_tx_us = 0;
  std::uint32_t required_min_rx_us = 0;
  std::uint32_t required_min_echo_rx_us = 0;
  bool operator==(const BfdControl&) const = default;
};

/// The check of RFC 5880 6.8.6 a packet failed, in the order it makes them.
enum class BfdFault : std::uint8_t {
  wrong_version,            ///< not 1
  too_short,                ///< length field below 24, or 26 with the A bit, or no 24 bytes at all
  truncated,                ///< length field beyond the payload
  zero_detect_mult,         ///< Detect Mult 0
  multipoint,               ///< the M bit
  zero_my_discriminator,    ///< My Discriminator 0
  zero_your_discriminator,  ///< Your Discriminator 0 in a state other than Down and AdminDown
};

std::expected<BfdControl, BfdFault> parse_bfd(ByteView udp_payload);

/// Twenty-four bytes, version 1, no authentication section (`authenticated` must be false).
Bytes build_bfd(const BfdControl& packet);

}  // namespace ebond::wire
