// A bond as it stands, for those who look: proc text, JSON, `ebond show`. A plain snapshot; making one
// changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/neighbour.h"
#include "core/options/options.h"
#include "core/types.h"

namespace ebond::core {

enum class MiiStatus : std::uint8_t {
  up = 0,
  going_down = 1,
  down = 2,
  going_back = 3
};  // the driver's numbers

struct LacpPortInfo {
  std::uint16_t system_priority = 0;
  MacAddress system;
  std::uint16_t key = 0;
  std::uint16_t port_priority = 0;
  std::uint16_t port_number = 0;
  std::uint8_t state = 0;  ///< the actor state octet, IEEE 802.1AX-2020 6.4.2.3
};

/// Frames of the Slow Protocols, since the port was added.
struct LacpCounts {
  std::uint64_t lacpdu_rx = 0, lacpdu_tx = 0;
  std::uint64_t illegal_rx = 0;  ///< LACPDUs that are none
  std::uint64_t unknown_rx = 0;  ///< neither LACP nor Marker
  std::uint64_t loop_rx = 0;     ///< our own, come back
  std::uint64_t marker_rx = 0, marker_response_tx = 0;
  std::uint64_t marker_response_rx = 0;  ///< nobody's answer: we send no Markers
  std::uint64_t marker_unknown_rx = 0;   ///< of the Marker protocol, and neither
};

struct LacpSlaveStatus {
  std::uint16_t aggregator_id = 0;
  std::string actor_churn;  ///< "none", "monitoring", "churned"
  std::string partner_churn;
  std::uint32_t actor_churned_count = 0;
  std::uint32_t partner_churned_count = 0;
  LacpPortInfo actor;
  LacpPortInfo partner;
  std::string advice;  ///< why this slave carries nothing and what to check; empty where it carries
  LacpCounts counts{};
};

struct LacpBondStatus {
  std::uint16_t active_aggregator_id = 0;
  std::uint16_t number_of_ports = 0;
  std::uint16_t actor_key = 0;
  std::uint16_t partner_key = 0;
  MacAddress partner_mac;
  std::uint16_t system_priority = 65535;
  MacAddress system;
};

/// Who can hold a slave out although its link is up.
enum class PathJudge : std::uint8_t {
  arp,       ///< the ARP and ND monitor: arp_interval
  icmp,      ///< path_monitor icmp
  bfd,       ///< path_monitor bfd
  failback,  ///< its link is back, the path beyond it not yet proved
  damping,   ///< it went up and down too often
  drain      ///< a command took it out
};
/// "arp", "icmp", "bfd", "failback", "damping", "drain"
std::string_view path_judge_name(PathJudge judge);

/// A slave held out by one judge.
struct PathHold {
  PathJudge judge{};
  std::string why{};  ///< one plain phrase: "no answer from 192.0.2.254"
  /// What the driver would call it: down, or going back where it only waits to be used.
  MiiStatus shown = MiiStatus::down;
  TimePoint since{};
  std::optional<TimePoint> until{};  ///< when it ends by itself, where it does
  bool takes_in = false;             ///< what still comes in by it is the bond's
  bool operator==(const PathHold&) const = default;
};

/// What a path monitor asks through a slave, and how it stands.
struct MonitorSession {
  IfIndex slave{};
  PathJudge judge{};
  std::string target{};                  ///< an address, or "far end"
  std::string state{};                   ///< "up", "waiting", "down"; of BFD the session's: "init", …
  Duration interval{};                   ///< from one question to the next
  Duration detection{};                  ///< so long unanswered, it is lost
  std::optional<TimePoint> since{};      ///< of the state, where that is known
  std::optional<TimePoint> answered{};   ///< last
  std::optional<Duration> round_trip{};  ///< of the last answer, where questions are told apart
};

struct SlaveStatus {
  std::string name;
  IfIndex ifindex{};
  SlotId slot{};
  bool active = false;  ///< may carry traffic: the driver's state "ACTIVE", else "BACKUP"
  /// The driver's word for whether it can be used: of the link, or where that is up, of the path.
  MiiStatus mii_status = MiiStatus::down;
  MiiStatus link_status = MiiStatus::down;  ///< of the link alone
  std::vector<PathHold> path;               ///< who holds it out; empty: its path is proved, or not watched
  std::optional<Milliseconds> delay_left;   ///< of updelay or downdelay, while going back or down
  std::uint32_t link_failure_count = 0;     ///< times the link or the path was lost
  std::uint32_t path_failure_count = 0;     ///< of these, the path
  MacAddress permanent_mac;
  MacAddress mac;
  LinkState link;
  SlaveOptions options;
  std::optional<LacpSlaveStatus> lacp;
  bool drained = false;                  ///< taken out by command
  std::optional<Neighbour> neighbour{};  ///< at the other end of its cable, as last heard
  std::optional<TimePoint> neighbour_heard{};
  bool is_neighbour_current = false;       ///< it has not fallen silent, and the link has not been lost since
  std::vector<MonitorSession> sessions{};  ///< in a report; see Bond::sessions()
};

struct BondStatus {
  TimePoint at{};  ///< when all this was so
  std::string name;
  IfIndex ifindex{};
  MacAddress mac;
  bool admin_up = false;
  bool carrier = false;
  BondOptions options;
  std::string active_slave;         ///< modes 1, 5, 6; else empty
  std::vector<SlaveStatus> slaves;  ///< in enslave order
  std::optional<LacpBondStatus> lacp;
};

}  // namespace ebond::core
