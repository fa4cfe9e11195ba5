#include "daemon/bond/adoption.h"

#include <fmt/format.h>

namespace ebond::daemon {

os::Result<os::LinkInfo> find_adopted(Hands& hands, Disk& disk, const RunDirectory& directory,
                                      const StoredBond& stored) {
  auto upper = hands.link(stored.memory.ifindex);
  if (upper && upper->kind == "veth" && upper->lower == stored.lower) return upper;
  // What cannot be looked at is not gone.
  if (!upper && upper.error().errno_value != ENODEV) return upper;
  const auto key = RunDirectory::bond_key(stored.where, stored.memory.ifindex);
  const auto pins = directory.bond_pin_dir(key);
  os::Result<> first_failure;
  for (const auto& originals : stored.originals) {
    hands.unwatch_carrier(originals.ifindex);
    const auto off = hands.take_remains_off(pins, originals.ifindex, !originals.had_clsact);
    const auto back = give_back(hands, originals);
    if (first_failure && !(off && back)) first_failure = off ? back : off;
  }
  if (!first_failure) {
    return os::errno_error(fmt::format("{} is gone, but not everything that it had taken could be put back "
                                       "({}); the next start tries again",
                                       stored.memory.name, first_failure.error().message()),
                           EBUSY);
  }
  (void)disk.remove(directory.proc_file(hands.label(), stored.memory.name));
  (void)disk.remove_tree(pins);
  (void)disk.remove(directory.state_file(key));
  return os::errno_error(fmt::format("{} is gone", stored.memory.name), ENODEV);
}

namespace {

/// It is no slave, but some of it is not as it was before.
void give_back_rest(Hands& hands, Programs& programs, Slaves& slaves, SlaveOriginals originals,
                    const Reporter& reporter) {
  hands.unwatch_carrier(originals.ifindex);
  const auto off = programs.take_off(originals.ifindex, !originals.had_clsact);
  const auto back = give_back(hands, originals);
  if (off && back) return;
  reporter.complain(fmt::format("cannot fully restore {}", originals.name), off ? back.error() : off.error());
  originals.leaving = true;
  slaves.note(std::move(originals));
}

}  // namespace

std::map<core::SlotId, os::IfIndex> take_over_slaves(Hands& hands, const core::Bond& bond, Programs& programs,
                                                     Slaves& slaves,
                                                     const std::vector<SlaveOriginals>& stored,
                                                     const Reporter& reporter) {
  std::map<core::SlotId, os::IfIndex> present;
  for (auto originals : stored) {
    const auto* known = bond.find(originals.ifindex);
    if (known == nullptr) {
      give_back_rest(hands, programs, slaves, std::move(originals), reporter);
      continue;
    }
    const auto link = hands.link(originals.ifindex);
    if (link && link->name == originals.name) {
      // Whoever took it away took the program with it; a qdisc that is new now is ours.
      if (auto fresh = hands.add_clsact(originals.ifindex); fresh && *fresh) originals.had_clsact = false;
      present.emplace(known->slot, originals.ifindex);
    }
    slaves.note(originals);
  }
  return present;
}

void take_over_programs(Programs& programs, const core::Bond& bond,
                        const std::map<core::SlotId, os::IfIndex>& slaves, const Reporter& reporter) {
  std::vector<core::SlotId> slots;
  for (const auto& slave : bond.slaves()) slots.push_back(slave.slot);
  programs.forget_all_but(slots);
  if (auto done = programs.respecialise(bond.datapath_spec(), slaves); !done) {
    // The programs of the earlier daemon go on: they read the same tables.
    reporter.complain("keeps the previous programs", done.error());
  }
}

}  // namespace ebond::daemon
