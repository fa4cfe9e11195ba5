#include "daemon/bond/card_filters.h"

#include <cerrno>

namespace ebond::daemon {
namespace {

std::string groups_of(const std::string& slave) {
  return "cannot pass on multicast groups to " + slave;
}

}  // namespace

/// One of the three sets of what a card lets in.
template <class Thing>
struct CardFilters::Things {
  const std::set<Thing>& wanted;
  std::set<Thing>&told, &inherited, &done, &untold;

  bool are_told() const { return done == wanted && told == wanted; }

  /// Notes what is going to be told, but for what could not be before. True if that is new.
  bool note() {
    bool is_new = false;
    for (const auto& each : wanted) {
      if (!untold.contains(each)) is_new = told.insert(each).second || is_new;
    }
    return is_new;
  }

  /// Takes back and tells, thing by thing, as far as that succeeds. True if `told` is otherwise now.
  template <class Add, class Remove, class Complain>
  bool bring(Add add, Remove remove, Complain complain) {
    std::erase_if(untold, [&](const auto& each) { return !wanted.contains(each); });
    bool changed = std::erase_if(told, [&](const auto& each) {
                     return !wanted.contains(each) && is_taken_back(each, remove(each), complain);
                   }) > 0;
    for (const auto& each : wanted) {
      if (!done.contains(each)) changed = tell(each, add(each), complain) || changed;
    }
    return changed;
  }

 private:
  template <class Complain>
  bool is_taken_back(const Thing& each, const os::Result<>& removed, Complain complain) {
    const bool was_there =
        removed || (removed.error().errno_value != ENOENT && removed.error().errno_value != ENODEV);
    if (!removed && was_there) complain(removed.error());
    if (!removed && was_there && !Dues::is_refusal(removed.error())) return false;  // tried again
    inherited.erase(each);
    done.erase(each);
    return true;
  }

  template <class Complain>
  bool tell(const Thing& each, const os::Result<>& added, Complain complain) {
    const bool is_there = !added && added.error().errno_value == EEXIST;
    if (added || (is_there && inherited.contains(each))) {
      done.insert(each);
      untold.erase(each);
      return told.insert(each).second;
    }
    untold.insert(each);
    if (!is_there && added.error().errno_value != ENODEV) complain(added.error());
    return told.erase(each) > 0;
  }
};

void CardFilters::came(os::IfIndex card, const core::ReceiveFilter& told_before) {
  cards_.insert_or_assign(card, Card{.inherited = told_before});
}

void CardFilters::forget(os::IfIndex card) {
  cards_.erase(card);
  std::erase_if(refused_, [&](const auto& each) { return each.first == card; });
}

void CardFilters::want_what_stands(std::set<core::VlanKey> vlans, std::set<wire::MacAddress> unicast) {
  wanted_.vlans = std::move(vlans);
  wanted_.unicast = std::move(unicast);
  knows_what_stands_ = true;
}

void CardFilters::want_groups(std::set<wire::MacAddress> groups) {
  wanted_.multicast = std::move(groups);
  knows_groups_ = true;
}

void CardFilters::want_also(os::IfIndex card, const wire::MacAddress& mac, bool on) {
  auto& also = cards_[card].also;
  if (on) {
    also.insert(mac);
  } else {
    also.erase(mac);
  }
}

void CardFilters::want_nothing_more() {
  for (auto& [ifindex, card] : cards_) card.also.clear();
}

bool CardFilters::owes(const std::string& slave) const {
  return dues_.has(groups_of(slave));
}

bool CardFilters::tell(SlaveOriginals& slave) {
  auto& [inherited, done, untold, also] = cards_[slave.ifindex];
  auto& told = slave.told;
  std::set<wire::MacAddress> with_also;
  if (!also.empty()) {
    with_also = wanted_.unicast;
    with_also.insert(also.begin(), also.end());
  }
  Things<core::VlanKey> vlans{wanted_.vlans, told.vlans, inherited.vlans, done.vlans, untold.vlans};
  Things<wire::MacAddress> macs{also.empty() ? wanted_.unicast : with_also, told.unicast, inherited.unicast,
                                done.unicast, untold.unicast};
  Things<wire::MacAddress> groups{wanted_.multicast, told.multicast, inherited.multicast, done.multicast,
                                  untold.multicast};
  const bool what_stands = knows_what_stands_ && !(vlans.are_told() && macs.are_told());
  const bool listens = knows_groups_ && !groups.are_told();
  bool is_new = what_stands && vlans.note();
  is_new = (what_stands && macs.note()) || is_new;
  is_new = (listens && groups.note()) || is_new;
  if (is_new) save_();
  const bool stands_otherwise = what_stands && tell_what_stands(slave, vlans, macs);
  const bool listens_otherwise = listens && tell_groups(slave, groups);
  return is_new || stands_otherwise || listens_otherwise;
}

bool CardFilters::tell_what_stands(const SlaveOriginals& slave, Things<core::VlanKey>& vlans,
                                   Things<wire::MacAddress>& macs) {
  const auto card = slave.ifindex;
  const auto complain = [&](const os::Error& error) {
    // Tried again whenever it is looked at; said once.
    if (refused_.insert({card, error.message()}).second) {
      reporter_.complain("a slave's card does not take what stands on the bond", error);
    }
  };
  const bool vlans_changed =
      vlans.bring([&](const auto& vlan) { return hands_.let_vlan_in(card, vlan); },
                  [&](const auto& vlan) { return hands_.keep_vlan_out(card, vlan); }, complain);
  const bool macs_changed =
      macs.bring([&](const auto& mac) { return hands_.take_address(card, mac); },
                 [&](const auto& mac) { return hands_.drop_address(card, mac); }, complain);
  return vlans_changed || macs_changed;
}

bool CardFilters::tell_groups(const SlaveOriginals& slave, Things<wire::MacAddress>& groups) {
  os::Result<> last_failure;
  const bool changed = groups.bring([&](const auto& group) { return hands_.add_group(slave.name, group); },
                                    [&](const auto& group) { return hands_.remove_group(slave.name, group); },
                                    [&](const os::Error& error) { last_failure = std::unexpected(error); });
  const bool is_due = !last_failure && !Dues::is_refusal(last_failure.error());
  dues_.note(groups_of(slave.name), is_due ? last_failure : os::Result<>{});
  return changed;
}

}  // namespace ebond::daemon
