// The unicast addresses a device takes frames for besides its own MAC, and telling a device of more.
//
// A network card drops what is addressed to others. What stands on bond0 with a MAC of its own (a macvlan, a
// VLAN, VRRP) is entered in bond0's list by the kernel, and must be entered in its slaves' too: the driver's
// dev_uc_sync for us. An entry is one of the forwarding database, `bridge fdb add MAC dev eth0 self
// permanent`: it outlives this process, and shows where the driver's shows. Used by the daemon. One thread at
// a time.
#pragma once

#include <set>

#include "core/types.h"
#include "os/error.h"
#include "os/netlink_socket.h"
#include "os/netns.h"

namespace ebond::os {

class AddressFilter {
 public:
  static Result<AddressFilter> open(const Namespace& where);

  /// What the device was told of, by anybody. ENODEV if there is no such device.
  Result<std::set<core::MacAddress>> list(core::IfIndex device);
  /// EEXIST if it was told of it already, EOPNOTSUPP if its driver keeps a list of another kind.
  Result<> add(core::IfIndex device, const core::MacAddress& mac);
  /// ENOENT if it was not told of it.
  Result<> remove(core::IfIndex device, const core::MacAddress& mac);

 private:
  explicit AddressFilter(NetlinkSocket socket) : socket_(std::move(socket)) {}
  NetlinkSocket socket_;
};

}  // namespace ebond::os
