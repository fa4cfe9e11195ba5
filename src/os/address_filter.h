// The addresses a device takes frames for besides its own MAC, and telling a device of more unicast ones.
//
// A network card drops what is addressed to others. What stands on bond0 with a MAC of its own (a macvlan, a
// VLAN, VRRP) is entered in bond0's list by the kernel, and must be entered in its slaves' too: the driver's
// dev_uc_sync for us. An entry is one of the forwarding database, `bridge fdb add MAC dev eth0 self
// permanent`: it outlives this process, and shows where the driver's shows. Used by the daemon. One thread at
// a time.
#pragma once

#include <cstddef>
#include <map>
#include <set>

#include "core/types.h"
#include "os/error.h"
#include "os/netlink_socket.h"
#include "os/netns.h"

namespace ebond::os {

struct TakenAddresses {
  std::set<core::MacAddress> unicast, groups;
  bool operator==(const TakenAddresses&) const = default;
};

class AddressFilter {
 public:
  static Result<AddressFilter> open(const Namespace& where);

  /// What the device was told of, by anybody. ENODEV if there is no such device.
  Result<TakenAddresses> list(core::IfIndex device);
  using Lists = std::map<core::IfIndex, TakenAddresses>;
  /// The same of all that are in `lists`, by one question for all devices there are. Answers of how many it
  /// was told.
  Result<std::size_t> list(Lists& lists) { return dump(core::IfIndex{}, lists); }
  /// EEXIST if it was told of it already, EOPNOTSUPP if its driver keeps a list of another kind.
  Result<> add(core::IfIndex device, const core::MacAddress& mac);
  /// ENOENT if it was not told of it.
  Result<> remove(core::IfIndex device, const core::MacAddress& mac);

 private:
  explicit AddressFilter(NetlinkSocket socket) : socket_(std::move(socket)) {}
  /// 0: all.
  Result<std::size_t> dump(core::IfIndex device, Lists& lists);

  NetlinkSocket socket_;
};

}  // namespace ebond::os
