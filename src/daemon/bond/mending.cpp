#include "daemon/bond/mending.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>

namespace ebond::daemon {
namespace {

/// From one mending of a slave to the next.
constexpr core::Milliseconds kMendedAtMostEvery{200};

std::string mtu_of(const std::string& device) {
  return "cannot set the MTU of " + device;
}

}  // namespace

bool Mending::is_right(const os::LinkInfo& slave, const core::Slave& known) const {
  const auto* originals = slaves_.find(slave.ifindex);
  if (originals == nullptr || originals->leaving) return true;
  return has_its_mac_and_mtu(slave, known) &&
         slave.noarp() == (bond_.is_silent(slave.ifindex) || (originals->flags & IFF_NOARP) != 0);
}

bool Mending::has_its_mac_and_mtu(const os::LinkInfo& slave, const core::Slave& known) const {
  return !slave.master && slave.mac == known.mac && slave.mtu == slaves_.mtu();
}

bool Mending::is_right(const os::LinkInfo& news) const {
  const auto* known = bond_.find(news.ifindex);
  return known == nullptr || is_right(news, *known);
}

void Mending::slave_told_wrong(const os::LinkInfo& news) {
  const auto* known = bond_.find(news.ifindex);
  if (known == nullptr) return;
  if (!has_its_mac_and_mtu(news, *known)) return look_at_slave(news.ifindex);
  if (later_.insert(news.ifindex).second) mended_at_.insert_or_assign(news.ifindex, hands_.now());
}

void Mending::look_at_slave(os::IfIndex slave) {
  const auto* known = bond_.find(slave);
  if (known == nullptr) return;
  const auto now = hands_.now();
  if (const auto latest = mended_at_.find(slave);
      latest != mended_at_.end() && now < latest->second + kMendedAtMostEvery) {
    later_.insert(slave);
    return;
  }
  later_.erase(slave);
  const auto link = hands_.link(slave);
  dues_.note("cannot look at " + known->name, os::unless_gone(link));
  if (!link) return;
  mend(*link, *known);
}

void Mending::note(const std::string& due, const os::Result<>& done, const std::string& slave,
                   const std::string& why) {
  const bool was_due = dues_.has(due);
  dues_.note(due, os::unless_gone(done));
  if (done && !was_due) reporter_.report({.kind = core::EventKind::warning, .slave = slave, .why = why});
}

void Mending::mend(const os::LinkInfo& slave, const core::Slave& known) {
  const auto& name = known.name;
  if (is_right(slave, known)) {
    // Somebody else did it, or it was done although the answer was another.
    for (const auto& due : {mac_of(name), mtu_of(name), no_arp_of(name)}) dues_.drop(due);
    return;
  }
  mended_at_[slave.ifindex] = hands_.now();
  // The driver's slave has a master, so that nobody else can take it.
  if (slave.master) {
    note(fmt::format("cannot take it out of its master: {}", name), hands_.leave_master(slave.ifindex), name,
         "was made a port of another device, and is taken out of it: release it first");
  }
  if (slave.mac != known.mac) {
    note(mac_of(name), set_mac_even_if_busy(hands_, slave.ifindex, known.mac), name,
         fmt::format("its MAC address was set to {}, and is {} again", slave.mac.to_string(),
                     known.mac.to_string()));
  }
  if (slave.mtu != slaves_.mtu()) {
    note(mtu_of(name), hands_.set_mtu(slave.ifindex, slaves_.mtu()), name,
         fmt::format("its MTU was set to {}, and is {} again", slave.mtu, slaves_.mtu()));
  }
  const bool silent = bond_.is_silent(slave.ifindex);
  if (const bool wanted = silent || (slaves_.find(slave.ifindex)->flags & IFF_NOARP) != 0;
      slave.noarp() != wanted) {
    note(no_arp_of(name), slaves_.set_no_arp(slave.ifindex, silent), name,
         fmt::format("ARP was switched {} on it, and is switched {} again", wanted ? "on" : "off",
                     wanted ? "off" : "on"));
  }
}

void Mending::look_at_lower_half() {
  // How it stands now: the news may be of what this daemon did itself.
  const auto lower = hands_.link(device_.lower());
  dues_.note("cannot look at its lower half", os::unless_gone(lower));
  if (!lower) return;
  const bool on = bond_.has_carrier();
  if (lower->is_up() == on) {
    dues_.drop(kCarrier);
  } else {
    note(kCarrier, hands_.set_up(lower->ifindex, on), "",
         fmt::format("its lower half was set {}, and is put right", on ? "down" : "up"));
  }
  const std::string mtu = mtu_of("its lower half"), silence = "cannot silence its lower half";
  if (lower->mtu == slaves_.mtu()) {
    dues_.drop(mtu);
  } else {
    note(mtu, hands_.set_mtu(lower->ifindex, slaves_.mtu()), "",
         fmt::format("its lower half got MTU {}, and is put right", lower->mtu));
  }
  if (constexpr std::uint32_t kNoArp = IFF_NOARP; lower->noarp()) {
    dues_.drop(silence);
  } else {
    note(silence, hands_.set_flags(lower->ifindex, kNoArp, kNoArp), "",
         "its lower half was to speak ARP, and is put right");
  }
}

void Mending::look_at_all() {
  look_at_lower_half();
  for (const auto& slave : bond_.slaves()) {
    mended_at_.erase(slave.ifindex);
    look_at_slave(slave.ifindex);
  }
}

std::optional<core::TimePoint> Mending::next() const {
  std::optional<core::TimePoint> next;
  for (const auto slave : later_) {
    const auto latest = mended_at_.find(slave);
    if (latest != mended_at_.end()) next = core::earlier(next, latest->second + kMendedAtMostEvery);
  }
  return next;
}

void Mending::look_at_due(core::TimePoint now) {
  for (const auto slave : std::set(later_)) {
    if (mended_at_[slave] + kMendedAtMostEvery <= now) look_at_slave(slave);
  }
  std::erase_if(later_, [&](os::IfIndex slave) { return bond_.find(slave) == nullptr; });
}

}  // namespace ebond::daemon
