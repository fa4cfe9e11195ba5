// How sampled traffic is shared by a bond's slaves, and would be by other policies: each frame is shown to
// the data path's program with each of them. Values in, values out; the answer of `ebond balance` as text and
// as JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/foresight.h"
#include "os/traffic_sampler.h"

namespace ebond::cli::traffic {

struct Share {
  std::uint64_t frames = 0, bytes = 0, flows = 0;
  bool operator==(const Share&) const = default;
};

/// What one way of choosing gives each slave.
struct Scheme {
  std::string name;           ///< "layer3+4"
  std::vector<Share> shares;  ///< in the order of the slaves
};

struct Sampled {
  std::vector<os::SampledFrame> frames{};
  double seconds = 0;
  std::uint64_t missed = 0;
  bool is_full = false;  ///< it ended because there were as many as were asked for
  /// What each slave sent meanwhile, by its own counters, in the order of the slaves; empty: not known.
  std::vector<Share> counted{};
};

struct Balance {
  std::string bond, mode;
  std::vector<std::string> slaves;
  Share all;
  double seconds = 0;
  std::uint64_t missed = 0;
  bool is_full = false;
  std::optional<Scheme> now;      ///< none in balance-rr, where no frame has a slave
  std::optional<Scheme> counted;  ///< without flows
  std::vector<Scheme> policies;   ///< every xmit_hash_policy; with the table as it is if one of them decides
  std::string note;               ///< a sentence; empty: none
};

Balance balance_of(const core::Foresight& bond, const Sampled& sampled);

/// Jain's fairness: 1 if all have the same, 1/n if one of n has all. 1 of nothing.
double evenness(const std::vector<std::uint64_t>& loads);

std::string text_of(const Balance& balance);
nlohmann::ordered_json json_of(const Balance& balance);

}  // namespace ebond::cli::traffic
