// The options of a bond, typed. What they are called, which values they take and when they may change is
// in option_table.h; this is only the struct they land in. Defaults are the driver's, but for miimon
// (driver: 0, off): a bond that watches nothing is a trap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"
#include "wire/ip_address.h"

namespace ebond::core {

// Numbers are the driver's (uapi/linux/if_bonding.h), which has no balance-slb; they travel in configs and
// JSON.
enum class Mode : std::uint8_t {
  balance_rr = 0,
  active_backup = 1,
  balance_xor = 2,
  broadcast = 3,
  ieee8023ad = 4,
  balance_tlb = 5,
  balance_alb = 6,
  balance_slb = 7
};
inline constexpr unsigned kNumberOfModes = 8;
enum class XmitHashPolicy : std::uint8_t {
  layer2 = 0,
  layer34 = 1,
  layer23 = 2,
  encap23 = 3,
  encap34 = 4,
  vlan_srcmac = 5
};
enum class PrimaryReselect : std::uint8_t { always = 0, better = 1, failure = 2 };
enum class FailOverMac : std::uint8_t { none = 0, active = 1, follow = 2 };
enum class LacpRate : std::uint8_t { slow = 0, fast = 1 };
enum class AdSelect : std::uint8_t { stable = 0, bandwidth = 1, count = 2, actor_port_prio = 3 };
enum class ArpValidate : std::uint8_t {
  none = 0,
  active = 1,
  backup = 2,
  all = 3,
  filter = 4,
  filter_active = 5,
  filter_backup = 6
};
enum class ArpAllTargets : std::uint8_t { any = 0, all = 1 };
enum class PathMonitor : std::uint8_t { off = 0, icmp = 1, bfd = 2, micro_bfd = 3 };
enum class Failback : std::uint8_t { automatic = 0, proof = 1, immediate = 2 };
enum class TxTable : std::uint8_t { modulo = 0, resilient = 1 };
enum class Weight : std::uint8_t { equal = 0, speed = 1 };
enum class Bond0Device : std::uint8_t { automatic = 0, netkit = 1, veth = 2 };

using wire::IpAddress;
using wire::Ipv4Address;
using wire::Ipv6Address;

/// Does this mode want bond0 to be a veth? balance-alb hears what bond0 sends on its lower half, and netkit's
/// receives nothing of that.
constexpr bool needs_veth(Mode mode) {
  return mode == Mode::balance_alb;
}

struct BondOptions {
  Mode mode = Mode::balance_rr;
  Milliseconds miimon{100};
  Milliseconds updelay{0};
  Milliseconds downdelay{0};
  bool use_carrier = true;
  Milliseconds peer_notif_delay{0};
  std::string primary;  ///< slave name; may name one that is not enslaved yet
  PrimaryReselect primary_reselect = PrimaryReselect::always;
  FailOverMac fail_over_mac = FailOverMac::none;
  std::uint8_t num_peer_notif = 1;  ///< num_grat_arp and num_unsol_na: one number, two names
  bool all_slaves_active = false;
  std::uint8_t resend_igmp = 1;
  std::uint32_t packets_per_slave = 1;  ///< 0: random
  XmitHashPolicy xmit_hash_policy = XmitHashPolicy::layer2;
  std::uint32_t min_links = 0;
  std::uint32_t lp_interval = 1;  ///< seconds
  bool tlb_dynamic_lb = true;

  Milliseconds arp_interval{0};
  std::vector<Ipv4Address> arp_ip_target;  ///< at most 16
  std::vector<Ipv6Address> ns_ip6_target;  ///< at most 16
  ArpValidate arp_validate = ArpValidate::none;
  ArpAllTargets arp_all_targets = ArpAllTargets::any;
  std::uint8_t arp_missed_max = 2;

  LacpRate lacp_rate = LacpRate::slow;
  bool lacp_active = true;
  AdSelect ad_select = AdSelect::stable;
  std::uint16_t ad_actor_sys_prio = 65535;
  std::optional<MacAddress> ad_actor_system;  ///< none: the bond's own MAC
  std::uint16_t ad_user_port_key = 0;
  bool coupled_control = true;
  bool broadcast_neighbor = false;

  // ebond's own, beside the driver's
  TxTable tx_table = TxTable::modulo;
  Weight weight = Weight::equal;
  bool lacp_strict = false;  ///< no carrier without a partner that aggregates
  PathMonitor path_monitor = PathMonitor::off;
  Milliseconds path_interval{100};
  std::uint8_t path_multiplier = 3;    ///< intervals without an answer until a path is lost
  std::vector<IpAddress> path_target;  ///< at most 16
  Failback failback = Failback::automatic;
  bool flap_damping = false;
  bool announce_behind = true;  ///< teach switches the MACs behind the bond when its traffic moves
  bool lacp_fallback = false;   ///< while no LACP is heard one slave carries, by actor_port_prio
  Bond0Device bond0_device = Bond0Device::automatic;  ///< what bond0 was to be made as
  bool slaves_away = false;  ///< slaves stand in a network namespace of the bond's own
};

/// Per slave.
struct SlaveOptions {
  std::int32_t prio = 0;
  std::uint16_t queue_id = 0;
  std::uint16_t actor_port_prio = 255;  ///< 802.3ad; lower is preferred
};

}  // namespace ebond::core
