#include "cli/traffic/paths.h"

#include <algorithm>

namespace ebond::cli::traffic {
namespace {

using core::Mode;
using core::XmitHashPolicy;

bool goes_by_policy(const core::DatapathSpec& spec) {
  const bool balances_load = spec.mode == Mode::balance_tlb || spec.mode == Mode::balance_alb;
  return spec.mode == Mode::balance_xor || spec.mode == Mode::ieee8023ad ||
         (balances_load && !spec.by_destination);
}

}  // namespace

Certainty certainty_of(const core::DatapathSpec& spec) {
  if (spec.mode == Mode::balance_rr) return Certainty::each_frame;
  if (spec.mode == Mode::broadcast) return Certainty::copies;
  if (goes_by_policy(spec) && spec.xmit_hash_policy == XmitHashPolicy::encap34) return Certainty::by_socket;
  return spec.count_tx ? Certainty::by_load : Certainty::fixed;
}

std::string_view certainty_words(Certainty certainty) {
  switch (certainty) {
    case Certainty::fixed:
      return {};
    case Certainty::each_frame:
      return "no fixed slave: each frame takes the next in turn";
    case Certainty::copies:
      return "each of them gets a copy";
    case Certainty::by_load:
      return "now; every ten seconds the load may move it to another";
    case Certainty::by_socket:
      return "if it is forwarded or bridged: a socket of this host gives its frames a hash of its own, which "
             "cannot be "
             "foreseen";
  }
  return {};
}

bool looks_at_source_mac(const core::DatapathSpec& spec) {
  if (spec.mode == Mode::balance_slb) return true;
  return goes_by_policy(spec) && spec.xmit_hash_policy != XmitHashPolicy::layer34 &&
         spec.xmit_hash_policy != XmitHashPolicy::encap34;
}

bool looks_at_destination_mac(const core::DatapathSpec& spec) {
  return goes_by_policy(spec) && (spec.xmit_hash_policy == XmitHashPolicy::layer2 ||
                                  spec.xmit_hash_policy == XmitHashPolicy::layer23 ||
                                  spec.xmit_hash_policy == XmitHashPolicy::encap23);
}

Paths::Paths(core::Foresight foresight)
    : foresight_(std::move(foresight)), now_(foresight_.spec, foresight_.now) {
  for (const auto& loss : foresight_.losses) losses_.emplace_back(foresight_.spec, loss.table);
}

std::vector<std::string> Paths::names(const os::Replay& replay, const core::Table& table,
                                      wire::ByteView frame) const {
  const bool is_dealt = certainty_of(foresight_.spec) == Certainty::each_frame;
  const auto slots = is_dealt ? table.buckets : replay.leaves_by(frame);
  std::vector<std::string> found;
  for (const auto& [slot, name] : foresight_.slaves) {
    if (std::ranges::find(slots, slot) != slots.end()) found.push_back(name);
  }
  return found;
}

std::vector<Paths::Loss> Paths::losses(wire::ByteView frame) const {
  std::vector<Loss> all;
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    const auto& [slave, table] = foresight_.losses[i];
    all.push_back({slave, names(losses_[i], table, frame)});
  }
  return all;
}

}  // namespace ebond::cli::traffic
