// What the judges bfd and micro_bfd have in common.
#pragma once

#include <cstdint>
#include <string>

#include "core/bfd/frames.h"
#include "core/bfd/session.h"
#include "core/judges/judge.h"

namespace ebond::core::bfd {

/// What a session's discriminator and jitter are made of: who it is for, and the nanosecond it began, which
/// nobody off the host knows.
std::uint64_t seed_of(const MacAddress& bond_mac, const Slave& slave, std::uint64_t number, TimePoint now);
Settings settings_of(const BondOptions& options);
Ends ends_of(const PathWay& way, std::uint16_t port, std::uint64_t seed);
/// The packets Session::hear() believes, as far as a socket filter can tell.
BfdRule rule_of(const Ends& ends, const Session& session);
/// Why a session is not Up, in one plain phrase.
std::string plaint(const Session& session, const std::string& peer);
/// For those who look.
MonitorSession shown(IfIndex slave, std::string target, const Session& session);
/// Is it known by now who can be asked? A daemon that begins does not know its routes at once, and lets
/// nobody go for that.
bool is_looked_up(const Scene& scene);
/// There is nobody to ask any more.
JudgeNews let_all_go(const Scene& scene);

}  // namespace ebond::core::bfd
