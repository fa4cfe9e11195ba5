#include "tests/soak/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ebond::soak {
namespace {

using Json = nlohmann::json;

std::string text_or_none(const Json& value) {
  return value.is_string() ? value.get<std::string>() : "none";
}

void check_slave(const ExpectedBond& expected, const ExpectedSlave& slave, const Json& shown,
                 std::vector<std::string>& wrong) {
  if (slave.is_vague) return;
  const auto complain = [&](const std::string& what) {
    wrong.push_back(fmt::format("show true: {}, {}: {}", expected.where, slave.name, what));
  };
  const auto link = text_or_none(shown.at("link_status")), status = text_or_none(shown.at("mii_status"));
  if (link != (slave.has_link ? "UP" : "DOWN")) {
    complain(fmt::format("link_status {}, but the link is {}", link, slave.has_link ? "up" : "down"));
  }
  if (shown.at("carrier").get<bool>() != slave.has_link) complain("carrier is otherwise than its NIC's");
  if (slave.works && status != "UP") complain("mii_status " + status + ", but its path works");
  // In the other modes ACTIVE is the driver's word for whatever is no backup.
  const bool means_it = expected.plan.mode == "active-backup" || expected.plan.is_lacp();
  if (means_it && !slave.has_link && text_or_none(shown.at("state")) == "ACTIVE") {
    complain("ACTIVE without a link");
  }
  if (slave.works && expected.plan.is_lacp() && text_or_none(shown.at("state")) != "ACTIVE") {
    complain("is not ACTIVE, though both ends take part");
  }
}

std::string expected_verdict(const ExpectedBond& expected) {
  const auto working = std::ranges::count_if(expected.slaves, &ExpectedSlave::works);
  if (working == 0) return "down";
  if (working == std::ssize(expected.slaves) && working > 1) return "ok";
  return "degraded";
}

}  // namespace

ExpectedBond expected_bond(const std::string& where, const BondPlan& plan, const SiteSituation& situation,
                           Side side) {
  ExpectedBond expected{.where = where, .plan = plan, .slaves = {}};
  for (unsigned i = 0; i < situation.slaves.size(); ++i) {
    const auto& slave = situation.slaves[i];
    const bool is_out = slave.released && (side == Side::near || !plan.is_lacp());
    if (slave.gone || is_out) continue;
    expected.slaves.push_back({.name = side == Side::near ? near_name(i, slave) : fmt::format("eth{}", i),
                               .has_link = slave.has_link(),
                               .works = slave.works(),
                               .is_vague = slave.lossy});
  }
  return expected;
}

std::vector<std::string> check_show(const ExpectedBond& expected, const Json& shown) {
  std::vector<std::string> wrong;
  std::set<std::string> wanted, seen;
  for (const auto& slave : expected.slaves) wanted.insert(slave.name);
  for (const auto& slave : shown.at("slaves")) seen.insert(slave.at("ifname"));
  if (wanted != seen) {
    return {fmt::format("show true: {}: its slaves are {}, shown are {}", expected.where, Json(wanted).dump(),
                        Json(seen).dump())};
  }
  for (const auto& slave : shown.at("slaves")) {
    const auto found =
        std::ranges::find(expected.slaves, slave.at("ifname").get<std::string>(), &ExpectedSlave::name);
    check_slave(expected, *found, slave, wrong);
  }
  if (std::ranges::any_of(expected.slaves, &ExpectedSlave::is_vague)) return wrong;

  const bool works = std::ranges::any_of(expected.slaves, &ExpectedSlave::works);
  // An LACP port whose partner left is used alone, as 802.1AX has it, unless lacp_strict is set.
  const bool may_carry =
      expected.plan.is_lacp() && std::ranges::any_of(expected.slaves, &ExpectedSlave::has_link);
  if (shown.at("carrier").get<bool>() != works && !may_carry) {
    wrong.push_back(fmt::format("show true: {}: carrier {}, but {} works", expected.where,
                                shown.at("carrier").get<bool>() ? "up" : "down",
                                works ? "a slave" : "no slave"));
  }
  if (expected.plan.has_active_slave()) {
    const auto active = text_or_none(shown.at("active_slave"));
    const auto found = std::ranges::find(expected.slaves, active, &ExpectedSlave::name);
    if (works ? found == expected.slaves.end() || !found->works : active != "none") {
      wrong.push_back(
          fmt::format("show true: {}: the active slave is {}, which does not work", expected.where, active));
    }
  }
  const auto verdict = text_or_none(shown.at("verdict")), right = expected_verdict(expected);
  if (verdict != right && !(right == "down" && may_carry && verdict != "ok")) {
    wrong.push_back(
        fmt::format("show true: {}: verdict {}, it should be {}", expected.where, verdict, right));
  }
  return wrong;
}

