// What bringing a configured bond up needs done to a machine, one step a call, each done or refused with a
// sentence. The live one asks the daemon and the kernel; tests have their own.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "config/bond_config.h"

namespace ebond::cli {

template <class T = void>
using Step = std::expected<T, std::string>;

/// An Ethernet card as it can be found by what a configuration says of it.
struct Card {
  std::string name;
  wire::MacAddress mac;  ///< the one it was made with, if that is known
};

class Host {
 public:
  virtual ~Host() = default;
  virtual Step<std::vector<Card>> cards() = 0;
  virtual Step<> rename(const std::string& from, const std::string& to) = 0;
  virtual Step<> add_bond(const std::string& bond, const config::KeyValues& options) = 0;
  /// The same, with this interface for its first slave, whose addresses, routes and the like become the
  /// bond's; refused if a DHCP client is at work on it, unless that was said to be known. Returns warnings.
  virtual Step<std::vector<std::string>> add_adopting(const std::string& bond,
                                                      const config::KeyValues& options,
                                                      const std::string& interface) = 0;
  /// A bond's interface, to the network namespace of that name; what is said of it then, it is said of it
  /// there.
  virtual Step<> put_into(const std::string& bond, const std::string& netns) = 0;
  /// A bond or a VLAN on it stands there already.
  virtual Step<> seek_in(const std::string& interface, const std::string& netns) = 0;
  virtual Step<> set_bond(const std::string& bond, const config::KeyValues& options) = 0;
  virtual Step<> delete_bond(const std::string& bond) = 0;
  virtual bool has_interface(const std::string& name) = 0;
  virtual bool is_up(const std::string& interface) = 0;
  virtual bool has_mac(const std::string& interface, const wire::MacAddress& mac) = 0;
  /// All of them or none, one that is not there when it appears. Returns warnings.
  virtual Step<std::vector<std::string>> enslave(const std::string& bond,
                                                 const std::vector<std::string>& slaves) = 0;
  virtual Step<> release(const std::string& bond, const std::vector<std::string>& slaves) = 0;
  virtual Step<> set_slave(const std::string& slave, const config::KeyValues& options) = 0;
  /// A VLAN of that number on the bond, down.
  virtual Step<> add_vlan(const std::string& bond, std::uint16_t id, const std::string& name) = 0;
  virtual Step<> join_bridge(const std::string& interface, const std::string& bridge) = 0;
  // Of a bond or a VLAN on it.
  virtual Step<> set_mac(const std::string& interface, const wire::MacAddress& mac) = 0;
  virtual Step<> set_mtu(const std::string& interface, std::uint32_t mtu) = 0;
  virtual Step<> set_up(const std::string& interface) = 0;
  virtual Step<> add_address(const std::string& interface, const config::InterfaceAddress& address) = 0;
  virtual Step<> delete_address(const std::string& interface, const config::InterfaceAddress& address) = 0;
  virtual Step<> delete_route(const std::string& interface, const config::Route& route) = 0;
  virtual Step<> add_route(const std::string& interface, const config::Route& route) = 0;
};

}  // namespace ebond::cli
