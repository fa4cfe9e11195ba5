// The devices of a network namespace as LinkPoller asks them: by ethtool, one by one or all at one stroke.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "daemon/link_poller.h"
#include "daemon/network.h"
#include "os/link_dump.h"
#include "os/rtnetlink.h"

namespace ebond::daemon {

class NetworkDevices : public Devices {
 public:
  explicit NetworkDevices(std::shared_ptr<Network> network) : network_(std::move(network)) {}

  std::uint64_t namespace_inode() const override { return network_->where.id().inode; }
  os::Result<bool> carrier(const std::string& name, bool use_carrier) override {
    return network_->ethtool.carrier(name, use_carrier);
  }
  os::Result<core::LinkState> link(const std::string& name, bool use_carrier) override {
    return network_->ethtool.link_state(name, use_carrier);
  }
  bool kernel_has_carrier(const std::string& name) override;
  os::Result<Carriers> all_carriers() override;

 private:
  std::shared_ptr<Network> network_;
  // Opened when they are asked for first
  std::optional<os::Result<os::LinkDump>> dump_;
  std::optional<os::Result<os::Rtnetlink>> netlink_;
  std::mutex asks_netlink_;
};

}  // namespace ebond::daemon
