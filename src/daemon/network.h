// The daemon's hands in one network namespace: every socket it needs there, opened inside it.
#pragma once

#include "os/ethtool.h"
#include "os/multicast.h"
#include "os/netns.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/rtnetlink_events.h"

namespace ebond::daemon {

struct Network {
  os::Namespace where;
  os::Rtnetlink netlink;
  os::LinkEvents events;
  os::Ethtool ethtool;
  os::FrameSender sender;
  os::MulticastLists multicast;
  std::string label;  ///< its `ip netns` name, "" for the initial one, "net:[4026…]" for a nameless one

  static os::Result<Network> open(os::Namespace where);
  /// What `label` would be if it were opened now: names come and go.
  std::string label_now() const;
  bool is_nameless() const { return label == where.id().to_string(); }
};

}  // namespace ebond::daemon
