#include "daemon/sites.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace ebond::daemon {
namespace {

/// How much longer it is not looked through all namespaces than that took.
constexpr int kIdle = 200;

/// False if that was the end of the bond.
bool tell(Runner& bond, const os::LinkEvent& event, core::TimePoint heard) {
  bool goes_on = true;
  bond.guard([&] {
    if (const auto* changed = std::get_if<os::LinkChanged>(&event)) bond.link_changed(changed->link, heard);
    if (const auto* address = std::get_if<os::AddressChanged>(&event)) {
      bond.address_changed(address->address.ifindex);
    }
    if (const auto* filters = std::get_if<os::FiltersChanged>(&event)) bond.filters_changed(*filters);
    if (const auto* groups = std::get_if<os::GroupsChanged>(&event)) bond.groups_changed(groups->ifindex);
    if (const auto* gone = std::get_if<os::LinkGone>(&event)) goes_on = bond.link_gone(gone->link);
  });
  return goes_on;
}

/// What happens where its bond0 stands. A bond that ends by it is over(), and goes with the next look.
void tell_above(Runner& bond, const os::LinkEvent& event, core::TimePoint heard) {
  bond.guard([&] {
    if (const auto* changed = std::get_if<os::LinkChanged>(&event)) {
      bond.link_changed_above(changed->link, heard);
    }
    if (const auto* address = std::get_if<os::AddressChanged>(&event)) {
      bond.address_changed_above(address->address.ifindex);
    }
    if (const auto* groups = std::get_if<os::GroupsChanged>(&event)) {
      bond.groups_changed_above(groups->ifindex);
    }
    if (const auto* gone = std::get_if<os::LinkGone>(&event)) (void)bond.link_gone_above(gone->link);
  });
}

}  // namespace

std::vector<Runner*> Site::with_uppers_here() const {
  auto all = *guests;
  for (const auto& bond : bonds) {
    if (!bond->is_apart()) all.push_back(bond.get());
  }
  return all;
}

std::vector<Runner*> Site::of_here() const {
  std::vector<Runner*> all;
  for (const auto& bond : bonds) {
    if (!bond->has_slaves_away()) all.push_back(bond.get());
  }
  all.insert(all.end(), members->begin(), members->end());
  return all;
}

Runner* Site::find(const std::string& name) const {
  const auto all = of_here();
  const auto found =
      std::ranges::find_if(all, [&](const auto* bond) { return bond->name() == name && !bond->over(); });
  return found == all.end() ? nullptr : *found;
}

bool Site::is_a_bonds_own() const {
  return std::ranges::any_of(bonds,
                             [](const auto& bond) { return bond->has_slaves_away() && !bond->over(); });
}

Site* Sites::find(const os::NamespaceId& id) {
  const auto found = sites_.find(id);
  return found == sites_.end() ? nullptr : &found->second;
}

os::Result<Site*> Sites::of(control::NamespaceRef netns) {
  const auto id = machine_.identify(netns);
  if (!id) return std::unexpected(id.error());
  if (auto* known = find(*id)) return known;
  return open(machine_.open_hands(netns));
}

os::Result<Site*> Sites::of(const os::NamespaceId& id) {
  if (auto* known = find(id)) return known;
  return open(machine_.open_hands(id));
}

os::Result<Site*> Sites::open(os::Result<std::shared_ptr<Hands>> hands) {
  if (!hands) return std::unexpected(hands.error());
  return &open(std::move(*hands));
}

Site& Sites::open(std::shared_ptr<Hands> hands) {
  const auto id = hands->where();
  auto& site = sites_.emplace(id, Site{std::move(hands)}).first->second;
  site.hands->hear_events([this, id](const auto& batch) { hear(id, batch); });
  return site;
}

Site& Sites::site_of(std::shared_ptr<Hands> hands) {
  auto* known = find(hands->where());
  return known != nullptr ? *known : open(std::move(hands));
}

void Sites::admit(std::unique_ptr<Runner> bond) {
  auto& site = site_of(bond->hands());
  site.bonds.push_back(std::move(bond));
}

void Sites::remove(const Runner* bond) {
  for (auto& [id, site] : sites_) {
    std::erase_if(site.bonds, [bond](const auto& each) { return each.get() == bond; });
  }
}

