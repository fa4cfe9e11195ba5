// A bond whose slaves lead somewhere: cables that can go on being up and lead nowhere, targets that answer,
// and a bond that wakes as a daemon would.
#pragma once

#include <map>
#include <set>

#include "bond_lab.h"
#include "wire/arp.h"
#include "wire/lacpdu.h"
#include "wire/nd.h"

namespace ebond::core {

using wire::Ipv4Address;
using wire::Ipv6Address;

inline constexpr Ipv4Address kOurs{192, 0, 2, 1};
inline constexpr Ipv4Address kRouter{192, 0, 2, 254};
inline constexpr Ipv4Address kSecond{192, 0, 2, 253};
inline constexpr Ipv6Address kOurs6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01};
inline constexpr Ipv6Address kRouter6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe};
inline constexpr MacAddress kRouterMac({0x02, 0, 0, 0, 0, 0xfe});

inline BondOptions watched(Mode mode, ArpValidate validate = ArpValidate::all) {
  BondOptions options = BondLab::unpolled(mode);
  options.arp_interval = 100ms;
  options.arp_ip_target = {kRouter};
  options.arp_validate = validate;
  return options;
}

/// All slaves lead to one network, in which every target lives.
class ArpLab : public BondLab {
 public:
  explicit ArpLab(BondOptions options, unsigned slaves = 2) : BondLab(std::move(options)) {
    around.own_ipv4 = {kOurs};
    around.own_ipv6 = {kOurs6};
    for (const auto& target : bond.targets().ipv4) {
      around.ipv4.push_back({.target = target, .kind = WayKind::bond, .source = kOurs, .tags = {}});
    }
    for (const auto& target : bond.targets().ipv6) {
      around.ipv6.push_back({.target = target, .kind = WayKind::bond, .source = kOurs6, .tags = {}});
    }
    bond.surroundings(around);
    with_slaves(slaves);
  }

  struct Sent {
    unsigned slave;
    wire::Bytes bytes;
  };

  /// Lets time pass; what happens is in `sent` and `log`.
  void run(Duration duration) {
    const TimePoint end = now + duration;
    for (;;) {
      const auto next = bond.next_deadline();
      if (!next || *next > end) break;
      now = std::max(*next, now);
      for (unsigned number = 0; number < 8; ++number) {
        if (const auto found = stamps.find(number); found != stamps.end())
          bond.activity(nic(number), found->second);
      }
      take(bond.advance(now));
    }
    now = end;
  }
  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* report = std::get_if<action::Report>(&action)) {
        const auto& event = report->event;
        if (event.kind == core::EventKind::path || event.kind == core::EventKind::active_slave) {
          log.push_back(fmt::format("{} ms {} {}: {} -> {} ({})", ms(), event_kind_name(event.kind),
                                    event.slave, event.from, event.to, event.why));
        }
      }
      const auto* transmit = std::get_if<action::Transmit>(&action);
      if (!transmit) continue;
      const auto slave = static_cast<unsigned>(transmit->slave) - 1;
      if (const auto pdu = wire::parse_lacpdu(wire::ByteView(transmit->frame).subspan(14))) {
        agree(slave, *pdu);
        continue;
      }
      sent.push_back({slave, transmit->frame});
      travel(slave, transmit->frame);
    }
  }
  /// Since the run began, which is at 1 s.
  std::int64_t ms() const { return std::chrono::duration_cast<Milliseconds>(now - TimePoint{1s}).count(); }

  void hear(unsigned number, const wire::Bytes& frame) { bond.frame_received(nic(number), frame, now); }
  wire::Bytes reply(MacAddress to, Ipv4Address from = kRouter, Ipv4Address to_ip = kOurs) const {
    return wire::build_arp(to, kRouterMac, {},
                           {.operation = wire::ArpPacket::Operation::reply,
                            .sender_mac = kRouterMac,
                            .sender_ip = from,
                            .target_mac = to,
                            .target_ip = to_ip});
  }
  MiiStatus status_of(unsigned number) const { return slave(number).mii_status; }
  std::string why(unsigned number) const {
    const auto path = slave(number).path;
    return path.empty() ? "" : path.front().why;
  }

  Surroundings around;
  std::set<unsigned> dead;       ///< slaves whose path leads nowhere though their link is up
  std::set<Ipv4Address> silent;  ///< targets that do not answer
  bool silent6 = false;
  std::map<unsigned, TimePoint> stamps;  ///< as the data path tells them
  std::optional<unsigned> answers_by;    ///< the slave all answers come in by (a LAG's partner chooses)
  std::vector<Sent> sent;
  std::vector<std::string> log;

 private:
  /// The LACP partner is the first switch: what lies dead beyond it is not its fault.
  void agree(unsigned slave, const wire::Lacpdu& theirs) {
    constexpr std::uint8_t kJoined = 0x3f;
    wire::Lacpdu ours{.actor = {.system_priority = 1,
                                .system = mac(0x77),
                                .key = 1,
                                .port_priority = 1,
                                .port_number = static_cast<std::uint16_t>(slave + 1),
                                .state = wire::LacpState(kJoined)},
                      .partner = theirs.actor};
    take(bond.frame_received(nic(slave), wire::build_lacpdu(mac(0x77), ours), now));
  }
  void travel(unsigned from, const wire::Bytes& frame) {
    if (dead.contains(from)) return;
    for (const auto& other : status().slaves) {
      const auto number = static_cast<unsigned>(other.ifindex) - 1;
      if (number != from && !dead.contains(number)) hear(number, frame);
    }
    const auto parsed = wire::parse_ethernet(frame);
    const auto back = answers_by.value_or(from);
    if (dead.contains(back)) return;
    if (const auto arp = wire::parse_arp(parsed->payload)) {
      if (!silent.contains(arp->target_ip))
        hear(back, reply(arp->sender_mac, arp->target_ip, arp->sender_ip));
    }
  }
};

}  // namespace ebond::core
