#include "cli/traffic/flow_answer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "core/options/option_table.h"

namespace ebond::cli::traffic {
namespace {

std::string list_of(const std::vector<std::string>& slaves) {
  return slaves.empty() ? "none: no slave can send" : fmt::format("{}", fmt::join(slaves, ", "));
}

std::string missing(std::string_view which, std::string_view option, const Flow& flow,
                    const core::Foresight& bond, std::string_view how) {
  const auto rule = has_policy(bond.spec) ? "xmit_hash_policy " + policy_name(bond.spec.xmit_hash_policy)
                                          : std::string(core::mode_name(bond.spec.mode));
  return fmt::format(
      "{} of {} looks at the {} MAC address, which is not known here of {}: {}, or say it: '{} {} MAC'", rule,
      bond.bond, which, wire::to_string(flow.packets.front().destination), how, to_string(flow), option);
}

}  // namespace

std::string policy_name(core::XmitHashPolicy policy) {
  core::BondOptions options;
  options.xmit_hash_policy = policy;
  return core::find_option("xmit_hash_policy")->get(options);
}

bool has_policy(const core::DatapathSpec& spec) {
  using core::Mode;
  const bool balances_load = spec.mode == Mode::balance_tlb || spec.mode == Mode::balance_alb;
  return spec.mode == Mode::balance_xor || spec.mode == Mode::ieee8023ad ||
         (balances_load && !spec.by_destination);
}

std::expected<FlowAnswer, std::string> answer(const Paths& paths, const Flow& flow, const Origins& origins) {
  const auto& bond = paths.foresight();
  const auto& spec = bond.spec;
  if (looks_at_source_mac(spec) && !flow.source_mac) {
    return std::unexpected(missing("source", "src-mac", flow, bond, "name the bond that it leaves by"));
  }
  if (looks_at_destination_mac(spec) && !flow.destination_mac) {
    return std::unexpected(missing("destination's", "dst-mac", flow, bond, "ping it, or its router, once"));
  }
  const auto frame = frame_of(flow);
  return FlowAnswer{.flow = flow,
                    .origins = origins,
                    .bond = bond.bond,
                    .mode = std::string(core::mode_name(spec.mode)),
                    .policy = has_policy(spec) ? policy_name(spec.xmit_hash_policy) : "",
                    .now = paths.now(frame),
                    .losses = paths.losses(frame),
                    .certainty = certainty_of(spec),
                    .looks_at_macs = looks_at_source_mac(spec) || looks_at_destination_mac(spec),
                    .obeys_queues = spec.queue_ids};
}

std::string text_of(const FlowAnswer& answer) {
  std::string text = fmt::format("{} by {} ({}{}{})\n", to_string(answer.flow), answer.bond, answer.mode,
                                 answer.policy.empty() ? "" : ", ", answer.policy);
  std::size_t width = 3;
  for (const auto& [slave, takes] : answer.losses) width = std::max(width, slave.size() + 8);
  text += fmt::format("  {:<{}}  {}\n", "now", width, list_of(answer.now));
  for (const auto& [slave, takes] : answer.losses) {
    text += fmt::format("  {:<{}}  {}\n", "without " + slave, width, list_of(takes));
  }
  if (answer.looks_at_macs) {
    const auto mac = [](const std::optional<MacAddress>& known, const std::string& origin) {
      return known ? fmt::format("{} ({})", known->to_string(), origin) : std::string("any");
    };
    text += fmt::format("  {:<{}}  {} > {}\n", "MACs", width,
                        mac(answer.flow.source_mac, answer.origins.source_mac),
                        mac(answer.flow.destination_mac, answer.origins.destination_mac));
  }
  if (const auto words = certainty_words(answer.certainty); !words.empty())
    text += fmt::format("  {}\n", words);
  if (answer.obeys_queues)
    text += "  unless a filter on the bond chooses a queue that is a slave's queue_id\n";
  return text;
}

nlohmann::ordered_json json_of(const FlowAnswer& answer) {
  constexpr std::array<const char*, 5> kCertainty = {"fixed", "each frame", "copies", "by load", "by socket"};
  const auto mac = [](const std::optional<MacAddress>& known) {
    return known ? nlohmann::ordered_json(known->to_string()) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json json = {
      {"flow", to_string(answer.flow)},
      {"bond", answer.bond},
      {"mode", answer.mode},
      {"xmit_hash_policy",
       answer.policy.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(answer.policy)},
      {"source_mac", mac(answer.flow.source_mac)},
      {"destination_mac", mac(answer.flow.destination_mac)},
      {"vlan",
       answer.flow.vlan ? nlohmann::ordered_json(*answer.flow.vlan) : nlohmann::ordered_json(nullptr)},
      {"choice", kCertainty.at(static_cast<std::size_t>(answer.certainty))},
      {"now", answer.now},
      {"without", nlohmann::ordered_json::object()}};
  for (const auto& [slave, takes] : answer.losses) json["without"][slave] = takes;
  return json;
}

}  // namespace ebond::cli::traffic
