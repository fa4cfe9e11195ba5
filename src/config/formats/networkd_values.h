// What single keys of systemd-networkd's files say. Used by networkd.h alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/bond_config.h"
#include "config/ini_file.h"
#include "config/options.h"
#include "config/problem.h"

namespace ebond::config {

/// A key of [Bond].
struct NetworkdOption {
  std::optional<SourcedOption> option{};
  std::string fault{};   ///< why it is left out
  std::string remark{};  ///< what should be said though it is taken
};
NetworkdOption networkd_bond_option(const IniEntry& entry);

/// With a suffix K for 1024 octets.
std::optional<std::uint32_t> networkd_mtu(std::string_view text);

/// Addresses, routes and the wish for DHCP of a .network file: in [Network], [Address] and [Route].
class NetworkdAddresses {
 public:
  explicit NetworkdAddresses(Notes& notes) : notes_(notes) {}
  void add(const IniFile& network);

  std::vector<InterfaceAddress> addresses;
  std::vector<Route> routes;
  bool dhcp4 = false;
  bool dhcp6 = false;

 private:
  void add_network(const IniSection& section);
  void add_address_section(const IniSection& section);
  void add_route_section(const IniSection& section);
  void set_route_key(Route& route, const IniEntry& entry);
  void set_dhcp(const IniEntry& entry);
  void leave_out(const IniEntry& entry, std::string_view why);

  Notes& notes_;
};

}  // namespace ebond::config
