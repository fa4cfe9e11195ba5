#include "views/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/printable.h"
#include "views/cabling.h"
#include "views/words.h"

namespace ebond::views {
namespace {

using core::BondReport;
using core::Mode;
using core::SlaveStatus;

constexpr std::array<std::string_view, 3> kGravityWords = {"broken", "risk", "advice"};

/// Adds findings of one bond.
class Examination {
 public:
  explicit Examination(const BondReport& report) : report_(report), bond_(report.status) {}

  std::vector<Finding> findings() {
    if (!report_.failed.empty()) {
      find(Gravity::broken, "ebondd does nothing for it any more", report_.failed,
           "mend what is said there and restart ebondd, or end it with `ebond forget --force`");
      return std::move(found_);
    }
    look_at_carrier();
    look_at_slaves();
    look_at_undone();
    look_at_partners();
    look_at_cabling();
    look_at_alternatives();
    look_at_links();
    look_at_monitoring();
    return std::move(found_);
  }

 private:
  void find(Gravity gravity, std::string what, std::string evidence, std::string remedy) {
    found_.push_back({gravity, bond_.name, std::move(what), std::move(evidence), std::move(remedy)});
  }
  bool is_up(const SlaveStatus& slave) const { return slave.mii_status == core::MiiStatus::up; }

  void look_at_carrier() {
    if (!bond_.admin_up) {
      return find(Gravity::broken, "it is set down", "`ip link` shows it without UP",
                  fmt::format("ip link set {} up", bond_.name));
    }
    if (bond_.carrier) return;
    const auto up = std::ranges::count_if(bond_.slaves, [&](const auto& slave) { return is_up(slave); });
    if (std::cmp_less(up, bond_.options.min_links) && up > 0) {
      return find(Gravity::broken, "it has no carrier although slaves are up",
                  fmt::format("{} of them, and min_links is {}", up, bond_.options.min_links),
                  fmt::format("mend the others, or `ebond set {} min_links {}`", bond_.name, up));
    }
    find(Gravity::broken, "it has no carrier: nothing passes",
         bond_.slaves.empty() ? "it has no slave" : "none of its slaves can be used",
         bond_.slaves.empty() ? fmt::format("ebond enslave {} …", bond_.name) : "see the slaves below");
  }

  void look_at_slaves() {
    for (const auto& slave : bond_.slaves) {
      if (is_healthy(bond_, slave) || !bond_.admin_up) continue;
      if (slave.drained) {
        find(Gravity::risk, fmt::format("{} is drained", slave.name), "a command took it out",
             fmt::format("ebond undrain {}, once its cable is where it belongs", slave.name));
        continue;
      }
      const auto why = why_idle(bond_, slave);
      if (why.empty()) continue;
      find(Gravity::broken, fmt::format("{} does not carry", slave.name), why, cable_of(slave));
    }
    for (const auto& absent : report_.awaited) {
      find(Gravity::risk, fmt::format("{} is not there", absent), "it becomes a slave when it appears",
           "look for the card, or take its name out of the configuration");
    }
  }
  std::string cable_of(const SlaveStatus& slave) const {
    const auto end =
        slave.neighbour ? fmt::format(", which leads to {}", core::neighbour_words(*slave.neighbour)) : "";
    return fmt::format("look at its cable{}, and at the port there", end);
  }

  void look_at_undone() {
    for (const auto& undone : report_.undone) {
      find(Gravity::broken, "something could not be done, and is tried again and again", undone,
           "see the log of ebondd");
    }
  }

  /// 802.3ad: ports of one switch in different channel groups.
  void look_at_partners() {
    std::map<std::string, std::map<std::uint16_t, std::vector<std::string>>> keys;
    for (const auto& slave : bond_.slaves) {
      if (!slave.lacp || slave.lacp->partner.system.is_zero()) continue;
      keys[slave.lacp->partner.system.to_string()][slave.lacp->partner.key].push_back(slave.name);
    }
    for (const auto& [system, groups] : keys) {
      if (groups.size() < 2) continue;
      std::vector<std::string> each;
      for (const auto& [key, slaves] : groups) {
        each.push_back(fmt::format("key {} at {}", key, fmt::join(slaves, " and ")));
      }
      find(Gravity::broken, "the switch has its ports in different channel groups",
           fmt::format("partner {} says {}", system, fmt::join(each, ", ")),
           "put the ports into one channel group there, with one speed");
    }
  }

  void look_at_cabling() {
    for (const auto& remark : cabling_remarks(bond_)) {
      find(Gravity::risk, remark, "heard by LLDP or CDP, see `ebond show -v`",
           bond_.options.mode == Mode::ieee8023ad
               ? "make the switches one LACP system (MLAG), or use active-backup"
               : "lead a cable to another switch");
    }
    std::map<std::uint16_t, std::vector<std::string>> vlans;
    for (const auto& slave : bond_.slaves) {
      if (slave.neighbour && slave.is_neighbour_current && slave.neighbour->port_vlan) {
        vlans[*slave.neighbour->port_vlan].push_back(slave.name);
      }
    }
    if (vlans.size() < 2) return;
    std::vector<std::string> each;
    for (const auto& [vlan, slaves] : vlans) {
      each.push_back(fmt::format("{} is in VLAN {}", fmt::join(slaves, " and "), vlan));
    }
    find(Gravity::risk, "untagged frames end in another VLAN after a failover",
         fmt::format("{}", fmt::join(each, ", ")), "give the ports of the switch one VLAN");
  }