Visit Sites::stay(const Site& site, const Site::Visitors& among, Runner& bond) {
  among->push_back(&bond);
  // A site that is left empty goes with the next look: it may be its news that are told now.
  const auto leave = [all = std::weak_ptr(among)](Runner* visitor) {
    const auto visitors = all.lock();
    if (!visitors) return;
    const auto found = std::ranges::find(*visitors, visitor);
    if (found != visitors->end()) visitors->erase(found);
  };
  return {.hands = site.hands, .stay = std::shared_ptr<Runner>(&bond, leave)};
}

Visit Sites::visit(std::shared_ptr<Hands> there, Runner& bond) {
  const auto& site = site_of(std::move(there));
  return stay(site, site.guests, bond);
}

Visit Sites::belong(std::shared_ptr<Hands> there, Runner& bond) {
  const auto& site = site_of(std::move(there));
  return stay(site, site.members, bond);
}

void Sites::hear(const os::NamespaceId& id, const os::Result<os::LinkEventBatch>& batch) {
  auto* site = find(id);
  if (site == nullptr) return;
  if (!batch) {
    spdlog::error("{}", batch.error().message());
    return;
  }
  const auto to_all = [site](const auto& goes_on) {
    // A bond that is told looks at the others, so none goes before all were told.
    std::vector<const Runner*> over;
    for (const auto& bond : site->bonds) {
      if (!goes_on(*bond)) over.push_back(bond.get());
    }
    std::erase_if(site->bonds,
                  [&](const auto& bond) { return std::ranges::find(over, bond.get()) != over.end(); });
  };
  // The carrier hook knows better when a carrier was lost.
  machine_.read_carriers();
  const auto heard = machine_.now();
  const auto guests = *site->guests, members = *site->members;
  for (const auto& bond : site->bonds) bond->begin_news();
  for (auto* guest : guests) guest->begin_news();
  for (auto* member : members) member->begin_news();
  for (const auto& event : batch->events) {
    to_all([&](Runner& bond) { return tell(bond, event, heard); });
    for (auto* guest : guests) tell_above(*guest, event, heard);
    if (const auto* changed = std::get_if<os::LinkChanged>(&event)) {
      for (auto* member : members) member->guard([&] { member->link_changed_at_home(changed->link); });
    }
  }
  if (batch->overrun) {
    to_all([](Runner& bond) {
      bool goes_on = true;
      bond.guard([&] { goes_on = bond.resynchronise(); });
      return goes_on;
    });
    for (auto* guest : guests) guest->guard([guest] { (void)guest->resynchronise(); });
    for (auto* member : members) member->guard([member] { member->look_for_absent(); });
  }
  for (const auto& bond : site->bonds) {
    bond->guard([&] { bond->end_news(); });
  }
  for (auto* guest : guests) guest->guard([guest] { guest->end_news(); });
  for (auto* member : members) member->guard([member] { member->end_news(); });
  close_empty();
}

void Sites::close_empty() {
  std::erase_if(sites_, [](const auto& site) { return site.second.is_empty(); });
}

std::vector<os::NamespaceId> Sites::all() const {
  std::vector<os::NamespaceId> ids;
  for (const auto& [id, site] : sites_) {
    if (!site.of_here().empty()) ids.push_back(id);
  }
  return ids;
}

std::optional<std::string> Sites::claimed_by(const os::NamespaceId& id, os::IfIndex ifindex) const {
  const auto site = sites_.find(id);
  if (site == sites_.end()) return std::nullopt;
  for (const auto& bond : site->second.bonds) {
    if (auto claim = bond->claims(ifindex)) return claim;
  }
  for (const auto* guest : *site->second.guests) {
    if (guest->is_upper_half(ifindex)) return "a bond itself";
  }
  return std::nullopt;
}

void Sites::carrier_changed(const os::CarrierNews& news) {
  for (auto& [id, site] : sites_) {
    if (id.inode != news.netns_inode) continue;
    for (const auto& bond : site.bonds) {
      if (bond->has_slave(news.ifindex)) bond->guard([&] { bond->carrier_changed(news); });
    }
  }
}

void Sites::look_at_groups() {
  constexpr std::size_t kMostAtOnce = 10;
  auto next = sites_.upper_bound(looked_at_);
  for (auto left = std::min(sites_.size(), kMostAtOnce); left > 0; --left, ++next) {
    if (next == sites_.end()) next = sites_.begin();
    auto& [id, site] = *next;
    looked_at_ = id;
    if (site.hands->hears_of_groups() || !site.hands->groups_changed()) continue;
    for (auto* bond : site.with_uppers_here()) bond->guard([bond] { bond->multicast_changed(); });
  }
}

