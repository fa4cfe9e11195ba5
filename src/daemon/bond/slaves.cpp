#include "daemon/bond/slaves.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

namespace ebond::daemon {
namespace {

// What is due if it failed.
constexpr const char* kLimits = "cannot limit what it sends";
constexpr const char* kMtu = "cannot pass on its MTU";

std::string flags_of(const std::string& slave) {
  return "cannot pass on promiscuity to " + slave;
}

}  // namespace

const SlaveOriginals* Slaves::find(os::IfIndex slave) const {
  const auto found = originals_.find(slave);
  return found == originals_.end() ? nullptr : &found->second;
}

std::string Slaves::name_of(os::IfIndex slave) const {
  const auto* known = find(slave);
  return known == nullptr ? std::string{} : known->name;
}

std::vector<SlaveOriginals> Slaves::originals() const {
  std::vector<SlaveOriginals> all;
  for (const auto& [slave, originals] : originals_) all.push_back(originals);
  return all;
}

const os::DriverInfo* Slaves::driver_of(os::IfIndex slave) {
  if (const auto known = drivers_.find(slave); known != drivers_.end()) return &known->second;
  const auto* originals = find(slave);
  if (originals == nullptr) return nullptr;
  auto driver = hands_.driver(originals->name);
  return driver ? &drivers_.emplace(slave, std::move(*driver)).first->second : nullptr;
}

void Slaves::note(SlaveOriginals originals) {
  filters_.came(originals.ifindex, originals.told);
  originals_.insert_or_assign(originals.ifindex, std::move(originals));
}

void Slaves::note_new(SlaveOriginals originals) {
  filters_.came(originals.ifindex, {});
  originals.told = filters_.wanted();
  originals_.insert_or_assign(originals.ifindex, std::move(originals));
}

void Slaves::renamed(os::IfIndex slave, const std::string& name) {
  auto& originals = originals_.at(slave);
  dues_.drop_all_of(originals.name);
  // As the kernel does with the labels of addresses that are there.
  const auto relabel = [&](std::vector<os::Address>& addresses) {
    for (auto& address : addresses) {
      if (address.label == originals.name) address.label = name;
    }
  };
  relabel(originals.addresses);
  if (originals.moved) relabel(originals.moved->belongings.addresses);
  originals.name = name;
}

void Slaves::forget(os::IfIndex slave) {
  if (const auto* known = find(slave)) dues_.drop_all_of(known->name);
  originals_.erase(slave);
  drivers_.erase(slave);
  filters_.forget(slave);
  taking_others_.erase(slave);
  if (limits_.erase(slave) > 0) set_limits();
}

void Slaves::set_leaving(os::IfIndex slave, bool leaving) {
  if (const auto found = originals_.find(slave); found != originals_.end()) found->second.leaving = leaving;
}

std::vector<os::IfIndex> Slaves::leaving() const {
  std::vector<os::IfIndex> slaves;
  for (const auto& [slave, originals] : originals_) {
    if (originals.leaving) slaves.push_back(slave);
  }
  return slaves;
}

os::Result<> Slaves::take(os::IfIndex slave) {
  auto& originals = originals_.at(slave);
  if (auto done = daemon::take(places(), originals, mtu_); !done) return done;
  if (promiscuous_ || all_multicast_) follow_flags_on(slave);
  (void)filters_.tell(originals);
  return {};
}

os::Result<> Slaves::give_back(os::IfIndex slave) {
  return daemon::give_back(places(), originals_.at(slave));
}

os::Result<> Slaves::give_back_elsewhere(const os::LinkInfo& left, std::vector<wire::MacAddress> worn) {
  const auto& originals = originals_.at(left.ifindex);
  if (!originals.at_home || home_.gone()) return daemon::give_back_elsewhere(hands_, left, originals);
  // Nobody but this bond knows what it had at home.
  const auto link = find_at_home(home_.hands(), originals, worn);
  if (!link) return std::unexpected(link.error());
  if (*link) return give_back_at_home(places(), **link, originals);
  return daemon::give_back_elsewhere(hands_, left, originals);
}

os::Result<> Slaves::set_no_arp(os::IfIndex slave, bool on) {
  constexpr std::uint32_t kNoArp = IFF_NOARP;
  const auto* known = find(slave);
  const std::uint32_t before = known == nullptr ? 0 : known->flags & kNoArp;
  return hands_.set_flags(slave, kNoArp, on ? kNoArp : before);
}

void Slaves::take_others(os::IfIndex slave, bool on) {
  if (on) {
    taking_others_.insert(slave);
  } else {
    taking_others_.erase(slave);
  }
  if (has(slave)) follow_flags_on(slave);
}

void Slaves::keep_taking(os::IfIndex slave, const wire::MacAddress& mac, bool on) {
  const auto found = originals_.find(slave);
  if (found == originals_.end() || found->second.leaving) return;
  filters_.want_also(slave, mac, on);
  (void)filters_.tell(found->second);
}

void Slaves::keep_taking_nothing() {
  filters_.want_nothing_more();
  (void)tell_cards();
}

os::Result<> Slaves::set_all_mtus(std::uint32_t mtu) {
  for (const auto& [slave, originals] : originals_) {
    if (originals.leaving) continue;
    // One that has gone refuses nothing; its news is on the way.
    if (auto done = os::unless_gone(hands_.set_mtu(slave, mtu)); !done) return done;
  }
  return hands_.set_mtu(device_.lower(), mtu);
}

os::Result<> Slaves::set_mtus_back() {
  const auto all = set_all_mtus(mtu_);
  const auto upper = upper_.hands().set_mtu(upper_.ifindex(), mtu_);
  return all ? upper : all;
}

void Slaves::follow_mtu(const os::LinkInfo& upper) {
  if (upper.mtu == mtu_) return;
  const auto previous = mtu_;
  mtu_ = upper.mtu;
  const auto done = set_all_mtus(upper.mtu);
  if (!done && !Dues::is_refusal(done.error())) return dues_.note(kMtu, done);
  dues_.drop(kMtu);
  if (done) return;
  // One of them cannot: as with the driver, the bond then keeps the MTU it had.
  reporter_.complain(fmt::format("cannot take MTU {} and stays at {}", upper.mtu, previous), done.error());
  mtu_ = previous;
  dues_.note(kMtu, set_mtus_back());
}

void Slaves::follow_flags(const os::LinkInfo& upper) {
  // A veth does not filter: the kernel makes it promiscuous as soon as it is to take one more address.
  const std::uint32_t by_itself = filters_.wanted().unicast.empty() ? 0 : 1;
  const bool promiscuous = upper.promiscuity > by_itself,
             all_multicast = upper.allmulti > 0 || (upper.flags & IFF_ALLMULTI) != 0;
  if (promiscuous == promiscuous_ && all_multicast == all_multicast_) return;
  promiscuous_ = promiscuous;
  all_multicast_ = all_multicast;
  for (const auto& [slave, originals] : originals_) {
    if (!originals.leaving) follow_flags_on(slave);
  }
}

void Slaves::follow_flags_on(os::IfIndex slave) {
  constexpr std::uint32_t kPromiscuous = IFF_PROMISC, kAllMulticast = IFF_ALLMULTI;
  const auto before = originals_.at(slave).flags;
  const bool promiscuous = promiscuous_ || taking_others_.contains(slave);
  const auto wanted = (promiscuous ? kPromiscuous : before & kPromiscuous) |
                      (all_multicast_ ? kAllMulticast : before & kAllMulticast);
  dues_.note_unless_refused(flags_of(name_of(slave)),
                            hands_.set_flags(slave, kPromiscuous | kAllMulticast, wanted));
}

void Slaves::follow_limits(const os::LinkInfo& slave) {
  limits_.insert_or_assign(slave.ifindex, slave.gso);
  set_limits();
}

void Slaves::set_limits() {
  os::GsoLimits wanted;
  for (const auto& [slave, limits] : limits_) {
    if (const auto* known = find(slave); known == nullptr || known->leaving) continue;
    wanted.size = std::min(wanted.size, limits.size);
    wanted.segments = std::min(wanted.segments, limits.segments);
  }
  if (wanted == set_limits_) return dues_.drop(kLimits);
  const auto done = upper_.hands().set_gso_limits(upper_.ifindex(), wanted);
  if (!done && done.error().errno_value == ENODEV) return;
  dues_.note_unless_refused(kLimits, done);
  if (!dues_.has(kLimits)) set_limits_ = wanted;
}

void Slaves::try_again() {
  if (dues_.has(kMtu)) dues_.note(kMtu, set_mtus_back());
  set_limits();
  for (auto& [slave, originals] : originals_) {
    if (originals.leaving) continue;
    if (filters_.owes(originals.name)) (void)filters_.tell(originals);
    if (dues_.has(flags_of(originals.name))) follow_flags_on(slave);
  }
}

bool Slaves::follow_filter(std::set<core::VlanKey> vlans, std::set<wire::MacAddress> unicast) {
  filters_.want_what_stands(std::move(vlans), std::move(unicast));
  return tell_cards();
}

bool Slaves::follow_groups(std::set<wire::MacAddress> groups) {
  filters_.want_groups(std::move(groups));
  return tell_cards();
}

bool Slaves::tell_cards() {
  bool changed = false;
  for (auto& [slave, originals] : originals_) {
    if (!originals.leaving) changed = filters_.tell(originals) || changed;
  }
  return changed;
}

}  // namespace ebond::daemon
