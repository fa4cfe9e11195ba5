#include "cli/traffic/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/traffic/flow.h"
#include "cli/traffic/flow_answer.h"
#include "cli/traffic/paths.h"
#include "core/fill.h"
#include "core/options/option_table.h"
#include "os/replay.h"

namespace ebond::cli::traffic {
namespace {

using core::SlotId;
using core::XmitHashPolicy;

constexpr std::array kPolicies = {XmitHashPolicy::layer2,  XmitHashPolicy::layer23,
                                  XmitHashPolicy::layer34, XmitHashPolicy::encap23,
                                  XmitHashPolicy::encap34, XmitHashPolicy::vlan_srcmac};

/// By frame: the number of its flow.
struct FlowNumbers {
  std::vector<std::size_t> of_frame;
  std::size_t flows = 0;
};

/// Flows differ by their MACs too, for policies do.
FlowNumbers number_flows(const std::vector<os::SampledFrame>& frames) {
  FlowNumbers numbers;
  std::map<std::string, std::size_t> known;
  for (const auto& frame : frames) {
    std::string name;
    if (const auto flow = flow_of(frame.head)) {
      name = to_string(*flow) + flow->source_mac->to_string() + flow->destination_mac->to_string();
    }
    numbers.of_frame.push_back(known.try_emplace(std::move(name), known.size()).first->second);
  }
  numbers.flows = known.size();
  return numbers;
}

class Counter {
 public:
  Counter(const core::Foresight& bond, const Sampled& sampled)
      : bond_(bond), frames_(sampled.frames), numbers_(number_flows(frames_)) {}

  std::size_t flows() const { return numbers_.flows; }

  Scheme count(std::string name, const core::DatapathSpec& spec, const core::Table& table) const {
    const os::Replay replay(spec, table);
    Scheme scheme{std::move(name), std::vector<Share>(bond_.slaves.size())};
    std::vector<std::set<std::size_t>> flows(bond_.slaves.size());
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      for (const auto slot : replay.leaves_by(frames_[i].head)) {
        const auto slave = std::ranges::find(bond_.slaves, slot, &core::Foresight::Named::slot);
        if (slave == bond_.slaves.end()) continue;
        const auto place = static_cast<std::size_t>(slave - bond_.slaves.begin());
        ++scheme.shares[place].frames;
        scheme.shares[place].bytes += frames_[i].length;
        flows[place].insert(numbers_.of_frame[i]);
      }
    }
    for (std::size_t i = 0; i < flows.size(); ++i) scheme.shares[i].flows = flows[i].size();
    return scheme;
  }

 private:
  const core::Foresight& bond_;
  const std::vector<os::SampledFrame>& frames_;
  FlowNumbers numbers_;
};

/// The table by which policies are compared: as it is if one decides, else what balance-xor would have.
core::Table table_for_policies(const core::Foresight& bond) {
  if (has_policy(bond.spec)) return bond.now;
  auto table = bond.now;
  std::vector<core::Share> shares;
  for (const auto& [slot, name] : bond.slaves) {
    if (std::ranges::find(bond.losses, name, &core::Foresight::Loss::slave) != bond.losses.end()) {
      shares.push_back({.slot = slot});
    }
  }
  table.buckets = shares.empty() ? std::vector<SlotId>{} : core::modulo_fill(shares);
  table.standby.clear();
  table.unbalanced.reset();
  return table;
}

core::DatapathSpec spec_for_policy(const core::Foresight& bond, XmitHashPolicy policy) {
  auto spec = bond.spec;
  if (!has_policy(spec)) spec = {.mode = core::Mode::balance_xor};
  spec.xmit_hash_policy = policy;
  return spec;
}

std::vector<std::uint64_t> loads_of(const Scheme& scheme, std::uint64_t Share::* what) {
  std::vector<std::uint64_t> loads;
  for (const auto& share : scheme.shares) loads.push_back(share.*what);
  return loads;
}

double percent(std::uint64_t part, std::uint64_t all) {
  constexpr double kWhole = 100;
  return all == 0 ? 0 : static_cast<double>(part) * kWhole / static_cast<double>(all);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) value /= 1000, ++unit;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits.at(unit));
}