  void look_at_alternatives() {
    if (bond_.slaves.size() == 1) {
      find(Gravity::risk, "it has one slave: there is nothing to fail over to", bond_.slaves.front().name,
           fmt::format("ebond enslave {} …", bond_.name));
    }
    std::map<std::string, std::vector<std::string>> macs;
    for (const auto& slave : bond_.slaves) macs[slave.permanent_mac.to_string()].push_back(slave.name);
    for (const auto& [mac, slaves] : macs) {
      if (slaves.size() < 2) continue;
      find(Gravity::risk, fmt::format("{} have the same MAC address", fmt::join(slaves, " and ")), mac,
           "give each card one of its own: clones of virtual machines often share them");
    }
  }

  void look_at_links() {
    std::map<std::uint32_t, std::vector<std::string>> speeds;
    for (const auto& slave : bond_.slaves) {
      if (is_up(slave) && slave.link.speed_mbps != 0) speeds[slave.link.speed_mbps].push_back(slave.name);
      if (slave.link.carrier && slave.link.duplex == core::Duplex::half) {
        find(Gravity::advice, fmt::format("{} runs half duplex", slave.name), "its card says so",
             "have both ends negotiate, or set both to the same");
      }
      look_at_flaps(slave);
    }
    if (speeds.size() < 2 || bond_.options.mode == Mode::active_backup) return;
    std::vector<std::string> each;
    for (const auto& [speed, slaves] : speeds) {
      each.push_back(fmt::format("{} Mb/s: {}", speed, fmt::join(slaves, ", ")));
    }
    find(bond_.options.mode == Mode::ieee8023ad ? Gravity::risk : Gravity::advice,
         bond_.options.mode == Mode::ieee8023ad ? "ports of different speeds do not aggregate"
                                                : "slaves of different speeds share the load alike",
         fmt::format("{}", fmt::join(each, "; ")),
         bond_.options.mode == Mode::ieee8023ad ? "use ports of one speed"
                                                : "use one speed, or `weight speed` where the mode has it");
  }
  void look_at_flaps(const SlaveStatus& slave) {
    constexpr std::uint32_t kOften = 5;
    if (slave.link_failure_count < kOften) return;
    find(Gravity::advice, fmt::format("{} was lost again and again", slave.name),
         fmt::format("{} times its link, {} times the path beyond it",
                     slave.link_failure_count - slave.path_failure_count, slave.path_failure_count),
         "change cable or transceiver; `flap_damping` keeps it out meanwhile");
  }

  void look_at_monitoring() {
    const auto& options = bond_.options;
    const bool asks = options.path_monitor != core::PathMonitor::off || options.arp_interval.count() > 0;
    if (options.miimon.count() == 0 && !asks && options.mode != Mode::ieee8023ad) {
      find(Gravity::risk, "nobody watches its links", "miimon 0, no ARP monitor, no path monitor",
           fmt::format("ebond set {} miimon 100", bond_.name));
    }
    const auto at = std::ranges::count_if(
        bond_.slaves, [](const auto& slave) { return slave.neighbour && slave.is_neighbour_current; });
    if (options.mode == Mode::active_backup && !asks && at > 1 && cabling_remarks(bond_).empty()) {
      find(Gravity::advice, "a switch that loses its own uplink is not noticed",
           "its slaves are at different switches, and only their links are watched",
           fmt::format("ebond set {} path_monitor icmp path_target ROUTER", bond_.name));
    }
  }

  const BondReport& report_;
  const core::BondStatus& bond_;
  std::vector<Finding> found_;
};

Gravity gravity_of(const std::string& word) {
  const auto found = std::ranges::find(kGravityWords, word);
  return found == kGravityWords.end() ? Gravity::advice : static_cast<Gravity>(found - kGravityWords.begin());
}

std::string_view sgr_of(Gravity gravity) {
  return gravity == Gravity::broken ? kRed : gravity == Gravity::risk ? kYellow : kDim;
}

}  // namespace

std::vector<Finding> findings_of(const BondReport& report) {
  return Examination(report).findings();
}

nlohmann::ordered_json findings_json(const std::vector<Finding>& findings) {
  auto all = nlohmann::ordered_json::array();
  for (const auto& each : findings) {
    all.push_back({{"gravity", kGravityWords.at(static_cast<std::size_t>(each.gravity))},
                   {"bond", each.bond},
                   {"what", each.what},
                   {"evidence", each.evidence},
                   {"remedy", each.remedy}});
  }
  return all;
}

std::vector<Finding> findings_from_json(const nlohmann::json& json) {
  std::vector<Finding> findings;
  for (const auto& each : json) {
    findings.push_back({gravity_of(each.at("gravity").get<std::string>()), each.at("bond").get<std::string>(),
                        each.at("what").get<std::string>(), each.at("evidence").get<std::string>(),
                        each.at("remedy").get<std::string>()});
  }
  return findings;
}

std::string doctor_text(std::vector<Finding> findings, std::size_t bonds, Colour colour) {
  if (bonds == 0) return "no bonds here\n";
  if (findings.empty()) return fmt::format("{} bond{}: nothing found\n", bonds, bonds == 1 ? "" : "s");
  std::ranges::stable_sort(findings, {}, &Finding::gravity);
  std::string text;
  for (const auto& each : findings) {
    const auto word = kGravityWords.at(static_cast<std::size_t>(each.gravity));
    text += fmt::format("{}{:{}}{}: {}\n", painted(word, sgr_of(each.gravity), colour), "", 8 - word.size(),
                        painted(each.bond, kBold, colour), core::printable(each.what));
    text += core::printable(fmt::format("        seen: {}\n        do: {}\n", each.evidence, each.remedy));
  }
  return text;
}

}  // namespace ebond::views
