// The filters that hang on a device's clsact qdisc: ours, which are BPF programs, and other people's.
//
// Used by Datapath, in the current network namespace. Looks before it takes anything away: a filter is
// removed by the program it runs, so that somebody else's is never touched. Knows nothing of bonds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/types.h"
#include "os/error.h"

namespace ebond::os {

enum class TcSide { ingress, egress };

/// What a filter does with a frame it matches.
enum class TcEnding {
  goes_on,  ///< the next filter is asked (`continue`)
  takes,    ///< dropped or redirected: nobody after it sees the frame
  accepts,  ///< it goes to the stack, and no filter after this one is asked; also what cannot be told
};

struct TcFilter {
  std::uint16_t priority = 0;  ///< the lowest is asked first
  std::uint16_t protocol = 0;  ///< an EtherType; ETH_P_ALL
  std::uint32_t handle = 0;    ///< 0: the kernel's own entry for a priority, which stands before its filters
  std::string kind{};          ///< "bpf", "u32", …
  std::uint32_t program = 0;   ///< id of the BPF program; 0: another kind
  TcEnding ending = TcEnding::accepts;
};

/// For messages: the interface's name, or "interface 7" if there is none.
std::string name_of_device(core::IfIndex device);

/// In the order in which they are asked. None if the device has no clsact or ingress qdisc, or is gone.
Result<std::vector<TcFilter>> tc_filters(core::IfIndex device, TcSide side);

/// Of a loaded BPF program, by its id. Needs CAP_SYS_ADMIN.
Result<std::string> program_name(std::uint32_t id);

/// Makes sure a device has a clsact qdisc. True if it is new.
Result<bool> add_clsact(core::IfIndex device);
/// Takes the clsact qdisc away if no filter is left on either side. One that is gone is not an error.
Result<> remove_empty_clsact(core::IfIndex device);

/// Hangs a program on a device's ingress at this priority, for all protocols; puts it in the place of the one
/// with the same priority and handle, without a frame that meets neither. Answers the program's id.
Result<std::uint32_t> attach_program(core::IfIndex device, int program, std::uint16_t priority,
                                     std::uint32_t handle);
/// Takes one filter off a device's ingress. One that is gone is not an error.
Result<> remove_filter(core::IfIndex device, const TcFilter& filter);

}  // namespace ebond::os
