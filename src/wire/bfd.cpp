#include "wire/bfd.h"

#include <stdexcept>

namespace ebond::wire {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSize = 24;
constexpr std::size_t kSmallestAuthenticatedSize = 26;
constexpr std::uint8_t kPoll = 0x20;
constexpr std::uint8_t kFinal = 0x10;
constexpr std::uint8_t kControlPlaneIndependent = 0x08;
constexpr std::uint8_t kAuthenticated = 0x04;
constexpr std::uint8_t kDemand = 0x02;
constexpr std::uint8_t kMultipoint = 0x01;

}  // namespace

std::expected<BfdControl, BfdFault> parse_bfd(ByteView udp_payload) {
  if (udp_payload.size() < kSize) return std::unexpected(BfdFault::too_short);
  Reader in(udp_payload);
  const std::uint8_t version_and_diagnostic = in.u8();
  const std::uint8_t state_and_flags = in.u8();
  const auto has = [&](std::uint8_t flag) { return (state_and_flags & flag) != 0; };
  BfdControl packet;
  packet.diagnostic = BfdDiagnostic{static_cast<std::uint8_t>(version_and_diagnostic & 0x1f)};
  packet.state = BfdState{static_cast<std::uint8_t>(state_and_flags >> 6)};
  packet.poll = has(kPoll);
  packet.final = has(kFinal);
  packet.control_plane_independent = has(kControlPlaneIndependent);
  packet.authenticated = has(kAuthenticated);
  packet.demand = has(kDemand);
  packet.detect_mult = in.u8();
  const std::size_t length = in.u8();
  packet.my_discriminator = in.u32();
  packet.your_discriminator = in.u32();
  packet.desired_min_tx_us = in.u32();
  packet.required_min_rx_us = in.u32();
  packet.required_min_echo_rx_us = in.u32();

  const bool session_is_down = packet.state == BfdState::down || packet.state == BfdState::admin_down;
  if (version_and_diagnostic >> 5 != kVersion) return std::unexpected(BfdFault::wrong_version);
  if (length < (packet.authenticated ? kSmallestAuthenticatedSize : kSize)) {
    return std::unexpected(BfdFault::too_short);
  }
  if (length > udp_payload.size()) return std::unexpected(BfdFault::truncated);
  if (packet.detect_mult == 0) return std::unexpected(BfdFault::zero_detect_mult);
  if (has(kMultipoint)) return std::unexpected(BfdFault::multipoint);
  if (packet.my_discriminator == 0) return std::unexpected(BfdFault::zero_my_discriminator);
  if (packet.your_discriminator == 0 && !session_is_down) {
    return std::unexpected(BfdFault::zero_your_discriminator);
  }
  return packet;
}

Bytes build_bfd(const BfdControl& packet) {
  if (packet.authenticated) throw std::logic_error("BFD authentication is not built here");
  const auto flag = [](bool set, std::uint8_t bit) { return set ? bit : std::uint8_t{0}; };
  Writer out;
  out.u8(static_cast<std::uint8_t>(kVersion << 5 | (static_cast<std::uint8_t>(packet.diagnostic) & 0x1f)));
  out.u8(static_cast<std::uint8_t>(
      static_cast<std::uint8_t>(packet.state) << 6 | flag(packet.poll, kPoll) | flag(packet.final, kFinal) |
      flag(packet.control_plane_independent, kControlPlaneIndependent) | flag(packet.demand, kDemand)));
  out.u8(packet.detect_mult).u8(kSize).u32(packet.my_discriminator).u32(packet.your_discriminator);
  out.u32(packet.desired_min_tx_us).u32(packet.required_min_rx_us).u32(packet.required_min_echo_rx_us);
  return std::move(out).finish();
}

}  // namespace ebond::wire
