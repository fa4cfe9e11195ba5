// The sockets of one network namespace, opened inside it: what KernelHands work with.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "os/address_filter.h"
#include "os/bridges.h"
#include "os/ethtool.h"
#include "os/multicast.h"
#include "os/namespace_names.h"
#include "os/netns.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/rtnetlink_events.h"

namespace ebond::daemon {

struct Network {
  os::Namespace where;
  bool is_initial = false;
  os::Rtnetlink netlink;
  os::LinkEvents events;
  os::Ethtool ethtool;
  os::FrameSender sender;
  os::MulticastLists multicast;
  os::Bridges bridges;
  os::AddressFilter addresses;
  /// For Onlooker's thread alone.
  struct Aside {
    os::Rtnetlink netlink;
    os::AddressFilter addresses;
    /// What belonged together when a device was last looked at.
    struct Seen {
      std::uint32_t promiscuity = 0;
      std::set<wire::MacAddress> addresses;
      bool operator==(const Seen&) const = default;
    };
    std::map<os::IfIndex, Seen> seen{};
  } aside;

  static os::Result<Network> open(os::Namespace where);
  /// Its `ip netns` name, "" for the initial one, "net:[4026…]" for a nameless one: names come and go.
  os::Result<std::string> label_now(os::NamespaceNames& names) const;
};

}  // namespace ebond::daemon
