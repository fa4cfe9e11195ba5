// What a restart needs beyond the pinned maps, as one JSON file per bond in the run directory: the core's
// memory, the slaves as they were before, and which devices are ours. Written atomically.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/bond.h"
#include "core/report.h"
#include "daemon/enslavement.h"
#include "os/error.h"

namespace ebond::daemon {

/// A slave that was pulled out of the machine, expected back.
struct AbsentSlave {
  std::string name;
  wire::MacAddress permanent_mac;
  core::SlaveOptions options;
};

struct StoredBond {
  static constexpr int kFormat = 1;
  os::NamespaceId where;
  os::IfIndex lower{};
  core::BondMemory memory;
  std::vector<SlaveOriginals> originals{};  ///< one more than slaves: an enslaving that was cut short
  std::vector<AbsentSlave> absent{};
  std::optional<core::Failover> last_failover{};
};

/// Writes only where the text differs from `last_text`, and keeps it there.
os::Result<> save_if_changed(const std::filesystem::path& file, const StoredBond& bond,
                             std::string& last_text);
/// EPROTO where the file is of a format this ebond does not know, EINVAL where it is none.
os::Result<StoredBond> load(const std::filesystem::path& file);

}  // namespace ebond::daemon