void Sites::look_elsewhere() {
  for (auto& [id, site] : sites_) {
    const auto begun = machine_.now();
    if (site.looking_elsewhere || begun < site.look_elsewhere_at) continue;
    site.looking_elsewhere = true;
    site.hands->look_elsewhere([this, id, begun](const Hands::LinksElsewhere& links) {
      auto* there = find(id);
      if (there == nullptr) return;
      there->looking_elsewhere = false;
      const auto now = machine_.now();
      there->look_elsewhere_at = now + kIdle * (now - begun);
      for (auto* bond : there->with_uppers_here()) bond->guard([&] { bond->seen_elsewhere(links); });
    });
  }
}

Runner* Sites::next_bond(Place& place) {
  if (sites_.empty()) return nullptr;
  auto site = sites_.lower_bound(place.site);
  // All the way round: the first bonds of that site may be those that come next.
  for (auto left = sites_.size() + 1; left > 0; --left, ++site) {
    if (site == sites_.end()) site = sites_.begin();
    if (site->first != place.site) place = {.site = site->first, .bond = 0};
    const auto& bonds = site->second.bonds;
    if (place.bond < bonds.size()) return bonds[place.bond++].get();
    place = {};
  }
  return nullptr;
}

void Sites::visit_some(Place& place, std::size_t most, void (Runner::*look)()) {
  Runner* first = nullptr;
  for (; most > 0; --most) {
    auto* bond = next_bond(place);
    if (bond == nullptr || bond == first) return;
    if (first == nullptr) first = bond;
    bond->guard([&] { (bond->*look)(); });
  }
}

void Sites::look_at_bonds() {
  constexpr std::size_t kMostAtOnce = 10, kFilesAtOnce = 2;
  let_go();
  visit_some(uppers_, kMostAtOnce, &Runner::look_at_upper);
  visit_some(files_, kFilesAtOnce, &Runner::look_at_files);
}

void Sites::let_go() {
  if (std::exchange(some_are_over_, false)) {
    for (auto& [id, site] : sites_) {
      std::erase_if(site.bonds, [](const auto& bond) { return bond->over(); });
    }
  }
  close_empty();
}

void Sites::look_for_absent() {
  for (auto& [id, site] : sites_) {
    for (const auto& bond : site.bonds) bond->guard([&] { bond->look_for_absent(); });
  }
}

/// A bond's files and maps are cleared away on this word, so it is asked for twice.
bool Sites::is_unused(const os::NamespaceId& id) {
  for (int look = 0; look < 2; ++look) {
    const auto used = machine_.is_used(id);
    auto doubt = used ? std::string{} : used.error().message();
    auto& told = sites_.at(id).doubt;
    if (!doubt.empty() && doubt != told) {
      spdlog::warn("cannot tell whether {} is still in use: {}", id.to_string(), doubt);
    }
    told = std::move(doubt);
    if (!used || *used) return false;
  }
  return true;
}

void Sites::look_at_names(bool nameless_too) {
  std::vector<os::NamespaceId> abandoned;
  for (auto& [id, site] : sites_) {
    auto& hands = *site.hands;
    if (site.is_a_bonds_own()) {
      for (const auto& bond : site.bonds) bond->guard([&] { bond->keep_own_netns(); });
      continue;
    }
    auto label = hands.label_now();
    if (!label) continue;  // what it is called, the next look will tell
    if (*label == hands.label() && !(nameless_too && hands.is_nameless())) continue;
    const bool lost_its_name = *label != hands.label() && *label == id.to_string();
    if ((lost_its_name || *label == hands.label()) && is_unused(id)) {
      abandoned.push_back(id);
      continue;
    }
    if (*label == hands.label()) continue;
    spdlog::info("namespace {} is {} now", hands.label(), *label);
    hands.relabel(std::move(*label));
    for (auto* bond : site.of_here()) bond->guard([bond] { bond->namespace_renamed(); });
  }
  for (const auto& id : abandoned) abandon(id);
}

void Sites::abandon(const os::NamespaceId& id) {
  auto& site = sites_.at(id);
  spdlog::info("namespace {} is no longer in use: it is released, and its bonds with it",
               site.hands->label());
  for (const auto& bond : site.bonds) bond->abandon();
  for (auto* member : std::vector(*site.members)) member->guard([member] { member->home_ends(); });
  for (auto* guest : std::vector(*site.guests)) guest->guard([guest] { guest->namespace_above_ends(); });
  sites_.erase(id);
}

}  // namespace ebond::daemon
