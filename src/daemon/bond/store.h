// What a restart needs beyond the pinned maps, as one JSON file per bond in the run directory: the core's
// memory, the slaves as they were before, and which devices are ours. Values and their text; Files writes it.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/bond.h"
#include "core/report.h"
#include "daemon/bond/absentees.h"
#include "daemon/bond/originals.h"
#include "daemon/bond/since.h"
#include "daemon/bond/snapshot.h"
#include "os/error.h"

namespace ebond::daemon {

/// Of a bond that has its slaves away: where it belongs.
struct StoredHome {
  os::NamespaceId where{};
  std::uint64_t namespace_cookie = 0;  ///< as StoredBond's
  std::string own_netns{};             ///< what the namespace of its slaves is called
};

struct StoredBond {
  static constexpr int kFormat = 1;
  /// What no ebond can take over that knows of no homes.
  static constexpr int kFormatWithHome = 2;
  os::NamespaceId where;
  // What is never used again, as inodes and ifindexes are. Not known: empty, 0.
  std::string boot_id{};               ///< the boot of which all this is true
  std::uint64_t namespace_cookie = 0;  ///< Hands::namespace_cookie()
  std::string cookie{};                ///< in the alias of the lower half
  std::string label{};                 ///< what Hands called the one it belongs to, where its proc text is
  os::IfIndex lower{};
  core::BondMemory memory;
  std::vector<SlaveOriginals> originals{};  ///< one more than slaves: an enslaving that was cut short
  std::vector<AbsentSlave> absent{};
  std::optional<core::Failover> last_failover{};
  core::FailoverHistory failovers{};
  SinceMemory since{};
  bool ending = false;               ///< its deletion has begun: a daemon that finds this finishes it
  std::optional<StoredHome> home{};  ///< none: where its slaves are
  std::set<core::VlanKey> vlans_elsewhere{};  ///< on VLAN devices that left bond0's namespace
};

std::string to_text(const StoredBond& bond);
/// EPROTO if the text is of a format that this ebond does not know, EINVAL if it is none. `file` is for the
/// message.
os::Result<StoredBond> from_text(const std::string& text, const std::filesystem::path& file);

std::string to_text(const Checkpoint& checkpoint);
os::Result<Checkpoint> checkpoint_from_text(const std::string& text, const std::filesystem::path& file);

}  // namespace ebond::daemon
