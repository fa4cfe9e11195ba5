// The answer of `ebond flow`, as text and as JSON. Values in, text out.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/traffic/flow.h"
#include "cli/traffic/paths.h"
#include "cli/traffic/resolver.h"

namespace ebond::cli::traffic {

struct FlowAnswer {
  Flow flow;
  Origins origins;
  std::string bond, mode, policy;  ///< `policy` empty: none decides
  std::vector<std::string> now;
  std::vector<Paths::Loss> losses;
  Certainty certainty{};
  bool looks_at_macs = false;
  bool obeys_queues = false;  ///< a filter on the bond may send it elsewhere
};

/// Or which MAC address is needed, and how to say it.
std::expected<FlowAnswer, std::string> answer(const Paths& paths, const Flow& flow, const Origins& origins);

std::string text_of(const FlowAnswer& answer);
nlohmann::ordered_json json_of(const FlowAnswer& answer);

/// "layer3+4"
std::string policy_name(core::XmitHashPolicy policy);
/// Does xmit_hash_policy decide?
bool has_policy(const core::DatapathSpec& spec);

}  // namespace ebond::cli::traffic
