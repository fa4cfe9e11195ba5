// What judges that ask have in common: the MAC a backup asks from, questions to a next hop, and the answers
// to them.
#pragma once

#include <optional>
#include <span>

#include "core/judges/judge.h"
#include "wire/bytes.h"

namespace ebond::core {

/// The MAC a slave is probed from while the bond's traffic does not come and go through it: its permanent
/// one if neither the bond nor another slave wears that, else one made of it with the local bit turned. A
/// switch that hears it learns nothing about the bond's MAC, and what is sent to it comes back through this
/// slave.
MacAddress probe_mac(const Slave& slave, std::span<const Slave> slaves, const MacAddress& bond_mac);

/// ARP or Neighbor Solicitation for the next hop, as the bond asks.
wire::Bytes ask_next_hop(const PathWay& way, const MacAddress& from);
/// The same as nobody (RFC 5227, RFC 4861), so that no cache learns anything of it.
wire::Bytes probe_next_hop(const PathWay& way, const MacAddress& from);

/// The answer to either: an ARP reply or a solicited advertisement, sent to the one that asked.
struct NextHopAnswer {
  IpAddress address{};  ///< of the next hop
  MacAddress mac{};     ///< its
  MacAddress asker{};   ///< the MAC that it answers to
};
std::optional<NextHopAnswer> read_answer(const wire::EthernetFrame& frame);

/// What answers come in by: from the next hops, to a MAC they were asked from.
Listening answers_from(const Scene& scene, const Slave& slave);
/// The ways to targets of path_target, as far as they are known; usable or not.
std::vector<PathWay> ways_to_targets(const Scene& scene);

/// Lets every slave pass that `judge` holds.
std::vector<JudgedPath> let_all_pass(std::span<const Slave> slaves, PathJudge judge, std::string_view why);

}  // namespace ebond::core
