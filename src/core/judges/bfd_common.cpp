#include "core/judges/bfd_common.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/judges/asking.h"

namespace ebond::core::bfd {

std::uint64_t seed_of(const MacAddress& bond_mac, const Slave& slave, std::uint64_t number, TimePoint now) {
  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&](std::uint64_t value) {
    for (int i = 0; i < 8; ++i, value >>= 8) hash = (hash ^ (value & 0xff)) * 0x100000001b3;
  };
  for (const auto octet : bond_mac.octets()) mix(octet);
  for (const auto octet : slave.permanent_mac.octets()) mix(octet);
  mix(std::to_underlying(slave.ifindex));
  mix(number);
  mix(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  return hash;
}

Settings settings_of(const BondOptions& options) {
  return {.interval = options.path_interval, .multiplier = options.path_multiplier};
}

Ends ends_of(const PathWay& way, std::uint16_t port, std::uint64_t seed) {
  return {.ours = way.source, .theirs = way.target, .port = port, .source_port = source_port_for(seed >> 16)};
}

BfdRule rule_of(const Ends& ends, const Session& session) {
  BfdRule rule{.source = ends.theirs, .destination = ends.ours, .ours = session.local_discriminator()};
  if (session.is_up()) rule.theirs = session.remote_discriminator();
  return rule;
}

std::string plaint(const Session& session, const std::string& peer) {
  switch (session.diagnostic()) {
    case wire::BfdDiagnostic::detection_time_expired:
      return fmt::format("no BFD packets from {}", peer);
    case wire::BfdDiagnostic::neighbor_signaled_down:
      return fmt::format("{} reports by BFD that the session is down", peer);
    default:
      return fmt::format("no BFD session with {}", peer);
  }
}

MonitorSession shown(IfIndex slave, std::string target, const Session& session) {
  constexpr std::array kStates{"admin-down", "down", "init", "up"};
  return {.slave = slave,
          .judge = PathJudge::bfd,
          .target = std::move(target),
          .state = kStates.at(std::to_underlying(session.state())),
          .interval = session.transmit_interval().value_or(Duration::zero()),
          .detection = session.detection_time(),
          .since = session.since(),
          .answered = session.last_heard(),
          .round_trip = std::nullopt};
}

bool is_looked_up(const Scene& scene) {
  return !scene.around.paths.empty() || scene.options.path_target.empty() || !scene.admin_up;
}

JudgeNews let_all_go(const Scene& scene) {
  return {.judged = let_all_pass(scene.slaves, PathJudge::bfd, "no target can be probed any more")};
}

}  // namespace ebond::core::bfd
