// Arguments of FreeBSD's ifconfig(8) and route(8) as rc.conf holds them. Used by freebsd_rc.h alone.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/bond_config.h"
#include "config/problem.h"
#include "config/shell_file.h"

namespace ebond::config {

struct IfconfigCommand {
  const Assignment& given;  ///< the variable that holds it
  std::vector<std::string_view> words;
};

struct NamedPlace {
  std::string name;
  Location where;
};

/// The word behind `word`; empty if there is none.
std::string_view value_of_word(const std::vector<std::string_view>& words, std::string_view word);

/// What the commands of one interface come to.
class IfconfigReader {
 public:
  explicit IfconfigReader(Notes& notes) : notes_(notes) {}
  void read(const IfconfigCommand& command);

  std::vector<InterfaceAddress> addresses;
  std::optional<std::uint32_t> mtu;
  std::optional<wire::MacAddress> mac;
  bool dhcp = false;
  bool noauto = false;
  std::vector<NamedPlace> ports;
  std::optional<NamedPlace> protocol;
  std::optional<NamedPlace> hash;
  std::optional<Location> fast_lacp;
  std::optional<std::uint16_t> vlan;

 private:
  void read_word(const IfconfigCommand& command, std::size_t& i);
  bool read_valued_word(const IfconfigCommand& command, std::string_view word, std::string_view value);
  void add_address(const IfconfigCommand& command, std::string_view text, std::size_t& i);
  void leave_out(const IfconfigCommand& command, std::string_view word, std::string_view why);

  Notes& notes_;
};

/// "-net 198.51.100.0/24 192.0.2.254", "-net 198.51.100.0 -netmask 255.255.255.0 192.0.2.254", "-host …".
std::expected<Route, std::string> parse_route_arguments(const std::vector<std::string_view>& words,
                                                        bool ipv6);

}  // namespace ebond::config
