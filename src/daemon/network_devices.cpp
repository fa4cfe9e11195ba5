#include "daemon/network_devices.h"

namespace ebond::daemon {

bool NetworkDevices::kernel_has_carrier(const std::string& name) {
  const std::lock_guard lock(asks_netlink_);
  if (!netlink_) netlink_.emplace(os::Rtnetlink::open(network_->where));
  if (!*netlink_) return true;
  const auto link = (*netlink_)->link(name);
  return !link || link->carrier();
}

os::Result<Devices::Carriers> NetworkDevices::all_carriers() {
  if (!dump_) dump_.emplace(os::LinkDump::open(network_->where));
  if (!*dump_) return std::unexpected(dump_->error());
  auto links = (*dump_)->read();
  if (!links) return std::unexpected(links.error());
  Carriers carriers;
  for (const auto& link : *links) carriers.emplace(link.ifindex, link.up);
  return carriers;
}

}  // namespace ebond::daemon
