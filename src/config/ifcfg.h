// One ifcfg file: its assignments by key, and the typed settings in them that concern a bond.
// Used by sysconfig.h, which knows what the files mean together.
#pragma once

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
  static Result<IfcfgFile> parse(std::string_view text, const std::string& path,
                                 const std::string& name_in_file);

  const std::string& path() const { return path_; }
  const std::string& device() const { return device_; }
  /// The device of an alias file (DEVICE=bond0:1 → bond0); device() otherwise.
  std::string base_device() const { return device_.substr(0, device_.find(':')); }
  bool is_alias() const { return device_.contains(':'); }
  /// Where `key` is set last, else the file.
  Location where(std::string_view key) const;

  /// Where `key` is set last and not empty; null if it is not.
  const Assignment* find(std::string_view key) const;
  const std::vector<Assignment>& assignments() const { return assignments_; }

  /// A yes/no key as the network scripts read it: yes, true, y, t, 1 and their opposites, in either case.
  Result<bool> flag(std::string_view key, bool otherwise) const;

 private:
  std::string path_;
  std::string device_;
  std::vector<Assignment> assignments_;
};

/// IPADDR[n] with NETMASK[n] or PREFIX[n] and BROADCAST[n], then IPV6ADDR and IPV6ADDR_SECONDARIES. NETWORK
/// is only held against them; what does not fit together but can be carried out becomes a note.
Result<std::vector<InterfaceAddress>> read_addresses(const IfcfgFile& file, std::vector<std::string>& notes);

/// GATEWAY and IPV6_DEFAULTGW, unless DEFROUTE=no.
Result<std::vector<IpAddress>> read_gateways(const IfcfgFile& file);

/// MTU, MACADDR (or HWADDR), ONBOOT and BOOTPROTO into `bond`.
Result<> read_link_settings(const IfcfgFile& file, BondConfig& bond);

}  // namespace ebond::config
