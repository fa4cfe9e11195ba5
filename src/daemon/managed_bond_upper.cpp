// ManagedBond after bond0: what is done to it from outside goes on to its slaves, as with the driver.
#include <fmt/format.h>
#include <net/if.h>

#include "daemon/managed_bond.h"
#include "os/file.h"
#include "wire/nd.h"

namespace ebond::daemon {

void ManagedBond::upper_changed(const os::LinkInfo& link) {
  way_finder_.forget();
  if (link.name != name_) {
    (void)os::remove_file(proc_file_);
    proc_file_.clear();
    last_proc_.clear();
    name_ = link.name;
    carry_out(bond_.renamed(link.name));
  }
  carry_out(bond_.admin_state(link.is_up(), heard_));
  if (link.mac != bond_.status(heard_).mac) carry_out(bond_.mac_changed(link.mac, heard_));
  follow_mtu(link);
  follow_flags(link);
  settle();
}

void ManagedBond::follow_mtu(const os::LinkInfo& upper) {
  if (upper.mtu == mtu_) return;
  const auto previous = mtu_;
  auto set_all = [&](std::uint32_t mtu) -> os::Result<> {
    for (const auto& [slave, originals] : originals_) {
      if (auto done = network_->netlink.set_mtu(slave, mtu); !done) return done;
    }
    return device_.set_lower_mtu(network_->netlink, mtu);
  };
  mtu_ = upper.mtu;
  auto done = set_all(upper.mtu);
  if (done) return;
  // One of them cannot: as with the driver, the bond then keeps the MTU it had.
  complain(fmt::format("cannot take MTU {} and stays at {}", upper.mtu, previous), done.error());
  mtu_ = previous;
  (void)set_all(previous);
  (void)network_->netlink.set_mtu(device_.upper(), previous);
}

void ManagedBond::follow_flags(const os::LinkInfo& upper) {
  const bool promiscuous = upper.promiscuity > 0,
             all_multicast = upper.allmulti > 0 || (upper.flags & IFF_ALLMULTI) != 0;
  if (promiscuous == promiscuous_ && all_multicast == all_multicast_) return;
  promiscuous_ = promiscuous;
  all_multicast_ = all_multicast;
  for (const auto& [slave, originals] : originals_) follow_flags_on(slave);
}

void ManagedBond::follow_flags_on(os::IfIndex slave) {
  constexpr std::uint32_t kPromiscuous = IFF_PROMISC, kAllMulticast = IFF_ALLMULTI;
  const auto before = originals_.at(slave).flags;
  const bool promiscuous = promiscuous_ || taking_others_.contains(slave);
  const auto wanted = (promiscuous ? kPromiscuous : before & kPromiscuous) |
                      (all_multicast_ ? kAllMulticast : before & kAllMulticast);
  auto done = network_->netlink.set_flags(slave, IFF_PROMISC | IFF_ALLMULTI, wanted);
  if (!done) complain("cannot pass on promiscuity", done.error());
}

void ManagedBond::multicast_changed() {
  auto joined = network_->multicast.list(device_.upper());
  if (!joined) return;
  std::set<wire::MacAddress> wanted(joined->begin(), joined->end());
  // A backup is proved by the active slave's solicitations.
  for (const auto& target : targets_.ipv6) {
    wanted.insert(wire::multicast_mac(wire::solicited_node_group(target)));
  }
  if (wanted == groups_) return;
  for (const auto& [slave, originals] : originals_) {
    for (const auto& group : wanted) {
      if (!groups_.contains(group)) (void)network_->multicast.add(originals.name, group);
    }
    for (const auto& group : groups_) {
      if (!wanted.contains(group)) (void)network_->multicast.remove(originals.name, group);
    }
  }
  groups_ = wanted;
}

}  // namespace ebond::daemon