std::vector<std::string> check_worn(const std::string& where, const WornSlave& slave, const Json& shown) {
  std::vector<std::string> wrong;
  if (const auto mac = text_or_none(shown.at("address")); mac != slave.mac) {
    wrong.push_back(
        fmt::format("show true: {}, {}: shown with MAC {}, it has {}", where, slave.name, mac, slave.mac));
  }
  if (slave.mtu != slave.bond_mtu) {
    wrong.push_back(fmt::format("show true: {}, {}: MTU {}, its bond has {}", where, slave.name, slave.mtu,
                                slave.bond_mtu));
  }
  return wrong;
}

std::vector<std::string> check_not_ok(const std::string& where, const Json& shown) {
  if (text_or_none(shown.at("verdict")) != "ok") return {};
  return {fmt::format("never OK: {}: verdict ok while no frame can pass", where)};
}

std::vector<std::string> check_counters(const CounterReading& first, const CounterReading& second,
                                        const CounterRules& rules) {
  // ARP, ND, MLD and ICMP of the hosts' own; LACP, learning packets and probes of each slave. And frames that
  // were counted in the one place and not yet in the other.
  constexpr double kOwn = 50, kOwnASecond = 20;
  const double own = kOwn + kOwnASecond * rules.seconds;
  std::vector<std::string> wrong;
  const auto check = [&](const char* what, std::uint64_t counted, std::uint64_t least, std::uint64_t most,
                         double spare) {
    const auto low = static_cast<double>(least) - kOwn, high = static_cast<double>(most) + spare;
    if (static_cast<double>(counted) >= low && static_cast<double>(counted) <= high) return;
    wrong.push_back(fmt::format("counters add up: {}: {}: {} in {:.1f} s, it should be {:.0f} to {:.0f}",
                                rules.where, what, counted, rules.seconds, std::max(low, 0.0), high));
  };
  const auto between = [](std::uint64_t earlier, std::uint64_t later) {
    return later > earlier ? later - earlier : 0;
  };
  const auto sent_least = between(first.sent_after, second.sent_before);
  const auto sent_most = between(first.sent_before, second.sent_after);
  const auto bond_sent = between(first.bond_sent, second.bond_sent);
  const auto bond_received = between(first.bond_received, second.bond_received);
  const auto dropped = between(first.dropped, second.dropped);
  check("sent by bond0", bond_sent, sent_least, sent_most, own);
  check("received by bond0", bond_received, between(first.sent_to_after, second.sent_to_before),
        rules.copies * between(first.sent_to_before, second.sent_to_after), own * rules.copies);
  check("sent by its slaves", between(first.slaves_sent, second.slaves_sent),
        rules.copies * between(dropped, bond_sent), rules.copies * bond_sent, own * rules.slaves);
  const auto slaves_received = between(first.slaves_received, second.slaves_received);
  if (slaves_received + static_cast<std::uint64_t>(kOwn) < bond_received) {
    wrong.push_back(fmt::format("counters add up: {}: bond0 received {}, its slaves only {}", rules.where,
                                bond_received, slaves_received));
  }
  const auto lost = between(first.not_for_it, second.not_for_it);
  if (rules.collects_all && lost > 0) {
    wrong.push_back(
        fmt::format("collecting: {}: {} frames came to a slave that does not collect", rules.where, lost));
  }
  if (dropped > 0) {
    wrong.push_back(
        fmt::format("counters add up: {}: bond0 dropped {} frames for want of a slave, but one works",
                    rules.where, dropped));
  }
  return wrong;
}

std::vector<std::string> check_restored(const std::string& what, const std::vector<std::string>& before,
                                        const std::vector<std::string>& after) {
  std::vector<std::string> wrong;
  for (const auto& line : before) {
    if (std::ranges::find(after, line) == after.end()) {
      wrong.push_back(fmt::format("nothing leaks: {}: not put back: {}", what, line));
    }
  }
  for (const auto& line : after) {
    if (std::ranges::find(before, line) == before.end()) {
      wrong.push_back(fmt::format("nothing leaks: {}: left behind: {}", what, line));
    }
  }
  return wrong;
}

std::vector<std::string> check_holdings(const std::string& whose, const Holdings& before,
                                        const Holdings& after) {
  // A freed heap is not given back to the kernel to the last page: what many bonds and clients need at once.
  constexpr std::uint64_t kMemoryKib = 16384;
  // The daemon opens its roll call once it has links enough to be worth one, and keeps it: a program and its
  // maps.
  constexpr std::uint64_t kRollCall = 5;
  std::vector<std::string> wrong;
  if (after.descriptors > before.descriptors + kRollCall) {
    wrong.push_back(fmt::format("nothing leaks: {}: {} descriptors, {} before", whose, after.descriptors,
                                before.descriptors));
  }
  if (after.memory_kib > before.memory_kib + kMemoryKib) {
    wrong.push_back(fmt::format("nothing leaks: {}: {} KiB of memory, {} before", whose, after.memory_kib,
                                before.memory_kib));
  }
  return wrong;
}

}  // namespace ebond::soak
