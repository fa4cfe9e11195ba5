// The bonds of a network namespace as the daemon tells of them, in the numbers the driver's netlink uses:
// what the real ip is shown, and by what a request is recognised as one about bonds. A snapshot; nothing here
// acts.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ip/netlink_message.h"

namespace ebond::cli::ip {

/// The driver's counters of 802.3ad, in the order of BOND_3AD_STAT_*.
using LacpCounters = std::array<std::uint64_t, 9>;

struct ShownSlave {
  std::uint32_t ifindex = 0;  ///< 0: it stands in another namespace
  std::string name;
  Bytes data;  ///< IFLA_INFO_SLAVE_DATA's inside
  std::optional<LacpCounters> lacp{};
};

struct ShownBond {
  std::uint32_t ifindex = 0;  ///< 0: its interface stands in another namespace
  std::string name;
  std::vector<ShownSlave> slaves;
  Bytes data;                          ///< IFLA_INFO_DATA's inside
  std::optional<LacpCounters> lacp{};  ///< of all ports that it has
};

class Bonds {
 public:
  Bonds() = default;
  /// From the daemon's answer to Show: an array of views::bond_json. What is missing there is not shown.
  explicit Bonds(const nlohmann::json& shown);

  bool empty() const { return bonds_.empty(); }
  const ShownBond* bond(std::uint32_t ifindex) const;
  /// The slave of that ifindex and its bond.
  struct Membership {
    const ShownBond* bond = nullptr;
    const ShownSlave* slave = nullptr;
    explicit operator bool() const { return slave != nullptr; }
  };
  Membership membership(std::uint32_t ifindex) const;

 private:
  std::vector<ShownBond> bonds_;
};

}  // namespace ebond::cli::ip
