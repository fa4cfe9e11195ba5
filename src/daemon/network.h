// The sockets of one network namespace, opened inside it: what KernelHands work with.
#pragma once

#include <cstddef>

#include "os/address_filter.h"
#include "os/bridges.h"
#include "os/ethtool.h"
#include "os/multicast.h"
#include "os/namespace_names.h"
#include "os/netns.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/rtnetlink_events.h"
#include "os/socket_keeper.h"

namespace ebond::daemon {

struct Network {
  os::Namespace where;
  bool is_initial = false;
  os::Rtnetlink netlink;
  os::LinkEvents events;
  os::Ethtool ethtool;
  const os::SocketKeeper* keeper;      ///< of its packet sockets; may be none
  os::SocketKeeper::Hold sender_held;  ///< ends behind the sender
  os::FrameSender sender;
  os::MulticastLists multicast;
  os::Bridges bridges;
  os::AddressFilter addresses;
  /// For Onlooker's thread alone.
  struct Aside {
    os::Rtnetlink netlink;
    os::AddressFilter addresses;
    std::size_t devices_there = 0;  ///< as the latest look at the addresses of all of them told
  } aside;

  static os::Result<Network> open(os::Namespace where, const os::SocketKeeper* keeper);
  /// Its `ip netns` name, "" for the initial one, "net:[4026…]" for a nameless one: names come and go.
  os::Result<std::string> label_now(os::NamespaceNames& names) const;
};

}  // namespace ebond::daemon
