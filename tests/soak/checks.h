// What must hold whenever the soak looks, beside what the ledgers say: pure, of values that were read
// elsewhere. Each answers with a sentence for whatever is wrong, and begins with the invariant's name.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/soak/situation.h"

namespace ebond::soak {

/// What `ebond show` must say of a bond, once it had the time.
struct ExpectedSlave {
  std::string name;
  bool has_link = true;
  bool works = true;      ///< its far end takes part as well
  bool is_vague = false;  ///< loses frames: a monitor may say either
};
struct ExpectedBond {
  std::string where;  ///< for the sentence
  BondPlan plan;
  std::vector<ExpectedSlave> slaves;
};
ExpectedBond expected_bond(const std::string& where, const BondPlan& plan, const SiteSituation& situation,
                           Side side);
std::vector<std::string> check_show(const ExpectedBond& expected, const nlohmann::json& shown);
/// What a slave's interface has, and what its bond says of it.
struct WornSlave {
  std::string name, mac;
  std::uint32_t mtu = 0, bond_mtu = 0;
};
std::vector<std::string> check_worn(const std::string& where, const WornSlave& slave,
                                    const nlohmann::json& shown);
/// For a bond that has no way: what it says once it had the time.
std::vector<std::string> check_not_ok(const std::string& where, const nlohmann::json& shown);

/// What the kernel counted and what the traffic sent (nothing is lost meanwhile), read in this order:
/// `before`, the interfaces, `after`.
struct CounterReading {
  std::uint64_t sent_before = 0, sent_after = 0;        ///< by this host
  std::uint64_t sent_to_before = 0, sent_to_after = 0;  ///< to it by the other
  std::uint64_t bond_sent = 0, bond_received = 0;
  std::uint64_t slaves_sent = 0, slaves_received = 0;
  std::uint64_t dropped = 0;     ///< by the bond, for want of a slave
  std::uint64_t not_for_it = 0;  ///< received by slaves that do not take part, and dropped there
};
struct CounterRules {
  std::string where;
  unsigned copies = 1;  ///< the bond sends of each frame
  unsigned slaves = 2;
  bool collects_all = false;  ///< nothing may come to a slave that does not collect
  double seconds = 0;         ///< between the two
};
std::vector<std::string> check_counters(const CounterReading& first, const CounterReading& second,
                                        const CounterRules& rules);

/// What is there of a daemon or of an interface, a line for each thing; compared before and after.
std::vector<std::string> check_restored(const std::string& what, const std::vector<std::string>& before,
                                        const std::vector<std::string>& after);
struct Holdings {
  std::uint64_t descriptors = 0, memory_kib = 0;
};
std::vector<std::string> check_holdings(const std::string& whose, const Holdings& before,
                                        const Holdings& after);

}  // namespace ebond::soak
