// Is this what an earlier daemon left, or a stranger that has its number now? Names, ifindexes and inodes are
// used again; what is asked here is not.
//
// Used by adoption and by what takes a bond apart. Nobody else's device is touched on the word of a number.
#pragma once

#include <filesystem>
#include <optional>

#include "daemon/bond/hands.h"
#include "daemon/bond/store.h"

namespace ebond::daemon {

/// bond0 as it is now, wherever it stands.
struct FoundUpper {
  os::LinkInfo link;
  std::shared_ptr<Hands> apart{};  ///< in another namespace than its lower half; none: beside it
};
/// By its lower half, which stays where the bond is, and whose alias bears the cookie. ENODEV: the pair is
/// not there. Any other error: that cannot be told.
os::Result<FoundUpper> find_upper(Hands& hands, os::IfIndex lower, const std::string& cookie);
/// The same of the pair that a file tells of.
os::Result<FoundUpper> find_pair(Hands& hands, const StoredBond& stored);
/// The half that is still here of a pair whose other half cannot be found; none: there is none.
std::optional<os::IfIndex> find_half(Hands& hands, const StoredBond& stored);
/// Does none have that number any more, or another interface? By its permanent MAC, if both are known.
bool has_gone(const os::Result<os::LinkInfo>& link, const SlaveOriginals* known);
/// What is left to say of an interface that is gone: the number it had.
os::LinkInfo nothing_of(os::IfIndex ifindex);
/// Has this interface been a slave of that bond, and has not gone since? By its permanent MAC; one without
/// has a program of the bond's on it, or wears a MAC that it had then.
os::Result<bool> is_still_there(Hands& hands, const std::filesystem::path& pins, const StoredBond& stored,
                                const SlaveOriginals& slave);

}  // namespace ebond::daemon
