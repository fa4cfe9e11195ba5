// What the tests of lacp::System share: one system in virtual time with a scripted partner per port. The
// partner is not a state machine: it says what the test tells it to say. Two real systems meet in
// simulation_test.cpp.
//
//   System ── port 1 ── partner (kTheirSystem, key 33, port 101)
//          ── port 2 ── …
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/lacp/system.h"
#include "tests/unit/lacp/systems.h"
#include "wire/lacpdu.h"
#include "wire/marker.h"

namespace ebond::core::lacp {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::LacpBit;
using wire::LacpState;

inline constexpr MacAddress kOtherSystem({0x02, 0, 0, 0, 0, 0x03});

/// In sync, collecting, distributing; active, long timeout, aggregatable.
inline constexpr std::uint8_t kJoined = 0x3d;
inline constexpr std::uint8_t kInSync = 0x0d;
inline constexpr std::uint8_t kOutOfSync = 0x05;

class SystemTest : public testing::Test {
 protected:
  static IfIndex id(int number) { return IfIndex{static_cast<std::uint32_t>(number)}; }
  static PortFacts facts(int number, std::uint32_t speed = 1000) {
    PortFacts facts;
    facts.id = id(number);
    facts.name = "eth" + std::to_string(number);
    facts.mac = MacAddress({0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(number)});
    facts.link = {.carrier = true, .speed_mbps = speed, .duplex = Duplex::full};
    return facts;
  }
  static Settings fast() {
    Settings settings;
    settings.system = kOurSystem;
    settings.rate = LacpRate::fast;
    return settings;
  }

  void take(const Actions& actions) {
    for (const auto& action : actions) {
      if (const auto* changed = std::get_if<action::PortChanged>(&action)) changes.push_back(*changed);
      if (const auto* event = std::get_if<Event>(&action)) events.push_back(*event);
      if (const auto* sent = std::get_if<action::SendFrame>(&action)) {
        const auto payload = wire::ByteView(sent->frame).subspan(14);
        if (const auto pdu = wire::parse_lacpdu(payload)) {
          last_sent[sent->port] = *pdu;
          ++pdus_sent;
        }
        if (const auto marker = wire::parse_marker(payload)) markers.push_back(*marker);
      }
    }
  }
  void add(const PortFacts& port) { take(system.add_port(port, now)); }
  void update(const PortFacts& port) { take(system.update_port(port, now)); }
  void link(int number, bool up) {
    auto changed = facts(number);
    changed.link.carrier = up;
    update(changed);
  }
  void pass(Duration time) {
    const auto end = now + time;
    for (auto next = system.next_deadline(); next && *next <= end; next = system.next_deadline()) {
      now = std::max(now, *next);
      take(system.advance(now));
    }
    now = end;
    take(system.advance(now));
  }

  /// What the partner on a port says of itself.
  static wire::LacpInfo partner(int number, std::uint8_t state = kJoined) {
    return {100, kTheirSystem, 33, 128, static_cast<std::uint16_t>(100 + number), LacpState(state)};
  }
  void hear(int number, const wire::LacpInfo& actor) {
    wire::Lacpdu pdu;
    pdu.actor = actor;
    const auto known = last_sent.find(id(number));
    if (known != last_sent.end()) pdu.partner = known->second.actor;
    deliver(number, wire::build_lacpdu(MacAddress({0x02, 0, 0, 0, 2, 1}), pdu));
  }
  /// Until `time` has passed, the partners say their lines every 500 ms.
  void talk(const std::map<int, wire::LacpInfo>& partners, Duration time) {
    for (const auto end = now + time; now < end;) {
      for (const auto& [number, actor] : partners) hear(number, actor);
      pass(milliseconds(500));
    }
  }
  void deliver(int number, const wire::Bytes& frame) {
    if (const auto parsed = wire::parse_ethernet(frame))
      take(system.frame_received(id(number), *parsed, now));
  }

  bool sends(int number) const { return system.may_distribute(id(number)); }
  bool accepts(int number) const { return system.may_collect(id(number)); }
  LacpSlaveStatus status(int number) const { return system.port_status(id(number)); }
  std::string advice(int number) const { return status(number).advice; }
  bool recorded(std::string_view text) const {
    for (const auto& e : events) {
      if ((e.slave + ": " + e.from + " -> " + e.to + " (" + e.why + ")").find(text) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  TimePoint now{seconds(1000)};
  System system{fast()};
  std::map<IfIndex, wire::Lacpdu> last_sent;
  int pdus_sent = 0;
  std::vector<wire::Marker> markers;
  std::vector<action::PortChanged> changes;
  std::vector<Event> events;
};

}  // namespace ebond::core::lacp
