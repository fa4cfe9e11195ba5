// The machine itself: bonds by the daemon, links, addresses and routes by rtnetlink in the same namespace.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "cli/host.h"
#include "control/client.h"
#include "os/rtnetlink.h"

namespace ebond::cli {

class LiveHost : public Host {
 public:
  using Connect = std::function<std::optional<control::Client>()>;
  /// `connect_again`: to the daemon that comes after one that went in the middle, if one comes.
  LiveHost(control::Client client, os::Rtnetlink links, Connect connect_again)
      : client_(std::move(client)), links_(std::move(links)), connect_again_(std::move(connect_again)) {}
  /// Adopts even an interface on which a DHCP client is at work, and warns.
  void force() { forced_ = true; }

  Step<std::vector<Card>> cards() override;
  Step<> rename(const std::string& from, const std::string& to) override;
  Step<> add_vlan(const std::string& bond, std::uint16_t id, const std::string& name) override;
  Step<> join_bridge(const std::string& interface, const std::string& bridge) override;
  Step<> add_bond(const std::string& bond, const config::KeyValues& options) override;
  Step<std::vector<std::string>> add_adopting(const std::string& bond, const config::KeyValues& options,
                                              const std::string& interface) override;
  /// Also by the next daemon, which finishes what the one before it had begun.
  Step<> delete_bond(const std::string& bond) override;
  Step<> put_into(const std::string& bond, const std::string& netns) override;
  Step<> seek_in(const std::string& interface, const std::string& netns) override;
  Step<> set_bond(const std::string& bond, const config::KeyValues& options) override;
  bool has_interface(const std::string& name) override;
  bool is_up(const std::string& interface) override;
  bool has_mac(const std::string& interface, const wire::MacAddress& mac) override;
  Step<> release(const std::string& bond, const std::vector<std::string>& slaves) override;
  Step<> delete_address(const std::string& interface, const config::InterfaceAddress& address) override;
  Step<> delete_route(const std::string& interface, const config::Route& route) override;
  // Ways back; see control::Service.
  Step<> checkpoint(const std::vector<std::string>& bonds, std::chrono::seconds within);
  Step<> confirm();
  /// Also by the next daemon.
  Step<> roll_back();
  Step<std::vector<std::string>> enslave(const std::string& bond,
                                         const std::vector<std::string>& slaves) override;
  Step<> set_slave(const std::string& slave, const config::KeyValues& options) override;
  Step<> set_mac(const std::string& interface, const wire::MacAddress& mac) override;
  Step<> set_mtu(const std::string& interface, std::uint32_t mtu) override;
  Step<> set_up(const std::string& interface) override;
  Step<> add_address(const std::string& interface, const config::InterfaceAddress& address) override;
  Step<> add_route(const std::string& interface, const config::Route& route) override;

 private:
  std::vector<Card> cards_away();
  /// Where the interface stands.
  os::Rtnetlink& links_of(const std::string& interface);
  /// `action` with those and the interface's index; the kernel's answer as a step.
  template <class Action>
  Step<> with_index(const std::string& name, Action action);

  control::Client client_;
  os::Rtnetlink links_;
  std::map<std::string, std::shared_ptr<os::Rtnetlink>> away_;  ///< interfaces that stand elsewhere
  Connect connect_again_;
  bool forced_ = false;
};

}  // namespace ebond::cli
