#include "daemon/bond/adoption.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/bond/identity.h"
#include "daemon/bond/remains.h"

namespace ebond::daemon {

os::Result<FoundUpper> find_adopted(const Places& places, Disk& disk, const RunDirectory& directory,
                                    const StoredBond& stored) {
  auto& hands = places.slaves;
  auto upper = find_pair(hands, stored);
  // What cannot be looked at is not gone.
  if (upper || upper.error().errno_value != ENODEV) return upper;
  const auto key = RunDirectory::bond_key(stored.where, stored.memory.ifindex);
  const auto failures =
      take_apart(places, directory, {.key = key, .upper = find_half(hands, stored), .stored = stored});
  if (!failures.empty()) {
    return os::errno_error(fmt::format("{} is gone, but not everything that it had taken could be put back "
                                       "({}); the next start tries again",
                                       stored.memory.name, failures.front()),
                           EBUSY);
  }
  // The state file last: until it goes, the next one who tries knows what is left.
  auto cleared =
      disk.remove(directory.proc_file(stored.home ? stored.label : hands.label(), stored.memory.name));
  if (cleared) cleared = disk.remove_tree(directory.bond_pin_dir(key));
  if (cleared) cleared = disk.remove(directory.state_file(key));
  if (!cleared) return std::unexpected(cleared.error());
  return os::errno_error(fmt::format("{} is gone", stored.memory.name), ENODEV);
}

os::Result<std::unique_ptr<Programs>> find_programs(Hands& hands, const std::filesystem::path& pins,
                                                    const core::Bond& bond, const StoredBond& stored) {
  const auto spec = bond.datapath_spec();
  auto found = hands.adopt_programs(pins, spec, stored.lower);
  if (found || found.error().errno_value != ENOENT) return found;
  auto recovered = hands.recover_pins(pins, stored.lower);
  // With its pin the link of a netkit device is gone, and TX with it; RX on the slaves knows the maps, too.
  for (const auto& originals : stored.originals) {
    if (recovered || recovered.error().errno_value != ENOENT) break;
    if (is_still_there(hands, pins, stored, originals).value_or(false)) {
      recovered = hands.recover_pins(pins, originals.ifindex);
    }
  }
  if (recovered) return hands.adopt_programs(pins, spec, stored.lower);
  if (recovered.error().errno_value != ENOENT) return std::unexpected(recovered.error());
  auto made = hands.create_programs(pins, spec, stored.lower);
  if (!made) return made;
  for (const auto& originals : stored.originals) {
    const auto* slave = bond.find(originals.ifindex);
    if (slave == nullptr || !is_still_there(hands, pins, stored, originals).value_or(false)) continue;
    const auto done = (*made)->attach_slave(slave->ifindex, slave->slot);
    if (!done) return std::unexpected(done.error());
  }
  return made;
}

namespace {

/// It is no slave, but some of it is not as it was before.
void give_back_rest(Hands& hands, Programs& programs, Slaves& slaves, SlaveOriginals originals, Dues& dues) {
  hands.unwatch_carrier(originals.ifindex);
  const auto off = programs.take_off(originals.ifindex, !originals.had_clsact);
  const auto back = give_back(slaves.places(), originals);
  if (off && back) return;
  dues.note("cannot fully restore " + originals.name, off ? back : off);
  originals.leaving = true;
  slaves.note(std::move(originals));
}

}  // namespace

TakenOver take_over_slaves(Hands& hands, const std::filesystem::path& pins, const core::Bond& bond,
                           Programs& programs, Slaves& slaves, const StoredBond& stored, Dues& dues) {
  TakenOver taken;
  for (auto originals : stored.originals) {
    const auto there = is_still_there(hands, pins, stored, originals);
    const auto* known = bond.find(originals.ifindex);
    if (there && !*there) {
      // Not touched: whoever has its number now is somebody else.
      hands.unwatch_carrier(originals.ifindex);
      if (known == nullptr && originals.at_home) {
        // It is at home still, or again, and not all that it had is.
        give_back_rest(hands, programs, slaves, std::move(originals), dues);
        continue;
      }
      if (known == nullptr) continue;
      taken.gone.push_back(originals.ifindex);
    } else if (known == nullptr) {
      give_back_rest(hands, programs, slaves, std::move(originals), dues);
      continue;
    } else if (!there) {
      if (taken.looked) taken.looked = std::unexpected(there.error());
    } else {
      // Whoever took it away took the program with it; a qdisc that is new now is ours.
      if (auto fresh = hands.add_clsact(originals.ifindex); fresh && *fresh) originals.had_clsact = false;
      taken.present.emplace(known->slot, originals.ifindex);
    }
    slaves.note(std::move(originals));
  }
  return taken;
}

os::Result<> take_over_programs(Programs& programs, const core::Bond& bond,
                                const std::map<core::SlotId, os::IfIndex>& slaves) {
  std::vector<core::SlotId> slots;
  for (const auto& slave : bond.slaves()) slots.push_back(slave.slot);
  programs.forget_all_but(slots);
  return programs.respecialise(bond.datapath_spec(), slaves);
}

namespace {

/// A card that nobody has taken since: it wears what it wore. Of several with one permanent MAC it is the one
/// in its place, or of its name, if any.
os::Result<std::optional<os::LinkInfo>> find_sent_by_kernel(Hands& initial, const SlaveOriginals& originals,
                                                            std::vector<wire::MacAddress> worn) {
  if (!originals.permanent_mac) return std::nullopt;
  auto links = initial.links();
  if (!links) return std::unexpected(links.error());
  worn.push_back(originals.mac);
  std::erase_if(*links, [&](const os::LinkInfo& link) {
    const bool is_free = !link.master && std::ranges::find(worn, link.mac) != worn.end();
    return link.permanent_mac != originals.permanent_mac || !is_free;
  });
  std::erase_if(*links, [&](const os::LinkInfo& link) {
    const auto driver = initial.driver(link.name);
    return driver && !driver->bus.empty() && !originals.bus.empty() && driver->bus != originals.bus;
  });
  const auto named = std::ranges::find(*links, originals.name, &os::LinkInfo::name);
  if (named != links->end()) return *named;
  return links->size() == 1 ? std::optional(links->front()) : std::nullopt;
}

}  // namespace

os::Result<> give_back_after_its_namespace(Hands* home, Hands* initial, const StoredBond& stored) {
  std::vector<wire::MacAddress> worn{stored.memory.mac};
  for (const auto& slave : stored.memory.slaves) worn.push_back(slave.facts.current_mac);
  auto* const either = home != nullptr ? home : initial;
  if (either != nullptr) either->forget_vlans_of(stored.where);
  const auto give_back_one = [&](SlaveOriginals originals) -> os::Result<> {
    originals.told = {};  // the lists of cards were emptied when their namespace ended
    if (home != nullptr) {
      const auto link = find_at_home(*home, originals, worn);
      if (!link) return std::unexpected(link.error());
      if (*link) return give_back_at_home(Places::of_a_bond(*home), **link, originals);
    }
    if (initial == nullptr) return {};
    const auto link = find_sent_by_kernel(*initial, originals, worn);
    if (!link) return std::unexpected(link.error());
    return *link ? give_back_from(*initial, home, **link, originals) : os::Result<>{};
  };
  os::Result<> first_failure;
  for (const auto& originals : stored.originals) {
    const auto done = give_back_one(originals);
    if (!done && first_failure) first_failure = done;
  }
  return first_failure;
}

os::Result<> put_back_bond_mac(Hands& hands, const os::LinkInfo& upper, const StoredBond& stored) {
  if (upper.mac == stored.memory.mac) return {};
  const bool is_of_a_slave =
      std::ranges::any_of(stored.originals, [&](const auto& slave) { return slave.mac == upper.mac; });
  if (!is_of_a_slave) return {};
  return hands.set_mac(upper.ifindex, stored.memory.mac);
}

}  // namespace ebond::daemon
