// Bonds for ifupdown: what the scripts /etc/network/if-*.d/ebond do for stanzas that were written for
// Debian's ifenslave package. ifupdown has read the file and tells of the stanza in the environment;
// addresses, MTU and MAC are its own to set. What options mean, config/formats/interfaces.h knows.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/host.h"
#include "config/bond_config.h"

namespace ebond::cli {

/// What ifupdown tells its scripts.
struct IfupdownStanza {
  enum class Phase : std::uint8_t { pre_up, up, post_down, another };
  Phase phase = Phase::another;
  std::string interface;
  config::KeyValues options;      ///< those about bonds: "bond-mode" and "active-backup"
  std::set<std::string> in_hand;  ///< interfaces that this ifup, or one that called it, is at
  bool verbose = false;

  /// "" if there is none.
  std::string option(std::string_view key) const;
  /// Of a bond that is to be made, and ended, with its stanza.
  bool makes_bond() const;
  /// The bond that the interface is to be a slave of; "" if none.
  std::string master() const;
};

/// `environment`: "IFACE=bond0", "IF_BOND_MODE=1", …
IfupdownStanza stanza_of_environment(const std::vector<std::string>& environment);

/// The machine, as far as this needs it.
class IfupdownHost {
 public:
  virtual ~IfupdownHost() = default;
  /// Ours, of this network namespace: options that are not at their defaults, and slaves.
  virtual Step<std::vector<config::BondConfig>> bonds() = 0;
  virtual Step<std::vector<Card>> cards() = 0;
  virtual bool has_interface(const std::string& name) = 0;
  virtual bool carries(const std::string& interface) = 0;
  virtual Step<> set_down(const std::string& interface) = 0;
  virtual Step<> add_bond(const std::string& bond, const config::KeyValues& options) = 0;
  virtual Step<> delete_bond(const std::string& bond) = 0;
  virtual Step<> set_bond(const std::string& bond, const config::KeyValues& options) = 0;
  /// One that is not there when it appears. Returns warnings.
  virtual Step<std::vector<std::string>> enslave(const std::string& bond, const std::string& slave) = 0;
  virtual Step<> release(const std::string& bond, const std::string& slave) = 0;
  virtual Step<> set_slave(const std::string& slave, const config::KeyValues& options) = 0;
  /// One of ifupdown's own programs with these words: what it printed, if it ended well.
  virtual std::optional<std::string> run(const std::vector<std::string>& command) = 0;
  virtual void wait_a_second() = 0;
  virtual void say(const std::string& line) = 0;
};

/// True if ifupdown may go on. A slave that cannot be had is told and passed over, as ifenslave does.
bool run_ifupdown(const IfupdownStanza& stanza, IfupdownHost& host);

}  // namespace ebond::cli
