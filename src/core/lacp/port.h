// An Aggregation Port: the variables the state machines of one link share (IEEE 802.1AX-2020 6.4.6, 6.4.7).
// The machines beside this file read and write it and own their timers; lacp::System owns both. Names are the
// standard's, so code and diagram can be held side by side.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/lacp/timer.h"
#include "core/types.h"
#include "wire/lacpdu.h"

namespace ebond::core::lacp {

using wire::LacpBit;
using wire::LacpInfo;

// 6.4.4, and IEEE 802.3 Annex 57A for the last
inline constexpr Duration kFastPeriodicTime = std::chrono::seconds(1);
inline constexpr Duration kSlowPeriodicTime = std::chrono::seconds(30);
inline constexpr Duration kShortTimeoutTime = 3 * kFastPeriodicTime;
inline constexpr Duration kLongTimeoutTime = 3 * kSlowPeriodicTime;
inline constexpr Duration kChurnDetectionTime = std::chrono::seconds(60);
inline constexpr Duration kAggregateWaitTime = std::chrono::seconds(2);
/// A loop is over when none of our own LACPDUs came back for this long; ours, not the standard's.
inline constexpr Duration kLoopMemory = kLongTimeoutTime;
inline constexpr std::size_t kMaxLacpdusPerFastPeriod = 3;
inline constexpr std::size_t kMaxSlowFramesPerSecond = 10;

enum class Selected : std::uint8_t { UNSELECTED, SELECTED, STANDBY };

/// One change of state of one machine.
struct Transition {
  std::string_view machine;  ///< "Receive", "Mux", …
  std::string_view from;
  std::string_view to;
  std::string why;
};

/// Partner values while no partner is known: the driver's Partner_Admin ones.
inline LacpInfo default_partner() {
  return {.system_priority = 0xffff,
          .system = {},
          .key = 1,
          .port_priority = 0xff,
          .port_number = 1,
          .state = wire::LacpState()};
}

struct Port {
  bool BEGIN = true;  ///< (re)initialises every machine once
  bool port_enabled = false;
  bool LACP_Enabled = true;  ///< false: the link is not full duplex
  bool port_moved = false;   ///< our partner was heard on another port while this one was down
  Selected selected = Selected::UNSELECTED;
  bool Ready_N = false;  ///< this port has waited long enough
  bool Ready = false;    ///< so have all ports waiting for the same aggregator
  bool NTT = false;      ///< need to transmit

  LacpInfo actor;  ///< Actor_Oper values; the key is the operational one
  LacpInfo partner_admin = default_partner();
  LacpInfo partner = default_partner();  ///< Partner_Oper values
  /// The partner's latest LACPDU described us as we are: it hears us.
  bool partner_knows_us = false;

  std::vector<Transition> trace;  ///< since System last took it

  bool actor_has(LacpBit bit) const { return actor.state.has(bit); }
  bool partner_has(LacpBit bit) const { return partner.state.has(bit); }
};

}  // namespace ebond::core::lacp
