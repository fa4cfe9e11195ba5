// The programs of the data path: loaded for one bond, and known again when met in the kernel.
// Private to os/datapath.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/table.h"
#include "core/types.h"
#include "os/error.h"
#include "os/unique_fd.h"
#include "wire/ethernet.h"

namespace ebond::os {

/// The maps a bond's programs share, by descriptor.
struct DatapathMaps {
  int bond = -1;
  int links = -1;
  int counters = -1;
  int turn = -1;
  int loads = -1;
  int sources = -1;  ///< balance-slb; else there is none, as of strays
  int strays = -1;
};

/// A VLAN by its protocol and ID, its priority bits left at zero.
using VlanSet = std::set<wire::VlanTag>;

/// What one slave's copy of RX is for, beside the bond's spec.
struct ReceiveSpec {
  core::SlotId slot{};
  bool shows_filters = false;   ///< the bond gets a copy, and the frame goes on to the filters of others
  bool bond0_is_apart = false;  ///< in another namespace, where frames can be handed to it without the hop
  VlanSet own_vlans{};          ///< VLANs that stand on the slave itself: their frames are its own
  struct Ahead {
    std::uint16_t priority = 0;  ///< of RX in tc
    std::uint64_t netns = 0;     ///< the slave's, by its cookie
  };
  /// It is the short cut, for ahead of tc: it takes what no filter waits for but RX. Loaded only where the
  /// kernel has tcx and tells of its types.
  std::optional<Ahead> ahead{};
};

/// TX; with `receive`, that slave's RX. Loaded and not yet attached.
Result<UniqueFd> load_datapath_program(const core::DatapathSpec& spec, core::IfIndex lower,
                                       const DatapathMaps& maps,
                                       const std::optional<ReceiveSpec>& receive = std::nullopt);

/// Is a program that is in the kernel what load_datapath_program() would make of the same arguments? Then it
/// may stay, at a hundredth of the price. A process knows its own kinds of program, TX, RX and the short cut,
/// by those it has loaded: before the first of a kind the answer is no.
Result<bool> is_such_a_program(std::uint32_t program, const core::DatapathSpec& spec, core::IfIndex lower,
                               const DatapathMaps& maps,
                               const std::optional<ReceiveSpec>& receive = std::nullopt);

/// The maps of a program of a bond, by name; none if it is a program of somebody else's, or gone.
Result<std::map<std::string, UniqueFd>> maps_of_program(std::uint32_t program);

enum class ProgramOwner { this_bond, other_bond, stranger };
/// Whose program it is: a bond's programs all use its map, whichever build loaded them. One that is gone is a
/// stranger's.
Result<ProgramOwner> owner_of_program(std::uint32_t program, int bond_map);

}  // namespace ebond::os
