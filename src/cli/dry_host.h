// A machine to which nothing is done: what would be is said instead, a line a step. For `ebond apply
// --dry-run`, so that the plan is made by what carries it out. What is asked, the real one answers.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "cli/host.h"

namespace ebond::cli {

class DryHost : public Host {
 public:
  using Say = std::function<void(const std::string&)>;
  DryHost(Host& real, Say say) : real_(real), say_(std::move(say)) {}
  /// How many steps were said.
  std::size_t steps() const { return steps_; }

  Step<std::vector<Card>> cards() override { return real_.cards(); }
  Step<> rename(const std::string& from, const std::string& to) override;
  Step<> add_bond(const std::string& bond, const config::KeyValues& options) override;
  Step<std::vector<std::string>> add_adopting(const std::string& bond, const config::KeyValues& options,
                                              const std::string& interface) override;
  Step<> put_into(const std::string& bond, const std::string& netns) override;
  Step<> seek_in(const std::string& interface, const std::string& netns) override;
  Step<> set_bond(const std::string& bond, const config::KeyValues& options) override;
  Step<> delete_bond(const std::string& bond) override;
  bool has_interface(const std::string& name) override { return real_.has_interface(name); }
  bool is_up(const std::string& interface) override { return real_.is_up(interface); }
  bool has_mac(const std::string& interface, const wire::MacAddress& mac) override {
    return real_.has_mac(interface, mac);
  }
  Step<std::vector<std::string>> enslave(const std::string& bond,
                                         const std::vector<std::string>& slaves) override;
  Step<> release(const std::string& bond, const std::vector<std::string>& slaves) override;
  Step<> set_slave(const std::string& slave, const config::KeyValues& options) override;
  Step<> add_vlan(const std::string& bond, std::uint16_t id, const std::string& name) override;
  Step<> join_bridge(const std::string& interface, const std::string& bridge) override;
  Step<> set_mac(const std::string& interface, const wire::MacAddress& mac) override;
  Step<> set_mtu(const std::string& interface, std::uint32_t mtu) override;
  Step<> set_up(const std::string& interface) override;
  Step<> add_address(const std::string& interface, const config::InterfaceAddress& address) override;
  Step<> delete_address(const std::string& interface, const config::InterfaceAddress& address) override;
  Step<> add_route(const std::string& interface, const config::Route& route) override;
  Step<> delete_route(const std::string& interface, const config::Route& route) override;

 private:
  Step<> say(const std::string& words);
  /// "ip" for an interface that is here, "ip -n web" for one that stands there.
  std::string ip(const std::string& interface) const;

  Host& real_;
  Say say_;
  std::map<std::string, std::string> away_;  ///< namespaces by interface
  std::size_t steps_ = 0;
};

}  // namespace ebond::cli
