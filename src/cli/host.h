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

class Host {
 public:
  virtual ~Host() = default;
  virtual Step<> add_bond(const std::string& bond, const config::KeyValues& options) = 0;
  virtual Step<> delete_bond(const std::string& bond) = 0;
  virtual bool has_interface(const std::string& name) = 0;
  /// All of them or none, one that is not there when it appears. Returns warnings.
  virtual Step<std::vector<std::string>> enslave(const std::string& bond,
                                                 const std::vector<std::string>& slaves) = 0;
  virtual Step<> set_slave(const std::string& slave, const config::KeyValues& options) = 0;
  virtual Step<> set_mac(const std::string& bond, const wire::MacAddress& mac) = 0;
  virtual Step<> set_mtu(const std::string& bond, std::uint32_t mtu) = 0;
  virtual Step<> set_up(const std::string& bond) = 0;
  virtual Step<> add_address(const std::string& bond, const config::InterfaceAddress& address) = 0;
  virtual Step<> add_route(const std::string& bond, const config::Route& route) = 0;
};

}  // namespace ebond::cli
