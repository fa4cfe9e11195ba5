// One ifcfg file: its assignments by key, and the typed settings in them that concern a bond.
// Used by sysconfig_files.h, which knows what the files mean together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/bond_config.h"
#include "config/problem.h"
#include "config/shell_file.h"

namespace ebond::config {

class IfcfgFile {
 public:
  /// `name_in_file`: what follows "ifcfg-", the device if the file has no DEVICE=.
  static IfcfgFile parse(std::string_view text, const std::string& path, const std::string& name_in_file);

  const std::string& path() const { return path_; }
  /// Empty if the file has HWADDR= in the place of DEVICE=: then it is about the card with that address.
  const std::string& device() const { return device_; }
  /// The device of an alias file (DEVICE=bond0:1 → bond0); device() otherwise.
  std::string base_device() const { return device_.substr(0, device_.find(':')); }
  bool is_alias() const { return device_.contains(':'); }
  /// VLAN=yes or TYPE=Vlan.
  bool is_vlan() const;
  /// What a person calls it.
  const std::string& title() const { return device_.empty() ? path_ : device_; }
  /// Where `key` is set last, else the file.
  Location where(std::string_view key) const;

  /// Where `key` is set last and not empty; null if it is not.
  const Assignment* find(std::string_view key) const;
  const std::vector<Assignment>& assignments() const { return assignments_; }
  /// Of the shell's syntax.
  const Notes& notes() const { return notes_; }
  /// What makes the file unreadable; what could be read of it all the same is there.
  const std::optional<Problem>& fault() const { return fault_; }

  /// A yes/no key as the network scripts read it: yes, true, y, t, 1 and their opposites, in either case.
  /// Anything else is noted, and counts as not said.
  bool flag(std::string_view key, bool otherwise, Notes& notes) const;

 private:
  std::string path_;
  std::string device_;
  std::vector<Assignment> assignments_;
  Notes notes_;
  std::optional<Problem> fault_;
};

/// IPADDR[n] with NETMASK[n] or PREFIX[n] and BROADCAST[n], then IPV6ADDR and IPV6ADDR_SECONDARIES. NETWORK
/// is only held against them; what does not fit together but can be carried out becomes a note.
Result<std::vector<InterfaceAddress>> read_addresses(const IfcfgFile& file, Notes& notes);

/// Default routes of one file, with their METRIC.
struct IfcfgGateways {
  std::optional<Route> ipv4{};
  std::optional<Route> ipv6{};
};
/// GATEWAY[n] and IPV6_DEFAULTGW, unless DEFROUTE=no or IPV6_DEFROUTE=no, each for its family.
Result<IfcfgGateways> read_gateways(const IfcfgFile& file, Notes& notes);
/// METRIC and IPV6_ROUTE_METRIC.
std::optional<std::uint32_t> read_metric(const IfcfgFile& file, std::string_view key, Notes& notes);

/// MTU, MACADDR (or HWADDR), ONBOOT, BOOTPROTO and DHCPV6C into `bond`.
Result<> read_link_settings(const IfcfgFile& file, BondConfig& bond, Notes& notes);

/// MTU, checked.
Result<std::optional<std::uint32_t>> read_mtu(const IfcfgFile& file);
/// BOOTPROTO and DHCPV6C.
struct DhcpWishes {
  bool dhcp4 = false;
  bool dhcp6 = false;
};
DhcpWishes read_dhcp(const IfcfgFile& file, Notes& notes);

/// Keys that no reader of such files here knows, and those that ask for what ebond does not do.
void note_keys_not_understood(const IfcfgFile& file, Notes& notes);

}  // namespace ebond::config
