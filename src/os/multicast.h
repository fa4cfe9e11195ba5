// Link-layer multicast addresses an interface listens to: read those of one device, put them on another.
// What the stack joined on bond0 must be heard on its slaves; this is the driver's dev_mc_sync for us.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "os/error.h"
#include "os/netns.h"
#include "os/unique_fd.h"

namespace ebond::os {

class MulticastLists {
 public:
  static Result<MulticastLists> open(const Namespace& where);

  /// Every address the device listens to, whatever asked for it (/proc/net/dev_mcast), sorted.
  Result<std::vector<core::MacAddress>> list(core::IfIndex device) const;
  /// Did any device's list change since this was asked last? One read, however many devices: the kernel tells
  /// nobody of joined groups (before 6.14), so it is asked often.
  bool changed();
  /// SIOCADDMULTI; no error if the address was added so before.
  Result<> add(std::string_view device, const core::MacAddress& group) const;
  /// SIOCDELMULTI; ENOENT if it was not added so.
  Result<> remove(std::string_view device, const core::MacAddress& group) const;

 private:
  MulticastLists(UniqueFd fd, UniqueFd all) : fd_(std::move(fd)), all_(std::move(all)) {}
  Result<std::string> read_all() const;
  Result<> change(unsigned long request, std::string_view device, const core::MacAddress& group) const;
  UniqueFd fd_;
  UniqueFd all_;  // /proc/net/dev_mcast, open: it stays that of the namespace it was opened in
  std::string seen_;
};

}  // namespace ebond::os
