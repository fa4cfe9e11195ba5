// What a flow's text leaves open and the host knows: by which bond it leaves, in which VLAN, and with which
// MAC addresses, by the kernel's own routes and neighbours. Sends nothing and changes nothing.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cli/traffic/flow.h"
#include "os/netns.h"
#include "os/rtnetlink.h"

namespace ebond::cli::traffic {

/// Where each came from, for people: "bond0's", "192.0.2.2's", "given"; empty: it is not known.
struct Origins {
  std::string source_mac{}, destination_mac{};
};

class Resolver {
 public:
  /// In the namespace of the thread.
  static std::expected<Resolver, std::string> open(std::vector<std::string> bonds);

  /// The bond by which the kernel would send it; `wanted`, if it is one of them, or the only one there is, of
  /// what goes through this host some other way. Or why none can be told.
  std::expected<std::string, std::string> bond_of(const Flow& flow, const std::string& wanted);
  /// Fills in what is not said, as far as it is known.
  Origins complete(Flow& flow, const std::string& bond);

 private:
  /// How the kernel would send to an address by a bond.
  struct Way {
    std::string bond;
    os::LinkInfo device;  ///< bond0, or what stands on it
    std::optional<std::uint16_t> vlan{};
    IpAddress next_hop{};
  };
  Resolver(std::vector<std::string> bonds, os::Namespace here, os::Rtnetlink links)
      : bonds_(std::move(bonds)), here_(std::move(here)), links_(std::move(links)) {}
  std::optional<Way> way_to(const IpAddress& target);
  bool descend(const os::LinkInfo& from, Way& way, int depth);
  bool is_bond(const std::string& name) const;

  std::vector<std::string> bonds_;
  os::Namespace here_;
  os::Rtnetlink links_;
};

}  // namespace ebond::cli::traffic
