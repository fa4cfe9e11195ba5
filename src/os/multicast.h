// Link-layer multicast addresses an interface listens to: read those of one device, put them on another.
// What the stack joined on bond0 must be heard on its slaves; this is the driver's dev_mc_sync for us.
#pragma once

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

  /// Every address the device listens to, whoever asked for it (/proc/net/dev_mcast), sorted.
  Result<std::vector<core::MacAddress>> list(core::IfIndex device) const;
  /// SIOCADDMULTI; no error where the address was added so before.
  Result<> add(std::string_view device, const core::MacAddress& group) const;
  /// SIOCDELMULTI; ENOENT where it was not added so.
  Result<> remove(std::string_view device, const core::MacAddress& group) const;

 private:
  MulticastLists(Namespace where, UniqueFd fd) : where_(std::move(where)), fd_(std::move(fd)) {}
  Result<> change(unsigned long request, std::string_view device, const core::MacAddress& group) const;
  Namespace where_;
  UniqueFd fd_;
};

}  // namespace ebond::os
