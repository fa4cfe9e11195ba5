// The LACP system of one bond (IEEE 802.1AX-2020 6.3, 6.4): its ports, who is at their other ends, which of
// them aggregate, and which may carry traffic.
//
// Used by Bond in mode 802.3ad: settings, links and received frames go in, each with the time; frames to
// send, changes of what may carry, and a record come out. It does no I/O and never reads a clock.
//
// The one rule for the data path: send only on a port that may_distribute(), accept only from one that
// may_collect().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/event.h"
#include "core/lacp/memory.h"
#include "core/options/options.h"
#include "core/status.h"
#include "core/types.h"
#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/lacpdu.h"

namespace ebond::core::lacp {

/// What the bond's options say of LACP.
struct Settings {
  MacAddress system;                      ///< ad_actor_system, or the bond's MAC
  std::uint16_t system_priority = 65535;  ///< ad_actor_sys_prio
  std::uint16_t user_port_key = 0;        ///< ad_user_port_key, 0..1023
  bool active = true;                     ///< lacp_active
  LacpRate rate = LacpRate::slow;         ///< how often we ask the partner to speak
  AdSelect ad_select = AdSelect::stable;
  std::uint32_t min_links = 0;
  bool coupled_control = true;
  bool strict = false;    ///< lacp_strict: without a partner that aggregates, no carrier and no traffic
  bool fallback = false;  ///< lacp_fallback: while no port hears LACP, one carries, chosen by port priority
  bool operator==(const Settings&) const = default;
};
Settings settings_from(const BondOptions& options, const MacAddress& bond_mac);

/// What the bond knows of a slave.
struct PortFacts {
  IfIndex id{};
  std::string name;
  MacAddress mac;                     ///< source of its frames: the permanent address
  LinkState link;                     ///< carrier: as the bond judges it, delays and path included
  bool is_held = false;               ///< no carrier by the bond's judgement alone: the partner can be told
  std::uint16_t port_priority = 255;  ///< actor_port_prio
  bool operator==(const PortFacts&) const = default;
};

namespace action {
/// A whole frame out of one port.
struct SendFrame {
  IfIndex port;
  wire::Bytes frame;
};
/// may_collect() or may_distribute() of a port changed: change the data path before sending what follows.
struct PortChanged {
  IfIndex port;
  bool distributes;
};
}  // namespace action
using Action = std::variant<action::PortChanged, action::SendFrame, Event>;
using Actions = std::vector<Action>;

/// Per port, since it was added; the driver's counters, and why frames were dropped.
struct Counters {
  std::uint64_t lacpdu_rx = 0;  ///< good ones
  std::uint64_t lacpdu_tx = 0;
  std::uint64_t lacpdu_illegal_rx = 0;
  std::uint64_t slow_unknown_rx = 0;  ///< neither LACP nor Marker
  std::uint64_t loop_rx = 0;          ///< our own, come back
  std::uint64_t marker_rx = 0;
  std::uint64_t marker_response_rx = 0;
  std::uint64_t marker_response_tx = 0;
  std::uint64_t marker_unknown_rx = 0;
  std::array<std::uint64_t, wire::kLacpduErrors> illegal_by_reason{};  ///< by wire::LacpduError
};

class System {
 public:
  explicit System(const Settings& settings);
  /// Goes on where `memory()` of an earlier process stopped: same partners, same aggregators, what carried
  /// carries. Every partner heard before gets a whole timeout to be heard again. `ports` are those of the
  /// memory, in any order; one the memory does not know starts anew. A memory that contradicts itself is
  /// taken as far as it makes sense.
  static System restore(const Settings& settings, const Memory& memory, const std::vector<PortFacts>& ports,
                        TimePoint now);
  System(System&&) noexcept;
  System& operator=(System&&) noexcept;
  ~System();

  /// The same settings again are no news, nor are the same facts of a port.
  Actions configure(const Settings& settings, TimePoint now);
  /// ... or update_port(), if it has the port.
  Actions add_port(const PortFacts& facts, TimePoint now);
  /// Link, name, priority: whatever changed. Says goodbye to the partner if the port is held from now on.
  Actions update_port(const PortFacts& facts, TimePoint now);
  /// Says goodbye to the partner, then forgets the port.
  Actions remove_port(IfIndex port, TimePoint now);
  /// A Slow Protocols frame. Others, and frames of unknown ports, are ignored.
  Actions frame_received(IfIndex port, const wire::EthernetFrame& frame, TimePoint now);
  /// Runs every timer due at `now`.
  Actions advance(TimePoint now);
  std::optional<TimePoint> next_deadline() const;

  bool may_collect(IfIndex port) const;
  bool may_distribute(IfIndex port) const;
  /// There is an active aggregator with min_links enabled ports; under lacp_strict, with as many
  /// distributing.
  bool carrier() const;
  /// The identifier of the active aggregator.
  std::optional<std::uint16_t> active_aggregator() const;
  bool has_port(IfIndex port) const;
  std::vector<IfIndex> ports() const;  ///< in the order they were added

  LacpBondStatus bond_status() const;
  LacpSlaveStatus port_status(IfIndex port) const;  ///< of a port it has
  const Counters& counters(IfIndex port) const;     ///< of a port it has
  Memory memory() const;

 private:
  struct State;
  explicit System(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ebond::core::lacp
