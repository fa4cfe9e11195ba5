// A bond on a bench: NICs by name, a clock the test turns, and the actions as readable lines.
#pragma once

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "core/bond.h"

namespace ebond::core {

using namespace std::chrono_literals;

inline MacAddress mac(std::uint8_t last) {
  return MacAddress({0x02, 0, 0, 0, 0, last});
}
inline constexpr IfIndex kBond{100};

/// eth0 is interface 1 and wears 02:00:00:00:00:01, eth1 is 2, and so on.
inline IfIndex nic(unsigned number) {
  return IfIndex{number + 1};
}
inline std::string nic_name(unsigned number) {
  return fmt::format("eth{}", number);
}
inline LinkState link_up(std::uint32_t mbps = 1000) {
  return {true, mbps, Duplex::full};
}
inline LinkState link_down() {
  return {};
}

inline std::string line_of(const Action& action) {
  struct Speller {
    static unsigned number(IfIndex index) { return static_cast<unsigned>(index) - 1; }
    static const char* on_off(bool on) { return on ? "on" : "off"; }
    std::string operator()(const action::PublishTable&) { return "publish table"; }
    std::string operator()(const action::RespecialiseDatapath&) { return "respecialise datapath"; }
    std::string operator()(const action::SetCarrier& set) {
      return fmt::format("carrier {}", on_off(set.on));
    }
    std::string operator()(const action::SetBondMac& set) { return "bond MAC " + set.mac.to_string(); }
    std::string operator()(const action::SetSlaveMac& set) {
      return fmt::format("eth{} MAC {}", number(set.slave), set.mac.to_string());
    }
    std::string operator()(const action::SetNoArp& set) {
      return fmt::format("eth{} noarp {}", number(set.slave), on_off(set.on));
    }
    std::string operator()(const action::Announce&) { return "announce"; }
    std::string operator()(const action::ResendIgmp&) { return "resend igmp"; }
    std::string operator()(const action::Teach& teach) {
      std::string line = "teach";
      for (const auto& lesson : teach.lessons) {
        line += fmt::format(" eth{} {}", number(lesson.slave), lesson.mac.to_string());
      }
      return line;
    }
    std::string operator()(const action::ReadBehind&) { return "read MACs behind"; }
    std::string operator()(const action::SendByBond& send) {
      return fmt::format("send {} by bond", send.frames.size());
    }
    std::string operator()(const action::SetPromiscuous& set) {
      return fmt::format("eth{} promiscuous {}", number(set.slave), on_off(set.on));
    }
    std::string operator()(const action::KeepTaking& keep) {
      return fmt::format("eth{} takes {} {}", number(keep.slave), keep.mac.to_string(), on_off(keep.on));
    }
    std::string operator()(const action::ReadTxTotals&) { return "read TX totals"; }
    std::string operator()(const action::Transmit&) { return "transmit"; }
    std::string operator()(const action::Report& report) {
      const Event& event = report.event;
      return fmt::format("report {} {}: '{}' -> '{}' because {}", event_kind_name(event.kind),
                         event.slave.empty() ? "bond" : event.slave, event.from, event.to, event.why);
    }
  };
  return std::visit(Speller{}, action);
}

/// What must be done, without the record of it.
inline std::vector<std::string> deeds(const Actions& actions) {
  std::vector<std::string> lines;
  for (const Action& action : actions) {
    if (!std::holds_alternative<action::Report>(action)) lines.push_back(line_of(action));
  }
  return lines;
}

inline std::vector<std::string> reports(const Actions& actions) {
  std::vector<std::string> lines;
  for (const Action& action : actions) {
    if (std::holds_alternative<action::Report>(action)) lines.push_back(line_of(action));
  }
  return lines;
}

template <class T>
bool has(const Actions& actions) {
  return std::ranges::any_of(actions, [](const Action& action) { return std::holds_alternative<T>(action); });
}

class BondLab {
 public:
  /// Options with nothing polled or looked for, so that a test sees only the timers and deeds it asks about.
  static BondOptions unpolled(Mode mode) {
    BondOptions options;
    options.mode = mode;
    options.miimon = 0ms;
    options.announce_behind = false;
    return options;
  }

  explicit BondLab(BondOptions options) : bond("bond0", kBond, mac(0xb0), false, std::move(options)) {
    bond.admin_state(true, now);
  }

  NewSlave facts(unsigned number, LinkState link = link_up()) const {
    const auto address = mac(static_cast<std::uint8_t>(number + 1));
    return {nic(number), nic_name(number), address, address, link};
  }
  Actions enslave(unsigned number, LinkState link = link_up()) {
    return bond.enslave(facts(number, link), now).value();
  }
  BondLab& with_slaves(unsigned count, LinkState link = link_up()) {
    for (unsigned number = 0; number < count; ++number) enslave(number, link);
    return *this;
  }
  Actions release(unsigned number) { return bond.release(nic(number), now).value(); }
  Actions pull(unsigned number) {
    return bond.link_report(nic(number), link_down(), LinkSource::netlink, now);
  }
  Actions plug(unsigned number, std::uint32_t mbps = 1000) {
    return bond.link_report(nic(number), link_up(mbps), LinkSource::netlink, now);
  }
  Actions after(Duration duration) {
    now += duration;
    return bond.advance(now);
  }
  /// Lets `duration` pass as a daemon would, waking at every deadline; the deeds with the time of each.
  std::vector<std::string> watch(Duration duration) {
    std::vector<std::string> lines;
    const TimePoint start = now;
    for (;;) {
      const auto next = bond.next_deadline();
      if (!next || *next > start + duration) break;
      now = std::max(*next, now);
      const auto at = std::chrono::duration_cast<Milliseconds>(now - start).count();
      for (const auto& line : deeds(bond.advance(now))) lines.push_back(fmt::format("{} ms: {}", at, line));
    }
    now = start + duration;
    return lines;
  }

  BondStatus status() const { return bond.status(now); }
  std::string active() const { return status().active_slave; }
  SlaveStatus slave(unsigned number) const {
    for (const auto& found : status().slaves) {
      if (found.ifindex == nic(number)) return found;
    }
    throw std::out_of_range(nic_name(number));
  }
  std::vector<unsigned> buckets() const {
    std::vector<unsigned> slots;
    for (const SlotId slot : bond.table().buckets) slots.push_back(static_cast<unsigned>(slot));
    return slots;
  }
  std::vector<unsigned> standby() const {
    std::vector<unsigned> slots;
    for (const SlotId slot : bond.table().standby) slots.push_back(static_cast<unsigned>(slot));
    return slots;
  }

  TimePoint now{1s};
  Bond bond;
};

}  // namespace ebond::core
