// Runner's news: what the system and the far ends say, carried to the core.
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <set>

#include "core/options/option_table.h"
#include "daemon/bond/identity.h"
#include "daemon/bond/runner.h"
#include "daemon/neighbours/behind.h"
#include "daemon/neighbours/device_stack.h"
#include "wire/nd.h"

namespace ebond::daemon {

void Runner::frames_heard(os::IfIndex slave, const std::vector<wire::Bytes>& frames) {
  const auto now = hands_->now();
  bool to_write = false;
  for (const auto& frame : frames) {
    to_write |= executor_.carry_out(bond_.frame_received(slave, frame, now), now);
  }
  settle_if(to_write);
}

void Runner::frames_sent(const std::vector<wire::Bytes>& frames) {
  const auto now = hands_->now();
  bool to_write = false;
  for (const auto& frame : frames) to_write |= executor_.carry_out(bond_.frame_sent(frame, now), now);
  files_.clients_may_differ(now);  // a new client is in no action, but in the state
  settle_if(to_write);
}

void Runner::links_answered(const std::vector<LinkWatch::Answer>& answers) {
  const auto now = hands_->now();
  for (const auto& [slave, link, asked, cause] : answers) {
    (void)executor_.carry_out(bond_.link_report(slave, link, cause.source, now), std::min(cause.heard, now));
  }
  settle();
}

void Runner::link_changed(const os::LinkInfo& link, core::TimePoint heard) {
  if (upper_.is_below_as(link.ifindex)) return upper_changed(link, heard);
  if (link.ifindex == device_.lower()) {
    mending_.look_at_lower_half();
    return rearm();
  }
  if (link.vlan) enslavement_.own_vlan_changed(link);
  if (has_slave(link.ifindex)) return slave_changed(link, heard);
  if (!upper_.is_apart()) {
    senses_.devices_changed();
    stack_changed(link);
  }
  if (!has_slaves_away()) readmit(link);
}

void Runner::link_changed_above(const os::LinkInfo& link, core::TimePoint heard) {
  if (is_upper_half(link.ifindex)) return upper_changed(link, heard);
  senses_.devices_changed();
  stack_changed(link);
}

void Runner::slave_changed(const os::LinkInfo& link, core::TimePoint heard) {
  const auto now = hands_->now();
  const bool is_right = mending_.is_right(link);
  bool news = false;
  if (link.name != slaves_.name_of(link.ifindex)) {
    slaves_.renamed(link.ifindex, link.name);
    (void)executor_.carry_out(bond_.slave_renamed(link.ifindex, link.name, now), heard);
    news = true;
  }
  slaves_.follow_limits(link);
  if (const auto when = senses_.link_told(link, heard)) {
    (void)executor_.carry_out(bond_.carrier_lost(link.ifindex, core::LinkSource::netlink, now), *when);
    news = true;
  }
  if (!is_right) mending_.slave_told_wrong(link);
  if (news) settle();
  if (!dues_.empty() || mending_.next()) rearm();
}

void Runner::carrier_changed(const os::CarrierNews& news) {
  const auto when = senses_.carrier_told(news.ifindex, news.carrier, news.when);
  if (!when) return;
  (void)executor_.carry_out(bond_.carrier_lost(news.ifindex, core::LinkSource::hook, hands_->now()), *when);
  settle();
}

namespace {

/// Is it in another bridge, or does it take other frames, than when that was last told?
bool takes_otherwise(const os::LinkInfo& link, const std::optional<os::LinkInfo>& before) {
  return !before || link.master != before->master || link.flags != before->flags ||
         link.promiscuity != before->promiscuity || link.allmulti != before->allmulti;
}

}  // namespace

/// What is on its way of it may be older, and what it was like before is no word on what it is now.
void Runner::upper_is_news() {
  ++upper_news_;
  upper_known_.reset();
}

void Runner::upper_changed(const os::LinkInfo& link, core::TimePoint heard) {
  const auto now = hands_->now();
  upper_is_news();
  senses_.devices_changed();
  slaves_.follow_mtu(link);
  bool told = false;
  if (takes_otherwise(link, upper_told_)) {
    upper_told_ = link;
    stack_is_new_ = true;  // it may have become a bridge's port, with VLANs on that bridge
    told = follow_filter();
  }
  follow_flags(link);
  const bool has_other_mac = link.mac != bond_.mac() && !executor_.owes_bond_mac();
  // What it is called elsewhere is not what the bond is called here.
  const bool has_other_name = !upper_.is_away() && link.name != name();
  if (!told && !has_other_name && link.is_up() == bond_.admin_up() && !has_other_mac) return;
  if (has_other_name) (void)executor_.carry_out(bond_.renamed(link.name), heard);
  (void)executor_.carry_out(bond_.admin_state(link.is_up(), now), heard);
  if (has_other_mac) (void)executor_.carry_out(bond_.mac_changed(link.mac, now), heard);
  settle();
}

void Runner::address_changed(os::IfIndex ifindex) {
  if (!upper_.is_apart()) senses_.address_changed(ifindex);
}

bool Runner::link_gone(const os::LinkInfo& link) {
  if (over_) return false;
  if (upper_.is_below_as(link.ifindex) || link.ifindex == device_.lower()) return half_gone();
  if (link.vlan) enslavement_.own_vlan_changed(link);
  if (!has_slave(link.ifindex)) {
    if (!upper_.is_apart()) stack_lost(link);
    return true;
  }
  const auto* originals = slaves_.find(link.ifindex);
  // It went home, where not all that it had could be put back yet; that is due.
  if (originals->leaving && originals->at_home) return true;
  senses_.devices_changed();
  lose(link, hands_->now());
  settle();
  return true;
}

bool Runner::link_gone_above(const os::LinkInfo& link) {
  if (over_) return false;
  if (is_upper_half(link.ifindex)) return half_gone();
  stack_lost(link);
  return true;
}

void Runner::stack_lost(const os::LinkInfo& link) {
  senses_.devices_changed();
  if (link.new_netnsid && link.vlan && link.lower == upper_.ifindex()) {
    // A look that is under way may not see it.
    vlans_that_left_.insert_or_assign({link.vlan->protocol, link.vlan->id}, 2);
  }
  stack_changed(link);
}

bool Runner::half_gone() {
  return follow_upper() || end_by_itself();
}

bool Runner::end_by_itself(const std::string& why) {
  // `ip link del bond0`: its slaves are given back, as the driver does.
  release_all(hands_->now());
  const bool was_moved = delete_other_half();
  if (!slaves_.leaving().empty()) {
    // What they were stays written down until they are so again.
    ending_ = true;
    settle();
    return true;
  }
  reporter_.report({.kind = core::EventKind::deleted,
                    .why = !why.empty() ? why
                           : was_moved  ? "half of the interface was moved to another network namespace"
                                        : "the interface was deleted"});
  if (clear_away()) {
    be_over();
    return false;
  }
  ending_ = true;
  rearm();
  return true;
}

bool Runner::delete_other_half() {
  const auto lower = hands_->link(device_.lower());
  if (lower && lower->is_half_of_a_pair()) {
    const bool is_ours = cookie_.empty() ? os::BondDevice::says_a_lower_half(lower->alias)
                                         : os::BondDevice::bears(lower->alias, cookie_);
    return is_ours && hands_->delete_link(device_.lower()).has_value();
  }
  const auto upper = upper_.hands().link(upper_.ifindex());
  if (!upper || !upper->is_half_of_a_pair()) return false;
  const bool is_ours = upper_.is_apart() ? upper->mac == bond_.mac() : upper->name == name();
  return is_ours && upper_.hands().delete_link(upper_.ifindex()).has_value();
}

void Runner::place_upper(FoundUpper& found) {
  if (found.apart) {
    upper_.is_now_apart(host_.visit(std::move(found.apart), *this), found.link.ifindex);
  } else {
    upper_.is_now_below(found.link.ifindex);
  }
  programs_->bond0_is_apart(upper_.is_apart());
}

bool Runner::follow_upper() {
  if (ending_) return false;
  auto found = find_upper(*hands_, device_.lower(), cookie_);
  if (!found) {
    // It is gone, or where it went there is neither name nor process: then so is the bond.
    const auto why = found.error().errno_value;
    if (why == ENODEV || why == ENOENT) return false;
    dues_.note(kLookingAtAll, std::unexpected(found.error()));
    rearm();
    return true;
  }
  const auto place = [this] { return std::pair(upper_.hands().where(), upper_.ifindex()); };
  const auto before = place();
  place_upper(*found);
  dues_.drop(kLookingAtAll);
  if (place() != before) reporter_.report({.kind = core::EventKind::moved, .to = upper_.where_in_words()});
  executor_.note_programs(executor_.load_programs());
  senses_.devices_changed();
  upper_told_.reset();
  stack_is_new_ = true;
  vlans_elsewhere_.clear();
  vlans_that_left_.clear();
  upper_changed(found->link, hands_->now());
  multicast_changed();
  settle();
  return true;
}

void Runner::namespace_above_ends() {
  (void)end_by_itself("the network namespace of its interface is no longer in use");
  upper_.is_now_below({});  // and lets the namespace go
}

void Runner::home_ends() {
  (void)end_by_itself("the network namespace that it belongs to is no longer in use");
  upper_.is_now_below({});
  home_.is_gone();
}

void Runner::lose(const os::LinkInfo& slave, core::TimePoint heard) {
  if (const auto* known = bond_.find(slave.ifindex)) {
    absentees_.left({known->name, known->permanent_mac, known->options});
  }
  enslavement_.lost(slave, heard);
}

void Runner::abandon() {
  // The kernel sends cards on as they are.
  release_all(hands_->now());
  (void)clear_away();
}

void Runner::multicast_changed() {
  auto joined = upper_.hands().groups(upper_.ifindex());
  dues_.note(kGroups, os::outcome_of(joined));
  if (!joined) return;
  upper_is_news();
  if (follow_groups({joined->begin(), joined->end()})) settle();
}

bool Runner::follow_groups(std::set<wire::MacAddress> joined) {
  // A backup is proved by the active slave's solicitations.
  for (const auto& target : senses_.targets().ipv6) {
    joined.insert(wire::multicast_mac(wire::solicited_node_group(target)));
  }
  return slaves_.follow_groups(std::move(joined));
}

void Runner::stack_changed(const os::LinkInfo& link) {
  if (link.kind != "vlan" && link.kind != "macvlan" && link.kind != "macvtap") return;
  stack_is_new_ = true;
  stack_news_ = in_news_;
  if (!in_news_ && follow_filter()) settle();
}

void Runner::seen_elsewhere(const Hands::LinksElsewhere& links) {
  std::set<core::VlanKey> seen;
  for (const auto& link : links) {
    if (link.vlan && link.lower == upper_.ifindex()) seen.insert({link.vlan->protocol, link.vlan->id});
  }
  if (seen == vlans_elsewhere_ && vlans_that_left_.empty()) return;
  for (auto& [vlan, looks] : vlans_that_left_) --looks;
  std::erase_if(vlans_that_left_, [](const auto& left) { return left.second == 0; });
  vlans_elsewhere_ = std::move(seen);
  if (follow_filter()) settle();
}

/// The MACs that the core asked for, as far as they are in other namespaces.
void Runner::look_behind_elsewhere() {
  macs_behind_elsewhere(upper_.hands(), upper_.ifindex(),
                        [this, here = std::weak_ptr(here_)](std::vector<core::MacBehind> found) {
                          if (here.expired()) return;
                          guard([&] {
                            const auto now = hands_->now();
                            executor_.carry_out(bond_.behind_found_elsewhere(std::move(found), now), now);
                            rearm();
                          });
                        });
}

/// Addresses and promiscuity change together, or with a message. That others want all groups, no message
/// tells and no address shows: that is looked at in one look of ten.
void Runner::look_at_upper() {
  constexpr unsigned kLooksAtAll = 10;
  if (looking_at_upper_) return;
  looking_at_upper_ = true;
  if (++looks_at_upper_ % kLooksAtAll == 0) upper_known_.reset();
  upper_.hands().look_at(upper_.ifindex(), upper_known_,
                         [this, here = std::weak_ptr(here_), asked_at = upper_news_](const auto& seen) {
                           if (here.expired()) return;
                           looking_at_upper_ = false;
                           if (asked_at != upper_news_) return;
                           guard([&] {
                             if (seen) return upper_seen(*seen);
                             if (slaves_.tell_cards()) settle();  // what they refused
                           });
                         });
}

void Runner::upper_seen(const Hands::Standing& seen) {
  const bool stands_otherwise = follow_filter(seen.addresses.unicast);
  const bool listens_otherwise = follow_groups(seen.addresses.groups);
  follow_flags(seen.link);
  if (stands_otherwise || listens_otherwise) settle();
  if (!stack_is_new_) upper_known_ = seen.addresses;
}

void Runner::follow_flags(const os::LinkInfo& upper) {
  slaves_.follow_flags(upper);
  programs_->bond0_lets_all_in(slaves_.bond0_lets_all_in());
}

bool Runner::follow_filter() {
  upper_is_news();
  const auto addresses = upper_.hands().taken_addresses(upper_.ifindex());
  return addresses && follow_filter(addresses->unicast);
}

bool Runner::follow_filter(const std::set<wire::MacAddress>& addresses) {
  if (stack_is_new_) {
    auto vlans = vlans_on(upper_.hands(), upper_.ifindex());
    if (!vlans) return false;
    vlans_here_ = std::move(*vlans);
    stack_is_new_ = false;
  }
  auto vlans = vlans_here_;
  vlans.insert(vlans_elsewhere_.begin(), vlans_elsewhere_.end());
  for (const auto& [vlan, looks] : vlans_that_left_) vlans.insert(vlan);
  const bool changed = slaves_.follow_filter(std::move(vlans), addresses);
  programs_->bond0_lets_all_in(slaves_.bond0_lets_all_in());
  return changed;
}

void Runner::look_for_absent() {
  for (const auto& absent : absentees_.all()) {
    const auto link = home_.hands().link(absent.name);
    if (link && !absentees_.was_refused(link->ifindex)) readmit(*link);
  }
}

void Runner::readmit(const os::LinkInfo& link) {
  const auto absent = absentees_.expected(link);
  if (!absent || !find_enslavable(link.name)) return;
  std::vector<std::string> warnings;
  const auto slave = enslavement_.enslave(link, warnings);
  if (!slave) {
    absentees_.refused(link.ifindex);
    reporter_.report({.kind = core::EventKind::warning,
                      .slave = link.name,
                      .why = "came back and could not be enslaved: " + slave.error().message});
    return;
  }
  absentees_.returned(link.name);
  know_primary(link);
  reporter_.report({.kind = core::EventKind::returned,
                    .slave = link.name,
                    .why = absent->permanent_mac.is_zero() ? "it was awaited" : "plugged in again"});
  const auto defaults = core::slave_option_texts({});
  for (const auto& option : core::slave_option_texts(absent->options)) {
    if (std::ranges::find(defaults, option) == defaults.end()) (void)set_slave(*slave, {option});
  }
  settle();
}

void Runner::filters_changed(const os::FiltersChanged& news) {
  if (news.ifindex != device_.lower() && !has_slave(news.ifindex)) return;
  repair_programs(news.asked_by);
  rearm();
}

void Runner::repair_programs(std::uint32_t asked_by) {
  const auto repairs = programs_->repair();
  dues_.note(kRepairs, os::outcome_of(repairs));
  if (!repairs) return;
  std::string who;
  if (!repairs->empty() && asked_by != 0) {
    const auto process = hands_->process_name(asked_by);
    who =
        fmt::format(" (netlink port {}{}{} changed filters)", asked_by, process.empty() ? "" : ", ", process);
  }
  for (const auto& [device, what] : *repairs) {
    const bool is_lower = device == device_.lower();
    reporter_.report({.kind = core::EventKind::warning,
                      .slave = is_lower ? "" : slaves_.name_of(device),
                      .why = (is_lower ? "on its lower half, " + what : what) + who});
  }
}

bool Runner::resynchronise() {
  os::Result<> looked;
  // What cannot be looked at is neither gone nor as it was: it is looked at again.
  const auto look_at = [&](Hands& hands, os::IfIndex device) {
    auto link = hands.link(device);
    if (!link && link.error().errno_value != ENODEV) looked = std::unexpected(link.error());
    return link;
  };
  if (has_gone(look_at(*hands_, device_.lower()), nullptr)) return half_gone();
  if (has_gone(look_at(upper_.hands(), upper_.ifindex()), nullptr)) {
    if (!half_gone()) return false;
    if (ending_ || dues_.has(kLookingAtAll)) return true;
  }
  repair_programs();
  const auto now = hands_->now();
  upper_told_.reset();
  if (auto upper = look_at(upper_.hands(), upper_.ifindex())) upper_changed(*upper, now);
  mending_.look_at_lower_half();
  std::vector<os::IfIndex> slaves;
  for (const auto& slave : bond_.slaves()) slaves.push_back(slave.ifindex);
  for (const auto slave : slaves) {
    const auto link = look_at(*hands_, slave);
    if (has_gone(link, slaves_.find(slave))) {
      (void)link_gone(nothing_of(slave));
    } else if (link) {
      link_changed(*link, now);
    }
  }
  if (!absentees_.empty()) {
    if (auto links = home_.hands().links()) {
      for (const auto& link : *links) readmit(link);
    } else {
      looked = std::unexpected(links.error());
    }
  }
  multicast_changed();
  dues_.note(kLookingAtAll, looked);
  settle();
  return true;
}

}  // namespace ebond::daemon
