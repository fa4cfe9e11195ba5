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
  for (const auto& originals : stored.originals) {
    hands.unwatch_carrier(originals.ifindex);
    (void)hands.take_remains_off(pins, originals.ifindex, !originals.had_clsact);
    (void)give_back(hands, originals);
  }
  (void)disk.remove(directory.proc_file(hands.label(), stored.memory.name));
  (void)disk.remove_tree(pins);
  (void)disk.remove(directory.state_file(key));
  return os::errno_error(fmt::format("{} is gone", stored.memory.name), ENODEV);
}

std::map<core::SlotId, os::IfIndex> take_over_slaves(Hands& hands, const core::Bond& bond, Programs& programs,
                                                     Slaves& slaves,
                                                     const std::vector<SlaveOriginals>& stored) {
  std::map<core::SlotId, os::IfIndex> present;
  for (const auto& originals : stored) {
    const auto* known = bond.find(originals.ifindex);
    if (known == nullptr) {
      hands.unwatch_carrier(originals.ifindex);
      (void)programs.take_off(originals.ifindex, !originals.had_clsact);
      (void)give_back(hands, originals);
      continue;
    }
    const auto link = hands.link(originals.ifindex);
    if (link && link->name == originals.name) present.emplace(known->slot, originals.ifindex);
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
