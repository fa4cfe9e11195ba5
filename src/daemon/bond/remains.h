// What is left of a bond that nobody runs: its device, its programs, its slaves as they were found, its
// files. It is taken apart by what can still be known of it.
//
// Used for a bond that went while no daemon ran (adoption.h), and by `ebond forget --force`, for one that
// cannot be taken over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/bond/hands.h"
#include "daemon/bond/store.h"
#include "daemon/run_directory.h"

namespace ebond::daemon {

struct Remains {
  std::string key;                     ///< RunDirectory::bond_key()
  std::optional<os::IfIndex> upper{};  ///< or the half that is left of it
  /// What was written of it; none: nothing tells, and slaves are found by the programs on them.
  std::optional<StoredBond> stored{};
};

/// Is this bond0, or the lower half of one: a veth pair of ours?
os::Result<bool> is_a_bond(Hands& hands, const os::LinkInfo& link);

/// Gives the slaves back and deletes the device, and the namespace that it had for its slaves. Goes on past
/// what fails, and answers that. Pins and files stay.
std::vector<std::string> take_apart(const Places& places, const RunDirectory& directory,
                                    const Remains& remains);

}  // namespace ebond::daemon
