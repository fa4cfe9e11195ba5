// Which links of a network namespace are up, all of them by one question (ETHTOOL_MSG_LINKSTATE_GET,
// Linux 5.6): what ETHTOOL_GLINK says of each, at a tenth of its price where there are many.
//
// Used by the daemon's LinkPoller, off its loop: the kernel asks every device of the namespace, slave or not.
#pragma once

#include <vector>

#include "core/types.h"
#include "os/error.h"
#include "os/netlink_socket.h"
#include "os/netns.h"

namespace ebond::os {

class LinkDump {
 public:
  /// ENOENT if this kernel has no such question.
  static Result<LinkDump> open(const Namespace& where);

  struct Link {
    core::IfIndex ifindex{};
    bool up = false;
  };
  /// Devices that cannot tell are left out.
  Result<std::vector<Link>> read();

 private:
  LinkDump(NetlinkSocket socket, std::uint16_t family) : socket_(std::move(socket)), family_(family) {}
  NetlinkSocket socket_;
  std::uint16_t family_;
};

}  // namespace ebond::os
