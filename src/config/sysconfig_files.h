// All files of a Red Hat system's network configuration: network, network-scripts/ifcfg-*, route-* and
// route6-*, and what a device's own file, its alias files, VLANs on it and its routes come to together. Used
// by sysconfig.h for bonds and by formats/rhel_team.h for teams, which know what makes one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/draft.h"
#include "config/ifcfg.h"
#include "config/problem.h"

namespace ebond::config {

class SysconfigFiles {
 public:
  /// `network_scripts`: the directory of ifcfg files, or one of them; `network`: the file of that name, which
  /// need not be there.
  static Result<SysconfigFiles> read(const std::filesystem::path& network_scripts,
                                     const std::filesystem::path& network);

  const std::filesystem::path& directory() const { return directory_; }
  const std::vector<IfcfgFile>& files() const { return files_; }
  Notes& notes() { return notes_; }

  /// The first file about this device that is no alias; null if there is none. One that has HWADDR= is about
  /// a card, and stands back behind one that has not.
  const IfcfgFile* of_device(std::string_view device) const;
  /// A name as it stands, a UUID as the device of the file that has it; empty if no file has it.
  std::string device_called(const std::string& name_or_uuid) const;

  /// What its file says of the device beside what makes it a bond: link settings, addresses, routes, VLANs,
  /// bridge. A file that cannot be read is an error here, for the device needs it.
  Result<> add_network(Draft& draft, const IfcfgFile& own);
  /// DEVICE, and HWADDR as what must fit.
  static SlaveDraft slave_of(const IfcfgFile& file, Notes& notes);
  /// Files that cannot be read and that nothing needed: each said, and left out.
  void note_broken_files(const std::vector<const IfcfgFile*>& needed);

  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }

 private:
  Result<> add_addresses(BondConfig& bond, const IfcfgFile& own);
  void add_alias(BondConfig& bond, const IfcfgFile& file);
  void add_global_gateways(BondConfig& bond, const IfcfgFile& own);
  void add_vlans(BondConfig& bond);
  void add_vlan(BondConfig& bond, const IfcfgFile& file);
  void leave_addresses_to_the_bridge(BondConfig& bond, const IfcfgFile& own);
  void add_routes_of(const std::string& device, std::vector<Route>& routes);

  std::filesystem::path directory_;
  std::vector<IfcfgFile> files_;
  IfcfgFile network_;
  Notes notes_;
};

}  // namespace ebond::config
