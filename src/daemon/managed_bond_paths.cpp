// ManagedBond for the core's path monitors: what they must know of the host and of the data path.
#include "daemon/managed_bond.h"

namespace ebond::daemon {

namespace {

/// How often routes to targets are asked for. Nobody listens for them: a router has more of them, and more
/// news of them, than a bond has targets.
constexpr std::chrono::milliseconds kRoutesAskedEvery{200};

}  // namespace

void ManagedBond::tell_activity() {
  if (!bond_.datapath_spec().stamp_rx) return;
  for (const auto& slot : bond_.table().slots) {
    if (const auto last_rx = datapath_.last_rx(slot.slot)) bond_.activity(slot.ifindex, *last_rx);
  }
}

void ManagedBond::address_changed(os::IfIndex ifindex) {
  if (targets_.empty() || !way_finder_.concerns(ifindex)) return;
  way_finder_.forget();
  look_around();
}

void ManagedBond::look_around() {
  const bool other_targets = targets_ != bond_.targets();
  targets_ = bond_.targets();
  auto around = targets_.empty() ? core::Surroundings{} : way_finder_.look(targets_);
  if (around != around_) {
    around_ = around;
    bond_.surroundings(std::move(around));
    rearm();
  }
  if (!other_targets) return;
  multicast_changed();
  watch_ways();
}

void ManagedBond::watch_ways() {
  ways_timer_.cancel();
  if (targets_.empty()) return;
  ways_timer_.expires_after(kRoutesAskedEvery);
  ways_timer_.async_wait([this, here = std::weak_ptr(here_)](const asio::error_code& cancelled) {
    if (cancelled || here.expired()) return;
    look_around();
    watch_ways();
  });
}

}  // namespace ebond::daemon