std::string plural(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// "52/49/50 %": of frames, bytes and flows.
std::string share_text(const Scheme& scheme, std::size_t slave, bool has_flows) {
  Share all;
  for (const auto& share : scheme.shares) {
    all.frames += share.frames, all.bytes += share.bytes, all.flows += share.flows;
  }
  const auto& own = scheme.shares[slave];
  const auto flows = has_flows ? fmt::format("{:.0f}", percent(own.flows, all.flows)) : std::string("-");
  return fmt::format("{:.0f}/{:.0f}/{} %", percent(own.frames, all.frames), percent(own.bytes, all.bytes),
                     flows);
}

std::string row_text(std::string_view name, const Scheme& scheme, const std::vector<std::string>& slaves,
                     bool has_flows) {
  constexpr std::size_t kName = 18, kShare = 15;
  auto row = fmt::format("  {:<{}}  {:.2f}", name, kName, evenness(loads_of(scheme, &Share::bytes)));
  for (std::size_t i = 0; i < slaves.size(); ++i) {
    row += fmt::format("  {:<{}}", share_text(scheme, i, has_flows), std::max(kShare, slaves[i].size()));
  }
  while (row.ends_with(' ')) row.pop_back();
  return row + "\n";
}

nlohmann::ordered_json scheme_json(const Scheme& scheme, const std::vector<std::string>& slaves) {
  nlohmann::ordered_json json = {{"name", scheme.name},
                                 {"evenness",
                                  {{"frames", evenness(loads_of(scheme, &Share::frames))},
                                   {"bytes", evenness(loads_of(scheme, &Share::bytes))},
                                   {"flows", evenness(loads_of(scheme, &Share::flows))}}},
                                 {"slaves", nlohmann::ordered_json::object()}};
  for (std::size_t i = 0; i < slaves.size(); ++i) {
    const auto& share = scheme.shares[i];
    json["slaves"][slaves[i]] = {{"frames", share.frames}, {"bytes", share.bytes}, {"flows", share.flows}};
  }
  return json;
}

}  // namespace

double evenness(const std::vector<std::uint64_t>& loads) {
  double sum = 0, squares = 0;
  for (const auto load : loads) {
    const auto value = static_cast<double>(load);
    sum += value;
    squares += value * value;
  }
  return squares == 0 ? 1 : sum * sum / (static_cast<double>(loads.size()) * squares);
}

Balance balance_of(const core::Foresight& bond, const Sampled& sampled) {
  const Counter counter(bond, sampled);
  Balance balance{.bond = bond.bond,
                  .mode = std::string(core::mode_name(bond.spec.mode)),
                  .slaves = {},
                  .all = {.frames = sampled.frames.size(), .bytes = 0, .flows = counter.flows()},
                  .seconds = sampled.seconds,
                  .missed = sampled.missed,
                  .is_full = sampled.is_full,
                  .now = std::nullopt,
                  .counted = std::nullopt,
                  .policies = {},
                  .note = {}};
  for (const auto& [slot, name] : bond.slaves) balance.slaves.push_back(name);
  for (const auto& frame : sampled.frames) balance.all.bytes += frame.length;
  const auto certainty = certainty_of(bond.spec);
  if (certainty != Certainty::each_frame) {
    const auto name = has_policy(bond.spec) ? policy_name(bond.spec.xmit_hash_policy) : balance.mode;
    balance.now = counter.count(name, bond.spec, bond.now);
  }
  if (!sampled.counted.empty()) balance.counted = Scheme{"counted", sampled.counted};
  const auto table = table_for_policies(bond);
  for (const auto policy : kPolicies) {
    balance.policies.push_back(counter.count(policy_name(policy), spec_for_policy(bond, policy), table));
  }
  balance.note =
      "encap3+4 is as for frames that are forwarded: sockets of this host give theirs a hash of their own";
  return balance;
}

std::string text_of(const Balance& balance) {
  auto text = fmt::format("{} ({}): {}, {}, {} in {:.1f} s{}\n", balance.bond, balance.mode,
                          plural(balance.all.frames, "frame"), size_text(balance.all.bytes),
                          plural(balance.all.flows, "flow"), balance.seconds,
                          balance.is_full ? ", as many as are looked at" : "");
  if (balance.missed > 0)
    text += fmt::format("  {} came too fast to be looked at\n", plural(balance.missed, "frame"));
  if (balance.all.frames == 0) return text + "  nothing was sent, so there is nothing to share\n";
  text += "  shares of frames/bytes/flows; EVEN is of bytes: 1.00 if all slaves carry the same\n";
  text += fmt::format("  {:<18}  EVEN", "");
  for (const auto& slave : balance.slaves) text += fmt::format("  {:<15}", slave);
  while (text.ends_with(' ')) text.pop_back();
  text += "\n";
  if (balance.now) text += row_text("now: " + balance.now->name, *balance.now, balance.slaves, true);
  if (balance.counted) text += row_text("slaves' counters", *balance.counted, balance.slaves, false);
  for (const auto& scheme : balance.policies) text += row_text(scheme.name, scheme, balance.slaves, true);
  return text + fmt::format("  {}\n", balance.note);
}

nlohmann::ordered_json json_of(const Balance& balance) {
  const auto of = [&](const std::optional<Scheme>& scheme) {
    return scheme ? scheme_json(*scheme, balance.slaves) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json json = {
      {"bond", balance.bond},           {"mode", balance.mode},
      {"seconds", balance.seconds},     {"frames", balance.all.frames},
      {"bytes", balance.all.bytes},     {"flows", balance.all.flows},
      {"missed", balance.missed},       {"now", of(balance.now)},
      {"counted", of(balance.counted)}, {"policies", nlohmann::ordered_json::array()}};
  for (const auto& scheme : balance.policies) json["policies"].push_back(scheme_json(scheme, balance.slaves));
  return json;
}

}  // namespace ebond::cli::traffic
