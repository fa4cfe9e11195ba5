#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/traffic/commands.h"
#include "cli/traffic/tally.h"
#include "os/rtnetlink.h"

namespace ebond::cli {
namespace {

using namespace traffic;
using Clock = std::chrono::steady_clock;

int refuse(std::string_view why) {
  complain(kProgram, why);
  return kRefused;
}

/// What the slaves have sent so far, by name.
std::vector<Share> counters_of(os::Rtnetlink& links, const core::Foresight& bond) {
  std::vector<Share> all;
  for (const auto& [slot, name] : bond.slaves) {
    const auto link = links.link(name);
    if (!link) return {};
    all.push_back({.frames = link->counters.tx_packets, .bytes = link->counters.tx_bytes, .flows = 0});
  }
  return all;
}

std::vector<Share> difference(std::vector<Share> later, const std::vector<Share>& earlier) {
  if (later.size() != earlier.size()) return {};
  for (std::size_t i = 0; i < later.size(); ++i) {
    later[i].frames -= std::min(later[i].frames, earlier[i].frames);
    later[i].bytes -= std::min(later[i].bytes, earlier[i].bytes);
  }
  return later;
}

os::Result<Sampled> sample(const os::Namespace& here, os::Rtnetlink& links, const core::Foresight& bond,
                           const Arguments& arguments) {
  const auto device = links.link(bond.bond);
  if (!device) return std::unexpected(device.error());
  auto sampler = os::TrafficSampler::open(here, device->ifindex);
  if (!sampler) return std::unexpected(sampler.error());
  Sampled sampled;
  const auto before = counters_of(links, bond);
  const auto begin = Clock::now(), end = begin + arguments.seconds;
  while (Clock::now() < end && !sampled.is_full) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    auto frame = sampler->next(std::max(left, std::chrono::milliseconds(1)));
    if (!frame) return std::unexpected(frame.error());
    if (!*frame) continue;
    sampled.frames.push_back(std::move(**frame));
    sampled.is_full = sampled.frames.size() >= arguments.frames;
  }
  sampled.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  sampled.counted = difference(counters_of(links, bond), before);
  sampled.missed = sampler->take_missed();
  return sampled;
}

/// The one that is named, or the only one there is.
std::expected<std::string, int> chosen_bond(control::Client& client, const std::string& named) {
  if (!named.empty()) return named;
  const auto reports = client.show("");
  if (!reports) return std::unexpected(conclude(kProgram, reports));
  std::vector<std::string> bonds;
  for (const auto& report : *reports) bonds.push_back(report.at("ifname").get<std::string>());
  if (bonds.size() == 1) return bonds.front();
  if (bonds.empty()) return std::unexpected(refuse("there are no bonds in this network namespace"));
  return std::unexpected(refuse(fmt::format("say which bond: {}", fmt::join(bonds, ", "))));
}

}  // namespace

int run_balance(const Arguments& arguments) {
  auto client = connect(kProgram, arguments.run_dir, arguments.netns);
  if (!client) return client.error();
  const auto name = chosen_bond(*client, arguments.bond);
  if (!name) return name.error();
  const auto before = client->foresee(*name);
  if (!before) return conclude(kProgram, before);
  const auto here = os::Namespace::current();
  if (!here) return refuse(here.error().message());
  auto links = os::Rtnetlink::open(*here);
  if (!links) return refuse(links.error().message());
  const auto sampled = sample(*here, *links, *before, arguments);
  if (!sampled) return refuse(sampled.error().message());
  const auto after = client->foresee(*name);
  if (!after) return conclude(kProgram, after);
  if (after->now != before->now)
    complain(kProgram, "warning: the bond's slaves, or their shares, changed meanwhile");
  const auto balance = balance_of(*after, *sampled);
  print(arguments.json ? json_of(balance).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                       : text_of(balance));
  return kDone;
}

}  // namespace ebond::cli
