// How a daemon takes over a bond that an earlier one left: what stands is taken as it is, and what was cut
// short is undone.
//
// Used by Runner::adopt().
#pragma once

#include "daemon/bond/disk.h"
#include "daemon/bond/executor.h"
#include "daemon/bond/identity.h"
#include "daemon/bond/store.h"
#include "daemon/run_directory.h"

namespace ebond::daemon {

/// Is the pair that the file tells of still there? ENODEV: it was deleted while nobody looked. Then what it
/// had taken is given back, and what is left of it is cleared away.
os::Result<FoundUpper> find_adopted(const Places& places, Disk& disk, const RunDirectory& directory,
                                    const StoredBond& stored);

/// The bond's maps, found again by the programs that use them if somebody took their pins away, or made new
/// if there are no programs either.
os::Result<std::unique_ptr<Programs>> find_programs(Hands& hands, const std::filesystem::path& pins,
                                                    const core::Bond& bond, const StoredBond& stored);

/// Slaves as they are found.
struct TakenOver {
  std::map<core::SlotId, os::IfIndex> present;
  std::vector<os::IfIndex> gone;  ///< while nobody looked; another interface may have the number now
  os::Result<> looked;            ///< the first that could not be looked at, and is left as it is
};

/// Notes the slaves of an adopted bond, and undoes an enslaving that was cut short. Those that are present
/// have the qdisc that a program needs.
TakenOver take_over_slaves(Hands& hands, const std::filesystem::path& pins, const core::Bond& bond,
                           Programs& programs, Slaves& slaves, const StoredBond& stored, Dues& dues);

/// This daemon's programs in place of the earlier one's, and slots that no slave has freed. If that fails,
/// the programs of the earlier daemon go on: they read the same tables.
os::Result<> take_over_programs(Programs& programs, const core::Bond& bond,
                                const std::map<core::SlotId, os::IfIndex>& slaves);

/// The namespace of a bond's slaves is gone: what it had taken is given back as far as it is found, where it
/// came from (`home`; none: that was there, or is gone, too) or, if that is elsewhere, in the initial
/// namespace. The kernel has sent cards to that one, and all else is gone.
os::Result<> give_back_after_its_namespace(Hands* home, Hands* initial, const StoredBond& stored);

/// bond0's MAC is one of its slaves', which is not the bond's: a daemon was killed when it gave it to the
/// bond. It gets the bond's again; whatever else it has, somebody set.
/// `hands`: where it stands.
os::Result<> put_back_bond_mac(Hands& hands, const os::LinkInfo& upper, const StoredBond& stored);

}  // namespace ebond::daemon
