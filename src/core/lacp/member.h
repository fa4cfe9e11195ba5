// Inside lacp::System: a port with its machines, and the aggregator that came with it. As in the driver there
// is one aggregator per port, so that every port can be alone; those without ports are free.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/lacp/churn_machine.h"
#include "core/lacp/marker_responder.h"
#include "core/lacp/mux_machine.h"
#include "core/lacp/periodic_machine.h"
#include "core/lacp/port.h"
#include "core/lacp/receive_machine.h"
#include "core/lacp/system.h"
#include "core/lacp/transmit_machine.h"

namespace ebond::core::lacp {

/// IEEE 802.1AX-2020 6.4.5. Its LAG ID is key and partner; ports with another do not attach.
struct Aggregator {
  std::uint16_t id = 0;
  bool is_active = false;  ///< the bond's traffic goes over this one
  std::uint16_t key = 0;
  MacAddress partner_system;
  std::uint16_t partner_priority = 0;
  std::uint16_t partner_key = 0;
  bool is_individual = false;  ///< one end cannot aggregate: no second port attaches
  /// Since when it is active without a port the partner is in sync on.
  std::optional<TimePoint> unanswered_since;
  bool is_refused = false;  ///< so for too long: another, answered one is better

  bool has_partner() const { return !partner_system.is_zero(); }
};

struct Member {
  PortFacts facts;
  Port port;
  ReceiveMachine receive;
  PeriodicMachine periodic;
  MuxMachine mux;
  TransmitMachine transmit;
  ChurnMachine actor_churn{ChurnMachine::End::actor};
  ChurnMachine partner_churn{ChurnMachine::End::partner};
  MarkerResponder marker_responder;
  Aggregator own_aggregator;
  std::uint16_t attached_to = 0;         ///< identifier of the aggregator it is in; 0 none
  Timer loop_timer;                      ///< runs while our own LACPDUs come back here
  std::optional<TimePoint> loop_told{};  ///< when it was last said that such were ignored
  Counters counters;
  std::optional<TimePoint> last_heard;

  // What the bond was last told.
  bool collects = false;
  bool distributes = false;

  bool is_looped() const { return loop_timer.running(); }
  /// Counts for its aggregator.
  bool is_usable() const { return port.port_enabled && !is_looped(); }
  /// Waited for a partner in vain: nobody, or nobody who speaks LACP.
  bool hears_nobody() const {
    return receive.state() == ReceiveMachine::State::DEFAULTED ||
           receive.state() == ReceiveMachine::State::LACP_DISABLED;
  }
};
using Members = std::vector<Member>;  // in the order they were added

Member* find_member(Members& members, IfIndex id);
Aggregator* find_aggregator(Members& members, std::uint16_t id);
const Aggregator* find_aggregator(const Members& members, std::uint16_t id);
const Aggregator* active_aggregator(const Members& members);

}  // namespace ebond::core::lacp
